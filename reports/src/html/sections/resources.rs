//! What the run used of processes and machines, how much load the target carries, and what changed over the run.

use aforo_model::{
    Answer, CapacityRecord, Demand, GrowthVerdict, Interval, Leak, LeakConfirmation, LeakRecord, RunRecord,
    TrendRecord,
};
use minijinja::Value;
use minijinja::value::Serde;
use serde::Serialize;

use super::Section;
use super::plot::{Drawing, Plot};
use crate::figures::{self, ABSENT, or_absent, significant};
use crate::sheet::{Cell, Sheet, numbers, words};
use crate::style::Tone;
use crate::{capacity, change, resource_notes, sheets};

pub(super) const SECTION: Section = Section {
    id: "resources",
    title: "Resources",
    view,
    template: include_str!("resources.html"),
    style: "",
    script: "",
};

#[derive(Serialize)]
struct View {
    processes: Option<Sheet>,
    processes_mean: &'static str,
    sentences: Vec<String>,
    capacity: Option<Capacity>,
    /// Recovery, drift and what grows.
    change: Vec<(&'static str, String)>,
    leaks: Option<Sheet>,
    trends: Option<Sheet>,
}

#[derive(Serialize)]
struct Capacity {
    levels: Sheet,
    levels_mean: &'static str,
    answers: Vec<(&'static str, String)>,
    plot: Option<Drawing>,
}

fn view(record: &RunRecord) -> Option<Value> {
    let own = sheets::host(record).into_iter().chain(sheets::generator(record));
    let view = View {
        processes: sheets::resources(record),
        processes_mean: sheets::RESOURCES_MEAN,
        sentences: own.chain(resource_notes::sentences(record)).collect(),
        capacity: record.capacity.as_ref().map(carried),
        change: change::answers(record),
        leaks: leaks(&record.leaks),
        trends: trends(&record.trends),
    };
    let is_empty = view.processes.is_none()
        && view.sentences.is_empty()
        && view.capacity.is_none()
        && view.change.is_empty()
        && view.leaks.is_none();
    (!is_empty).then(|| Value::from(Serde(view)))
}

fn carried(record: &CapacityRecord) -> Capacity {
    Capacity {
        levels: capacity::levels(record),
        levels_mean: capacity::LEVELS_MEAN,
        answers: capacity::answers(record),
        plot: throughput(record),
    }
}

/// Throughput against the load that was asked for.
fn throughput(record: &CapacityRecord) -> Option<Drawing> {
    let points: Vec<[f64; 2]> =
        record.levels.iter().map(|level| [level.demand.value(), level.throughput_per_s]).collect();
    let asked = match record.levels.first()?.demand {
        Demand::Users(_) => "virtual users",
        Demand::StartsPerS(_) => "starts a second",
    };
    let capacity = record.capacity.found().map(|found| (found.demand.value(), "capacity".to_owned()));
    let knee = record.knee.found().map(|found| (found.demand.value(), "knee".to_owned()));
    Plot {
        label: format!("Throughput against {asked}, level by level; the figures are in the table."),
        x_title: asked.to_owned(),
        y_title: "requests a second".to_owned(),
        line: points.clone(),
        points,
        marks: capacity.into_iter().chain(knee).collect(),
    }
    .drawn()
}

/// Every figure that was looked at for a leak; `None` where none was.
fn leaks(leaks: &[LeakRecord]) -> Option<Sheet> {
    let row = |record: &LeakRecord| {
        let mut row = vec![Cell::from(record.figure.as_str()), Cell::from(record.role.as_str())];
        row.extend(match &record.leak {
            Answer::Found(leak) => leak_cells(record, leak),
            Answer::Absent { why } => [
                Cell::toned(&format!("not told: {why}"), Tone::Faint),
                ABSENT.into(),
                ABSENT.into(),
                ABSENT.into(),
            ],
        });
        row
    };
    (!leaks.is_empty()).then(|| Sheet {
        columns: vec![
            words("figure"),
            words("of"),
            words("verdict"),
            numbers("an hour"),
            numbers("a request"),
            numbers("limit in"),
        ],
        rows: leaks.iter().map(row).collect(),
        elastic: 2,
        ends_with_total: false,
    })
}

fn leak_cells(record: &LeakRecord, leak: &Leak) -> [Cell; 4] {
    let show = |value: f64| {
        let sign = if value < 0.0 { "−" } else { "" };
        if record.figure.is_memory() {
            format!("{sign}{}", figures::bytes(value.abs().round() as u64))
        } else {
            significant(value)
        }
    };
    let per_hour = leak.growth.per_hour;
    [
        verdict(leak),
        format!("{} ({} to {})", show(per_hour.estimate), show(per_hour.low), show(per_hour.high)).into(),
        or_absent(leak.per_request, |interval| show(interval.estimate)).into(),
        or_absent(leak.time_to_limit_s, spans).into(),
    ]
}

fn verdict(leak: &Leak) -> Cell {
    let confirmation = match leak.confirmation {
        LeakConfirmation::Confirmed => "grows, and stayed without load",
        LeakConfirmation::Released => "grew, and was given back without load",
        LeakConfirmation::NotChecked => "grows; not looked at without load",
    };
    match leak.growth.verdict {
        GrowthVerdict::Growing if leak.is_leak() => Cell::toned(confirmation, Tone::Bad),
        GrowthVerdict::Growing => Cell::toned(confirmation, Tone::Good),
        GrowthVerdict::Settling => Cell::from("fills up and settles"),
        GrowthVerdict::WithinNoise => Cell::from("cannot be told from chance"),
        GrowthVerdict::TooSmall => Cell::toned("does not grow", Tone::Good),
    }
}

/// Where every figure is heading; `None` where none was followed.
fn trends(trends: &[TrendRecord]) -> Option<Sheet> {
    let row = |record: &TrendRecord| {
        let show = |value: f64| {
            let sign = if value < 0.0 { "−" } else { "" };
            if record.figure.is_ratio() {
                format!("{sign}{}", figures::percent(value.abs()))
            } else {
                format!("{sign}{}", figures::time_us(value.abs().round() as u64))
            }
        };
        let reached = match &record.time_to_threshold_s {
            Answer::Found(time_s) => Cell::toned(&spans(*time_s), Tone::Doubtful),
            Answer::Absent { why } => Cell::toned(why, Tone::Faint),
        };
        vec![
            Cell::from(record.figure.as_str()),
            Cell::from(show(record.growth.last)),
            Cell::from(show(record.growth.per_hour.estimate)),
            Cell::from(or_absent(record.threshold, show)),
            reached,
        ]
    };
    (!trends.is_empty()).then(|| Sheet {
        columns: vec![
            words("figure"),
            numbers("at the end"),
            numbers("an hour"),
            numbers("threshold"),
            words("reached in"),
        ],
        rows: trends.iter().map(row).collect(),
        elastic: 4,
        ends_with_total: false,
    })
}

fn spans(time_s: Interval) -> String {
    format!("{} to {}", figures::span_s(time_s.low), figures::span_s(time_s.high))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical;
    use crate::html::evidence;

    #[test]
    fn a_leak_that_could_not_be_told_says_why() {
        let record = evidence::record();
        let shown = leaks(&record.leaks).unwrap().markdown();
        assert!(shown.contains("grows, and stayed without load"), "{shown}");
        assert!(shown.contains("not told: threads were not read"), "{shown}");
    }

    #[test]
    fn a_load_that_rises_has_its_throughput_drawn() {
        assert!(carried(&canonical::record("stress").capacity.unwrap()).plot.is_some());
    }

    #[test]
    fn a_run_of_which_nothing_was_read_has_no_section() {
        let mut record = canonical::record("cut-short");
        record.resource_summary = aforo_model::ResourceSummary::default();
        record.drift = None;
        record.recovery = None;
        assert!(view(&record).is_none());
    }
}
