//! What a profiler adds to the figures of the target.

use aforo_model::profile::ProfileWindow;

use super::{Points, condense};
use crate::statistics::median;

/// Time after a profile until its buffers are written and the level is that of afterwards, seconds.
const SETTLES_S: f64 = 10.0;
/// Readings on each side of a profile that give its shift, seconds.
const BESIDE_S: f64 = 30.0;

/// A series without what was read while the target was profiled, and without the jump from before to after.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Continuous {
    pub(crate) points: Points,
    /// All jumps together, in the unit of the series.
    pub(crate) shift: f64,
    /// Standard error of the jumps together: how much growth a wrong guess of them can look like.
    pub(crate) shift_error: f64,
}

impl Continuous {
    /// Growth below which the series may only have been put together wrongly.
    pub(crate) fn least_growth(&self) -> f64 {
        2.0 * self.shift_error
    }
}

/// Takes out the windows of profiling: what was read in them, and the jump of the level across each beyond what the
/// series grows by in that time anyway.
pub(crate) fn without_profiling(series: &[(f64, f64)], windows: &[ProfileWindow]) -> Continuous {
    let segments = segments(series, windows);
    let slope = slope_within(&segments);
    let mut continuous =
        Continuous { points: Vec::with_capacity(series.len()), shift: 0.0, shift_error: 0.0 };
    for segment in segments {
        if let Some((before_s, _)) = continuous.points.last().copied() {
            let rest = |(at_s, value): &(f64, f64)| value - slope * at_s;
            let after_s = segment[0].0;
            let before: Vec<f64> =
                continuous.points.iter().filter(|(at_s, _)| *at_s > before_s - BESIDE_S).map(rest).collect();
            let after: Vec<f64> =
                segment.iter().filter(|(at_s, _)| *at_s < after_s + BESIDE_S).map(rest).collect();
            continuous.shift_error =
                continuous.shift_error.hypot(error_of_median(&before)).hypot(error_of_median(&after));
            // The series so far is already without the earlier jumps, so this is all of them.
            continuous.shift = median(after).unwrap_or(0.0) - median(before).unwrap_or(0.0);
        }
        let shift = continuous.shift;
        continuous.points.extend(segment.iter().map(|(at_s, value)| (*at_s, value - shift)));
    }
    continuous
}

/// Standard error of the median of readings that hardly differ from one second to the next: that of as many as there are
/// blocks of five seconds.
fn error_of_median(values: &[f64]) -> f64 {
    let Some(centre) = median(values.iter().copied()) else { return 0.0 };
    let deviation = median(values.iter().map(|value| (value - centre).abs())).unwrap_or(0.0);
    // 1.48 times the median deviation is a standard deviation, and a median is 1.25 times as uncertain as a mean.
    1.48 * 1.25 * deviation / (BESIDE_S / 5.0).sqrt()
}

/// The stretches outside of all windows.
fn segments<'a>(series: &'a [(f64, f64)], windows: &[ProfileWindow]) -> Vec<&'a [(f64, f64)]> {
    let ended_before = |at_s: f64| windows.iter().filter(|window| window.to_s + SETTLES_S < at_s).count();
    let profiled =
        |at_s: f64| windows.iter().any(|window| (window.from_s..=window.to_s + SETTLES_S).contains(&at_s));
    series
        .chunk_by(|(left_s, _), (right_s, _)| {
            profiled(*left_s) == profiled(*right_s) && ended_before(*left_s) == ended_before(*right_s)
        })
        .filter(|stretch| !profiled(stretch[0].0))
        .collect()
}

/// Theil–Sen slope of all pairs that lie in the same stretch.
fn slope_within(segments: &[&[(f64, f64)]]) -> f64 {
    let slopes = segments.iter().flat_map(|segment| {
        let blocks = condense(segment).points;
        let pairs: Vec<f64> = blocks
            .iter()
            .enumerate()
            .flat_map(|(index, (x, y))| {
                blocks[index + 1..].iter().map(move |(later_x, later_y)| (later_y - y) / (later_x - x))
            })
            .collect();
        pairs
    });
    median(slopes).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: ProfileWindow = ProfileWindow { from_s: 100.0, to_s: 130.0 };

    fn seconds(value: impl Fn(f64) -> f64) -> Points {
        (0..300).map(|second| (f64::from(second), value(f64::from(second)))).collect()
    }

    #[test]
    fn a_step_by_profiling_is_taken_out_and_growth_stays() {
        let series = seconds(|at_s| 0.5 * at_s + if at_s >= 105.0 { 100.0 } else { 0.0 });
        let Continuous { points, shift, .. } = without_profiling(&series, &[WINDOW]);
        assert!((shift - 100.0).abs() < 1.0, "{shift}");
        assert!(points.iter().all(|(at_s, value)| (value - 0.5 * at_s).abs() < 1.0));
        assert!(points.iter().all(|(at_s, _)| !(100.0..=140.0).contains(at_s)));
    }

    #[test]
    fn several_windows_add_up_and_one_at_an_end_leaves_the_rest_alone() {
        let series =
            seconds(|at_s| [105.0, 215.0].iter().filter(|step_s| at_s >= **step_s).count() as f64 * 40.0);
        let second = ProfileWindow { from_s: 210.0, to_s: 220.0 };
        let Continuous { points, shift, .. } = without_profiling(&series, &[WINDOW, second]);
        assert!((shift - 80.0).abs() < 1e-9 && points.iter().all(|(_, value)| value.abs() < 1e-9), "{shift}");
        let first = ProfileWindow { from_s: -5.0, to_s: 20.0 };
        assert_eq!(without_profiling(&series, &[first]).shift, 0.0);
        assert_eq!(without_profiling(&series, &[]).points, series);
        assert_eq!(without_profiling(&[], &[WINDOW]).points, []);
    }
}
