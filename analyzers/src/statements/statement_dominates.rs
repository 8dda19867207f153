//! `statement-dominates`
//!
//! **What:** one statement takes most of the time of the whole database.
//! **Why it hurts:** it is where work pays off first, and what decides when the database is full.
//! **Threshold:** more than half of the execution time of all statements that clients sent. Judged where at least three
//! of the application's statements took at least 1 s together; in less, one statement is most of it by chance.
//! **Remedy:** make it cheaper or rarer before anything else.

use aforo_model::database::HotStatement;
use aforo_model::{Finding, Severity};

use super::{postgres, title};
use crate::checks::finding;
use crate::wording::percent;

const CODE: &str = "statement-dominates";
const SHARE_RATIO: f64 = 0.5;
const MIN_STATEMENTS: usize = 3;
const MIN_TIME_MS: f64 = 1000.0;

pub(super) fn find(statements: &[&HotStatement]) -> Vec<Finding> {
    let sent: Vec<_> = statements.iter().filter(|statement| statement.is_top_level).collect();
    let total_ms: f64 = sent.iter().map(|statement| statement.counters.exec_time_ms).sum();
    let first =
        sent.iter().max_by(|left, right| left.share_of_time_ratio.total_cmp(&right.share_of_time_ratio));
    let Some(first) = first.filter(|first| {
        sent.len() >= MIN_STATEMENTS && total_ms >= MIN_TIME_MS && first.share_of_time_ratio > SHARE_RATIO
    }) else {
        return Vec::new();
    };
    vec![finding(
        CODE,
        postgres(),
        Severity::Warning,
        format!(
            "{} takes {} of the execution time of all statements: {} calls of {:.1} ms",
            title(first.text.as_deref(), &first.fingerprint),
            percent(first.share_of_time_ratio),
            first.counters.calls,
            first.mean_ms
        ),
        "make this statement cheaper or rarer before anything else: its plan, its rows, a cache in front of it".to_owned(),
        &[
            ("share_of_time_ratio", first.share_of_time_ratio),
            ("exec_time_ms", first.counters.exec_time_ms),
            ("calls", first.counters.calls as f64),
            ("mean_ms", first.mean_ms),
        ],
    )]
}
