//! `slow-commands`
//!
//! **What:** commands in the slow log, by command and pattern.
//! **Why it hurts:** Redis runs one command at a time, so everybody waits for it.
//! **Threshold:** 10 ms is a warning (Redis' default for `slowlog-log-slower-than`), 100 ms is critical. Source: Redis' `redis.conf`; the
//! second is ours.
//! **Remedy:** ask for less at a time; delete large values with `UNLINK`.

use aforo_model::Severity;
use aforo_model::cache::SlowCommandGroup;
use aforo_model::database::CheckResult;

use crate::cache::check::{CacheCheck, CacheFacts, about, those_or_fine};
use crate::cache::{parts, slow_log};
use crate::database::{CheckReading, Skip, rising};
use crate::wording::seconds;

const WARNING_FROM_US: u64 = 10_000;
const CRITICAL_FROM_US: u64 = 100_000;

pub(super) const CHECK: CacheCheck = CacheCheck {
    code: "slow-commands",
    summary: "commands that held the server for long",
    reads: "SLOWLOG GET, slowlog-log-slower-than",
    threshold: "10 ms is a warning, 100 ms is critical",
    source: "10 ms: Redis' default for slowlog-log-slower-than; 100 ms: ours",
    run,
};

fn run(facts: &CacheFacts) -> CheckReading {
    let groups = slow_log::grouped(parts::slow_log(facts)?);
    let outstanding: Vec<_> = groups.iter().filter_map(outstanding).collect();
    let settings = facts.evidence.settings.as_ref();
    let logged_from_us = settings
        .and_then(|settings| settings.get("slowlog-log-slower-than"))
        .and_then(|value| value.parse::<i64>().ok());
    let is_blind = |from_us: i64| u64::try_from(from_us).map_or(true, |from_us| from_us > WARNING_FROM_US);
    if outstanding.is_empty() && logged_from_us.is_some_and(is_blind) {
        return Err(Skip::new(
            format!(
                "slowlog-log-slower-than is {} µs, so commands of 10 ms are not logged",
                logged_from_us.unwrap_or_default()
            ),
            format!("CONFIG SET slowlog-log-slower-than {WARNING_FROM_US}"),
        ));
    }
    let shorter: u64 = groups.iter().map(|group| group.count).sum();
    those_or_fine(outstanding, format!("the slow log has no command of 10 ms, and {shorter} shorter ones"))
}

fn outstanding(group: &SlowCommandGroup) -> Option<CheckResult> {
    let severity: Severity =
        rising(group.longest_us as f64, WARNING_FROM_US as f64, CRITICAL_FROM_US as f64)?;
    let pattern = group.pattern.as_deref();
    let on = pattern.map_or_else(String::new, |pattern| format!(" {pattern}"));
    Some(about(
        "command",
        &format!("{}{on}", group.command),
        severity,
        format!(
            "entries of {}{on} in the slow log: {}; they held the server for {} at most and {} together",
            group.command.to_uppercase(),
            group.count,
            seconds(group.longest_us as f64 / 1e6),
            seconds(group.total_time_us as f64 / 1e6)
        ),
        "ask for less at a time (SCAN, HSCAN, SSCAN, a page instead of all), split large values, and delete them with UNLINK",
        &[
            ("entries", group.count as f64),
            ("longest_us", group.longest_us as f64),
            ("total_time_us", group.total_time_us as f64),
        ],
    ))
}

#[cfg(test)]
mod tests {
    use aforo_model::database::Grade;

    use super::*;
    use crate::cache::fixtures::{Fixture, slow};

    fn of(longest_us: u64) -> Fixture {
        Fixture::healthy()
            .with(|evidence| evidence.slow_log = Some(vec![slow("hgetall", Some("room:7"), longest_us)]))
    }

    fn logging_from(value: &str) -> Fixture {
        Fixture::healthy().with(|evidence| {
            evidence.settings = Some([("slowlog-log-slower-than".to_owned(), value.to_owned())].into());
        })
    }

    #[test]
    fn ten_milliseconds_are_slow_and_a_hundred_are_critical() {
        assert_eq!(
            [9_999, 10_000, 100_000].map(|longest_us| of(longest_us).grade(&CHECK)),
            [Grade::Ok, Grade::Warning, Grade::Critical]
        );
        let told = of(12_000).told_by(&CHECK);
        assert!(told.contains("command hgetall room:*") && told.contains("12 ms"), "{told}");
    }

    #[test]
    fn a_log_that_sees_nothing_is_no_answer() {
        let grades = ["-1", "10001", "10000", "0"].map(|value| logging_from(value).grade(&CHECK));
        assert_eq!(grades, [Grade::Skipped, Grade::Skipped, Grade::Ok, Grade::Ok]);
        assert_eq!(Fixture::empty().grade(&CHECK), Grade::Skipped);
    }
}
