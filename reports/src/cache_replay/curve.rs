//! The curve of hit ratio over size, drawn with blocks.

use aforo_model::cache::{CachePolicy, CacheReplay, PolicyCurve};

use crate::figures;

/// Lines of the drawing; each holds eight steps.
const HEIGHT: usize = 10;
const STEPS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// Columns of one size, the last one a gap.
const BAR: usize = 4;
/// Columns before the first bar.
const AXIS: usize = 7;

/// A drawn curve.
pub(super) struct Drawn {
    /// What is drawn, in one sentence.
    pub(super) caption: String,
    /// Lines of at most 80 columns, each ended.
    pub(super) lines: String,
}

/// The curve of the policy that matters most, below that of the optimum; nothing where the trace has no sizes.
pub(super) fn drawn(replay: &CacheReplay) -> Option<Drawn> {
    let policy = replay.present.policy.or(replay.best.found().map(|best| best.policy));
    let policy = policy.unwrap_or(CachePolicy::Lru);
    let of = |policy| replay.policies.iter().find(|curve| curve.policy == policy && !curve.points.is_empty());
    let (curve, bound) = (of(policy)?, of(CachePolicy::Optimum)?);
    let mut lines = String::new();
    for row in (0..HEIGHT).rev() {
        lines += &format!("{:>AXIS$}", label(row));
        lines += line(curve, bound, row).trim_end();
        lines.push('\n');
    }
    lines += &sizes(curve, replay.present.capacity_bytes);
    let caption = format!(
        "Hit ratio of {policy} by size of the cache, and above it, dotted, what no cache of that size can exceed. ▲ is the present size."
    );
    Some(Drawn { caption, lines })
}

/// Every second line names its lower end.
fn label(row: usize) -> String {
    if row.is_multiple_of(2) { format!("{}% ┤", row * 100 / HEIGHT) } else { "│".to_owned() }
}

fn line(curve: &PolicyCurve, bound: &PolicyCurve, row: usize) -> String {
    let bar = |(point, bound): (&aforo_model::cache::PolicyPoint, &aforo_model::cache::PolicyPoint)| {
        let full = (point.hit_ratio * (HEIGHT * 8) as f64).round() as usize;
        let step = full.saturating_sub(row * 8).min(8);
        let is_bound = step == 0 && ((bound.hit_ratio * HEIGHT as f64) as usize).min(HEIGHT - 1) == row;
        let block = if is_bound { '·' } else { STEPS[step] };
        block.to_string().repeat(BAR - 1) + " "
    };
    curve.points.iter().zip(&bound.points).map(bar).collect()
}

/// The axis, with a mark at the present size, and the first and last size below it.
fn sizes(curve: &PolicyCurve, present_bytes: u64) -> String {
    let width = curve.points.len() * BAR;
    let at = curve.points.iter().position(|point| point.capacity_bytes == present_bytes);
    let mark: String = (0..width)
        .map(|column| if at == Some(column / BAR) && column % BAR == 1 { '▲' } else { '─' })
        .collect();
    let bytes = |point: Option<&aforo_model::cache::PolicyPoint>| {
        point.map_or_else(String::new, |point| figures::bytes(point.capacity_bytes))
    };
    let (first, last) = (bytes(curve.points.first()), bytes(curve.points.last()));
    let gap = width.saturating_sub(first.chars().count());
    format!("{:>AXIS$}{mark}\n{:AXIS$}{first}{last:>gap$}\n", "└", "")
}

#[cfg(test)]
mod tests {
    use super::super::canonical;
    use super::*;

    #[test]
    fn the_drawing_fits_into_eighty_columns_and_marks_the_present_size() {
        let drawn = drawn(&canonical::replay()).unwrap();
        assert!(drawn.lines.lines().all(|line| line.chars().count() <= 80), "{}", drawn.lines);
        assert_eq!(drawn.lines.matches('▲').count(), 1);
        assert_eq!(drawn.lines.lines().count(), HEIGHT + 2);
    }

    #[test]
    fn a_bar_is_as_high_as_its_ratio() {
        let mut replay = canonical::replay();
        for curve in &mut replay.policies {
            curve.points.iter_mut().for_each(|point| point.hit_ratio = 0.55);
        }
        let drawn = drawn(&replay).unwrap().lines;
        let lines: Vec<&str> = drawn.lines().collect();
        assert!(!lines[3].contains('█') && lines[4].contains("▄▄▄") && lines[5].contains("███"), "{drawn}");
    }

    #[test]
    fn a_trace_without_sizes_has_no_curve() {
        assert!(drawn(&canonical::empty()).is_none());
    }
}
