//! A history for a terminal.

use std::io::{self, Write};

use aforo_model::{Answer, FigureHistory, HistoryPoint};

use super::chart::{bar, spark_line};
use super::sheets;
use crate::counted::counted;
use crate::headline;
use crate::page::{Page, Screen};
use crate::sheet::{Cell, Sheet, numbers, paragraph, words};
use crate::style::Tone;

/// Columns of the longest bar.
const BAR_COLUMNS: usize = 9;

/// Writes a history without colours, 100 columns wide.
pub(super) fn render(history: &FigureHistory, out: &mut dyn Write) -> io::Result<()> {
    render_on(&Screen::plain(), history, out)
}

/// Writes a history as a line of blocks and a table, oldest run first.
///
/// # Errors
/// Only those of `out`.
pub fn render_on(screen: &Screen<'_>, history: &FigureHistory, out: &mut dyn Write) -> io::Result<()> {
    let page = Page::on(screen);
    let figure = format!("{} {}", sheets::name(&history.subject.to_string()), history.indicator);
    let title = format!(
        "{figure} over {} of {}",
        counted(history.points.len() as u64, "run"),
        sheets::name_of(&history.load)
    );
    let mut text = page.painted(Tone::Heading, paragraph("", &title, page.columns).trim_end());
    text += &page.faint(&sheets::load(&history.load));
    if let Some(description) = &history.description {
        text += &page.faint(&sheets::name(description));
    }
    if !history.points.is_empty() {
        let values: Vec<f64> = history.points.iter().map(|point| point.value).collect();
        text += &format!("\n {}\n\n", spark_line(&values, page.columns - 2));
        text += &page.table(&table(history));
    }
    text += "\n";
    for sentence in sheets::changes(&history.changes, history.unit) {
        text += &paragraph(" ", &sentence, page.columns);
    }
    if let Some(left_out) = sheets::left_out(&history.left_out) {
        text += &paragraph(" ", &left_out, page.columns);
    }
    out.write_all(text.as_bytes())
}

fn table(history: &FigureHistory) -> Sheet {
    let largest = history.points.iter().map(|point| point.value).fold(0.0, f64::max);
    let begins_here = |point: &HistoryPoint| match &history.changes {
        Answer::Found(changes) => changes.iter().any(|change| change.run == point.run),
        Answer::Absent { .. } => false,
    };
    let row = |point: &HistoryPoint| {
        let mark = if begins_here(point) { " ← new" } else { "" };
        vec![
            Cell::from(&point.run),
            Cell::from(sheets::value(point.value, history.unit)),
            Cell::toned(
                &format!("{}{mark}", bar(point.value, largest, BAR_COLUMNS)),
                if mark.is_empty() { Tone::Neutral } else { Tone::Doubtful },
            ),
            Cell::toned(headline::word(&point.verdict), headline::tone(&point.verdict)),
        ]
    };
    Sheet {
        columns: vec![words("run"), numbers("value"), words(""), words("verdict")],
        rows: history.points.iter().map(row).collect(),
        elastic: 0,
        ends_with_total: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::canonical;
    use crate::style::Style;
    use tabled::grid::util::string::get_line_width;

    fn drawn(history: &FigureHistory, columns: usize) -> String {
        let mut bytes = Vec::new();
        let screen = Screen { style: Style::plain(), columns, folder: None };
        render_on(&screen, history, &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn the_canonical_history_looks_like_this() {
        insta::assert_snapshot!("history-80", drawn(&canonical::history(), 80));
    }

    #[test]
    fn a_history_without_points_says_what_was_left_out() {
        let mut history = canonical::history();
        history.points.clear();
        history.changes = Answer::absent("there are none");
        let text = drawn(&history, 80);
        assert!(text.contains("over 0 runs") && text.contains("Left out: 2 runs of another load"), "{text}");
    }

    #[test]
    fn hostile_names_stay_within_the_screen() {
        let mut history = canonical::history();
        history.load.scenario = "<script>\u{1b}[2J\"'🙂".repeat(1_000);
        history.subject = aforo_model::Subject::Step("予約".repeat(5_000));
        history.points[0].run = "x".repeat(10_000);
        history.left_out[0].why = "y".repeat(10_000);
        let text = drawn(&history, 80);
        assert!(text.lines().all(|line| get_line_width(line) <= 80), "{text}");
        assert!(!text.contains('\u{1b}'));
    }
}
