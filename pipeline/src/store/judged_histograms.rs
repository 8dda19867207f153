//! The histograms of a whole run, so that runs can be merged without reading every second of each.
//!
//! `judged.hlog` is written at the end of a run, in the format of `latency.hlog`, as one interval of the judged part. Where it is not there or
//! older, it is made of `latency.hlog` when it is first asked for.

use std::collections::BTreeMap;
use std::io::BufWriter;
use std::path::Path;

use aforo_analyzers::JudgedHistograms;
use aforo_model::{LoadSecond, RunDigest, StepSecond, Subject, TimeHistogram};
use aforo_reports::{IntervalLogWriter, read_interval_log};
use chrono::{DateTime, Utc};

use super::evidence::each_second;
use super::{LATENCY_FILE, StoreError, read_record, writer};

const JUDGED_FILE: &str = "judged.hlog";

/// The histogram of each step over the judged part of a run.
pub(super) fn judged_histograms(
    folder: &Path,
    run: &RunDigest,
) -> Result<BTreeMap<String, TimeHistogram>, StoreError> {
    if is_current(folder)
        && let Some(steps) = saved(folder, run)
    {
        return Ok(steps);
    }
    // Before the record, which is large: a run whose histograms were not kept costs nothing.
    let latency_path = folder.join(LATENCY_FILE);
    std::fs::metadata(&latency_path).map_err(|why| StoreError::Read { path: latency_path, why })?;
    let record = read_record(folder)?;
    let mut histograms = JudgedHistograms::new(&record.scenario);
    each_second(folder, |second| histograms.add(second))?;
    let steps = histograms.finish();
    keep(folder, run.run.started_at, &steps);
    Ok(steps)
}

/// Keeps them beside the run. They are never needed: where they cannot be written, the seconds are read each time.
pub(super) fn keep(folder: &Path, started_at: DateTime<Utc>, steps: &BTreeMap<String, TimeHistogram>) {
    if let Err(error) = save(folder, started_at, steps) {
        tracing::debug!("the merged histograms of a run are not kept: {error}");
    }
}

/// Whether it was made after the file that it is made of.
fn is_current(folder: &Path) -> bool {
    let modified = |name| std::fs::metadata(folder.join(name)).and_then(|file| file.modified()).ok();
    modified(JUDGED_FILE).zip(modified(LATENCY_FILE)).is_some_and(|(own, source)| own >= source)
}

fn saved(folder: &Path, run: &RunDigest) -> Option<BTreeMap<String, TimeHistogram>> {
    let bytes = std::fs::read(folder.join(JUDGED_FILE)).ok()?;
    let names = run.steps.iter().filter_map(|step| match &step.subject {
        Subject::Step(name) => Some((name.clone(), StepSecond::default())),
        _ => None,
    });
    let mut whole = LoadSecond { steps: names.collect(), ..LoadSecond::default() };
    read_interval_log(&bytes).ok()?.restore(&mut whole).ok()?;
    let steps = whole.steps.into_iter().map(|(name, step)| (name, step.response_time));
    Some(steps.filter(|(_, times)| !times.is_empty()).collect())
}

fn save(
    folder: &Path,
    started_at: DateTime<Utc>,
    steps: &BTreeMap<String, TimeHistogram>,
) -> Result<(), StoreError> {
    let step = |times: &TimeHistogram| StepSecond { response_time: times.clone(), ..StepSecond::default() };
    let steps = steps.iter().map(|(name, times)| (name.clone(), step(times)));
    let whole = LoadSecond { steps: steps.collect(), ..LoadSecond::default() };
    writer::replace(&folder.join(JUDGED_FILE), |out| {
        IntervalLogWriter::new(BufWriter::new(out), started_at)?.write_second(&whole)
    })
}
