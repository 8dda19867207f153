//! What has changed between two profiles of the same step.

use std::collections::BTreeMap;

use aforo_model::profile::{FunctionChange, Profile, ProfileDiff, ProfileRecord};
use aforo_model::{Answer, Interval};

use super::names::plain_name;
use super::requests::CpuPerRequests;
use crate::statistics::{holm, upper_tail};

/// Functions that are told of each way.
const MOST_FUNCTIONS: usize = 20;
/// 95 % of a normal distribution lie within this many standard deviations.
const Z: f64 = 1.96;
/// Chance of an error, over all functions together.
const SIGNIFICANT: f64 = 0.05;

/// Own CPU of every function before and after, in ms for 1000 requests: runs differ in throughput, so shares and seconds cannot be
/// compared. The counts of samples are taken for Poisson's, and Holm's correction is made over all functions.
pub fn compare_profiles(name: &str, before: &ProfileRecord, after: &ProfileRecord) -> Answer<ProfileDiff> {
    let (Some(scale_before), Some(scale_after)) = (scale(before), scale(after)) else {
        return Answer::absent("CPU time and requests of both profiles must be known to be compared");
    };
    if before.profile.clock != after.profile.clock {
        return Answer::absent("one profile counts CPU time and the other wall time");
    }
    let (own_before, own_after) = (own(&before.profile), own(&after.profile));
    let mut names: Vec<&String> = own_before.keys().chain(own_after.keys()).collect();
    names.sort();
    names.dedup();
    let mut changes: Vec<(f64, FunctionChange)> = names
        .into_iter()
        .map(|name| {
            let count = |own: &BTreeMap<String, u64>| own.get(name).copied().unwrap_or(0) as f64;
            change(name, (count(&own_before), scale_before), (count(&own_after), scale_after))
        })
        .collect();
    mark_significant(&mut changes);
    let total = |profile: &Profile, scale: f64| profile.samples.kept as f64 * scale;
    Answer::Found(ProfileDiff {
        before: name.to_owned(),
        before_cpu_ms: total(&before.profile, scale_before),
        after_cpu_ms: total(&after.profile, scale_after),
        functions: largest(changes.into_iter().map(|(_, change)| change).collect()),
        flame_graph: None,
    })
}

/// Milliseconds in 1000 requests that a sample stands for.
fn scale(record: &ProfileRecord) -> Option<f64> {
    let cpu = CpuPerRequests::new(record.profile.target_cpu_time_s, record.requests)?;
    let kept = record.profile.samples.kept;
    (kept > 0).then(|| cpu.ms_per_1000_requests(1, kept))
}

/// Samples by the function that ran.
fn own(profile: &Profile) -> BTreeMap<String, u64> {
    let mut own: BTreeMap<String, u64> = BTreeMap::new();
    for stack in &profile.stacks {
        if let Some(frame) = profile.frames_of(stack).next_back() {
            *own.entry(plain_name(&frame.function)).or_default() += stack.samples;
        }
    }
    own
}

fn change(name: &str, before: (f64, f64), after: (f64, f64)) -> (f64, FunctionChange) {
    let (before_ms, after_ms) = (before.0 * before.1, after.0 * after.1);
    let estimate = after_ms - before_ms;
    // A count of nothing may stand for one that was missed.
    let variance = |(count, scale): (f64, f64)| count.max(1.0) * scale * scale;
    let deviation = (variance(before) + variance(after)).sqrt();
    let change = FunctionChange {
        function: name.to_owned(),
        before_cpu_ms: before_ms,
        after_cpu_ms: after_ms,
        change_ms: Interval { estimate, low: estimate - Z * deviation, high: estimate + Z * deviation },
        is_significant: false,
    };
    (two_sided_p(estimate / deviation), change)
}

/// Chance of a value as far from zero in a standard normal distribution.
fn two_sided_p(z: f64) -> f64 {
    (2.0 * upper_tail(z.abs())).clamp(0.0, 1.0)
}

fn mark_significant(changes: &mut [(f64, FunctionChange)]) {
    let chances: Vec<f64> = changes.iter().map(|(chance, _)| *chance).collect();
    for ((_, change), chance) in changes.iter_mut().zip(holm(&chances)) {
        change.is_significant = chance <= SIGNIFICANT;
    }
}

fn largest(mut changes: Vec<FunctionChange>) -> Vec<FunctionChange> {
    changes.sort_by(|one, other| {
        other
            .change_ms
            .estimate
            .total_cmp(&one.change_ms.estimate)
            .then_with(|| one.function.cmp(&other.function))
    });
    let falls_from = changes.len().saturating_sub(MOST_FUNCTIONS).max(MOST_FUNCTIONS.min(changes.len()));
    let rises = changes.iter().take(MOST_FUNCTIONS).filter(|change| change.change_ms.estimate > 0.0);
    let falls = changes[..].iter().skip(if changes.len() > 2 * MOST_FUNCTIONS { falls_from } else { 0 });
    let falls = falls.filter(|change| change.change_ms.estimate < 0.0);
    rises.chain(falls.rev()).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::profile;
    use super::super::{ProfileContext, record_of};
    use super::*;

    fn record(stacks: &[(&str, u64)]) -> ProfileRecord {
        record_of(
            profile(stacks),
            &ProfileContext { requests: &[100; 30], resources: &[], steady_s: (0.0, 30.0) },
        )
    }

    #[test]
    fn what_fell_and_what_rose_is_told_in_cpu_of_a_thousand_requests() {
        let before = record(&[("main;own::parse;regex::new", 600), ("main;own::serve", 400)]);
        let after = record(&[("main;own::parse;regex::find", 60), ("main;own::serve", 410)]);
        let answer = compare_profiles("before", &before, &after);
        let diff = answer.found().unwrap();
        assert!(
            (diff.before_cpu_ms - 10_000.0).abs() < 1e-6 && (diff.after_cpu_ms - 4_700.0).abs() < 1e-6,
            "{diff:?}"
        );
        let told: Vec<_> =
            diff.functions.iter().map(|change| (change.function.as_str(), change.is_significant)).collect();
        assert_eq!(told, [("regex::find", true), ("own::serve", false), ("regex::new", true)]);
        assert!((diff.functions[2].change_ms.estimate + 6_000.0).abs() < 1e-6);
    }

    #[test]
    fn the_same_twice_shows_no_change_that_can_be_told_from_noise() {
        let stacks = [("main;own::a", 300), ("main;own::b", 290)];
        let other = [("main;own::a", 285), ("main;own::b", 310)];
        let answer = compare_profiles("before", &record(&stacks), &record(&other));
        assert!(answer.found().unwrap().functions.iter().all(|change| !change.is_significant));
    }

    #[test]
    fn without_requests_nothing_can_be_compared() {
        let unknown = record_of(profile(&[("main", 5)]), &ProfileContext::default());
        assert!(matches!(compare_profiles("before", &unknown, &unknown), Answer::Absent { .. }));
    }

    #[test]
    fn chances_are_those_of_the_normal_distribution() {
        for (z, p) in [(0.0, 1.0), (1.959_964, 0.05), (-2.575_829, 0.01)] {
            assert!((two_sided_p(z) - p).abs() < 1e-6, "{z}");
        }
    }
}
