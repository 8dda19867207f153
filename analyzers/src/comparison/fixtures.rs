//! Made-up runs to compare.

use aforo_model::{LoadSecond, ResourceSummary, RunRecord, Verdict};

use super::RunSeconds;
use crate::fixtures::{Fixture, step_second, summarized};
use crate::statistics::Random;

/// A record of a healthy run.
pub(super) fn record(duration_s: u32) -> RunRecord {
    RunRecord {
        started_at: "2026-11-21T08:00:00Z".parse().unwrap(),
        // Of the two sides only what is compared is to differ.
        resource_summary: ResourceSummary::default(),
        slos: Vec::new(),
        findings: Vec::new(),
        verdict: Verdict::Met,
        ..Fixture::of_length(duration_s).record()
    }
}

/// What a made-up run is like.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    pub(super) duration_s: u32,
    /// Times of `search`; those of `book` are half as long.
    pub(super) median_us: f64,
    /// Requests of each step in a second.
    pub(super) requests_per_s: u64,
    /// Failures among them.
    pub(super) errors_per_s: u64,
    pub(super) seed: u64,
}

pub(super) const SHAPE: Shape =
    Shape { duration_s: 60, median_us: 10_000.0, requests_per_s: 20, errors_per_s: 0, seed: 1 };

/// A run with log-normal times, each second independent of the others.
pub(super) fn run(shape: Shape) -> (RunRecord, RunSeconds) {
    let mut random = Random::new(shape.seed);
    let mut record = record(shape.duration_s);
    let seconds: Vec<LoadSecond> = (0..shape.duration_s)
        .map(|second| {
            let mut step = |median_us: f64, errors: u64| {
                let mut step = step_second(errors, errors, 1000);
                for _ in errors..shape.requests_per_s {
                    step.response_time.record_us((median_us * (0.4 * random.normal()).exp()) as u64);
                }
                step.requests = shape.requests_per_s;
                step
            };
            let steps = [
                ("search".to_owned(), step(shape.median_us, shape.errors_per_s)),
                ("book".to_owned(), step(shape.median_us / 2.0, 0)),
            ];
            LoadSecond { second, users: 10, steps: steps.into(), ..LoadSecond::default() }
        })
        .collect();
    record.load = summarized(&record.scenario, &seconds);
    record.id = format!("20261121T080000Z-baseline-{:08x}", shape.seed);
    let mut gathered = RunSeconds::new(&record.scenario);
    seconds.iter().for_each(|second| gathered.add(second));
    (record, gathered)
}
