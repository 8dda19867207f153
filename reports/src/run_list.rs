//! The table of `aforo list`.

use aforo_model::RunEntry;

use crate::figures::{self, or_absent};
use crate::headline;
use crate::sheet::{Cell, Sheet, numbers, paragraph, words};
use crate::style::{Style, Tone};
use crate::text::{one_line, truncated};

/// From this width on, a run's start, its scenario and its requests have their own columns; the id says the first two as well.
const ROOMY_COLUMNS: usize = 130;
/// From this width on, there is room for the target.
const USUAL_COLUMNS: usize = 90;
/// Marks the verdict on a run that ended before its time.
const CUT_SHORT: &str = " †";

/// Most columns of the name of a scenario, or of a target with what it says of itself.
const LONGEST_NAME: usize = 40;
/// Marks a run that is pinned as a baseline.
const PINNED: &str = " ‡";

/// A line of `aforo list`.
#[derive(Debug, Clone, Copy)]
pub struct RunRow<'a> {
    /// The run's id.
    pub id: &'a str,
    /// What its record says; absent where it cannot be read.
    pub entry: Option<&'a RunEntry>,
    /// What stands in place of a verdict, such as `running`; absent where the run has one.
    pub state: Option<&'a str>,
    /// The baselines it is pinned as.
    pub baselines: &'a [String],
}

/// The table, in the order of `runs`. A terminal of fewer than 130 columns gets no columns for what the id
/// says already and for requests, and one of fewer than 90 none for the target. An id is never cut: it is there to be copied.
pub fn list_table(runs: &[RunRow<'_>], style: Style, columns: usize) -> String {
    let mut titles = vec![words("run")];
    if columns >= ROOMY_COLUMNS {
        titles.extend([words("begun (UTC)"), words("scenario")]);
    }
    if columns >= USUAL_COLUMNS {
        titles.push(words("target"));
    }
    let elastic = titles.len() - 1;
    titles.extend([words("verdict"), numbers("load")]);
    if columns >= ROOMY_COLUMNS {
        titles.push(numbers("requests"));
    }
    titles.extend([numbers("P95"), numbers("errors")]);
    let rows = runs.iter().map(|run| row(run, columns)).collect();
    // Without a target there is nothing left that may give way.
    let drawn_columns = if columns >= USUAL_COLUMNS { columns } else { usize::MAX };
    let mut text =
        Sheet { columns: titles, rows, elastic, ends_with_total: false }.draw(style, drawn_columns);
    if runs.iter().any(|run| is_marked_cut_short(run)) {
        text += " † cut short before its time\n";
    }
    let pinned: Vec<String> = runs
        .iter()
        .filter(|run| !run.baselines.is_empty())
        .map(|run| format!("{} ({})", one_line(run.id), run.baselines.join(", ")))
        .collect();
    if !pinned.is_empty() {
        text += &paragraph(" ‡ ", &format!("pinned as a baseline: {}", pinned.join("; ")), columns.max(80));
    }
    text
}

fn is_marked_cut_short(run: &RunRow<'_>) -> bool {
    run.state.is_none() && run.entry.is_some_and(|entry| entry.is_cut_short)
}

fn row(run: &RunRow<'_>, columns: usize) -> Vec<Cell> {
    let mut cells = vec![Cell::from(run.id)];
    let text = |show: &dyn Fn(&RunEntry) -> String| or_absent(run.entry, show);
    if columns >= ROOMY_COLUMNS {
        cells.push(text(&|entry| entry.started_at.format("%Y-%m-%d %H:%M").to_string()).into());
        cells.push(text(&|entry| truncated(&one_line(&entry.scenario), LONGEST_NAME)).into());
    }
    if columns >= USUAL_COLUMNS {
        cells.push(text(&target).into());
    }
    let cut_short = if is_marked_cut_short(run) { CUT_SHORT } else { "" };
    let pinned = if run.baselines.is_empty() { "" } else { PINNED };
    let (word, tone) = match (run.state, run.entry) {
        (Some(state), _) => (state, Tone::Doubtful),
        (None, Some(entry)) => (headline::word(&entry.verdict), headline::tone(&entry.verdict)),
        (None, None) => (figures::ABSENT, Tone::Faint),
    };
    cells.extend([Cell::toned(&format!("{word}{cut_short}{pinned}"), tone), text(&load).into()]);
    if columns >= ROOMY_COLUMNS {
        cells.push(text(&|entry| figures::count(entry.requests)).into());
    }
    cells.extend([
        text(&|entry| or_absent(entry.p95_us, figures::time_us)).into(),
        text(&|entry| or_absent(entry.error_rate, figures::percent)).into(),
    ]);
    cells
}

/// `hotel (flaws: none)`: the name, and the first thing that the target says of itself.
fn target(entry: &RunEntry) -> String {
    let name = truncated(&one_line(&entry.target), LONGEST_NAME);
    match entry.description.as_deref().and_then(|says| says.split(';').next()) {
        Some(says) => truncated(&format!("{name} ({})", one_line(says)), LONGEST_NAME),
        None => name,
    }
}

/// `10 × 60 s`: the most users at once, and how long.
fn load(entry: &RunEntry) -> String {
    let users = or_absent(entry.peak_users, |users| figures::count(users.into()));
    let span = or_absent(entry.elapsed_s, |elapsed_s| figures::span_s(elapsed_s.round()));
    format!("{users} × {span}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical;

    fn plain(entry: &RunEntry) -> RunRow<'_> {
        RunRow { id: &entry.id, entry: Some(entry), state: None, baselines: &[] }
    }

    #[test]
    fn a_run_without_a_verdict_shows_its_state_and_a_pin_is_explained() {
        let entry = RunEntry::from(&canonical::record("met"));
        let main = ["main".to_owned()];
        let rows = [
            RunRow { id: "20261102T000000Z-a", entry: None, state: Some("newer format"), baselines: &[] },
            RunRow { id: "20261101T000000Z-a", baselines: &main, ..plain(&entry) },
        ];
        let table = list_table(&rows, Style::plain(), 80);
        assert!(table.contains("newer format") && table.contains("met ‡"), "{table}");
        assert!(table.contains("20261101T000000Z-a (main)"), "{table}");
    }

    #[test]
    fn what_the_record_has_of_load_and_target_is_shown() {
        let mut entry = RunEntry::from(&canonical::record("met"));
        (entry.peak_users, entry.elapsed_s) = (Some(1_200), Some(60.04));
        entry.description = Some("flaws: none; 50 rooms".to_owned());
        let table = list_table(&[plain(&entry)], Style::plain(), 100);
        assert!(table.contains("1,200 × 60 s") && table.contains("hotel (flaws: none)"), "{table}");
        (entry.peak_users, entry.elapsed_s, entry.description) = (None, None, None);
        let table = list_table(&[plain(&entry)], Style::plain(), 100);
        assert!(table.contains("– × –") && !table.contains('('), "{table}");
    }

    #[test]
    fn hostile_names_stay_on_their_line() {
        let mut entry = RunEntry::from(&canonical::record("met"));
        entry.scenario = "<b>\u{1b}[2J\n".repeat(2_000);
        entry.target = "x".repeat(10_000);
        entry.description = Some("\u{1b}[31m\n".repeat(10_000));
        let table = list_table(&[plain(&entry)], Style::plain(), 140);
        assert!(table.len() < 2_000 && !table.contains('\u{1b}') && table.lines().count() <= 8, "{table}");
    }

    #[test]
    fn the_canonical_runs_look_like_this() {
        let entries: Vec<RunEntry> = canonical::records().iter().map(|(_, run)| run.into()).collect();
        let rows: Vec<RunRow<'_>> = entries.iter().map(plain).collect();
        for columns in [80, 100, 140] {
            insta::assert_snapshot!(
                format!("run-list-{columns}"),
                list_table(&rows, Style::plain(), columns)
            );
        }
    }

    #[test]
    fn an_id_is_kept_whole_however_narrow_the_terminal() {
        let entries: Vec<RunEntry> = canonical::records().iter().map(|(_, run)| run.into()).collect();
        let rows: Vec<RunRow<'_>> = entries.iter().map(plain).collect();
        for columns in [0, 40, 89, 90, 120, 130, 500] {
            let table = list_table(&rows, Style::plain(), columns);
            assert!(entries.iter().all(|entry| table.contains(&entry.id)), "{columns}:\n{table}");
        }
    }
}
