//! What changes over a long time under the same load.

use aforo_model::{Answer, Drift, DriftRecord, Interval, Role};

use crate::Evidence;
use crate::growth::without_profiling;
use crate::indicators::samples_needed;
use crate::statistics::{block_medians, mann_kendall, median, sen_interval, theil_sen_slope};
use crate::wording::seconds;

/// Shortest time at full load, seconds. A shorter run shows caches and pools that fill, not how the target ages.
const MIN_SPAN_S: f64 = 600.0;
/// Fewest points of a trend.
const MIN_POINTS: usize = 8;
/// Most points of a trend; more add time (it grows with their square) and no certainty.
const MOST_POINTS: usize = 240;
/// Chance of an error above which a trend is not believed.
const SIGNIFICANT: f64 = 0.05;
/// Change over the span, relative to the level, below which a trend does not matter.
const SMALLEST_RATIO: f64 = 0.05;

/// The drift of P95 and of the target's memory over the time at full load; `None` where that was too short.
pub(crate) fn measure(evidence: &Evidence<'_>) -> Option<DriftRecord> {
    let load = &evidence.scenario.load;
    let level = *load.levels().last()?;
    let from_s = level.from_s.max(load.warm_up_s);
    let seen_to_s = level.to_s.min(evidence.load.timeline.users.len() as f64);
    if seen_to_s - from_s < MIN_SPAN_S {
        return None;
    }
    Some(DriftRecord { p95: p95(evidence, from_s), rss: rss(evidence, from_s) })
}

fn p95(evidence: &Evidence<'_>, from_s: f64) -> Answer<Drift> {
    let windows = || evidence.load.windows.iter().filter(|window| f64::from(window.from_s) >= from_s);
    if windows().any(|window| window.total.count < samples_needed(0.95)) {
        return Answer::absent("a window holds too few requests for a P95");
    }
    let middle_s = |from_s: u32, to_s: u32| f64::from(from_s) / 2.0 + f64::from(to_s) / 2.0;
    let points: Vec<(f64, f64)> = windows()
        .filter_map(|window| Some((middle_s(window.from_s, window.to_s), window.total.p95_us? as f64)))
        .collect();
    trend(&points)
}

fn rss(evidence: &Evidence<'_>, from_s: f64) -> Answer<Drift> {
    let points: Vec<(f64, f64)> = evidence
        .judged_processes(Role::Target)
        .filter(|(at_s, _)| *at_s >= from_s)
        .map(|(at_s, target)| (at_s, target.rss_bytes as f64))
        .collect();
    if points.is_empty() {
        return Answer::absent("the target's process was not watched; name its pid");
    }
    let points = without_profiling(&points, evidence.profile_windows).points;
    trend(&block_medians(&points, MOST_POINTS))
}

/// The trend of points in order of time.
fn trend(points: &[(f64, f64)]) -> Answer<Drift> {
    let span_s = points.last().zip(points.first()).map_or(0.0, |(last, first)| last.0 - first.0);
    if points.len() < MIN_POINTS {
        return Answer::absent(format!(
            "a trend needs {MIN_POINTS} points, and there are {} over {}",
            points.len(),
            seconds(span_s)
        ));
    }
    let quarter = points.len().div_ceil(4);
    let level = median(points[..quarter].iter().map(|(_, value)| *value)).unwrap_or(0.0);
    let Some(slope) = theil_sen_slope(points).filter(|slope| slope.is_finite() && level > 0.0) else {
        return Answer::absent("the readings are zero or not numbers");
    };
    // Where all values are the same there is nothing to test.
    let (low, high, p_value) = mann_kendall(points)
        .and_then(|test| sen_interval(points, test.variance).map(|(low, high)| (low, high, test.p_value)))
        .unwrap_or((slope, slope, 1.0));
    let per_s = Interval { estimate: slope, low: low.min(slope), high: high.max(slope) };
    let matters = (slope * span_s / level).abs() >= SMALLEST_RATIO;
    Answer::Found(Drift {
        point_count: u32::try_from(points.len()).unwrap_or(u32::MAX),
        span_s,
        level,
        per_hour: per_s.scaled(3600.0),
        per_hour_ratio: per_s.scaled(3600.0 / level),
        p_value: p_value.clamp(0.0, 1.0),
        is_trend: matters && p_value < SIGNIFICANT && per_s.excludes_zero(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::Fixture;
    use crate::statistics::Random;
    use aforo_model::{TimeSummary, WindowRecord};
    use proptest::prelude::*;

    /// An hour of readings whose memory and windows whose P95 `value` gives.
    fn hour(value: impl Fn(f64) -> f64) -> DriftRecord {
        let mut fixture = Fixture::of_readings(3600);
        fixture.load.timeline.users = vec![10; 3600];
        for sample in &mut fixture.resources {
            let at_s = sample.at_s;
            for process in sample.processes.iter_mut().filter(|process| process.role == Role::Target) {
                process.rss_bytes = (value(at_s) * 1e6) as u64;
            }
        }
        fixture.load.windows = (0..12)
            .map(|index| WindowRecord { from_s: 300 * index, to_s: 300 * (index + 1), ..Default::default() })
            .map(|window| {
                let p95_us = Some((value(f64::from(window.from_s)) * 1e3) as u64);
                WindowRecord { total: TimeSummary { count: 1000, p95_us, ..Default::default() }, ..window }
            })
            .collect();
        measure(&fixture.evidence()).unwrap()
    }

    fn both(record: DriftRecord) -> [Drift; 2] {
        [record.p95, record.rss].map(|answer| match answer {
            Answer::Found(drift) => drift,
            Answer::Absent { why } => panic!("{why}"),
        })
    }

    #[test]
    fn a_steady_rise_is_measured_at_its_size_per_hour() {
        for drift in both(hour(|at_s| 100.0 + 40.0 * at_s / 3600.0)) {
            let per_hour = drift.per_hour.estimate / drift.level * 100.0;
            assert!(drift.is_trend && (34.0..41.0).contains(&per_hour), "{drift:?}");
            assert!(drift.per_hour.low <= drift.per_hour.estimate, "{drift:?}");
        }
    }

    #[test]
    fn noise_is_no_trend_and_neither_is_a_rise_too_small_to_matter() {
        let mut random = Random::new(9);
        let noise: Vec<f64> = (0..=3600).map(|_| 100.0 + 5.0 * random.normal()).collect();
        assert!(both(hour(|at_s| noise[at_s as usize])).iter().all(|drift| !drift.is_trend));
        assert!(both(hour(|at_s| 100.0 + 2.0 * at_s / 3600.0)).iter().all(|drift| !drift.is_trend));
        assert!(both(hour(|_| 100.0)).iter().all(|drift| !drift.is_trend && drift.p_value == 1.0));
    }

    #[test]
    fn a_short_run_or_one_without_its_target_says_nothing() {
        assert_eq!(measure(&Fixture::of_length(120).evidence()), None);
        assert_eq!(measure(&Fixture::empty().evidence()), None);
        let mut unwatched = Fixture { scenario: crate::fixtures::scenario(1200.0), ..Fixture::empty() };
        unwatched.load.timeline.users = vec![10; 1200];
        let record = measure(&unwatched.evidence()).unwrap();
        assert!(matches!(record.rss, Answer::Absent { why } if why.contains("pid")));
    }

    proptest! {
        #[test]
        fn no_points_make_it_panic(
            values in prop::collection::vec(prop_oneof![0.0f64..1e12, Just(0.0), Just(f64::NAN)], 0..30),
        ) {
            let points: Vec<_> = values.iter().enumerate().map(|(x, y)| (x as f64, *y)).collect();
            if let Answer::Found(drift) = trend(&points) {
                prop_assert!(drift.per_hour.low <= drift.per_hour.high, "{drift:?}");
            }
        }
    }
}
