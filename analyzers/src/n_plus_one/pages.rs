//! Readings that asked for the same.

use std::collections::BTreeMap;

use aforo_model::database::{ProbePage, ProbeReading};

use crate::statistics::median;

/// Length of the longest array in the answer.
pub(super) fn longest_array(reading: &ProbeReading) -> u64 {
    reading.items.iter().map(|(_, count)| *count).max().unwrap_or(0)
}

/// One page a size asked for.
pub(super) fn pages(readings: &[&ProbeReading]) -> Vec<ProbePage> {
    let mut by_size: BTreeMap<Option<u32>, Vec<&ProbeReading>> = BTreeMap::new();
    for reading in readings {
        by_size.entry(reading.page_size).or_default().push(reading);
    }
    by_size
        .into_iter()
        .map(|(page_size, readings)| ProbePage {
            page_size,
            items: median(readings.iter().map(|reading| longest_array(reading) as f64)).unwrap_or(0.0),
            received_bytes: median(readings.iter().map(|reading| reading.received_bytes as f64))
                .unwrap_or(0.0),
        })
        .collect()
}
