//! The table of `aforo list`.

use aforo_model::{RunRecord, Verdict};
use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::figures::{self, or_absent};
use crate::headline;
use crate::sheet::{Cell, Sheet, numbers, words};
use crate::style::Style;

/// From this width on, a run's start and scenario have their own columns; its id says both too.
const ROOMY_COLUMNS: usize = 130;
/// From this width on, there is room for the target.
const USUAL_COLUMNS: usize = 90;
/// Marks the verdict on a run that ended before its time.
const CUT_SHORT: &str = " †";

/// What `aforo list` shows of a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunListEntry {
    /// The run's id.
    pub id: String,
    /// When the load began.
    pub started_at: DateTime<Utc>,
    /// Name of the scenario.
    pub scenario: String,
    /// Name of the target.
    pub target: String,
    /// The verdict on the whole run.
    pub verdict: Verdict,
    /// Whether it ended before its time.
    pub is_cut_short: bool,
    /// Requests of all steps in the judged part.
    pub requests: u64,
    /// 95th percentile of response time of all steps together, µs.
    pub p95_us: Option<u64>,
    /// Failed requests per request, 0–1.
    pub error_rate: Option<f64>,
}

impl From<&RunRecord> for RunListEntry {
    fn from(record: &RunRecord) -> Self {
        let total = &record.load.total;
        Self {
            id: record.id.clone(),
            started_at: record.started_at,
            scenario: record.scenario.name.clone(),
            target: record.target.name.clone(),
            verdict: record.verdict.clone(),
            is_cut_short: record.end.is_cut_short(),
            requests: total.requests,
            p95_us: total.response_time.p95_us,
            error_rate: total.error_rate,
        }
    }
}

/// The table, in the order of `entries`. A terminal of fewer than 130 columns gets no columns for what the id
/// says already, and one of fewer than 90 none for the target. An id is never cut: it is there to be copied.
pub fn list_table(entries: &[RunListEntry], style: Style, columns: usize) -> String {
    let mut titles = vec![words("run")];
    if columns >= ROOMY_COLUMNS {
        titles.extend([words("begun (UTC)"), words("scenario")]);
    }
    if columns >= USUAL_COLUMNS {
        titles.push(words("target"));
    }
    let elastic = titles.len() - 1;
    titles.extend([words("verdict"), numbers("requests"), numbers("P95"), numbers("errors")]);
    let rows = entries.iter().map(|entry| row(entry, columns)).collect();
    // Without a target there is nothing left that may give way.
    let drawn_columns = if columns >= USUAL_COLUMNS { columns } else { usize::MAX };
    let mut text =
        Sheet { columns: titles, rows, elastic, ends_with_total: false }.draw(style, drawn_columns);
    if entries.iter().any(|entry| entry.is_cut_short) {
        text += " † cut short before its time\n";
    }
    text
}

fn row(entry: &RunListEntry, columns: usize) -> Vec<Cell> {
    let mut cells = vec![Cell::from(&entry.id)];
    if columns >= ROOMY_COLUMNS {
        cells.push(entry.started_at.format("%Y-%m-%d %H:%M").to_string().into());
        cells.push(entry.scenario.as_str().into());
    }
    if columns >= USUAL_COLUMNS {
        cells.push(entry.target.as_str().into());
    }
    let cut_short = if entry.is_cut_short { CUT_SHORT } else { "" };
    let verdict = format!("{}{cut_short}", headline::word(&entry.verdict));
    cells.extend([
        Cell::toned(&verdict, headline::tone(&entry.verdict)),
        figures::count(entry.requests).into(),
        or_absent(entry.p95_us, figures::time_us).into(),
        or_absent(entry.error_rate, figures::percent).into(),
    ]);
    cells
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical;

    #[test]
    fn the_canonical_runs_look_like_this() {
        let entries: Vec<RunListEntry> = canonical::records().iter().map(|(_, run)| run.into()).collect();
        for columns in [80, 100, 140] {
            insta::assert_snapshot!(
                format!("run-list-{columns}"),
                list_table(&entries, Style::plain(), columns)
            );
        }
    }

    #[test]
    fn an_id_is_kept_whole_however_narrow_the_terminal() {
        let entries: Vec<RunListEntry> = canonical::records().iter().map(|(_, run)| run.into()).collect();
        for columns in [0, 40, 89, 90, 120, 130, 500] {
            let table = list_table(&entries, Style::plain(), columns);
            assert!(entries.iter().all(|entry| table.contains(&entry.id)), "{columns}:\n{table}");
        }
    }
}
