//! The comparison on the screen: Markdown, so that it can stand in a document as it is.

use tabled::builder::Builder;
use tabled::settings::object::Columns;
use tabled::settings::{Alignment, Style};

use crate::goals::{GoalOutcome, GoalResult};
use crate::record::Comparison;
use crate::summary::Summary;

/// What stands where there is no figure.
const NOTHING: &str = "-";

/// Tables of medians and goals, and who was skipped.
pub(crate) fn render(comparison: &Comparison) -> String {
    let Comparison { machine, rounds, seconds, peers, summaries, goals, measurements, .. } = comparison;
    let mut parts = vec![
        format!("Medians of {rounds} interleaved rounds, {seconds} s each. {}.", machine.describe()),
        medians(summaries),
        goal_table(goals),
    ];
    let mut notes: Vec<String> = peers
        .iter()
        .filter_map(|peer| Some(format!("skipped {}: {}", peer.name, peer.skipped.as_ref()?)))
        .collect();
    notes.extend(summaries.iter().filter(|summary| summary.failed_rounds > 0).map(|summary| {
        let Summary { peer, users, failed_rounds, .. } = summary;
        let failed = measurements
            .iter()
            .find_map(|each| (each.peer == *peer && each.users == *users).then(|| each.error()).flatten());
        format!("{failed_rounds} rounds of {peer} at {users} users failed: {}", failed.unwrap_or(NOTHING))
    }));
    if !notes.is_empty() {
        parts.push(notes.join("\n"));
    }
    parts.join("\n\n")
}

fn medians(summaries: &[Summary]) -> String {
    let mut table = Builder::new();
    table.push_record([
        "users",
        "peer",
        "CPU-s per 1M",
        "to wrk",
        "to Aforo",
        "requests/s",
        "peak MB",
        "kB per user",
        "miscount",
        "errors",
        "server busy",
    ]);
    for summary in summaries {
        table.push_record([
            summary.users.to_string(),
            summary.peer.to_owned(),
            figure(summary.cpu_s_per_million, 2, ""),
            figure(summary.cpu_to_wrk, 2, ""),
            figure(summary.cpu_to_aforo, 2, ""),
            figure(summary.requests_per_s, 0, ""),
            figure(summary.peak_rss_bytes.map(|bytes| bytes / 1e6), 1, ""),
            figure(summary.rss_bytes_per_user.map(|bytes| bytes / 1e3), 1, ""),
            figure(summary.miscount.map(|ratio| ratio * 100.0), 2, " %"),
            summary.errors.to_string(),
            figure(summary.server_busy.map(|ratio| ratio * 100.0), 0, " %"),
        ]);
    }
    let mut table = table.build();
    table.with(Style::markdown()).modify(Columns::new(2..), Alignment::right());
    table.to_string()
}

fn goal_table(goals: &[GoalResult]) -> String {
    let mut table = Builder::new();
    table.push_record(["goal", "at most", "measured", "outcome"]);
    for GoalResult { goal, limit, value, outcome } in goals {
        let digits = if *limit < 100.0 { 2 } else { 0 };
        let outcome = match outcome {
            GoalOutcome::Met => "met",
            GoalOutcome::Missed => "missed",
            GoalOutcome::NotMeasured => "not measured",
        };
        table.push_record([
            goal.clone(),
            figure(Some(*limit), digits, ""),
            figure(*value, digits, ""),
            outcome.to_owned(),
        ]);
    }
    let mut table = table.build();
    table.with(Style::markdown()).modify(Columns::new(1..3), Alignment::right());
    table.to_string()
}

fn figure(value: Option<f64>, digits: usize, unit: &str) -> String {
    value.map_or_else(|| NOTHING.to_owned(), |value| format!("{value:.digits$}{unit}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::goals::judge;
    use crate::measurement::tests::measured;
    use crate::summary::summarize;

    #[test]
    fn a_table_has_a_line_for_each_generator_and_says_what_is_missing() {
        let rounds = [
            measured("aforo", 32, 1_000_000, 7.0, 24_000_000),
            measured("wrk", 32, 1_000_000, 5.0, 5_000_000),
        ];
        let table = medians(&summarize(&rounds));
        let lines: Vec<&str> = table.lines().collect();
        assert_eq!(lines.len(), 4);
        let cells: Vec<&str> = lines[2].split('|').map(str::trim).filter(|cell| !cell.is_empty()).collect();
        assert_eq!(
            cells,
            ["32", "aforo", "7.00", "1.40", "1.00", "1000000", "24.0", "-", "0.00 %", "0", "50 %"]
        );
    }

    #[test]
    fn goals_that_were_not_measured_are_said_to_be() {
        let table = goal_table(&judge(&[]));
        assert_eq!(table.matches("not measured").count(), judge(&[]).len());
    }
}
