//! What the reports over many runs have in common: loads, changes of level, runs that are left out.

use aforo_model::{Answer, HistoryChange, LeftOut, LoadIdentity, Quantity, Unit};

use crate::counted::counted;
use crate::figures;
use crate::text::{one_line, truncated};
use crate::workload;

/// Most columns of the name of a scenario, a target or a step in a sentence.
const LONGEST_NAME: usize = 60;

/// A value in the words of its unit.
pub(crate) fn value(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Ratio => figures::percent(value),
        _ => Quantity::new(value, unit).to_string(),
    }
}

/// `peak on hotel`.
pub(crate) fn name_of(load: &LoadIdentity) -> String {
    format!("{} on {}", name(&load.scenario), name(&load.target))
}

/// A name on one line, cut where it is longer than a line should be.
pub(crate) fn name(name: &str) -> String {
    truncated(&one_line(name), LONGEST_NAME)
}

/// The load in a sentence.
pub(crate) fn load(load: &LoadIdentity) -> String {
    let debug = if load.is_debug_build { ", by an Aforo built without optimisation" } else { "" };
    let warm_up_s = load.load.warm_up_s;
    let warm_up = if warm_up_s > 0.0 {
        format!(" of which {} are warm-up", figures::span_s(warm_up_s))
    } else {
        String::new()
    };
    format!(
        "{}, {}{warm_up}{debug} ({})",
        workload::described(&load.load.workload),
        figures::span_s(load.load.duration_s),
        load.hash.get(..8).unwrap_or(&load.hash)
    )
}

/// Where the level changed, a sentence each.
pub(crate) fn changes(changes: &Answer<Vec<HistoryChange>>, unit: Unit) -> Vec<String> {
    match changes {
        Answer::Absent { why } => vec![format!("No change points: {why}.")],
        Answer::Found(changes) if changes.is_empty() => vec!["The level did not change.".to_owned()],
        Answer::Found(changes) => changes.iter().map(|each| change(each, unit)).collect(),
    }
}

fn change(change: &HistoryChange, unit: Unit) -> String {
    let [before, after] = [change.before, change.after].map(|each| value(each, unit));
    let share = change.change_ratio.map_or_else(String::new, |ratio| format!(" ({:+.0}%)", ratio * 100.0));
    format!(
        "From {} on ({}): {before} → {after}{share}, p = {}.",
        one_line(&change.run),
        change.started_at.format("%Y-%m-%d %H:%M"),
        figures::significant(change.p_value)
    )
}

/// Runs that are not shown, in a sentence; `None` where all are.
pub(crate) fn left_out(left_out: &[LeftOut]) -> Option<String> {
    let reasons: Vec<String> = left_out
        .iter()
        .map(|each| format!("{} {}", counted(each.runs, "run"), one_line(&each.why)))
        .collect();
    (!reasons.is_empty()).then(|| format!("Left out: {}.", reasons.join("; ")))
}
