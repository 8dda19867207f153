//! Which statement fetched the items for which another runs.

use aforo_model::database::{CallPattern, ParentStatement, ProbePoint, StatementSlope};

/// Rows may differ from items by a tenth, or by one: many ask for one more to know whether there is a next page.
const TOLERANCE: f64 = 0.1;

/// The statement whose rows are the items. One that runs once a request comes first; behind a loop in a loop it is the
/// outer loop's.
pub(super) fn parent_of(child: &StatementSlope, all: &[StatementSlope]) -> Option<ParentStatement> {
    let fits = |other: &&StatementSlope| {
        let is_child = other.fingerprint == child.fingerprint && other.is_top_level == child.is_top_level;
        !is_child && gives_the_items(other, child)
    };
    let runs_once = |other: &&StatementSlope| matches!(other.pattern, CallPattern::Fixed);
    let parent = all.iter().filter(fits).find(runs_once).or_else(|| all.iter().find(fits))?;
    Some(ParentStatement { fingerprint: parent.fingerprint.clone(), text: parent.text.clone() })
}

/// Whether the rows of `parent` are the items of `child` on every page but one. Both have a point for every page.
fn gives_the_items(parent: &StatementSlope, child: &StatementSlope) -> bool {
    let agrees = |(parent, child): &(&ProbePoint, &ProbePoint)| {
        (parent.rows - child.items).abs() <= (TOLERANCE * child.items).max(1.0)
    };
    let pages = parent.points.len().min(child.points.len());
    let grows =
        parent.points.last().zip(parent.points.first()).is_some_and(|(last, first)| last.rows > first.rows);
    let agreeing = std::iter::zip(&parent.points, &child.points).filter(agrees).count();
    grows && pages > 1 && agreeing + 1 >= pages
}
