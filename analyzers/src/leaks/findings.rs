//! What is said of leaks.

use aforo_model::{Finding, Leak, LeakConfirmation, LeakFigure, LeakRecord, Role, Severity, Subject};

use crate::checks::finding;
use crate::wording::{memory, seconds};

/// A limit nearer than this makes a leak critical, seconds: it will be reached before anybody restarts the target.
const NEAR_S: f64 = 86_400.0;

/// One finding for each figure that leaks.
pub(crate) fn leak_findings(records: &[LeakRecord]) -> Vec<Finding> {
    let leaking = |record: &LeakRecord| {
        let leak = record.leak.found().filter(|leak| leak.is_leak())?;
        Some(found(record.role, record.figure, leak))
    };
    records.iter().filter_map(leaking).collect()
}

fn found(role: Role, figure: LeakFigure, leak: &Leak) -> Finding {
    let is_near = leak.time_to_limit_s.is_some_and(|time_s| time_s.estimate < NEAR_S);
    let is_confirmed = leak.confirmation == LeakConfirmation::Confirmed;
    let severity = if role == Role::Target && (is_confirmed || is_near) {
        Severity::Critical
    } else {
        Severity::Warning
    };
    let (code, remedy) = advice(role, figure);
    let per_hour = leak.growth.per_hour;
    let limit = leak.time_to_limit_s;
    let mut numbers = vec![
        ("per_hour", per_hour.estimate),
        ("per_hour_low", per_hour.low),
        ("per_hour_high", per_hour.high),
        ("level", leak.growth.level),
        ("p_value", leak.growth.p_value),
    ];
    numbers.extend(leak.per_request.map(|per_request| ("per_request", per_request.estimate)));
    numbers.extend(limit.map(|time_s| ("time_to_limit_s", time_s.estimate)));
    let subject = Subject::Part(role.as_str().to_owned());
    finding(code, subject, severity, message(role, figure, leak), remedy.to_owned(), &numbers)
}

fn message(role: Role, figure: LeakFigure, leak: &Leak) -> String {
    let show = |value: f64| {
        if figure.is_memory() { memory(value.max(0.0).round() as u64) } else { format!("{value:.0}") }
    };
    let growth = &leak.growth;
    let mut message = format!(
        "{} of {} grew by {} an hour ({} to {}) under a steady load, over {}",
        figure.as_str(),
        role.as_str(),
        show(growth.per_hour.estimate),
        show(growth.per_hour.low),
        show(growth.per_hour.high),
        seconds(growth.to_s - growth.from_s)
    );
    if let Some(per_request) = leak.per_request.filter(|_| figure.is_memory()) {
        message += &format!("; that is {:.0} bytes a request", per_request.estimate);
    }
    if let Some(time_s) = leak.time_to_limit_s {
        message += &format!(
            "; at this pace the limit is reached in {} to {}",
            seconds(time_s.low),
            seconds(time_s.high)
        );
    }
    match leak.confirmation {
        LeakConfirmation::Confirmed => message += "; it stayed when the load had ended",
        LeakConfirmation::Released | LeakConfirmation::NotChecked => {}
    }
    if let Some(why) = &leak.not_checked {
        message += &format!("; whether it stays without load was not checked: {why}");
    }
    message
}

fn advice(role: Role, figure: LeakFigure) -> (&'static str, &'static str) {
    match (figure, role) {
        (LeakFigure::Rss | LeakFigure::Pss, Role::Redis) => (
            "memory-leak",
            "give keys a time to live, and set `maxmemory` with a policy of eviction; keys without an end fill Redis",
        ),
        (LeakFigure::Rss | LeakFigure::Pss, _) => (
            "memory-leak",
            "look for collections that only grow (caches without a bound, lists of sessions, listeners) with a heap profile; the bytes a request tell which",
        ),
        (LeakFigure::OpenFds, _) => (
            "descriptor-leak",
            "list what is open with `ls -l /proc/PID/fd`, and close what the most numerous kind of entry was opened for",
        ),
        (LeakFigure::Threads, _) => {
            ("thread-growth", "start threads from a pool with a bound, and end those whose work is done")
        }
        (LeakFigure::Connections, _) => (
            "connection-growth",
            "bound the pool of connections, and give every connection back, on errors too; see who holds them with `SELECT application_name, state, count(*) FROM pg_stat_activity GROUP BY 1, 2`",
        ),
    }
}
