//! The table on the screen.

use tabled::Table;
use tabled::builder::Builder;
use tabled::settings::formatting::AlignmentStrategy;
use tabled::settings::object::Columns;
use tabled::settings::style::HorizontalLine;
use tabled::settings::{Alignment, Padding, Style, Theme};

use crate::lines::{Line, by_subject, circumstances, claims, legend, lines, notes};
use crate::record::Record;

/// Columns of a screen that it fits.
const SCREEN: usize = 100;
/// Width that the first column keeps, whatever the others need.
const NARROWEST: usize = 20;
/// Width of what the documents state, which is seldom more than a range.
const CLAIMED: usize = 14;
/// Before the functions of a subject.
const INDENT: &str = "  ";

/// The table, with when and where, what it means, and what else to know.
pub(crate) fn render(record: &Record) -> String {
    let mut text = format!("{}\n\n{}\n", folded(&circumstances(record), SCREEN, ""), drawn(&lines(record)));
    text += &folded(&legend(record), SCREEN, "");
    text.push('\n');
    for note in notes(record) {
        text += &format!("{}\n", folded(&format!("- {note}"), SCREEN - INDENT.len(), INDENT));
    }
    if let Some(claims) = claims(record) {
        text += &format!("{claims}\n");
    }
    text
}

/// The first column gives way, by folding, to what the others need.
fn drawn(lines: &[Line]) -> String {
    let unfolded = table(lines, usize::MAX);
    let longest =
        lines.iter().map(|line| length(&line.group).max(INDENT.len() + length(&line.functions))).max();
    let overflow = unfolded.total_width().saturating_sub(SCREEN);
    let table = match longest {
        Some(longest) if overflow > 0 => table(lines, longest.saturating_sub(overflow).max(NARROWEST)),
        _ => unfolded,
    };
    table.to_string().lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

fn table(lines: &[Line], benchmark_width: usize) -> Table {
    let mut table = Builder::new();
    table.push_record(["benchmark", "before", "after", "ratio", "claimed", "verdict"]);
    for (group, lines) in by_subject(lines) {
        table.push_record([folded(group, benchmark_width, "")]);
        for line in lines {
            let functions = folded(&line.functions, benchmark_width - INDENT.len(), INDENT);
            table.push_record([
                format!("{INDENT}{functions}"),
                line.before.clone(),
                stacked(&line.after, &line.after_interval),
                stacked(&line.ratio, &line.ratio_interval),
                stacked(&line.claimed_ratio, &folded(&line.claimed, CLAIMED, "")),
                line.verdict.to_owned(),
            ]);
        }
    }
    let mut theme = Theme::from_style(Style::empty());
    theme.insert_horizontal_line(1, HorizontalLine::new('─'));
    let mut table = table.build();
    table.with(theme).with(Padding::new(2, 0, 0, 0)).modify(Columns::first(), Padding::zero());
    table
        .modify(Columns::new(1..5), Alignment::right())
        .modify(Columns::new(1..5), AlignmentStrategy::PerLine);
    table
}

fn stacked(figure: &str, more: &str) -> String {
    if more.is_empty() { figure.to_owned() } else { format!("{figure}\n{more}") }
}

fn length(text: &str) -> usize {
    text.chars().count()
}

/// Broken between words into lines of at most `width` characters, before which all but the first have `indent`.
fn folded(text: &str, width: usize, indent: &str) -> String {
    let mut folded = String::new();
    let mut filled = 0;
    for word in text.split_whitespace() {
        let length = length(word);
        if filled == 0 {
            filled = length;
        } else if filled + 1 + length <= width {
            folded.push(' ');
            filled += 1 + length;
        } else {
            folded.push('\n');
            folded.push_str(indent);
            filled = length;
        }
        folded.push_str(word);
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::Machine;
    use crate::record::tests::canonical;
    use crate::results::Results;
    use aforo_bench_suite::{PAIRS, SINGLES};

    fn widest(text: &str) -> usize {
        text.lines().map(|line| line.chars().count()).max().unwrap_or_default()
    }

    #[test]
    fn the_table_looks_like_this() {
        insta::assert_snapshot!(render(&canonical()));
    }

    #[test]
    fn a_subject_is_named_once_above_its_functions() {
        let text = render(&canonical());
        let (_, audio) = text.split_once("\naudio\n").expect("its name has a line");
        assert!(
            audio.starts_with("  decode 12 keys at 8 kHz") && audio.contains("\n  decode 12 keys at 48 kHz"),
            "{text}"
        );
    }

    #[test]
    fn the_table_fits_a_screen() {
        assert!(widest(&render(&canonical())) <= SCREEN);
    }

    /// With times that take the most room.
    #[test]
    fn every_line_there_is_fits_a_screen() {
        let mut results = Results::default();
        for pair in PAIRS {
            results = results
                .with(pair.before_variant(), &[vec![123_400.0; 20]])
                .with(pair.after_variant(), &[(0..20).map(|at| 100.0 + f64::from(at)).collect()]);
        }
        for single in SINGLES {
            results = results.with(single.variant(), &[vec![123_400.0; 20]]);
        }
        let text = render(&Record::new(Machine::canonical(), PAIRS, SINGLES, &results));
        assert!(widest(&text) <= SCREEN, "{text}");
    }

    #[test]
    fn words_are_kept_whole_and_lines_short() {
        assert_eq!(folded("one two three four", 8, "  "), "one two\n  three\n  four");
        assert_eq!(folded("extraordinarily long", 8, ""), "extraordinarily\nlong");
        assert_eq!(folded("", 8, ""), "");
    }
}
