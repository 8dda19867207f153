//! `generator-late`
//!
//! **What:** rounds of an open workload that Aforo started more than 1 ms after they were due.
//! **Why it hurts:** response time counts from when a request was due, so the generator's own delay is in it, and the
//! target did not get the load that was asked for.
//! **Threshold:** 1 % of the starts, and critical: it voids the verdict. 1 ms is what a timer of the system is late at
//! rest; what one start in a hundred waits beyond that shows in a P99.
//! **Remedy:** give Aforo a core of its own, or ask for less.

use aforo_model::{Finding, Severity};

use super::{Check, finding, part};
use crate::Evidence;
use crate::indicators::MIN_REQUESTS;
use crate::wording::{percent, seconds};

const WITHIN_RATIO: f64 = 0.99;

pub(super) const CHECK: Check =
    Check { code: "generator-late", summary: "Aforo started requests later than they were due", run };

fn run(evidence: &Evidence<'_>) -> Vec<Finding> {
    let Some(arrivals) = &evidence.load.arrivals else { return Vec::new() };
    let Some(within_ratio) = arrivals.within_1ms_ratio else { return Vec::new() };
    if arrivals.started < MIN_REQUESTS || within_ratio >= WITHIN_RATIO {
        return Vec::new();
    }
    let late_ratio = 1.0 - within_ratio;
    let p99_us = arrivals.start_delay.p99_us.unwrap_or(0) as f64;
    vec![finding(
        CHECK.code,
        part("generator"),
        Severity::Critical,
        format!(
            "Aforo started {} of all rounds more than 1 ms late (P99 {}), so response times hold its own delay",
            percent(late_ratio),
            seconds(p99_us / 1e6)
        ),
        "run Aforo on another machine than the target or give it a core of its own, or ask for a lower rate"
            .to_owned(),
        &[
            ("late_ratio", late_ratio),
            ("started", arrivals.started as f64),
            ("start_delay_p99_us", p99_us),
            ("start_delay_max_us", arrivals.start_delay.max_us.unwrap_or(0) as f64),
        ],
    )]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{Fixture, open_scenario, open_second, summarized};

    /// A minute of ten starts a second, of which `late` were 2 ms late and the others 1 ms.
    fn found(late: u64) -> Vec<Finding> {
        let mut fixture = Fixture { scenario: open_scenario(60.0), ..Fixture::healthy() };
        let seconds: Vec<_> = (0..60)
            .map(|index| {
                let late = late.saturating_sub(u64::from(index) * 10).min(10);
                let mut second = open_second(index, 10 - late, 0, 1_000);
                second.starts += late;
                (0..late).for_each(|_| second.start_delay.record_us(2_000));
                second
            })
            .collect();
        fixture.load = summarized(&fixture.scenario, &seconds);
        run(&fixture.evidence())
    }

    #[test]
    fn more_than_one_start_in_a_hundred_voids_the_run() {
        assert_eq!(found(6), []);
        let found = found(7);
        assert_eq!(found[0].severity, Severity::Critical);
        assert!(found[0].message.contains("1.17% of all rounds"), "{}", found[0].message);
    }

    #[test]
    fn a_closed_workload_has_no_schedule_to_be_late_on() {
        assert_eq!(run(&Fixture::healthy().evidence()), []);
        let empty = Fixture { scenario: open_scenario(60.0), ..Fixture::empty() };
        assert_eq!(run(&empty.evidence()), []);
    }
}
