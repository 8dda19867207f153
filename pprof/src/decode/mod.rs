//! Bytes into a profile.

mod bytes;
mod stacks;
mod tables;
mod values;

#[cfg(test)]
mod tests;

use aforo_model::profile::{Frame, ProfileClock, Stack};
use prost::Message;

use crate::error::PprofError;
use crate::message;

pub use bytes::MOST_BYTES;

/// What a file of pprof says. What took it, when, and how much of it was lost is not in the file.
#[derive(Debug, Clone, PartialEq)]
pub struct DecodedProfile {
    /// Which time it counts.
    pub clock: ProfileClock,
    /// Samples in a second of that time, where the file tells.
    pub rate_hz: Option<f64>,
    /// How long it was taken, seconds, where the file tells.
    pub duration_s: Option<f64>,
    /// Samples in all stacks together. Zero is a profile in which nothing ran.
    pub sample_count: u64,
    /// Every frame, each once.
    pub frames: Vec<Frame>,
    /// Every stack, each once, most samples first, then by frames.
    pub stacks: Vec<Stack>,
    /// What is to be known of it, each a sentence with a full stop.
    pub notes: Vec<String>,
}

/// Reads a profile of CPU or wall time, with gzip around it or without.
///
/// Where a file has several types of values, CPU time goes before its `default_sample_type`, and that before the last of them.
/// What a sample refers to and the file does not have is `[unknown]`.
///
/// # Errors
/// [`PprofError`]: other kinds of answers by their name, damaged files, profiles of something else, more than is read.
pub fn decode(bytes: &[u8]) -> Result<DecodedProfile, PprofError> {
    let plain = bytes::unpacked(bytes)?;
    let file = bytes::records_within_limit(&plain)
        .and_then(|()| message::Profile::decode(&*plain).map_err(|error| malformed(error.to_string())));
    let file = match file {
        // Some texts pass as a message without samples; then what they look like decides.
        Ok(file) if !file.sample_type.is_empty() => file,
        Err(error @ PprofError::TooLarge { .. }) => return Err(error),
        other => {
            let error = other.err().unwrap_or_else(|| malformed("it does not tell what its values mean"));
            return Err(bytes::recognized(&plain).unwrap_or(error));
        }
    };
    let weights = values::Weights::of(&file)?;
    let tables = tables::Tables::of(&file)?;
    let folded = stacks::fold(&file, &tables, &weights)?;
    Ok(DecodedProfile {
        clock: weights.clock(),
        rate_hz: weights.rate_hz(),
        duration_s: (file.duration_nanos > 0).then(|| file.duration_nanos as f64 / 1e9),
        sample_count: folded.sample_count,
        frames: folded.frames,
        stacks: folded.stacks,
        notes: folded.notes,
    })
}

fn malformed(why: impl Into<String>) -> PprofError {
    PprofError::Malformed { why: why.into() }
}

/// A text of the file by its place.
///
/// # Errors
/// When there is none at that place.
fn text(file: &message::Profile, place: i64) -> Result<&str, PprofError> {
    usize::try_from(place)
        .ok()
        // An empty table is none at all: every file has the empty text first.
        .and_then(|place| file.string_table.get(place))
        .map(String::as_str)
        .ok_or_else(|| malformed(format!("it refers to text {place} of {}", file.string_table.len())))
}
