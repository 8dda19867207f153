//! The tables of what to do about patterns of keys.

use aforo_model::cache::{CacheReport, DropCandidate, PreloadCandidate, TtlAdvice, TtlChange};

use super::wording::{compact, estimate, lifetime};
use crate::figures::{self, or_absent, percent};
use crate::sheet::{Cell, Column, Sheet, numbers, words};

/// Times to live that should be others.
pub(crate) fn ttls(report: &CacheReport) -> Option<Sheet> {
    let columns = vec![
        words("pattern"),
        words("change"),
        numbers("TTL now"),
        numbers("advised"),
        numbers("/min"),
        numbers("memory at most"),
    ];
    filled(columns, report.ttl_advice.iter().map(ttl).collect())
}

fn ttl(advice: &TtlAdvice) -> Vec<Cell> {
    vec![
        Cell::code(&advice.pattern),
        Cell::from(match advice.change {
            TtlChange::Lengthen => "lengthen",
            TtlChange::Shorten => "shorten",
        }),
        Cell::from(lifetime(advice.ttl_now_s)),
        Cell::from(lifetime(advice.ttl_advised_s)),
        Cell::from(estimate(advice.accesses_per_min)),
        Cell::from(or_absent(advice.largest_memory_change_bytes, change_in_bytes)),
    ]
}

/// Why each is advised, after its pattern.
pub(crate) fn reasons(report: &CacheReport) -> impl Iterator<Item = String> {
    report.ttl_advice.iter().map(|advice| format!("{}: {}", advice.pattern, advice.reason))
}

/// Keys that take memory and are not read.
pub(crate) fn drops(report: &CacheReport) -> Option<Sheet> {
    let row = |candidate: &DropCandidate| {
        vec![
            Cell::code(&candidate.pattern),
            Cell::from(figures::bytes(candidate.bytes)),
            Cell::from(percent(candidate.never_hit_ratio)),
        ]
    };
    let columns = vec![words("pattern"), numbers("memory"), numbers("unread")];
    filled(columns, report.drop_candidates.iter().map(row).collect())
}

/// Keys whose expiry makes a large part of the misses.
pub(crate) fn preloads(report: &CacheReport) -> Option<Sheet> {
    let row = |candidate: &PreloadCandidate| {
        vec![
            Cell::code(&candidate.pattern),
            Cell::from(compact(candidate.expiries_per_min)),
            Cell::from(percent(candidate.misses_ratio)),
        ]
    };
    let columns = vec![words("pattern"), numbers("expiries/min"), numbers("of all misses")];
    filled(columns, report.preload_candidates.iter().map(row).collect())
}

fn change_in_bytes(change: f64) -> String {
    let sign = if change < 0.0 { '-' } else { '+' };
    format!("{sign}{}", figures::bytes(change.abs() as u64))
}

fn filled(columns: Vec<Column>, rows: Vec<Vec<Cell>>) -> Option<Sheet> {
    (!rows.is_empty()).then_some(Sheet { columns, rows, elastic: 0, ends_with_total: false })
}
