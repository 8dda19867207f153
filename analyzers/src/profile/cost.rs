//! What profiling costs the target.

use aforo_model::profile::{ProfileWindow, ProfilingCost};
use aforo_model::{Answer, Interval, ResourceSample, Role};

use crate::statistics::Random;

/// Fewest seconds on either side: fewer say more of the noise than of the profiler.
const FEWEST_SECONDS: usize = 5;
/// Seconds beside the window that belong to neither side: the profiler starts, and a target that profiles itself looks up its symbols.
const MARGIN_S: f64 = 1.5;
/// Seconds of a block: neighbours resemble each other.
const BLOCK_SECONDS: usize = 3;
const RESAMPLES: usize = 500;
const SEED: u64 = 99;

/// CPU of the target per request in each second: when, requests, CPU in µs.
fn seconds(resources: &[ResourceSample], requests: &[u64]) -> Vec<(f64, f64, f64)> {
    let readings = resources.windows(2).filter_map(|pair| {
        let [before, after] = pair else { return None };
        let cpu_s = after.process(Role::Target)?.cpu_time_s - before.process(Role::Target)?.cpu_time_s;
        let second = before.at_s.round();
        // A reading that was missed makes two seconds of one.
        let is_a_second = (after.at_s - before.at_s - 1.0).abs() < 0.2 && second >= 0.0;
        let count = *requests.get(second as usize).filter(|_| is_a_second)?;
        (count > 0 && cpu_s >= 0.0).then_some((before.at_s, count as f64, cpu_s * 1e6))
    });
    readings.collect()
}

/// CPU per request within the windows against that of the seconds from `from_s` to `to_s` around them. `requests` are those of every
/// second of the run.
pub(super) fn cost(
    resources: &[ResourceSample],
    requests: &[u64],
    window: ProfileWindow,
    (from_s, to_s): (f64, f64),
) -> Answer<ProfilingCost> {
    let seconds = seconds(resources, requests);
    let inside = |at_s: f64| at_s >= window.from_s && at_s + 1.0 <= window.to_s;
    let beside = |at_s: f64| at_s + 1.0 < window.from_s - MARGIN_S || at_s > window.to_s + MARGIN_S;
    let pick = |is_meant: &dyn Fn(f64) -> bool| -> Vec<(f64, f64)> {
        let judged =
            seconds.iter().filter(|(at_s, ..)| *at_s >= from_s && *at_s + 1.0 <= to_s && is_meant(*at_s));
        judged.map(|(_, requests, cpu_us)| (*requests, *cpu_us)).collect()
    };
    let (with, without) = (pick(&inside), pick(&beside));
    if with.len() < FEWEST_SECONDS || without.len() < FEWEST_SECONDS {
        return Answer::absent(format!(
            "it takes {FEWEST_SECONDS} s with a profiler and as many without, in which the target's CPU was read; there are {} and {}",
            with.len(),
            without.len()
        ));
    }
    let (with_us, without_us) = (per_request(&with), per_request(&without));
    if without_us <= 0.0 {
        return Answer::absent("the target used no CPU that could be measured");
    }
    let mut random = Random::new(SEED);
    let mut ratios: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            per_request(&resampled(&with, &mut random)) / per_request(&resampled(&without, &mut random)) - 1.0
        })
        .filter(|ratio| ratio.is_finite())
        .collect();
    ratios.sort_by(f64::total_cmp);
    let estimate = with_us / without_us - 1.0;
    let at = |share: f64| ratios.get((share * ratios.len() as f64) as usize).copied().unwrap_or(estimate);
    let extra_ratio = Interval { estimate, low: at(0.025).min(estimate), high: at(0.975).max(estimate) };
    Answer::Found(ProfilingCost { with_us, without_us, extra_ratio })
}

fn per_request(seconds: &[(f64, f64)]) -> f64 {
    let (requests, cpu_us) =
        seconds.iter().fold((0.0, 0.0), |sum, second| (sum.0 + second.0, sum.1 + second.1));
    cpu_us / requests
}

/// As many seconds, in blocks of neighbours drawn at random, the last joined to the first.
fn resampled(seconds: &[(f64, f64)], random: &mut Random) -> Vec<(f64, f64)> {
    let mut drawn = Vec::with_capacity(seconds.len() + BLOCK_SECONDS);
    while drawn.len() < seconds.len() {
        let from = random.below(seconds.len());
        drawn.extend((from..from + BLOCK_SECONDS).map(|place| seconds[place % seconds.len()]));
    }
    drawn.truncate(seconds.len());
    drawn
}

#[cfg(test)]
mod tests {
    use super::*;
    use aforo_model::ProcessSample;

    /// A minute of 100 requests a second at 1 ms of CPU each, and `extra` more of it from second 20 to 40.
    fn minute(extra: f64, noise: f64, seed: u64) -> (Vec<ResourceSample>, Vec<u64>) {
        let mut random = Random::new(seed);
        let mut cpu_time_s = 0.0;
        let samples = (0..=60).map(|second| {
            let at_s = f64::from(second);
            let process = ProcessSample { role: Role::Target, cpu_time_s, ..ProcessSample::default() };
            let is_profiled = (20.0..40.0).contains(&at_s);
            cpu_time_s += 0.1 * (1.0 + if is_profiled { extra } else { 0.0 } + noise * random.normal());
            ResourceSample { at_s, processes: vec![process], ..ResourceSample::default() }
        });
        (samples.collect(), vec![100; 60])
    }

    fn measured(extra: f64, noise: f64, seed: u64) -> Answer<ProfilingCost> {
        let (samples, requests) = minute(extra, noise, seed);
        cost(&samples, &requests, ProfileWindow { from_s: 20.0, to_s: 40.0 }, (5.0, 60.0))
    }

    #[test]
    fn what_is_more_within_the_window_is_the_cost() {
        let answer = measured(0.05, 0.0, 1);
        let cost = answer.found().unwrap();
        assert!(
            (cost.without_us - 1000.0).abs() < 1.0 && (cost.extra_ratio.estimate - 0.05).abs() < 1e-3,
            "{cost:?}"
        );
        assert!(cost.extra_ratio.excludes_zero());
    }

    #[test]
    fn noise_is_no_cost() {
        let is_seen = |seed| measured(0.0, 0.1, seed).found().unwrap().extra_ratio.excludes_zero();
        let seen = (0..60).filter(|seed| is_seen(*seed)).count();
        assert!(seen <= 9, "an interval of 95 % from some twenty seconds was wrong {seen} times of 60");
    }

    #[test]
    fn too_few_seconds_say_nothing() {
        let (samples, requests) = minute(0.0, 0.0, 1);
        let window = ProfileWindow { from_s: 20.0, to_s: 23.0 };
        assert!(matches!(cost(&samples, &requests, window, (0.0, 60.0)), Answer::Absent { .. }));
        assert!(matches!(cost(&[], &[], window, (0.0, 60.0)), Answer::Absent { .. }));
    }
}
