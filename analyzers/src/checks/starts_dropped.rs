//! `starts-dropped`
//!
//! **What:** rounds of an open workload that were due and never started, because every virtual user was busy.
//! **Why it hurts:** the target did not get the load that was asked for, and what those users would have waited is in
//! no figure: the times look better than they were.
//! **Threshold:** one is worth a warning. More than 1 % of what was due is critical and voids the verdict: it is more
//! than a P99 can tell.
//! **Remedy:** more virtual users (`max_users`) where the target is slow by nature; else a lower rate.

use aforo_model::{Finding, Severity};

use super::{Check, finding, part};
use crate::Evidence;
use crate::wording::percent;

const VOID_RATIO: f64 = 0.01;

pub(super) const CHECK: Check =
    Check { code: "starts-dropped", summary: "Aforo had no virtual user free for a start", run };

fn run(evidence: &Evidence<'_>) -> Vec<Finding> {
    let Some(arrivals) = evidence.load.arrivals.as_ref().filter(|arrivals| arrivals.dropped > 0) else {
        return Vec::new();
    };
    let dropped_ratio = arrivals.dropped as f64 / arrivals.scheduled as f64;
    let per_s = |count: u64| count as f64 / evidence.load.judged_s;
    let (asked_per_s, started_per_s) = (per_s(arrivals.scheduled), per_s(arrivals.started));
    let severity = if dropped_ratio > VOID_RATIO { Severity::Critical } else { Severity::Warning };
    vec![finding(
        CHECK.code,
        part("generator"),
        severity,
        format!(
            "{} of {} starts ({}) were dropped because every virtual user was busy: asked {asked_per_s:.1}/s, \
             started {started_per_s:.1}/s",
            arrivals.dropped,
            arrivals.scheduled,
            percent(dropped_ratio)
        ),
        "raise `max_users` if the target is meant to be that slow, or ask for a lower rate".to_owned(),
        &[
            ("dropped", arrivals.dropped as f64),
            ("dropped_ratio", dropped_ratio),
            ("asked_per_s", asked_per_s),
            ("started_per_s", started_per_s),
        ],
    )]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{Fixture, open_scenario, open_second, summarized};

    fn found(dropped_of: impl Fn(u32) -> u64) -> Vec<Finding> {
        let mut fixture = Fixture { scenario: open_scenario(60.0), ..Fixture::healthy() };
        let seconds: Vec<_> =
            (0..60).map(|index| open_second(index, 10 - dropped_of(index), dropped_of(index), 100)).collect();
        fixture.load = summarized(&fixture.scenario, &seconds);
        run(&fixture.evidence())
    }

    #[test]
    fn one_dropped_start_is_a_warning_and_more_than_one_in_a_hundred_void_the_run() {
        assert_eq!(found(|_| 0), []);
        assert_eq!(found(|second| u64::from(second < 6))[0].severity, Severity::Warning);
        assert_eq!(found(|second| u64::from(second < 7))[0].severity, Severity::Critical);
    }

    #[test]
    fn the_message_says_what_was_asked_and_what_was_done() {
        assert_eq!(
            found(|_| 1)[0].message,
            "60 of 600 starts (10%) were dropped because every virtual user was busy: asked 10.0/s, started 9.0/s"
        );
    }
}
