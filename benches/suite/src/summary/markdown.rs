//! The table in Markdown, for the README.

use crate::lines::{Line, circumstances, claims, legend, lines, notes};
use crate::record::Record;

/// When and where, the table, what it means, and what else to know. Ends with a line's end.
pub(crate) fn render(record: &Record) -> String {
    let mut text = format!("{}\n\n", escaped(&circumstances(record)));
    text += "| benchmark | before | after | ratio | claimed | verdict |\n|---|---:|---:|---:|---:|---|\n";
    for line in lines(record) {
        let Line { group, functions, before, after, ratio, claimed_ratio, verdict, .. } = &line;
        let cells = [
            format!("{group}: {functions}"),
            before.clone(),
            with_brackets(after, &line.after_interval),
            with_brackets(ratio, &line.ratio_interval),
            with_brackets(claimed_ratio, &line.claimed),
            (*verdict).to_owned(),
        ];
        text += &format!("| {} |\n", cells.map(|cell| escaped(&cell)).join(" | "));
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
    fn a_name_cannot_end_a_field() {
        assert_eq!(escaped("a | b"), "a \\| b");
    }
}
