//! `littles-law`
//!
//! **What:** whether the record adds up. By Little's law the users of a closed workload are the requests per second
//! times the time each takes and is thought about, N = X · (R + Z). Times the length of the run: the time that users
//! were there is the time their requests took plus their think time. The users of an open workload also wait for a start,
//! so nothing is said of them.
//! **Why it hurts:** where it does not add up, requests were lost or times are wrong, and no other figure can be
//! trusted.
//! **Threshold:** 10 % of the users' time, beside the requests that reach over both ends of the judged part (one a
//! user, as long as the longest) and those that were cut off. More time than there was is impossible, so critical.
//! Less is time a generator spends between requests (filling templates, reading answers), which is much where the
//! target answers within a millisecond: a warning, and critical when half of the time is missing.
//! **Remedy:** see whether the generator was short of CPU; else the record is wrong.

use aforo_model::{Finding, Severity, TimeSummary, Workload};

use super::{Check, finding, part};
use crate::Evidence;
use crate::indicators::MIN_REQUESTS;
use crate::wording::{percent, seconds};

const TOLERANCE: f64 = 0.10;
const MISSING_CRITICAL: f64 = 0.50;
/// Shortest judged time, seconds; in less, starting users weigh too much.
const MIN_JUDGED_S: f64 = 10.0;

pub(super) const CHECK: Check =
    Check { code: "littles-law", summary: "the times in the record do not add up", run };

fn run(evidence: &Evidence<'_>) -> Vec<Finding> {
    let load = evidence.load;
    if matches!(evidence.scenario.load.workload, Workload::Open { .. }) {
        return Vec::new();
    }
    let user_time_s = load.mean_users * load.judged_s;
    let enough = load.judged_s >= MIN_JUDGED_S && load.total.requests >= MIN_REQUESTS && user_time_s > 0.0;
    if !enough {
        return Vec::new();
    }
    let accounted_s = load.total.busy_time_s + load.think_time_s;
    let longest_us = |times: &TimeSummary| times.max_us.unwrap_or(0);
    let longest_s =
        longest_us(&load.total.service_time).max(longest_us(&load.total.failed_response_time)) as f64 / 1e6;
    // The time of requests that were cut off is counted nowhere; none was longer than its time-out.
    let cut_off_s = f64::from(load.aborted_requests) * evidence.scenario.load.timeout_s;
    let reaching_over_s = 2.0 * f64::from(load.peak_users) * longest_s + cut_off_s;
    let difference_s = accounted_s - user_time_s;
    // Written so that a figure that is not a number is found as well.
    if difference_s.abs() <= TOLERANCE * user_time_s + reaching_over_s {
        return Vec::new();
    }
    let too_much = difference_s > 0.0;
    let severity = if too_much || -difference_s > MISSING_CRITICAL * user_time_s {
        Severity::Critical
    } else {
        Severity::Warning
    };
    let (direction, remedy) = if too_much {
        ("more", "do not trust this record; a time was counted twice, or users were not counted")
    } else {
        (
            "less",
            "see whether Aforo was short of CPU; else it spent this time between requests, or requests were lost",
        )
    };
    vec![finding(
        CHECK.code,
        part("record"),
        severity,
        format!(
            "requests and think time add up to {}, {} {direction} than the {} that users were there (Little's law)",
            seconds(accounted_s),
            percent(difference_s.abs() / user_time_s),
            seconds(user_time_s)
        ),
        remedy.to_owned(),
        &[
            ("user_time_s", user_time_s),
            ("busy_time_s", load.total.busy_time_s),
            ("think_time_s", load.think_time_s),
            ("tolerance_s", TOLERANCE * user_time_s + reaching_over_s),
        ],
    )]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::Fixture;

    /// 600 s of users' time, 480 s of think time, 120 s of requests; 2 s may reach over the ends.
    fn severity(busy_time_s: f64) -> Option<Severity> {
        let mut fixture = Fixture::healthy();
        fixture.load.total.busy_time_s = busy_time_s;
        run(&fixture.evidence()).first().map(|finding| finding.severity)
    }

    #[test]
    fn more_time_than_there_was_is_impossible() {
        assert_eq!(severity(181.0), None);
        assert_eq!(severity(183.0), Some(Severity::Critical));
    }

    #[test]
    fn time_between_requests_is_a_warning() {
        assert_eq!(severity(59.0), None);
        assert_eq!(severity(57.0), Some(Severity::Warning));
    }

    #[test]
    fn a_record_that_lost_half_of_its_time_is_not_trusted() {
        let mut fixture = Fixture::healthy();
        fixture.load.think_time_s = 0.0;
        assert_eq!(run(&fixture.evidence())[0].severity, Severity::Critical);
    }

    #[test]
    fn long_requests_at_both_ends_explain_a_difference() {
        let mut fixture = Fixture::healthy();
        fixture.load.total.busy_time_s = 400.0;
        fixture.load.total.service_time.max_us = Some(30_000_000);
        assert_eq!(run(&fixture.evidence()), []);
    }

    #[test]
    fn requests_that_were_cut_off_explain_missing_time() {
        let mut fixture = Fixture::healthy();
        fixture.load.total.busy_time_s = 0.0;
        assert_eq!(run(&fixture.evidence()).len(), 1);
        fixture.load.aborted_requests = 10;
        assert_eq!(run(&fixture.evidence()), []);
    }

    #[test]
    fn too_little_data_says_nothing() {
        let mut fixture = Fixture::healthy();
        fixture.load.total.busy_time_s = 9e9;
        fixture.load.judged_s = 5.0;
        assert_eq!(run(&fixture.evidence()), []);
        assert_eq!(run(&Fixture::empty().evidence()), []);
    }
}
