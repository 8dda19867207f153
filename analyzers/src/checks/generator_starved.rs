//! `generator-starved`
//!
//! **What:** the thread of Aforo that sends was ready to run and waited for a core, each time it had something to do.
//! **Why it hurts:** an answer that has arrived is only seen when the thread runs, so the wait is in every time measured,
//! and the target is blamed for it.
//! **Threshold:** the mean wait is 5 % of the P95 of all response times: a warning, since the times are off by about as
//! much; 20 %: critical, and the verdict is void. A request needs the thread once or twice, so about one wait is in it.
//! **Remedy:** a core of its own for Aforo.

use aforo_model::Finding;

use super::{Check, finding, graded, part};
use crate::Evidence;
use crate::statistics::mean;
use crate::wording::{percent, seconds};

const WARNING_SHARE: f64 = 0.05;
const CRITICAL_SHARE: f64 = 0.20;
/// Fewest readings of one second each.
const MIN_READINGS: usize = 5;

pub(super) const CHECK: Check =
    Check { code: "generator-starved", summary: "Aforo waited for a core to see its answers", run };

fn run(evidence: &Evidence<'_>) -> Vec<Finding> {
    let delays_us: Vec<f64> = evidence
        .judged_samples()
        .filter_map(|sample| sample.generator?.run_queue_delay_us)
        .filter(|delay_us| delay_us.is_finite())
        .collect();
    let times = &evidence.load.total.response_time;
    let (Some(delay_us), Some(p95_us)) = (mean(delays_us.iter().copied()), times.p95_us) else {
        return Vec::new();
    };
    let share = delay_us / p95_us as f64;
    let Some(severity) = graded(share, WARNING_SHARE, CRITICAL_SHARE) else { return Vec::new() };
    if delays_us.len() < MIN_READINGS {
        return Vec::new();
    }
    vec![finding(
        CHECK.code,
        part("generator"),
        severity,
        format!(
            "Aforo waited {} for a core each time it had something to do, which is {} of the P95 of all response times",
            seconds(delay_us / 1e6),
            percent(share)
        ),
        "give Aforo a core of its own, or run it on another machine than the target".to_owned(),
        &[
            ("run_queue_delay_us_mean", delay_us),
            ("p95_us", p95_us as f64),
            ("share", share),
            ("readings", delays_us.len() as f64),
        ],
    )]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::Fixture;
    use aforo_model::{GeneratorSample, Severity};

    fn severity(delay_share_of_p95: f64) -> Option<Severity> {
        let mut fixture = Fixture::healthy();
        let p95_us = fixture.load.total.response_time.p95_us.unwrap() as f64;
        let delay_us = Some(p95_us * delay_share_of_p95);
        let generator = GeneratorSample { busiest_thread_cores: 0.2, run_queue_delay_us: delay_us };
        fixture.resources.iter_mut().for_each(|sample| sample.generator = Some(generator));
        run(&fixture.evidence()).first().map(|finding| finding.severity)
    }

    #[test]
    fn a_wait_that_is_a_share_of_what_is_measured_is_found() {
        assert_eq!(severity(0.049), None);
        assert_eq!(severity(0.051), Some(Severity::Warning));
        assert_eq!(severity(0.201), Some(Severity::Critical));
    }

    #[test]
    fn where_nothing_is_known_nothing_is_said() {
        assert_eq!(run(&Fixture::empty().evidence()), []);
        assert_eq!(run(&Fixture::healthy().evidence()), [], "the system does not tell");
    }
}
