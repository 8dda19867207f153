//! Where figures are heading under a load that stays the same, and when they reach their threshold.

mod findings;
mod series;

use aforo_model::{Answer, Growth, GrowthVerdict, Interval, TrendFigure, TrendRecord};

use crate::Evidence;
use crate::growth::{condense, judge, without_profiling};
use crate::leaks::time_to;
use crate::statistics::median;
use crate::steady_load::SteadyLoad;

pub(crate) use findings::trend_findings;

/// Fewest points.
const LEAST_POINTS: usize = 12;
/// How far is looked ahead, in times of what was seen; beyond that a line is a guess.
const HORIZON: f64 = 4.0;
/// Growth that matters: of a share, and of a time relative to its level.
const LEAST_SHARE: f64 = 0.02;
const LEAST_TIME_RATIO: f64 = 0.05;

/// The trend of every figure that was read; nothing where the load was not the same for ten minutes.
pub(crate) fn measure(evidence: &Evidence<'_>) -> Vec<TrendRecord> {
    let Some(steady) = SteadyLoad::of(evidence) else { return Vec::new() };
    TrendFigure::EVERY.into_iter().filter_map(|figure| record(evidence, steady, figure)).collect()
}

fn record(evidence: &Evidence<'_>, steady: SteadyLoad, figure: TrendFigure) -> Option<TrendRecord> {
    let series = series::points(evidence, steady, figure);
    let continuous = without_profiling(&series, evidence.profile_windows);
    // Of a figure that goes up and down, its usual height is followed, not its lowest.
    let points = condense(&continuous.points).blocks;
    let level = median(points.iter().map(|(_, value)| *value))?;
    let least_growth = if figure.is_ratio() { LEAST_SHARE } else { LEAST_TIME_RATIO * level };
    let growth = judge(&points, LEAST_POINTS, least_growth + continuous.least_growth())?;
    let threshold = series::threshold(evidence, figure);
    let last = growth.last + continuous.shift;
    Some(TrendRecord {
        figure,
        growth,
        threshold,
        time_to_threshold_s: time_to_threshold(&growth, last, threshold),
    })
}

fn time_to_threshold(growth: &Growth, last: f64, threshold: Option<f64>) -> Answer<Interval> {
    let Some(threshold) = threshold else { return Answer::absent("nothing sets a threshold for it") };
    if growth.verdict != GrowthVerdict::Growing {
        return Answer::absent("it does not grow");
    }
    if last >= threshold {
        return Answer::absent("it is there already");
    }
    let time_s = time_to(threshold - last, growth.per_hour.scaled(1.0 / 3600.0));
    let horizon_s = HORIZON * (growth.to_s - growth.from_s);
    if time_s.estimate > horizon_s || !time_s.high.is_finite() {
        return Answer::absent("its threshold is farther off than four times what was seen");
    }
    Answer::Found(time_s)
}

#[cfg(test)]
mod tests;
