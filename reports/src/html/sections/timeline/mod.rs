//! The run second by second: charts that share one time axis.

mod columns;
mod load;
mod marks;
mod readings;

use aforo_model::RunRecord;
use minijinja::{Value, context};
use serde::Serialize;

use super::Section;
use crate::figures;
use crate::html::data::data_block;
use columns::{Column, width};
use marks::Mark;

pub(super) const SECTION: Section = Section {
    id: "timeline",
    title: "Time line",
    view,
    template: include_str!("timeline.html"),
    style: include_str!("timeline.css"),
    script: include_str!("timeline.js"),
};

/// What the script draws.
#[derive(Serialize)]
struct Timeline {
    /// Where the axis ends, seconds since the start of the run.
    to_s: f64,
    /// When the values of each source were seen, seconds since the start of the run.
    load_s: Column,
    readings_s: Column,
    charts: Vec<Chart>,
    marks: Vec<Mark>,
}

/// One chart.
#[derive(Serialize)]
struct Chart {
    title: &'static str,
    /// As `figure` of the page's script takes it.
    unit: &'static str,
    source: Source,
    lines: Vec<Line>,
}

/// Which of the two columns of times belongs to a chart.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Source {
    Load,
    Readings,
}

/// One line of a chart.
#[derive(Serialize)]
struct Line {
    label: &'static str,
    values: Column,
    /// One of the page's eight colours.
    colour: u8,
    dash: Option<&'static str>,
    fill: bool,
    /// Whether a point without a value has the last one, as of a figure that is read now and then.
    is_held: bool,
}

/// A line without anything special about it.
fn line(label: &'static str, colour: u8, values: Column) -> Line {
    Line { label, values, colour, dash: None, fill: false, is_held: false }
}

fn view(record: &RunRecord) -> Option<Value> {
    let seconds = record.load.timeline.users.len();
    let readings = &record.resources;
    if seconds == 0 && readings.is_empty() {
        return None;
    }
    let last_reading_s = readings.iter().map(|reading| reading.at_s).fold(0.0, f64::max);
    let charts = load::charts(record).into_iter().chain(readings::charts(record)).collect();
    let timeline = Timeline {
        to_s: last_reading_s.max(seconds as f64).ceil(),
        load_s: load::times(record),
        readings_s: readings::times(record),
        charts,
        marks: marks::marks(record),
    };
    let width_s = width(seconds);
    Some(context! {
        has_memory => timeline.charts.iter().any(|chart| chart.title == readings::MEMORY),
        has_shared_once => readings::has_shared_once(record),
        data => data_block("timeline-data", &timeline),
        marks => timeline.marks.iter().map(Mark::in_words).collect::<Vec<_>>(),
        width => (width_s > 1).then(|| figures::span_s(width_s as f64)),
    })
}
