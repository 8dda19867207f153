//! The evidence of a run, read again as it was saved: a killed run is restored from it, and runs are compared by it.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use aforo_model::LoadSecond;
use aforo_reports::read_interval_log;
use serde::de::DeserializeOwned;

use super::{LATENCY_FILE, SECONDS_FILE, StoreError};

/// Hands over the seconds of a run in order, each with its histograms. One at a time: those of an hour would take gigabytes.
///
/// # Errors
/// [`StoreError`] when a file of the evidence cannot be read or understood.
pub(crate) fn each_second(folder: &Path, mut on_second: impl FnMut(&LoadSecond)) -> Result<(), StoreError> {
    let latency_path = folder.join(LATENCY_FILE);
    let latency =
        std::fs::read(&latency_path).map_err(|why| StoreError::Read { path: latency_path.clone(), why })?;
    let broken = |why| StoreError::IntervalLog { path: latency_path.clone(), why };
    let latency = read_interval_log(&latency).map_err(broken)?;
    let mut outcome = Ok(());
    each_line(&folder.join(SECONDS_FILE), |mut second: LoadSecond| {
        outcome = latency.restore(&mut second).map_err(broken);
        on_second(&second);
        outcome.is_ok()
    })?;
    outcome
}

/// Hands over the documents of a file, one a line, until `on_document` has seen enough. The last line may be cut off where the
/// process was killed.
pub(super) fn each_line<T: DeserializeOwned>(
    path: &Path,
    mut on_document: impl FnMut(T) -> bool,
) -> Result<(), StoreError> {
    let failed = |why| StoreError::Read { path: path.to_owned(), why };
    for line in BufReader::new(File::open(path).map_err(failed)?).split(b'\n') {
        let Ok(document) = serde_json::from_slice(&line.map_err(failed)?) else { break };
        if !on_document(document) {
            break;
        }
    }
    Ok(())
}
