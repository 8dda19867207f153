//! Every objective with its verdict, and for those that were missed the recommendation that helps most.

use aforo_model::{RunRecord, SloResult};
use minijinja::value::Serde;
use minijinja::{Value, context};
use serde::Serialize;

use super::Section;
use crate::figures;
use crate::headline::{tone, word};
use crate::html::anchors;
use crate::open_objectives::open_reasons;
use crate::style::Tone;

pub(super) const SECTION: Section = Section {
    id: "slos",
    title: "Objectives",
    view,
    template: include_str!("slos.html"),
    style: "",
    script: "",
};

#[derive(Serialize)]
struct Row {
    indicator: String,
    demand: String,
    criticality: &'static str,
    /// What the rows are sorted by: the most critical first.
    criticality_rank: u8,
    measured: String,
    rests_on: String,
    sample_count: u64,
    word: &'static str,
    tone: Tone,
    help: Option<Help>,
}

/// The recommendation that helps an objective most.
#[derive(Serialize)]
struct Help {
    anchor: String,
    title: String,
}

fn view(record: &RunRecord) -> Option<Value> {
    let rows: Vec<Row> = record.slos.iter().map(|result| row(record, result)).collect();
    let has_help = rows.iter().any(|row| row.help.is_some());
    Some(context! { rows => Value::from(Serde(&rows)), has_help, reasons => open_reasons(record) })
}

fn row(record: &RunRecord, result: &SloResult) -> Row {
    let helper = result.helped_by.as_deref().and_then(|id| anchors::recommendation(record, id));
    Row {
        indicator: figures::indicator(result),
        demand: figures::demand(result),
        criticality: figures::criticality(result.slo.criticality),
        criticality_rank: result.slo.criticality as u8,
        measured: figures::measured(result),
        rests_on: figures::rests_on(result),
        sample_count: result.sample_count,
        word: word(&result.verdict),
        tone: tone(&result.verdict),
        help: helper.map(|at| Help {
            anchor: anchors::of_recommendation(at),
            title: record.recommendations[at].title.clone(),
        }),
    }
}
