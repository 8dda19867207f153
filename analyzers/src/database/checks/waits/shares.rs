//! What share of sightings one kind of wait has.

use aforo_model::database::DatabaseEvidence;

use crate::database::check::Skip;
use crate::database::parts;

/// Sightings of active sessions a share must rest on: ten seconds of one session at ten readings a second.
const SMALLEST_COUNT: u64 = 100;

/// The share of one kind of wait.
pub(super) struct Share {
    /// Of all sightings of active sessions, 0–1.
    pub(super) ratio: f64,
    /// All sightings of active sessions.
    pub(super) sightings: u64,
    /// The most frequent wait of that kind, to be added to a sentence.
    pub(super) most_frequent: String,
}

/// The share of the waits of `event_type`.
///
/// # Errors
/// [`Skip`] where nothing was watched, or too few sessions were at work.
pub(super) fn of_type(evidence: &DatabaseEvidence, event_type: &str) -> Result<Share, Skip> {
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
    Ok(Share { ratio: waiting as f64 / sightings as f64, sightings, most_frequent })
}
