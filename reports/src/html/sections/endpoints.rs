//! Every endpoint: how much, how fast, how often it failed.

use aforo_model::{RunRecord, StepRecord, TimeSummary};
use minijinja::value::Serde;
use minijinja::{Value, context};
use serde::Serialize;

use super::Section;
use crate::figures::{self, or_absent};
use crate::sheets;
use crate::workload;

pub(super) const SECTION: Section = Section {
    id: "endpoints",
    title: "Endpoints",
    view,
    template: include_str!("endpoints.html"),
    style: "",
    script: "",
};

#[derive(Serialize)]
struct Row<'a> {
    name: &'a str,
    cells: Vec<Cell>,
    /// How often which status was answered, and which failures there were.
    answers: String,
}

/// A number, with what the column is sorted by.
#[derive(Serialize)]
struct Cell {
    text: String,
    value: Option<f64>,
}

#[derive(Serialize)]
struct Failure<'a> {
    step: &'a str,
    kind: &'static str,
    seen: String,
    message: &'a str,
}

fn view(record: &RunRecord) -> Option<Value> {
    let load = &record.load;
    let is_open = workload::is_open(record);
    let rows: Vec<Row<'_>> = load.steps.iter().map(|step| row(step, is_open)).collect();
    let failures: Vec<Failure<'_>> = sheets::failures(record)
        .into_iter()
        .map(|failure| Failure {
            step: failure.step,
            kind: figures::error_kind(failure.example.kind),
            seen: figures::count(failure.example.seen),
            message: &failure.example.message,
        })
        .collect();
    Some(context! {
        is_open,
        rows => Value::from(Serde(&rows)),
        total => Value::from(Serde(&row(&load.total, is_open))),
        failures => Value::from(Serde(&failures)),
        times_mean => workload::times_mean(record),
        service_times_mean => workload::SERVICE_TIMES,
    })
}

fn row(step: &StepRecord, is_open: bool) -> Row<'_> {
    let mut cells = vec![
        Cell { text: figures::count(step.requests), value: Some(step.requests as f64) },
        Cell { text: format!("{:.1}", step.throughput_per_s), value: Some(step.throughput_per_s) },
        Cell { text: or_absent(step.error_rate, figures::percent), value: step.error_rate },
    ];
    cells.extend(times(&step.response_time));
    if is_open {
        // Not the largest, which is in most runs the same: the table is as wide as a screen.
        cells.extend(times(&step.service_time).into_iter().take(3));
    }
    Row { name: &step.name, cells, answers: answers(step) }
}

fn times(times: &TimeSummary) -> [Cell; 4] {
    [times.p50_us, times.p95_us, times.p99_us, times.max_us].map(|time_us| Cell {
        text: or_absent(time_us, figures::time_us),
        value: time_us.map(|us| us as f64),
    })
}

/// `200: 1,234 · 500: 3 · timeout: 2`.
fn answers(step: &StepRecord) -> String {
    let statuses =
        step.statuses.iter().map(|(status, &count)| format!("{status}: {}", figures::count(count)));
    let errors = step
        .errors
        .iter()
        .filter(|(_, count)| **count > 0)
        .map(|(&kind, &count)| format!("{}: {}", figures::error_kind(kind), figures::count(count)));
    statuses.chain(errors).collect::<Vec<_>>().join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical;

    #[test]
    fn an_open_run_has_both_times_and_a_closed_one_has_one() {
        for (name, columns) in [("met", 7), ("open", 10)] {
            let record = canonical::record(name);
            let row = row(&record.load.total, workload::is_open(&record));
            assert_eq!(row.cells.len(), columns, "{name}");
        }
    }

    #[test]
    fn what_was_answered_is_counted_by_status_and_by_kind_of_failure() {
        let step = StepRecord {
            statuses: [(200, 1_234), (500, 3)].into(),
            errors: [(aforo_model::ErrorKind::ServerStatus, 3), (aforo_model::ErrorKind::Timeout, 0)].into(),
            ..Default::default()
        };
        assert_eq!(answers(&step), "200: 1,234 · 500: 3 · server status: 3");
    }
}
