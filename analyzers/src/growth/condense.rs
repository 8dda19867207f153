//! Fewer points that say the same.

use super::Points;
use crate::statistics::median;

/// Width of a block, seconds: short enough for 60 points of five minutes, long enough that neighbours hold news.
const BLOCK_S: f64 = 5.0;
/// Most blocks; more add time (it grows with their square) and no certainty.
const MOST_BLOCKS: f64 = 240.0;
/// Shortest window of which the minimum is taken, seconds.
const MINIMUM_WINDOW_S: f64 = 30.0;
/// Share of the range of all blocks that a collection of garbage frees at least.
const COLLECTION_RATIO: f64 = 0.25;
/// Collections from which a series is a sawtooth.
const MIN_COLLECTIONS: usize = 4;
/// Share of the blocks, of those that differ from the one before, that rise in a sawtooth; in noise it is half.
const RISING_RATIO: f64 = 0.6;

/// A series in points that can be judged.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Condensed {
    pub(crate) points: Points,
    /// Medians of blocks of readings, whatever the points are.
    pub(crate) blocks: Points,
    /// Width of the windows whose minima the points are, seconds; `None` where they are medians of blocks.
    pub(crate) minimum_window_s: Option<f64>,
}

/// Medians of blocks of five seconds (more for a long series); of a heap that fills and is collected, the minimum of each
/// window instead, because only what a collection leaves is held on to.
pub(crate) fn condense(series: &[(f64, f64)]) -> Condensed {
    let span_s = series.last().zip(series.first()).map_or(0.0, |(last, first)| last.0 - first.0);
    let blocks = in_windows(series, BLOCK_S.max(span_s / MOST_BLOCKS), median);
    match collection_period_s(&blocks, span_s) {
        Some(period_s) => {
            // A window a little longer than the time between two collections holds one of them.
            let window_s = MINIMUM_WINDOW_S.max(1.25 * period_s).max(span_s / MOST_BLOCKS);
            let minimum = |values: Vec<f64>| values.into_iter().min_by(f64::total_cmp);
            let mut points = in_windows(series, window_s, minimum);
            // A window that the readings end in may lack its collection.
            points.pop();
            Condensed { points, blocks, minimum_window_s: Some(window_s) }
        }
        None => Condensed { points: blocks.clone(), blocks, minimum_window_s: None },
    }
}

/// One value for each window that holds a reading, at the middle of the window.
fn in_windows(series: &[(f64, f64)], window_s: f64, value_of: impl Fn(Vec<f64>) -> Option<f64>) -> Points {
    let Some(start_s) = series.first().map(|(at_s, _)| *at_s) else { return Vec::new() };
    let window = |at_s: f64| ((at_s - start_s) / window_s).floor();
    series
        .chunk_by(|(left_s, _), (right_s, _)| window(*left_s) == window(*right_s))
        .filter_map(|readings| {
            let at_s = start_s + (window(readings[0].0) + 0.5) * window_s;
            Some((at_s, value_of(readings.iter().map(|(_, value)| *value).collect())?))
        })
        .collect()
}

/// Mean time between two collections, seconds; `None` where the series is no sawtooth: many small rises, a few large
/// falls.
fn collection_period_s(blocks: &[(f64, f64)], span_s: f64) -> Option<f64> {
    let values = || blocks.iter().map(|(_, value)| *value);
    let range = values().max_by(f64::total_cmp)? - values().min_by(f64::total_cmp)?;
    let changes = || blocks.windows(2).map(|pair| pair[1].1 - pair[0].1);
    let collections = changes().filter(|change| -change >= COLLECTION_RATIO * range).count();
    let rises = changes().filter(|change| *change > 0.0).count();
    let falls = changes().filter(|change| *change < 0.0).count();
    let is_sawtooth = range > 0.0
        && collections >= MIN_COLLECTIONS
        && rises as f64 >= RISING_RATIO * (rises + falls) as f64;
    is_sawtooth.then(|| span_s / collections as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::Random;

    fn seconds(count: u32, value: impl FnMut(f64) -> f64) -> Points {
        let mut value = value;
        (0..count).map(|second| (f64::from(second), value(f64::from(second)))).collect()
    }

    #[test]
    fn blocks_are_medians_at_their_middle_and_a_gap_has_none() {
        let mut series = seconds(20, |at_s| at_s);
        series.retain(|(at_s, _)| !(5.0..10.0).contains(at_s));
        series[1].1 = 1e12;
        let condensed = condense(&series);
        assert_eq!(condensed.points, [(2.5, 3.0), (12.5, 12.0), (17.5, 17.0)]);
        assert_eq!(condensed.minimum_window_s, None);
        assert_eq!(condense(&[]).points, []);
    }

    #[test]
    fn a_long_series_has_no_more_points_than_can_be_compared() {
        assert!((230..=241).contains(&condense(&seconds(36_000, |at_s| at_s)).points.len()));
    }

    #[test]
    fn only_a_sawtooth_is_looked_at_from_below() {
        let sawtooth = seconds(400, |at_s| 100.0 + (at_s % 40.0));
        let condensed = condense(&sawtooth);
        assert!(condensed.minimum_window_s.is_some_and(|window_s| (40.0..60.0).contains(&window_s)));
        assert!(condensed.points.iter().all(|(_, value)| *value <= 110.0), "{condensed:?}");
        let mut random = Random::new(5);
        for rise in [0.0, 0.02, 0.2] {
            let noise = seconds(400, |at_s| rise * at_s + random.normal());
            assert_eq!(condense(&noise).minimum_window_s, None, "{rise}");
        }
    }
}
