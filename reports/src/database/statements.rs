//! The statements that took most time, numbered. Findings and plans name them by their numbers.

use aforo_model::database::{DatabaseReport, HotStatement};
use aforo_model::{Finding, Subject};

use crate::counted::numbered;
use crate::figures;
use crate::style::Tone;
use crate::text::{one_line, wrapped, wrapped_in};

/// Digits of a fingerprint that tell statements apart.
const FINGERPRINT_DIGITS: usize = 8;
/// Steps that are named beside a statement; the others are in the JSON.
const STEPS_NAMED: usize = 2;
/// From a page's worth on, the write-ahead log of a call is worth a word.
const NOTABLE_WAL_BYTES: f64 = 8192.0;

/// What stands for a text that may not be read.
pub(crate) const HIDDEN: &str = "(its text is hidden from this role)";

/// The number of a statement in the list; `None` where it is not in it.
pub(crate) fn number(report: &DatabaseReport, fingerprint: &str) -> Option<usize> {
    report.hot.iter().position(|statement| statement.fingerprint == fingerprint).map(|place| place + 1)
}

/// How a statement is called: by its number, or else by the beginning of its fingerprint.
pub(crate) fn name(report: &DatabaseReport, fingerprint: &str) -> String {
    match number(report, fingerprint) {
        Some(number) => format!("statement {number}"),
        None => format!("statement {}", fingerprint.chars().take(FINGERPRINT_DIGITS).collect::<String>()),
    }
}

/// What a finding is about.
pub(crate) fn subject(report: &DatabaseReport, finding: &Finding) -> String {
    named(Some(report), &finding.subject)
}

/// A subject in words: a statement by its number in the list of a run that has one.
pub(crate) fn named(report: Option<&DatabaseReport>, subject: &Subject) -> String {
    match (subject, report) {
        (Subject::Statement(fingerprint), Some(report)) => name(report, fingerprint),
        (other, _) => other.to_string(),
    }
}

/// Its text, as far as it may be read.
pub(crate) fn text(statement: &HotStatement) -> &str {
    statement.text.as_deref().unwrap_or(HIDDEN)
}

/// A statement in lines of at most `columns`. Where there would be more than `most_lines`, first the list of a `SELECT` is left
/// out, since many have the same, and then the end.
pub(super) fn in_lines(text: &str, columns: usize, most_lines: usize) -> Vec<String> {
    let text = one_line(text);
    let lines = wrapped(&text, columns);
    match without_list(&text) {
        Some(shorter) if lines.len() > most_lines => wrapped_in(&shorter, columns, most_lines),
        _ => wrapped_in(&text, columns, most_lines),
    }
}

/// [`in_lines`], one line.
pub(crate) fn in_line(text: &str, columns: usize) -> String {
    in_lines(text, columns, 1).concat()
}

/// `SELECT … FROM` and what follows.
fn without_list(text: &str) -> Option<String> {
    // Letters outside ASCII stay as they are, so places are the same.
    let lower = text.to_ascii_lowercase();
    let from = lower.strip_prefix("select ")?.find(" from ")? + "select ".len();
    Some(format!("{} …{}", &text[.."select".len()], &text[from..]))
}

/// Red where it is slow, yellow where it is listed (R5.1).
pub(crate) fn tone(statement: &HotStatement) -> Tone {
    match (statement.is_slow, statement.is_listed) {
        (true, _) => Tone::Bad,
        (false, true) => Tone::Doubtful,
        (false, false) => Tone::Neutral,
    }
}

/// Calls, time and what a call does: `449 × 17.2 ms · 40 rows, 924 blocks a call · admin_list ×1.03`.
pub(crate) fn described(statement: &HotStatement) -> String {
    let mut parts = vec![
        cost(statement),
        format!(
            "{}, {} a call",
            amount(statement.rows_per_call, "row"),
            amount(statement.blocks_per_call, "block")
        ),
    ];
    if statement.temp_blocks_per_call > 0.0 {
        parts.push(format!("{} of temporary files", amount(statement.temp_blocks_per_call, "block")));
    }
    if statement.wal_bytes_per_call >= NOTABLE_WAL_BYTES {
        parts.push(format!("{} of WAL", figures::bytes(statement.wal_bytes_per_call.round() as u64)));
    }
    if !statement.is_top_level {
        parts.push("inside a function".to_owned());
    }
    parts.extend(steps(statement));
    parts.join(" · ")
}

fn amount(number: f64, what: &str) -> String {
    numbered(&figures::significant(number), what)
}

/// Calls and the time of one.
pub(super) fn cost(statement: &HotStatement) -> String {
    format!("{} × {}", figures::count(statement.counters.calls), mean(statement))
}

/// Time of a call.
pub(crate) fn mean(statement: &HotStatement) -> String {
    figures::time_us((statement.mean_ms * 1e3).round() as u64)
}

/// The steps that cause it, with its calls for each of their requests.
pub(crate) fn steps(statement: &HotStatement) -> Option<String> {
    let named = statement.steps.iter().take(STEPS_NAMED);
    let mut steps: Vec<String> = named
        .map(|step| format!("{} ×{}", step.step, figures::significant(step.calls_per_request.estimate)))
        .collect();
    if statement.steps.len() > STEPS_NAMED {
        steps.push(format!("{} more", statement.steps.len() - STEPS_NAMED));
    }
    (!steps.is_empty()).then(|| steps.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::canonical;

    #[test]
    fn a_statement_is_called_by_its_number_and_one_that_is_not_listed_by_eight_digits() {
        let report = canonical::report();
        assert_eq!(name(&report, &report.hot[2].fingerprint), "statement 3");
        assert_eq!(name(&report, "0123456789abcdef"), "statement 01234567");
        assert_eq!(name(&report, "é"), "statement é");
    }

    #[test]
    fn a_long_statement_loses_its_list_before_its_end() {
        let sql = "SELECT one, two, three FROM t WHERE a = $1";
        assert_eq!(in_line(sql, 80), sql);
        assert_eq!(in_line(sql, 30), "SELECT … FROM t WHERE a = $1");
        assert_eq!(in_line(sql, 20), "SELECT … FROM t WHE…");
        assert_eq!(in_lines(sql, 24, 2), ["SELECT one, two, three", "FROM t WHERE a = $1"]);
        assert_eq!(in_lines(sql, 16, 2), ["SELECT … FROM t", "WHERE a = $1"]);
        assert_eq!(in_line("select é, b from t", 16), "select … from t");
        assert_eq!(in_line("UPDATE t SET a = $1 FROM u", 12), "UPDATE t SE…");
    }

    #[test]
    fn temporary_files_and_write_ahead_log_are_named_only_where_they_are_notable() {
        let mut statement = canonical::report().hot.remove(0);
        (statement.temp_blocks_per_call, statement.wal_bytes_per_call) = (0.0, 8191.0);
        let plain = described(&statement);
        assert!(!plain.contains("temporary") && !plain.contains("WAL"), "{plain}");
        (statement.temp_blocks_per_call, statement.wal_bytes_per_call) = (12.0, 8192.0);
        let notable = described(&statement);
        assert!(notable.contains(" · 12 blocks of temporary files · 8.0 KiB of WAL"), "{notable}");
    }
}
