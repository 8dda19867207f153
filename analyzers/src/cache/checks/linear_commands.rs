//! `linear-commands`
//!
//! **What:** commands that take longer the more there is: `KEYS` and `FLUSHALL` over all keys, `SMEMBERS`, `HGETALL` and their
//! like over a whole value.
//! **Why it hurts:** Redis runs one command at a time, so everybody waits for it.
//! **Threshold:** any `KEYS`, `FLUSHALL` or `FLUSHDB` is a warning; one over a whole value is from a mean of 1 ms on, which is some ten
//! thousand elements. From a mean of 10 ms on, where the slow log begins, each is critical. Source: Redis' documentation of the commands
//! (complexity), the bounds are ours.
//! **Remedy:** `SCAN` and its relatives, `UNLINK`, smaller values.

use aforo_model::cache::CommandCounters;
use aforo_model::database::CheckResult;

use crate::cache::check::{CacheCheck, CacheFacts, about, those_or_fine};
use crate::cache::parts;
use crate::database::{CheckReading, Skip, critical_if, rising, warning_if};

const WARNING_MEAN_MS: f64 = 1.0;
const CRITICAL_MEAN_MS: f64 = 10.0;

/// Commands over all keys, and what to do instead.
const OVER_ALL_KEYS: [(&str, &str); 3] = [
    ("keys", "go through the keys with SCAN and a COUNT, or keep the names in a set"),
    ("flushall", "use FLUSHALL ASYNC, or let keys expire"),
    ("flushdb", "use FLUSHDB ASYNC, or let keys expire"),
];

/// Commands over a whole value, and what to do instead.
const OVER_A_VALUE: [(&str, &str); 13] = [
    ("hgetall", "read the fields that are needed with HMGET, go through them with HSCAN, or split the hash"),
    ("hkeys", "go through the fields with HSCAN, or split the hash"),
    ("hvals", "read the fields that are needed with HMGET, or split the hash"),
    ("smembers", "go through the members with SSCAN, ask SISMEMBER for one, or split the set"),
    ("sinter", "keep the result with a time to live (SINTERSTORE), or split the sets"),
    ("sunion", "keep the result with a time to live (SUNIONSTORE), or split the sets"),
    ("sdiff", "keep the result with a time to live (SDIFFSTORE), or split the sets"),
    ("sort", "sort in the application, or keep a sorted set"),
    ("lrange", "read a page of the list, not all of it"),
    ("lrem", "use a set or a sorted set where elements are removed by value"),
    ("zrange", "read a page with LIMIT, not all of it"),
    ("zrangebyscore", "read a page with LIMIT, not all of it"),
    ("del", "delete large values with UNLINK, which frees them in the background"),
];

pub(super) const CHECK: CacheCheck = CacheCheck {
    code: "linear-commands",
    summary: "commands that take longer the more there is",
    reads: "INFO commandstats",
    threshold: "any KEYS, FLUSHALL, FLUSHDB, or a mean of 1 ms over a whole value, is a warning; a mean of 10 ms is critical",
    source: "Redis' documentation of the commands; bounds are ours",
    run,
};

fn run(facts: &CacheFacts) -> CheckReading {
    let counters = parts::counters(facts)?;
    if counters.commands.is_empty() && counters.commands_processed > 0 {
        return Err(Skip::new(
            "the server does not count commands by name",
            "use a server whose INFO has the section commandstats",
        ));
    }
    let outstanding = counters.commands.iter().filter_map(outstanding).collect();
    those_or_fine(
        outstanding,
        format!("none of {} commands holds the server for long", counters.commands.len()),
    )
}

fn outstanding(command: &CommandCounters) -> Option<CheckResult> {
    let named = |table: &[(&str, &'static str)]| {
        table.iter().find(|(name, _)| *name == command.command).map(|(_, remedy)| *remedy)
    };
    if command.calls == 0 {
        return None;
    }
    let mean_ms = command.exec_time_us as f64 / command.calls as f64 / 1000.0;
    let (remedy, severity) = match (named(&OVER_ALL_KEYS), named(&OVER_A_VALUE)) {
        (Some(remedy), _) => (remedy, critical_if(mean_ms >= CRITICAL_MEAN_MS).or(warning_if(true))),
        (None, Some(remedy)) => (remedy, rising(mean_ms, WARNING_MEAN_MS, CRITICAL_MEAN_MS)),
        (None, None) => return None,
    };
    Some(about(
        "command",
        &command.command,
        severity?,
        format!(
            "calls of {}: {}, and each held the server for {mean_ms:.2} ms on average",
            command.command.to_uppercase(),
            command.calls
        ),
        remedy,
        &[("calls", command.calls as f64), ("mean_ms", mean_ms)],
    ))
}

#[cfg(test)]
mod tests {
    use aforo_model::database::Grade;

    use super::*;
    use crate::cache::fixtures::{Fixture, command};

    fn of(name: &str, calls: u64, exec_time_us: u64) -> Grade {
        Fixture::healthy()
            .with_counters(|counters| counters.commands.push(command(name, calls, exec_time_us)))
            .grade(&CHECK)
    }

    #[test]
    fn commands_over_all_keys_are_named_whenever_they_are_used() {
        for name in ["keys", "flushall", "flushdb"] {
            let grades = [(1, 9_999), (1, 10_000), (0, 0)].map(|(calls, time_us)| of(name, calls, time_us));
            assert_eq!(grades, [Grade::Warning, Grade::Critical, Grade::Ok], "{name}");
        }
    }

    #[test]
    fn commands_over_a_value_are_named_where_the_value_is_large() {
        let grades = [1_999, 2_000, 20_000].map(|time_us| of("hgetall", 2, time_us));
        assert_eq!(grades, [Grade::Ok, Grade::Warning, Grade::Critical]);
        assert_eq!(of("get", 1, 1_000_000), Grade::Ok);
    }

    #[test]
    fn a_server_that_does_not_count_by_name_is_no_answer() {
        let uncounted = Fixture::healthy().with_counters(|counters| counters.commands.clear());
        assert_eq!(uncounted.grade(&CHECK), Grade::Skipped);
        assert_eq!(Fixture::empty().grade(&CHECK), Grade::Skipped);
    }
}
