//! `join-fan-out`
//!
//! **What:** joins whose rows are many times what the answer shows, in its longest array, nested ones included.
//! **Why it hurts:** two lists joined to the same parent multiply: ten nights and ten events are a hundred rows, each
//! with all columns of the parent.
//! **Threshold:** ten rows for every item of the longest array, at least 100 rows, growing with the page (what does not is
//! `rows-per-item`), from a statement over two tables or more. Ten is the factor from which plan viewers call an estimate
//! of rows wrong; a one-to-many list that is shown gives about one.
//! **Remedy:** fetch each list by itself, or aggregate it before the join.

use aforo_model::database::{ProbeVerdict, StatementSlope};
use aforo_model::{Finding, Severity, Subject};

use crate::checks::finding;
use crate::statements::title;

const CODE: &str = "join-fan-out";
const ROWS_PER_ITEM: f64 = 10.0;
const MIN_ROWS: f64 = 100.0;
/// What costs at least this share on the smallest page does not grow with the page.
const FLAT_RATIO: f64 = 0.5;

pub(super) fn find(verdict: &ProbeVerdict) -> Vec<Finding> {
    let judged = verdict.answer.found();
    let statements = judged.into_iter().flat_map(|judged| &judged.statements);
    statements.filter_map(|statement| judge(&verdict.step, statement)).collect()
}

fn judge(step: &str, statement: &StatementSlope) -> Option<Finding> {
    let (first, last) = (statement.points.first()?, statement.points.last()?);
    let items = last.answer_items.max(1.0);
    let is_join = statement.table_count.is_some_and(|tables| tables >= 2);
    let grows = first.rows < FLAT_RATIO * last.rows;
    if !is_join || !grows || last.rows < MIN_ROWS || last.rows < ROWS_PER_ITEM * items {
        return None;
    }
    Some(finding(
        CODE,
        Subject::Step(step.to_owned()),
        Severity::Warning,
        format!(
            "{} gives {:.0} rows for an answer whose longest list has {items:.0} items: a join multiplies them",
            title(statement.text.as_deref(), &statement.fingerprint),
            last.rows
        ),
        "fetch each list with a statement of its own (= ANY($1)), or aggregate it (jsonb_agg) in a LATERAL sub-query before \
         the join"
            .to_owned(),
        &[("rows", last.rows), ("items", items), ("rows_per_item", last.rows / items), ("blocks", last.blocks)],
    ))
}
