//! `unpaginated`
//!
//! **What:** answers that hold as many items whatever page is asked for.
//! **Why it hurts:** the answer grows with the table: time, memory and traffic with it.
//! **Threshold:** 1000 items on every page, the largest not twice the smallest, and more than was asked for; also of a step
//! that has no page size. Public interfaces give pages of at most 100 (Stripe, GitHub) to 1000 (S3). Critical from 10,000
//! on, the window that Elasticsearch refuses to go beyond.
//! **Remedy:** a page size with an upper limit, and a key to go on from.

use aforo_model::database::ProbeVerdict;
use aforo_model::{Finding, Subject};

use crate::checks::{finding, graded};

const CODE: &str = "unpaginated";
const MANY_ITEMS: f64 = 1000.0;
const TOO_MANY_ITEMS: f64 = 10_000.0;
/// Pages that differ by less hold the same.
const SAME_RATIO: f64 = 0.5;

pub(super) fn find(verdict: &ProbeVerdict) -> Option<Finding> {
    let counts = verdict.pages.iter().map(|page| page.items);
    let most = counts.clone().reduce(f64::max)?;
    let least = counts.reduce(f64::min)?;
    let is_ignored =
        verdict.pages.iter().all(|page| page.page_size.is_none_or(|asked| page.items > f64::from(asked)));
    if !is_ignored || least < SAME_RATIO * most {
        return None;
    }
    let severity = graded(least, MANY_ITEMS, TOO_MANY_ITEMS)?;
    let asked = verdict.pages.iter().filter_map(|page| page.page_size).min();
    let asked_for = asked.map_or_else(
        || "and it has no page size".to_owned(),
        |asked| format!("also where {asked} were asked for"),
    );
    let bytes = verdict.pages.iter().map(|page| page.received_bytes).fold(0.0, f64::max);
    Some(finding(
        CODE,
        Subject::Step(verdict.step.clone()),
        severity,
        format!("the answer holds {least:.0} items, {asked_for}"),
        "give it a page size with an upper limit, and go on from the last key: WHERE key > $1 ORDER BY key LIMIT $2"
            .to_owned(),
        &[("items", least), ("received_bytes", bytes)],
    ))
}
