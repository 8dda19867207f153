//! How often growth is seen in series that have it, and in those that have not: ten minutes of readings, one in 5 s.

use aforo_model::profile::ProfileWindow;
use aforo_model::{GrowthVerdict, LeakFigure};

use super::*;
use crate::leaks::least_growth;
use crate::statistics::{Random, mean};

const MIB: f64 = 1048576.0;
const SERIES: u32 = 200;
const POINTS: usize = 120;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Noise,
    Sawtooth,
    StepsInWarmUp,
    ExponentialWarmUp,
    /// Noise that remembers 0.9 of what it was, and changes by so many MiB (standard deviation).
    Memory(f64),
    Profiling,
    OneStep,
}

/// Memory in MiB.
fn series(kind: Kind, random: &mut Random) -> Vec<f64> {
    let phase = random.below(8) as f64;
    let mut remembered = 0.0;
    for _ in 0..100 {
        remembered = 0.9 * remembered + random.normal();
    }
    let value = |index: usize| {
        let x = index as f64;
        let noise = random.normal();
        remembered = 0.9 * remembered + random.normal();
        let steps = |at: &[f64]| at.iter().filter(|step| x >= **step).count() as f64;
        200.0
            + match kind {
                Kind::Noise => 2.0 * noise,
                Kind::Sawtooth => 20.0 * ((x + phase) % 8.0) / 8.0 + noise,
                Kind::StepsInWarmUp => 20.0 * steps(&[5.0, 12.0, 20.0, 30.0]) + noise,
                Kind::ExponentialWarmUp => 60.0 * (1.0 - (-x / 20.0).exp()) + noise,
                Kind::Memory(change) => change * remembered,
                Kind::Profiling => 0.3 * remembered + noise + 110.0 * steps(&[72.0]),
                Kind::OneStep => noise + 50.0 * steps(&[60.0 + 5.0 * phase]),
            }
    };
    (0..POINTS).map(value).collect()
}

/// The share of the series in which growth is seen, when `leak` MiB a point are added.
fn seen(kind: Kind, leak: f64) -> f64 {
    let mut random = Random::new(77);
    let profiled = [ProfileWindow { from_s: 355.0, to_s: 362.0 }];
    let windows: &[ProfileWindow] = if kind == Kind::Profiling { &profiled } else { &[] };
    let found = (0..SERIES).filter(|_| {
        let values = series(kind, &mut random).into_iter().enumerate();
        let points: Points = values
            .map(|(index, value)| (5.0 * index as f64, (value + leak * index as f64) * MIB))
            .filter(|(at_s, _)| *at_s >= 200.0)
            .collect();
        let continuous = without_profiling(&points, windows);
        let condensed = condense(&continuous.points);
        let least_points = if condensed.minimum_window_s.is_some() { 8 } else { 60 };
        let level = mean(condensed.points.iter().map(|(_, value)| *value)).unwrap();
        let least = least_growth(LeakFigure::Rss, level) + continuous.least_growth();
        judge(&condensed.points, least_points, least)
            .is_some_and(|growth| growth.verdict == GrowthVerdict::Growing)
    });
    f64::from(u32::try_from(found.count()).unwrap()) / f64::from(SERIES)
}

#[test]
fn what_does_not_leak_is_rarely_seen_to() {
    let kinds = [
        (Kind::Noise, 0.01),
        (Kind::Sawtooth, 0.01),
        (Kind::StepsInWarmUp, 0.01),
        // The rule's weak point: 60 MiB that fill up with a time constant of 100 s still rise by 8 MiB after the first third.
        (Kind::ExponentialWarmUp, 0.07),
        (Kind::Memory(1.0), 0.02),
        (Kind::Memory(0.5), 0.02),
        (Kind::Profiling, 0.02),
        (Kind::OneStep, 0.01),
    ];
    for (kind, most) in kinds {
        let seen = seen(kind, 0.0);
        assert!(seen <= most, "{kind:?}: {seen}");
    }
}

/// A tenth of a MiB in 5 s is 1.2 MiB a minute.
#[test]
fn a_leak_is_seen_as_far_as_noise_lets_it() {
    let kinds = [
        (Kind::Noise, 0.95),
        (Kind::Sawtooth, 0.6),
        (Kind::StepsInWarmUp, 0.95),
        (Kind::Memory(0.5), 0.7),
        (Kind::Profiling, 0.85),
    ];
    for (kind, least) in kinds {
        let seen = seen(kind, 0.1);
        assert!(seen >= least, "{kind:?}: {seen}");
    }
}
