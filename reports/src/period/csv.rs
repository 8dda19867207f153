//! The aggregates of a period as comma-separated values: a line a step and load. Times are microseconds and shares 0–1.

use std::io::{self, Write};

use aforo_model::{LoadAggregate, PeriodReport, StepAggregate};

use crate::csv_rows::{or_empty, write_csv};

const HEADER: [&str; 19] = [
    "from",
    "to",
    "scenario",
    "target",
    "target_description",
    "load",
    "step",
    "runs",
    "measured_runs",
    "merged_runs",
    "requests",
    "errors",
    "error_rate",
    "throughput_per_s",
    "p50_us",
    "p95_us",
    "p99_us",
    "lowest_run_p95_us",
    "highest_run_p95_us",
];

pub(super) fn render(report: &PeriodReport, out: &mut dyn Write) -> io::Result<()> {
    let rows = report.loads.iter().flat_map(|load| load.steps.iter().map(move |step| (load, step)));
    write_csv(out, HEADER, rows.map(|(load, step)| row(report, load, step)))
}

fn row(report: &PeriodReport, load: &LoadAggregate, step: &StepAggregate) -> [String; 19] {
    let times = &step.response_time;
    [
        or_empty(report.period.from.map(|from| from.to_rfc3339())),
        report.period.to.to_rfc3339(),
        load.load.scenario.clone(),
        load.load.target.clone(),
        load.description.clone().unwrap_or_default(),
        load.load.hash.clone(),
        step.subject.to_string(),
        load.runs.to_string(),
        load.measured_runs.to_string(),
        load.merged_runs.to_string(),
        step.requests.to_string(),
        step.error_count.to_string(),
        or_empty(step.error_rate),
        or_empty(step.throughput_per_s),
        or_empty(times.p50_us),
        or_empty(times.p95_us),
        or_empty(times.p99_us),
        or_empty(step.p95_range_us.map(|(low, _)| low)),
        or_empty(step.p95_range_us.map(|(_, high)| high)),
    ]
}
