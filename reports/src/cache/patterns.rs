//! The table of keys by pattern.

use aforo_model::cache::{CacheReport, KeyPattern};

use super::wording::{answered, compact, estimate, lifetime, reasons, why};
use crate::counted::counted;
use crate::figures::{self, ABSENT, or_absent, percent};
use crate::sheet::{Cell, Sheet, numbers, words};

/// What the columns say, in the words of a terminal and of Markdown alike.
const MEANING: &str = "TTL: the time to live that keys seem to be written with; > where only what is left of it is known. \
    no TTL: keys that live for ever. /min: accesses of the median key. hot: keys above 10 accesses a minute; cold: below \
    one. unread: keys past half of their life that were never read.";

/// Every pattern that is listed; `None` when there are none.
pub(super) fn sheet(report: &CacheReport) -> Option<Sheet> {
    (!report.patterns.is_empty()).then(|| Sheet {
        columns: vec![
            words("pattern"),
            numbers("keys"),
            numbers("memory"),
            numbers("TTL"),
            numbers("no TTL"),
            numbers("/min"),
            numbers("hot"),
            numbers("cold"),
            numbers("unread"),
        ],
        rows: report.patterns.iter().map(row).collect(),
        elastic: 0,
        ends_with_total: false,
    })
}

/// The same for a page, which has room for sizes and types.
pub(crate) fn wide_sheet(report: &CacheReport) -> Option<Sheet> {
    let mut sheet = sheet(report)?;
    sheet.columns.extend([numbers("bytes"), numbers("idle median"), words("type")]);
    for (row, pattern) in sheet.rows.iter_mut().zip(&report.patterns) {
        row.extend([
            Cell::from(or_absent(pattern.bytes, figures::bytes)),
            Cell::from(or_absent(pattern.idle_quantiles_s, |[_, median, _]| lifetime(median))),
            Cell::from(pattern.kinds.join(", ")),
        ]);
    }
    Some(sheet)
}

fn row(pattern: &KeyPattern) -> Vec<Cell> {
    vec![
        Cell::code(&pattern.pattern),
        Cell::from(compact(pattern.keys.estimate)),
        Cell::from(or_absent(pattern.memory_ratio, percent)),
        Cell::from(ttl(pattern)),
        Cell::from(percent(pattern.without_ttl_ratio)),
        Cell::from(answered(&pattern.accesses_per_min, estimate)),
        Cell::from(or_absent(pattern.hot_keys, estimate)),
        Cell::from(or_absent(pattern.cold_keys, estimate)),
        Cell::from(answered(&pattern.never_hit_ratio, percent)),
    ]
}

fn ttl(pattern: &KeyPattern) -> String {
    match (pattern.ttl_written_s, pattern.ttl_median_s) {
        (Some(written_s), _) => lifetime(written_s),
        (None, Some(left_s)) => format!(">{}", lifetime(left_s).trim_start_matches('>')),
        (None, None) => ABSENT.to_owned(),
    }
}

/// What the columns say, why some are empty, and how many patterns are not listed.
pub(crate) fn notes(report: &CacheReport) -> String {
    let patterns = || report.patterns.iter();
    let rates = reasons("accesses", patterns().filter_map(|pattern| why(&pattern.accesses_per_min)));
    let unread = reasons("unread", patterns().filter_map(|pattern| why(&pattern.never_hit_ratio)));
    let left_out = (report.patterns_left_out > 0)
        .then(|| format!("Not listed: {}.", counted(report.patterns_left_out, "more pattern")));
    let said: Vec<String> =
        [Some(MEANING.to_owned()), rates, unread, left_out].into_iter().flatten().collect();
    said.join(" ")
}
