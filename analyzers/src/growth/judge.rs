//! The rule.

use aforo_model::{Growth, GrowthVerdict, Interval};

use super::Part;
use super::pace::climbs_in_steps;
use crate::statistics::{chance_of_rise, mann_kendall, mean, median, sen_interval, theil_sen_slope};

/// Chance of an error above which growth is not believed.
const SIGNIFICANT: f64 = 0.01;
/// Least Kendall's τ of growth that matters.
const LEAST_TAU: f64 = 0.4;
/// The later half must grow at this share of the pace of the earlier one, or the series is settling.
const LASTING_RATIO: f64 = 0.6;
/// Each half must grow at this share of the whole pace: a level that rose once did it in one of them.
const EVERYWHERE_RATIO: f64 = 0.25;
/// Two-sided 5 % point of the normal distribution.
const Z_95: f64 = 1.96;
/// Largest likeness of neighbours that is believed: at 1 nothing would be certain.
const MOST_MEMORY: f64 = 0.95;
/// Points at the end that give the level there.
const LAST_POINTS: usize = 6;
/// Share of the points that is dropped at a time while they settle.
const DROPPED_RATIO: usize = 8;

/// Judges points in order of time, at least `least_points` of them. While their pace falls from the earlier half to the
/// later one, earlier points are dropped, as long as there are enough. `least_growth` over the time, in the unit of the
/// points, is what matters. `None` of too few points, or of some that are no numbers.
pub(crate) fn judge(points: &[(f64, f64)], least_points: usize, least_growth: f64) -> Option<Growth> {
    let mut points = points;
    while is_settling(points) {
        let rest = &points[points.len().div_ceil(DROPPED_RATIO)..];
        if rest.len() < least_points {
            break;
        }
        points = rest;
    }
    if points.len() < least_points.max(2) || points.iter().any(|(_, value)| !value.is_finite()) {
        return None;
    }
    let slope = theil_sen_slope(points)?;
    let (from_s, to_s) = (points[0].0, points[points.len() - 1].0);
    // Where all values are the same there is nothing to test.
    let test = mann_kendall(points);
    let (low, high) = test.and_then(|test| sen_interval(points, test.variance)).unwrap_or((slope, slope));
    let per_s = Interval { estimate: slope, low: low.min(slope), high: high.max(slope) };
    let (tau, p_value) = test.map_or((0.0, 1.0), |test| (test.tau, test.p_value.clamp(0.0, 1.0)));
    let is_clear = p_value < SIGNIFICANT && tau > LEAST_TAU && per_s.low > 0.0;
    let verdict = if slope * (to_s - from_s) < least_growth {
        GrowthVerdict::TooSmall
    } else if !is_clear {
        GrowthVerdict::WithinNoise
    } else if is_settling(points) {
        GrowthVerdict::Settling
    } else if keeps_growing(points, least_growth / (to_s - from_s)) {
        GrowthVerdict::Growing
    } else {
        GrowthVerdict::WithinNoise
    };
    Some(Growth {
        from_s,
        to_s,
        point_count: u32::try_from(points.len()).unwrap_or(u32::MAX),
        level: median(points.iter().map(|(_, value)| *value))?,
        last: median(points[points.len().saturating_sub(LAST_POINTS)..].iter().map(|(_, value)| *value))?,
        per_hour: per_s.scaled(3600.0),
        tau,
        p_value,
        verdict,
    })
}

/// Whether both halves grow, the later one enough by itself, and all of it by more than a series that remembers does by
/// chance.
fn keeps_growing(points: &[(f64, f64)], least_pace: f64) -> bool {
    let (earlier, later) = halves(points);
    let slopes = [points, earlier, later].map(|part| Line::through(part).map_or(0.0, |line| line.slope));
    let [whole, before, after] = slopes;
    if before < EVERYWHERE_RATIO * whole || after < (EVERYWHERE_RATIO * whole).max(least_pace) {
        return false;
    }
    let values: Vec<f64> = points.iter().map(|(_, value)| *value).collect();
    chance_of_rise(&values).is_some_and(|chance| chance < SIGNIFICANT) || climbs_in_steps(points)
}

/// Whether the later half grows at a lower pace, by more than chance makes it.
fn is_settling(points: &[(f64, f64)]) -> bool {
    let (earlier, later) = halves(points);
    let (Some(before), Some(after)) = (Line::through(earlier), Line::through(later)) else { return false };
    let error = before.slope_error.hypot(after.slope_error);
    before.slope > 0.0
        && after.slope < LASTING_RATIO * before.slope
        && before.slope - after.slope > Z_95 * error
}

fn halves(points: Part<'_>) -> (Part<'_>, Part<'_>) {
    points.split_at(points.len() / 2)
}

/// A least-squares line. Unlike the median of slopes it sees a single step.
#[derive(Debug, Clone, Copy)]
struct Line {
    slope: f64,
    /// Standard error of the slope, widened where neighbouring residuals resemble each other.
    slope_error: f64,
}

impl Line {
    fn through(points: &[(f64, f64)]) -> Option<Self> {
        let count = points.len() as f64;
        let mean_x = mean(points.iter().map(|(x, _)| *x))?;
        let mean_y = mean(points.iter().map(|(_, y)| *y))?;
        let squares: f64 = points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
        let products: f64 = points.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
        if squares <= 0.0 || count < 4.0 {
            return None;
        }
        let slope = products / squares;
        let residuals: Vec<f64> = points.iter().map(|(x, y)| y - mean_y - slope * (x - mean_x)).collect();
        let sum: f64 = residuals.iter().map(|residual| residual * residual).sum();
        let neighbours: f64 = residuals.windows(2).map(|pair| pair[0] * pair[1]).sum();
        let memory = if sum > 0.0 { (neighbours / sum).clamp(0.0, MOST_MEMORY) } else { 0.0 };
        let variance = sum / (count - 2.0) / squares * (1.0 + memory) / (1.0 - memory);
        Some(Self { slope, slope_error: variance.sqrt() })
    }
}
