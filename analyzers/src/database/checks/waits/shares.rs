//! What share of sightings one kind of wait has.

use aforo_model::database::DatabaseEvidence;

use crate::database::check::{CheckReading, Skip, judged, rising};
use crate::database::parts;
use crate::wording::percent;

/// Sightings of active sessions a share must rest on: ten seconds of one session at ten readings a second.
const SMALLEST_COUNT: u64 = 100;

/// Judges the share that the waits of `event_type` have of all sightings of active sessions, 0–1.
///
/// # Errors
/// [`Skip`] where nothing was watched, or too few sessions were at work.
pub(super) fn judged_of_type(
    evidence: &DatabaseEvidence,
    event_type: &str,
    [warning_ratio, critical_ratio]: [f64; 2],
    remedy: &str,
) -> CheckReading {
    let waits = &parts::activity(evidence)?.waits;
    let sightings = waits.iter().fold(0, |sum: u64, wait| sum.saturating_add(wait.sightings));
    if sightings < SMALLEST_COUNT {
        return Err(Skip::new(
            format!("only {sightings} sightings of sessions at work, of {SMALLEST_COUNT} that are needed"),
            "watch the database while load runs: `aforo run`",
        ));
    }
    let of_type: Vec<_> = waits.iter().filter(|wait| wait.event_type == event_type).collect();
    let waiting = of_type.iter().fold(0, |sum: u64, wait| sum.saturating_add(wait.sightings));
    let most_frequent = of_type.iter().max_by_key(|wait| wait.sightings);
    let most_frequent =
        most_frequent.map_or_else(String::new, |wait| format!(", most of all for {}", wait.event));
    let ratio = waiting as f64 / sightings as f64;
    judged(
        rising(ratio, warning_ratio, critical_ratio),
        format!(
            "active sessions waited for {event_type} in {} of {sightings} sightings{most_frequent}",
            percent(ratio)
        ),
        remedy,
        &[("wait_ratio", ratio), ("sighting_count", sightings as f64)],
    )
}

/// How a check ends where sessions were seen so often in the waits of a type, and so often at work.
#[cfg(test)]
pub(super) fn grade_of(
    check: &crate::database::check::DatabaseCheck,
    event_type: &str,
    waiting: u64,
    working: u64,
) -> aforo_model::database::Grade {
    let wait = |event_type: &str, sightings| aforo_model::database::WaitCount {
        event_type: event_type.to_owned(),
        event: "something".to_owned(),
        query_id: None,
        sightings,
    };
    let waits = vec![wait(event_type, waiting), wait("CPU", working)];
    let fixture = crate::database::fixtures::Fixture::healthy();
    fixture.with_activity(|activity| activity.waits = waits).grade(check)
}
