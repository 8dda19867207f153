//! Slices of a run as the rows of a design.

use std::collections::{BTreeMap, BTreeSet};

use aforo_model::database::{LoadSlice, StatementKey};

use super::lagged::LaggedRow;
use crate::statements::Identities;

/// Shortest slice, seconds. What a request did before the slice in which it ended is found as far as that was the slice
/// before, so a slice must outlast a request.
const MIN_SLICE_S: f64 = 1.0;
/// Most slices; more take longer and add little.
const MOST_SLICES: usize = 300;

/// Requests and calls of a run, slice by slice.
pub(super) struct Design {
    pub(super) steps: Vec<String>,
    /// One a slice: requests of each step in it, and in the next; then the seconds.
    pub(super) rows: Vec<LaggedRow>,
    /// One a statement, in the order of the identities: calls in each slice.
    pub(super) calls: Vec<Vec<f64>>,
}

/// Puts slices together until each lasts a second, and takes at most [`MOST_SLICES`] of them, evenly spread; the last is only
/// the one after the last but one.
pub(super) fn design(
    slices: &[LoadSlice],
    texts: &BTreeMap<StatementKey, String>,
    identities: &mut Identities,
) -> Design {
    let whole = joined(slices);
    let every = whole.len().div_ceil(MOST_SLICES).max(1);
    let chosen: Vec<(&[LoadSlice], &[LoadSlice])> =
        whole.windows(2).map(|pair| (pair[0], pair[1])).step_by(every).collect();
    let parts = whole.iter().flat_map(|slice| slice.iter());
    let asked = parts.flat_map(|part| &part.requests).filter(|(_, count)| **count > 0);
    let steps: BTreeSet<&String> = asked.map(|(step, _)| step).collect();
    let requests = |slice: &[LoadSlice], step: &str| {
        slice.iter().filter_map(|part| part.requests.get(step)).map(|count| *count as f64).sum::<f64>()
    };
    let rows = chosen
        .iter()
        .map(|(now, next)| {
            let seconds = now.iter().map(|part| part.elapsed_s).sum();
            let row = |slice| steps.iter().map(|step| requests(slice, step)).chain([seconds]).collect();
            (row(now), row(next))
        })
        .collect();
    let mut calls: Vec<Vec<f64>> = Vec::new();
    for (at, (slice, _)) in chosen.iter().enumerate() {
        for statement in slice.iter().flat_map(|part| &part.calls) {
            let text = texts.get(&statement.key).map(String::as_str);
            let number = identities.index_of(statement.key, text);
            if number == calls.len() {
                calls.push(vec![0.0; chosen.len()]);
            }
            calls[number][at] += statement.calls as f64;
        }
    }
    Design { steps: steps.into_iter().cloned().collect(), rows, calls }
}

/// Neighbours that last a second together. What is left at the end is shorter and left out, and so are slices whose
/// length is no number.
fn joined(slices: &[LoadSlice]) -> Vec<&[LoadSlice]> {
    /// A timer that fires a little early.
    const TOLERANCE_S: f64 = 0.05;
    let mut whole = Vec::new();
    let (mut from, mut seconds) = (0, 0.0);
    for (at, slice) in slices.iter().enumerate() {
        seconds += slice.elapsed_s;
        if !seconds.is_finite() || slice.elapsed_s < 0.0 {
            (from, seconds) = (at + 1, 0.0);
        } else if seconds >= MIN_SLICE_S - TOLERANCE_S {
            whole.push(&slices[from..=at]);
            (from, seconds) = (at + 1, 0.0);
        }
    }
    whole
}
