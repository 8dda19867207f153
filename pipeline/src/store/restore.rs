//! Makes a record of what a killed run had saved.

use std::path::Path;

use aforo_analyzers::LoadSummary;
use aforo_model::{LoadSecond, ResourceSample, RunEnd, RunRecord};
use aforo_reports::read_interval_log;
use serde::de::DeserializeOwned;

use super::{LATENCY_FILE, RESOURCES_FILE, SECONDS_FILE, StoreError};
use crate::cpu_profile::Profiled;
use crate::record::{Seen, conclude};

/// Completes the first record of a run with its evidence.
pub(super) fn restore(folder: &Path, begun: RunRecord) -> Result<RunRecord, StoreError> {
    let mut seconds: Vec<LoadSecond> = read_lines(&folder.join(SECONDS_FILE))?;
    let resources: Vec<ResourceSample> = read_lines(&folder.join(RESOURCES_FILE))?;
    let latency_path = folder.join(LATENCY_FILE);
    let latency = std::fs::read(&latency_path).map_err(|why| StoreError::Read { path: latency_path, why })?;
    let broken = |why| StoreError::IntervalLog { path: folder.join(LATENCY_FILE), why };
    let latency = read_interval_log(&latency).map_err(broken)?;

    let mut summary = LoadSummary::new(&begun.scenario);
    for second in &mut seconds {
        latency.restore(second).map_err(broken)?;
        summary.add(second);
    }
    let at_s = seconds.last().map_or(0.0, |second| f64::from(second.second + 1));
    let seen = Seen {
        load: summary.finish(),
        resources,
        idle_resources: Vec::new(),
        profiled: Profiled::default(),
        database: None,
        end: RunEnd::Killed { at_s },
        elapsed_s: at_s,
    };
    Ok(conclude(begun, seen))
}

/// The documents of a file, one a line. The last line may be cut off where the process was killed.
fn read_lines<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, StoreError> {
    let text =
        std::fs::read_to_string(path).map_err(|why| StoreError::Read { path: path.to_owned(), why })?;
    Ok(text.lines().map_while(|line| serde_json::from_str(line).ok()).collect())
}
