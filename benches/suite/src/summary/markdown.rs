//! The table in Markdown, for the README.

use std::iter;

use crate::lines::{Line, by_subject, circumstances, claims, legend, lines, notes};
use crate::record::Record;

/// When and where, the table, what it means, and what else to know. Ends with a line's end.
pub(crate) fn render(record: &Record) -> String {
    let mut text = format!("{}\n\n", escaped(&circumstances(record)));
    text += "| benchmark | function | before | after | ratio | claimed | verdict |\n|---|---|---:|---:|---:|---:|---|\n";
    for (group, lines) in by_subject(&lines(record)) {
        let named = iter::once(group).chain(iter::repeat(""));
        text.extend(named.zip(lines).map(|(name, line)| row(name, line)));
    }
    text += &format!("\n{}", legend(record));
    if let Some(claims) = claims(record) {
        text += &format!(" {claims}");
    }
    text.push('\n');
    let notes: Vec<String> = notes(record).iter().map(|note| format!("- {}\n", escaped(note))).collect();
    if !notes.is_empty() {
        text += &format!("\n{}", notes.concat());
    }
    text
}

fn row(name: &str, line: &Line) -> String {
    let cells = [
        name.to_owned(),
        line.functions.clone(),
        line.before.clone(),
        with_brackets(&line.after, &line.after_interval),
        with_brackets(&line.ratio, &line.ratio_interval),
        with_brackets(&line.claimed_ratio, &line.claimed),
        line.verdict.to_owned(),
    ];
    format!("| {} |\n", cells.map(|cell| escaped(&cell)).join(" | "))
}

fn with_brackets(figure: &str, more: &str) -> String {
    if more.is_empty() { figure.to_owned() } else { format!("{figure} ({more})") }
}

/// A bar would end a field, and a star or an underscore set what follows apart.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '|' | '*' | '_' | '[' | '<') {
            safe.push('\\');
        }
        safe.push(c);
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::tests::canonical;

    #[test]
    fn the_table_looks_like_this_in_markdown() {
        insta::assert_snapshot!(render(&canonical()));
    }

    #[test]
    fn a_subject_is_named_once_for_all_its_functions() {
        let text = render(&canonical());
        assert!(text.contains("\n| audio | decode 12 keys at 8 kHz |"), "{text}");
        assert!(text.contains("\n|  | decode 12 keys at 48 kHz |"), "{text}");
        assert_eq!(text.matches("| message |").count(), 2, "another subject stands between: {text}");
    }

    #[test]
    fn a_name_cannot_end_a_field() {
        assert_eq!(escaped("a | b"), "a \\| b");
    }
}
