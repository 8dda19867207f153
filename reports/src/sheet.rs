//! A table before it is drawn: the same rows for the terminal and for Markdown.

use serde::Serialize;
use tabled::builder::Builder;
use tabled::grid::util::string::get_line_width;
use tabled::settings::object::Columns;
use tabled::settings::style::HorizontalLine;
use tabled::settings::{Alignment, Modify, Padding, Style as Frame, Theme, Width};

use crate::style::{Style, Tone};
use crate::text::{one_line, shortened, turns_text, wrapped};

/// Width that the elastic column keeps however narrow the screen is.
const NARROWEST: usize = 8;
/// Columns of a field in Markdown, where nothing wraps: a name of ten thousand characters must not be all there is of a comment.
const WIDEST: usize = 160;

/// A table.
#[derive(Serialize)]
pub(crate) struct Sheet {
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Vec<Vec<Cell>>,
    /// Which column gives way, by wrapping, when the screen is too narrow.
    pub(crate) elastic: usize,
    /// Whether the last row sums up the others.
    pub(crate) ends_with_total: bool,
}

/// One column's title and side.
#[derive(Serialize)]
pub(crate) struct Column {
    title: &'static str,
    side: Side,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Side {
    Left,
    Right,
}

/// A column of words.
pub(crate) fn words(title: &'static str) -> Column {
    Column { title, side: Side::Left }
}

/// A column of numbers.
pub(crate) fn numbers(title: &'static str) -> Column {
    Column { title, side: Side::Right }
}

/// One field of a table.
#[derive(Serialize)]
pub(crate) struct Cell {
    text: String,
    tone: Tone,
    is_code: bool,
}

impl Cell {
    pub(crate) fn toned(text: &str, tone: Tone) -> Self {
        Self { text: one_line(text), tone, is_code: false }
    }

    /// What is written for machines: in Markdown between backquotes.
    pub(crate) fn code(text: &str) -> Self {
        Self { is_code: true, ..Self::from(text) }
    }

    fn markdown(&self) -> String {
        let text = shortened(&self.text, WIDEST);
        // In a table a bar ends the field even between backquotes.
        if self.is_code { code_span(&text).replace('|', "\\|") } else { escaped(&text) }
    }
}

impl<T: AsRef<str>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::toned(text.as_ref(), Tone::Neutral)
    }
}

impl Sheet {
    /// The table in at most `columns` columns of a terminal, each line ended.
    pub(crate) fn draw(&self, style: Style, columns: usize) -> String {
        let mut builder = Builder::default();
        builder.push_record(self.columns.iter().map(|column| style.paint(Tone::Faint, column.title)));
        for row in &self.rows {
            builder.push_record(row.iter().map(|cell| style.paint(cell.tone, &cell.text)));
        }
        let mut table = builder.build();
        table.with(self.theme()).with(Padding::new(2, 0, 0, 0));
        table.with(Modify::new(Columns::first()).with(Padding::new(1, 0, 0, 0)));
        for (at, column) in self.columns.iter().enumerate() {
            let side = if column.side == Side::Left { Alignment::left() } else { Alignment::right() };
            table.with(Modify::new(Columns::one(at)).with(side));
        }
        let overflow = table.total_width().saturating_sub(columns);
        if overflow > 0 {
            let width = self.elastic_width().saturating_sub(overflow).max(NARROWEST);
            table.with(Modify::new(Columns::one(self.elastic)).with(Width::wrap(width).keep_words(true)));
        }
        table.to_string().lines().map(|line| format!("{}\n", line.trim_end())).collect()
    }

    /// The table in Markdown.
    pub(crate) fn markdown(&self) -> String {
        let row = |cells: &mut dyn Iterator<Item = String>| {
            format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "))
        };
        let mut text = row(&mut self.columns.iter().map(|column| column.title.to_owned()));
        text += &row(&mut self
            .columns
            .iter()
            .map(|column| if column.side == Side::Left { "---".to_owned() } else { "---:".to_owned() }));
        for cells in &self.rows {
            text += &row(&mut cells.iter().map(Cell::markdown));
        }
        text
    }

    fn theme(&self) -> Theme {
        let mut theme = Theme::from_style(Frame::empty());
        theme.insert_horizontal_line(1, HorizontalLine::new('─'));
        if self.ends_with_total {
            theme.insert_horizontal_line(self.rows.len(), HorizontalLine::new('─'));
        }
        theme
    }

    fn elastic_width(&self) -> usize {
        let title = self.columns.get(self.elastic).map(|column| column.title);
        let cells = self.rows.iter().filter_map(|row| row.get(self.elastic)).map(|cell| cell.text.as_str());
        cells.chain(title).map(get_line_width).max().unwrap_or_default()
    }
}

/// Text that Markdown shows as it is.
pub(crate) fn escaped(text: &str) -> String {
    let text = one_line(text);
    let mut safe = String::with_capacity(text.len());
    let mut before = ' ';
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let after = chars.peek().copied().unwrap_or(' ');
        let means_something = match c {
            '\\' | '|' | '*' | '`' | '[' => true,
            // Inside a word it is itself, and an endpoint's name reads better without a backslash.
            '_' => !(before.is_alphanumeric() && after.is_alphanumeric()),
            '<' => !after.is_whitespace(),
            _ => false,
        };
        if means_something {
            safe.push('\\');
        }
        safe.push(c);
        // Nobody is called into a discussion because a target's message names them.
        if c == '@' && !before.is_alphanumeric() && after.is_alphanumeric() {
            safe.push('\u{200b}');
        }
        before = c;
    }
    safe
}

/// A sentence of ours that Markdown shows as it is, with what stands between backquotes as code.
pub(crate) fn prose(text: &str) -> String {
    let text = one_line(text);
    let parts: Vec<&str> = text.split('`').collect();
    // A backquote without a partner, such as that of a sentence that was cut, is only itself.
    let is_paired = parts.len() % 2 == 1;
    let paired = if is_paired { parts.len() } else { parts.len() - 2 };
    let mut shown = String::with_capacity(text.len());
    for (at, part) in parts[..paired].iter().enumerate() {
        shown += &if at % 2 == 1 { code_span(part) } else { escaped_part(part) };
    }
    if !is_paired {
        shown += &escaped_part(&parts[paired..].join("`"));
    }
    shown
}

/// A part of a sentence, with the blanks at its ends.
fn escaped_part(text: &str) -> String {
    let blank = |has: bool| if has { " " } else { "" };
    let inner = escaped(text);
    if inner.is_empty() {
        return blank(!text.is_empty()).to_owned();
    }
    format!("{}{inner}{}", blank(text.starts_with(' ')), blank(text.ends_with(' ')))
}

/// Text that Markdown shows as code within a line.
pub(crate) fn code_span(text: &str) -> String {
    let text = one_line(text);
    if text.is_empty() {
        return text;
    }
    let quotes = "`".repeat(longest_run_of_backquotes(&text) + 1);
    // A blank on both sides is not shown, and keeps a backquote at the edge apart.
    let gap = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{quotes}{gap}{text}{gap}{quotes}")
}

/// Lines that Markdown shows as they are, as a block of its own; but for what turns the text around it.
pub(crate) fn code_block(language: &str, lines: &str) -> String {
    let lines: String = lines.chars().filter(|&c| !turns_text(c)).collect();
    let quotes = "`".repeat(longest_run_of_backquotes(&lines).max(2) + 1);
    format!("{quotes}{language}\n{}\n{quotes}\n", lines.trim_end_matches('\n'))
}

fn longest_run_of_backquotes(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or_default()
}

/// A paragraph for a terminal: its first line starts with `lead`, the others are indented to match.
pub(crate) fn paragraph(lead: &str, text: &str, columns: usize) -> String {
    let indent = get_line_width(lead);
    let mut drawn = String::new();
    for (at, line) in wrapped(&one_line(text), columns.saturating_sub(indent)).iter().enumerate() {
        if at == 0 {
            drawn += lead;
        } else {
            drawn += &" ".repeat(indent);
        }
        drawn += line;
        drawn.push('\n');
    }
    drawn
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(name: &str) -> Sheet {
        Sheet {
            columns: vec![words("step"), numbers("requests")],
            rows: vec![vec![name.into(), "12".into()], vec!["total".into(), "1,204".into()]],
            elastic: 0,
            ends_with_total: true,
        }
    }

    #[test]
    fn numbers_stand_right_and_the_total_is_set_apart() {
        assert_eq!(
            sheet("view").draw(Style::plain(), 80),
            " step   requests\n────────────────\n view         12\n────────────────\n total     1,204\n"
        );
    }

    #[test]
    fn a_long_or_wide_name_gives_way_and_is_kept_whole() {
        for name in [
            "予約を確認する予約を確認する予約を確認する",
            "a-very-long-name-without-any-gap-in-it",
            "one two three",
        ] {
            for style in [Style::plain(), Style::colored()] {
                for line in sheet(name).draw(style, 24).lines() {
                    assert!(get_line_width(line) <= 24, "{line:?}");
                }
            }
        }
    }

    #[test]
    fn markdown_shows_names_as_they_are() {
        assert_eq!(
            sheet("a|b\n<i>by_phone").markdown(),
            "| step | requests |\n| --- | ---: |\n| a\\|b \\<i>by_phone | 12 |\n| total | 1,204 |\n"
        );
    }

    #[test]
    fn a_message_calls_nobody_and_an_address_stays_one() {
        assert_eq!(escaped("ask @team of a@b.example @ 9"), "ask @\u{200b}team of a@b.example @ 9");
    }

    #[test]
    fn code_within_a_sentence_is_code_and_a_backquote_alone_is_itself() {
        assert_eq!(prose("run `a | *b*` and `c` *now*"), "run `a | *b*` and `c` \\*now\\*");
        assert_eq!(prose("`a_` takes `b <i>"), "`a_` takes \\`b \\<i>");
        assert_eq!((prose("a``b").as_str(), prose("").as_str(), prose("`").as_str()), ("ab", "", "\\`"));
    }

    #[test]
    fn code_cannot_end_its_own_quotes() {
        assert_eq!(code_span("a\nb"), "`a b`");
        assert_eq!(code_span("a``b"), "```a``b```");
        assert_eq!(code_span("`a`"), "`` `a` ``");
        assert_eq!(Cell::code("a || `b`").markdown(), "`` a \\|\\| `b` ``");
        assert_eq!(code_block("sql", "a\nb\n"), "```sql\na\nb\n```\n");
        assert_eq!(code_block("sql", "a\u{202e}b\n"), "```sql\nab\n```\n");
        assert_eq!(code_block("", "``\u{200f}``\n"), "`````\n````\n`````\n");
        assert_eq!(code_block("", "````\n"), "`````\n````\n`````\n");
    }

    #[test]
    fn a_paragraph_hangs_under_its_lead() {
        assert_eq!(paragraph("  - ", "one two three", 12), "  - one two\n    three\n");
    }
}
