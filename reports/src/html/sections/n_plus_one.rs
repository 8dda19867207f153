//! Statements that run once for every item of an answer, with the readings that show it.

use aforo_model::database::{
    CallPattern, DatabaseReport, NPlusOne, ProbeJudgement, ProbeVerdict, StatementSlope,
};
use aforo_model::{Answer, RunRecord};
use minijinja::Value;
use minijinja::value::Serde;
use serde::Serialize;

use super::Section;
use super::plot::{Drawing, Plot};
use crate::counted::numbered;
use crate::database::{answers, statements, traces};
use crate::figures::{self, significant};
use crate::sheet::{Cell, Sheet, numbers, words};
use crate::style::Tone;

pub(super) const SECTION: Section = Section {
    id: "n-plus-one",
    title: "N+1",
    view,
    template: include_str!("n_plus_one.html"),
    style: include_str!("n_plus_one.css"),
    script: "",
};

/// Columns of a statement's text in a table.
const TEXT_COLUMNS: usize = 100;

#[derive(Serialize)]
struct View<'a> {
    found: Vec<Found<'a>>,
    /// Every endpoint that was asked alone.
    probes: Option<Sheet>,
    not_asked: Option<String>,
    traces_title: &'static str,
    traces: Vec<Trace>,
}

#[derive(Serialize)]
struct Found<'a> {
    step: &'a str,
    severity: &'static str,
    facts: Vec<(&'static str, String)>,
    text: &'a str,
    fix_sql: Option<&'a str>,
    fix_words: &'a [aforo_model::database::FixWords],
    plot: Option<Drawing>,
    /// The points of the plot in figures.
    points: Option<Sheet>,
}

/// What one request sends.
#[derive(Serialize)]
struct Trace {
    summary: String,
    sheet: Option<Sheet>,
}

fn view(record: &RunRecord) -> Option<Value> {
    let report = record.database.as_deref()?;
    if report.probes.is_empty() && report.traces.is_empty() {
        return None;
    }
    let judged = report.probes.iter().filter_map(|probe| probe.answer.found());
    let found =
        judged.flat_map(|judged| judged.n_plus_ones.iter().map(move |found| shown(report, judged, found)));
    let trace = |trace| Trace { summary: traces::summary(trace), sheet: traces::sheet(trace) };
    Some(Value::from(Serde(View {
        found: found.collect(),
        probes: (!report.probes.is_empty()).then(|| probes(report)),
        not_asked: answers::not_asked(report),
        traces_title: traces::TITLE,
        traces: report.traces.iter().map(trace).collect(),
    })))
}

fn shown<'a>(report: &DatabaseReport, judged: &'a ProbeJudgement, found: &'a NPlusOne) -> Found<'a> {
    let slope = judged.statements.iter().find(|slope| slope.fingerprint == found.fingerprint);
    // The statement and what stands in its place are shown as SQL.
    let is_sentence = |fact: &(&str, String)| !matches!(fact.0, "statement" | "instead");
    Found {
        step: &found.step,
        severity: figures::severity(found.severity),
        facts: answers::n_plus_one(report, found).into_iter().filter(is_sentence).collect(),
        text: found.text.as_deref().unwrap_or(statements::HIDDEN),
        fix_sql: found.fix_sql.as_deref(),
        fix_words: &found.fix_words,
        plot: slope.and_then(|slope| plot(found, slope)),
        points: slope.map(points),
    }
}

/// Calls against items, with the line through them.
fn plot(found: &NPlusOne, slope: &StatementSlope) -> Option<Drawing> {
    let most = slope.points.iter().map(|point| point.items).fold(0.0, f64::max);
    let at = |items: f64| [items, found.intercept + found.slope.estimate * items];
    // The axes begin at zero: a line that would begin below does so where it crosses.
    let begin = if found.intercept < 0.0 { -found.intercept / found.slope.estimate } else { 0.0 };
    Plot {
        label: format!(
            "Calls of the statement against items of {}: {} for each item, from {} to {}.",
            found.item_path,
            numbered(&significant(found.slope.estimate), "more call"),
            significant(slope.points.iter().map(|point| point.items).fold(most, f64::min)),
            numbered(&significant(most), "item")
        ),
        x_title: format!("items of {}", found.item_path),
        y_title: "calls".to_owned(),
        points: slope.points.iter().map(|point| [point.items, point.calls.max(0.0)]).collect(),
        line: vec![[begin, at(begin)[1].max(0.0)], at(most)],
        marks: Vec::new(),
    }
    .drawn()
}

fn points(slope: &StatementSlope) -> Sheet {
    let figures = |values: [f64; 4]| values.iter().map(|value| Cell::from(significant(*value))).collect();
    Sheet {
        columns: vec![numbers("items"), numbers("calls"), numbers("rows"), numbers("blocks")],
        rows: slope
            .points
            .iter()
            .map(|point| figures([point.items, point.calls, point.rows, point.blocks]))
            .collect(),
        elastic: 0,
        ends_with_total: false,
    }
}

/// Every endpoint that was asked alone, and what it does.
fn probes(report: &DatabaseReport) -> Sheet {
    Sheet {
        columns: vec![
            words("endpoint"),
            words("calls"),
            words("statement"),
            numbers("calls/item"),
            numbers("R²"),
            numbers("mean"),
        ],
        rows: report.probes.iter().flat_map(probe).collect(),
        elastic: 2,
        ends_with_total: false,
    }
}

fn probe(probe: &ProbeVerdict) -> Vec<Vec<Cell>> {
    let row = |said: Cell, text: Cell, figures: [String; 3]| {
        let mut row = vec![Cell::from(&probe.step), said, text];
        row.extend(figures.iter().map(Cell::from));
        row
    };
    let absent = || [figures::ABSENT, figures::ABSENT, figures::ABSENT].map(str::to_owned);
    let judged = match &probe.answer {
        Answer::Absent { why } => {
            return vec![row(Cell::toned("not judged", Tone::Faint), Cell::from(why), absent())];
        }
        Answer::Found(judged) => judged,
    };
    if judged.statements.is_empty() {
        return vec![row(Cell::toned("none", Tone::Faint), Cell::from("no statement ran"), absent())];
    }
    let slope = |slope: &StatementSlope| {
        let text = slope.text.as_deref().unwrap_or(statements::HIDDEN);
        row(
            pattern(&slope.pattern),
            Cell::code(&statements::in_line(text, TEXT_COLUMNS)),
            [
                significant(slope.slope.estimate),
                format!("{:.2}", slope.r_squared),
                figures::time_us((slope.mean_ms.max(0.0) * 1e3).round() as u64),
            ],
        )
    };
    judged.statements.iter().map(slope).collect()
}

fn pattern(pattern: &CallPattern) -> Cell {
    match pattern {
        CallPattern::PerItem => Cell::toned("one per item", Tone::Bad),
        CallPattern::Batched { items_per_call } => {
            Cell::toned(&format!("{} a call", numbered(&significant(*items_per_call), "item")), Tone::Good)
        }
        CallPattern::Fixed => Cell::toned("as many for any page", Tone::Good),
        CallPattern::Unclear => Cell::toned("unclear", Tone::Doubtful),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::html::evidence;

    #[test]
    fn every_n_plus_one_has_its_plot() {
        let record = evidence::record();
        let report = record.database.as_deref().unwrap();
        let judged: Vec<_> = report.probes.iter().filter_map(|probe| probe.answer.found()).collect();
        let mut count = 0;
        for (judged, found) in
            judged.iter().flat_map(|judged| judged.n_plus_ones.iter().map(move |f| (judged, f)))
        {
            let shown = shown(report, judged, found);
            assert!(shown.plot.is_some() && shown.points.is_some());
            assert!(shown.facts.iter().all(|(word, _)| *word != "statement"));
            count += 1;
        }
        assert!(count > 0);
    }

    #[test]
    fn an_endpoint_that_could_not_be_judged_is_listed_with_the_reason() {
        let mut record = evidence::record();
        let report = record.database.as_mut().unwrap();
        report.probes[0].answer = Answer::absent("every answer had as many items");
        let rows = probes(report).markdown();
        assert!(rows.contains("| not judged | every answer had as many items | – | – | – |"), "{rows}");
    }
}
