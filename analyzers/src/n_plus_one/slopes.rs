//! How the calls of each statement follow the items.

use aforo_model::database::{CallPattern, ProbePoint, StatementSlope};

use super::fit::{Line, line};
use super::net::{ReadingWork, Work};
use super::pages::longest_array;
use super::paths::ItemPath;
use crate::statements::Identities;
use crate::statistics::median;

/// Calls per item from which on a statement runs once for every item. One call for three items or fewer is no batching
/// anybody writes, and caches and shared parents make an N+1 look flatter than 1 (threshold fixed before it was
/// measured on eleven endpoints: no false verdict of 55).
const PER_ITEM_SLOPE: f64 = 0.3;
/// Share of the variation that the items must explain.
const PER_ITEM_R_SQUARED: f64 = 0.9;
/// Calls per item below which nothing grows: one call for fifty items or more.
const BATCH_SLOPE: f64 = 0.02;
/// Batches grow in stairs, which a line explains less well.
const BATCH_R_SQUARED: f64 = 0.7;
/// Explanations that are equally good but for so much.
const SAME_R_SQUARED: f64 = 0.02;

/// The slope of every statement of the step, the steepest first. Noise and what is only background are left out.
pub(super) fn slopes(
    work: &[ReadingWork<'_>],
    paths: &[ItemPath],
    identities: &Identities,
) -> Vec<StatementSlope> {
    let mut slopes: Vec<StatementSlope> = identities
        .statements()
        .iter()
        .enumerate()
        .filter(|(_, identity)| identity.noise.is_none())
        .filter_map(|(number, identity)| {
            let (path, points, line) = best_path(work, paths, number)?;
            let most_calls = points.iter().map(|point| point.calls).fold(0.0, f64::max);
            // Not even half a call on any page: a passer-by.
            if most_calls < 0.5 {
                return None;
            }
            Some(StatementSlope {
                fingerprint: identity.fingerprint.clone(),
                text: identity.text.clone(),
                is_top_level: identity.is_top_level,
                table_count: table_count(identity.text.as_deref()),
                item_path: path.name.clone(),
                slope: line.slope,
                intercept: line.intercept,
                r_squared: line.r_squared,
                rows_per_call: rows_per_call(work, number),
                mean_ms: mean_ms(work, number),
                pattern: pattern(&line, &points),
                points,
            })
        })
        .collect();
    slopes.sort_by(|left, right| {
        let steeper = right.slope.estimate.total_cmp(&left.slope.estimate);
        steeper.then_with(|| left.fingerprint.cmp(&right.fingerprint))
    });
    slopes
}

/// The array that explains the calls best; of equally good ones that with the slope nearest to one call an item.
fn best_path<'a>(
    work: &[ReadingWork<'_>],
    paths: &'a [ItemPath],
    number: usize,
) -> Option<(&'a ItemPath, Vec<ProbePoint>, Line)> {
    let from_one = |line: &Line| line.slope.estimate.max(1e-9).ln().abs();
    let mut best: Option<(&ItemPath, Vec<ProbePoint>, Line)> = None;
    for path in paths {
        let points = points(work, path, paths.first()?, number);
        let Some(line) = line(&points.iter().map(|point| (point.items, point.calls)).collect::<Vec<_>>())
        else {
            continue;
        };
        let is_better = best.as_ref().is_none_or(|(_, _, other)| {
            let gain = line.r_squared - other.r_squared;
            gain > SAME_R_SQUARED || (gain > -SAME_R_SQUARED && from_one(&line) < from_one(other))
        });
        if is_better {
            best = Some((path, points, line));
        }
    }
    best
}

fn points(work: &[ReadingWork<'_>], path: &ItemPath, page: &ItemPath, number: usize) -> Vec<ProbePoint> {
    let page_items =
        |at: &usize| page.bins.iter().find(|(_, members)| members.contains(at)).map(|(items, _)| *items);
    path.bins
        .iter()
        .filter_map(|(items, members)| {
            let middle =
                |value: &dyn Fn(&Work) -> f64| median(members.iter().map(|at| value(&work[*at].net[number])));
            Some(ProbePoint {
                items: *items,
                page_items: median(members.iter().filter_map(page_items))?,
                answer_items: median(members.iter().map(|at| longest_array(work[*at].reading) as f64))?,
                calls: middle(&|work| work.calls)?,
                rows: middle(&|work| work.rows)?,
                blocks: middle(&|work| work.blocks)?,
            })
        })
        .collect()
}

fn pattern(line: &Line, points: &[ProbePoint]) -> CallPattern {
    let slope = line.slope.estimate;
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return CallPattern::Fixed };
    let grows_by_a_call = last.calls - first.calls >= 1.0;
    if slope >= PER_ITEM_SLOPE {
        let is_line = line.r_squared > PER_ITEM_R_SQUARED;
        return if is_line { CallPattern::PerItem } else { CallPattern::Unclear };
    }
    if slope >= BATCH_SLOPE && line.r_squared >= BATCH_R_SQUARED && grows_by_a_call && last.calls > 0.0 {
        return CallPattern::Batched { items_per_call: last.items / last.calls };
    }
    CallPattern::Fixed
}

/// Of all readings, background included: a call has as many rows whoever makes it.
fn rows_per_call(work: &[ReadingWork<'_>], number: usize) -> f64 {
    let sum = |value: &dyn Fn(&Work) -> f64| work.iter().map(|work| value(&work.raw[number])).sum::<f64>();
    let calls = sum(&|work| work.calls);
    if calls > 0.0 { sum(&|work| work.rows) / calls } else { 0.0 }
}

/// The median over readings, so that a first call in a cold session does not count.
fn mean_ms(work: &[ReadingWork<'_>], number: usize) -> f64 {
    let called = work.iter().map(|work| work.raw[number]).filter(|work| work.calls > 0.0);
    median(called.map(|work| work.exec_time_ms / work.calls)).unwrap_or(0.0)
}

fn table_count(text: Option<&str>) -> Option<u32> {
    let shape = aforo_sql::describe(text?).ok()?;
    u32::try_from(shape.tables.len()).ok()
}
