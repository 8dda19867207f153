//! `rows-per-item`
//!
//! **What:** statements that fetch rows, or touch blocks, out of all proportion to the items of the answer.
//! **Why it hurts:** they cost what the table holds and not what the page shows, so they get slower with every day.
//! **Threshold:** on the largest page at least 1000 rows or blocks, and a hundred for every item; or ten for every item
//! where the smallest page costs at least half as much: then it is the table that is read, and the page cut out of it
//! afterwards. A thousand blocks are 8 MB. An item may well need ten rows or blocks of its own (children, and one descent of
//! an index of each of some tables), hardly a hundred. Blocks are judged of statements that give the items, at least half
//! as many rows: what it costs to count the table, or to find a session, shows in plans.
//! **Remedy:** filter, order and cut in the statement, with an index that serves it.

use aforo_model::database::{ProbePoint, ProbeVerdict, StatementSlope};
use aforo_model::{Finding, Severity, Subject};

use crate::checks::finding;
use crate::statements::title;

const CODE: &str = "rows-per-item";
const MIN_ROWS: f64 = 1000.0;
const MANY_PER_ITEM: f64 = 100.0;
const FLAT_PER_ITEM: f64 = 10.0;
/// A page that costs at least this share of the largest one's cost costs the same.
const FLAT_RATIO: f64 = 0.5;
/// A statement with at least this share of the items as rows is one that gives them.
const ITEMS_RATIO: f64 = 0.5;

pub(super) fn find(verdict: &ProbeVerdict) -> Vec<Finding> {
    let judged = verdict.answer.found();
    let statements = judged.into_iter().flat_map(|judged| &judged.statements);
    statements.filter_map(|statement| judge(&verdict.step, statement)).collect()
}

fn judge(step: &str, statement: &StatementSlope) -> Option<Finding> {
    let (first, last) = (statement.points.first()?, statement.points.last()?);
    let is_excessive = |value: &dyn Fn(&ProbePoint) -> f64| {
        let (least, most) = (value(first), value(last));
        let per_item = most / last.answer_items.max(1.0);
        let is_flat = least >= FLAT_RATIO * most;
        most >= MIN_ROWS && (per_item >= MANY_PER_ITEM || (is_flat && per_item >= FLAT_PER_ITEM))
    };
    let what = if is_excessive(&|point| point.rows) {
        format!("fetches {:.0} rows", last.rows)
    } else if last.rows >= ITEMS_RATIO * last.answer_items && is_excessive(&|point| point.blocks) {
        format!("touches {:.0} blocks of 8 kB", last.blocks)
    } else {
        return None;
    };
    let items = last.answer_items;
    Some(finding(
        CODE,
        Subject::Step(step.to_owned()),
        Severity::Warning,
        format!("{} {what} for an answer of {items:.0} items", title(statement.text.as_deref(), &statement.fingerprint)),
        "filter, order and cut (LIMIT) in the statement itself, and give it an index with the columns it filters by, then \
         those it orders by"
            .to_owned(),
        &[
            ("items", items),
            ("rows", last.rows),
            ("blocks", last.blocks),
            ("rows_on_smallest_page", first.rows),
            ("blocks_on_smallest_page", first.blocks),
        ],
    ))
}
