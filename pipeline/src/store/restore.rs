//! Makes a record of what a killed run had saved.

use std::path::Path;

use aforo_analyzers::LoadSummary;
use aforo_model::{ResourceSample, RunEnd, RunRecord};

use super::evidence::{each_line, each_second};
use super::{RESOURCES_FILE, StoreError, look_ups};
use crate::cpu_profile::Profiled;
use crate::record::{Seen, conclude};

/// Completes the first record of a run with its evidence.
pub(super) fn restore(folder: &Path, begun: RunRecord) -> Result<RunRecord, StoreError> {
    let mut resources: Vec<ResourceSample> = Vec::new();
    each_line(&folder.join(RESOURCES_FILE), |sample| {
        resources.push(sample);
        true
    })?;
    look_ups::fill_in(&mut resources);
    let mut summary = LoadSummary::new(&begun.scenario);
    let mut at_s = 0.0;
    each_second(folder, |second| {
        summary.add(second);
        at_s = f64::from(second.second + 1);
    })?;
    let seen = Seen {
        load: summary.finish(),
        resources,
        idle_resources: Vec::new(),
        profiled: Profiled::default(),
        cache: None,
        database: None,
        end: RunEnd::Killed { at_s },
        elapsed_s: at_s,
    };
    Ok(conclude(begun, seen))
}
