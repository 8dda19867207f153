//! What follows from a replay.

use std::collections::BTreeMap;

use aforo_model::cache::{CachePolicy, PresentCache};
use aforo_model::{Finding, Severity, Subject};

use super::block_bootstrap::hit_ratio_difference;
use super::policies::{FEWEST_READS, Run};
use super::present::setting;
use super::simulation::{Outcome, ratio};
use crate::wording::{memory, percent};

/// A difference of less than two points of hit ratio is not worth a change.
const WORTH_A_CHANGE_RATIO: f64 = 0.02;
/// A smaller cache with a hit ratio less than one point lower serves as well.
const AS_GOOD_RATIO: f64 = 0.01;
/// A cache is called larger than needed when half of it would do.
const NEEDED_SHARE: f64 = 0.5;

/// What is judged.
pub(super) struct Judged<'replay> {
    pub(super) runs: &'replay [Run],
    pub(super) sizes: &'replay [u64],
    pub(super) present: &'replay PresentCache,
    pub(super) reads: u64,
}

/// Every finding of a replay, the most severe first.
pub(super) fn replay_findings(judged: &Judged<'_>) -> Vec<Finding> {
    let Some(at) = judged.sizes.iter().position(|size| *size == judged.present.capacity_bytes) else {
        return Vec::new();
    };
    // Without a limit every key fits, and there is nothing to choose. With too few reads nothing can be told.
    let (Some(policy), Some(maxmemory_bytes), true) =
        (judged.present.policy, judged.present.maxmemory_bytes, judged.reads >= FEWEST_READS)
    else {
        return Vec::new();
    };
    let Some(now) = judged.runs.iter().find(|run| run.policy == policy) else { return Vec::new() };
    let findings = [
        too_small(judged, now, at),
        other_policy(judged, now, at),
        too_large(judged, now, at, maxmemory_bytes),
    ];
    findings.into_iter().flatten().collect()
}

/// `cache-policy`: another policy would serve the trace better by at least two points, and the interval excludes none.
fn other_policy(judged: &Judged<'_>, now: &Run, at: usize) -> Option<Finding> {
    let outcome = |run: &Run| run.outcomes[at].hits;
    let best =
        judged.runs.iter().filter(|run| setting(run.policy).is_some()).max_by_key(|run| outcome(run))?;
    let gain = hit_ratio_difference(&best.outcomes[at], &now.outcomes[at]);
    if gain.estimate < WORTH_A_CHANGE_RATIO || gain.low <= 0.0 {
        return None;
    }
    let name = setting(best.policy)?;
    let (before, after) = (hit_ratio(&now.outcomes[at]), hit_ratio(&best.outcomes[at]));
    let caution = match best.policy {
        CachePolicy::Ttl => "; it evicts only keys that have a time to live",
        _ => "",
    };
    Some(finding(
        "cache-policy",
        Severity::Warning,
        format!(
            "At {}, {} would serve {} of the recorded reads and {}, which stands for the present policy, {}; the difference is \
             {} to {} with 95% confidence.",
            memory(judged.present.capacity_bytes),
            best.policy,
            percent(after),
            now.policy,
            percent(before),
            percent(gain.low),
            percent(gain.high)
        ),
        format!("Try it, and watch the hit ratio for a day: CONFIG SET maxmemory-policy {name}{caution}."),
        &[
            ("hit_ratio", before),
            ("best_hit_ratio", after),
            ("gain_low_ratio", gain.low),
            ("gain_high_ratio", gain.high),
            ("capacity_bytes", judged.present.capacity_bytes as f64),
        ],
    ))
}

/// `cache-too-small`: a larger cache would serve the trace better by at least two points, and the interval excludes none.
fn too_small(judged: &Judged<'_>, now: &Run, at: usize) -> Option<Finding> {
    let largest = now.outcomes.last()?;
    let gain = hit_ratio_difference(largest, &now.outcomes[at]);
    if gain.estimate < WORTH_A_CHANGE_RATIO || gain.low <= 0.0 {
        return None;
    }
    let enough = smallest_as_good(now, judged.sizes, hit_ratio(largest))?;
    let (before, after) = (hit_ratio(&now.outcomes[at]), hit_ratio(&now.outcomes[enough]));
    Some(finding(
        "cache-too-small",
        Severity::Warning,
        format!(
            "The cache of {} serves {} of the recorded reads; one of {} would serve {}, and more than that adds next to nothing.",
            memory(judged.present.capacity_bytes),
            percent(before),
            memory(judged.sizes[enough]),
            percent(after)
        ),
        "Give it more memory, step by step: the trace has only the keys that were used while it was recorded, and all \
         others need room as well."
            .to_owned(),
        &[
            ("capacity_bytes", judged.present.capacity_bytes as f64),
            ("hit_ratio", before),
            ("enough_bytes", judged.sizes[enough] as f64),
            ("enough_hit_ratio", after),
        ],
    ))
}

/// `cache-larger-than-needed`: half of the memory, or less, would serve the trace as well.
fn too_large(judged: &Judged<'_>, now: &Run, at: usize, maxmemory_bytes: u64) -> Option<Finding> {
    let present = hit_ratio(&now.outcomes[at]);
    let enough = smallest_as_good(now, judged.sizes, present)?;
    let enough_bytes = judged.sizes[enough];
    if enough_bytes as f64 > maxmemory_bytes as f64 * NEEDED_SHARE {
        return None;
    }
    Some(finding(
        "cache-larger-than-needed",
        Severity::Info,
        format!(
            "The cache may use {}; {} would serve {} of the recorded reads, and all of it serves {}.",
            memory(maxmemory_bytes),
            memory(enough_bytes),
            percent(hit_ratio(&now.outcomes[enough])),
            percent(present)
        ),
        "Record a longer trace at the busiest hour before you take memory away: what is used once a day is not in a short one."
            .to_owned(),
        &[
            ("maxmemory_bytes", maxmemory_bytes as f64),
            ("enough_bytes", enough_bytes as f64),
            ("hit_ratio", present),
            ("enough_hit_ratio", hit_ratio(&now.outcomes[enough])),
        ],
    ))
}

/// The smallest size that is within a point of a hit ratio.
fn smallest_as_good(run: &Run, sizes: &[u64], wanted_ratio: f64) -> Option<usize> {
    (0..sizes.len()).find(|at| hit_ratio(&run.outcomes[*at]) >= wanted_ratio - AS_GOOD_RATIO)
}

fn hit_ratio(outcome: &Outcome) -> f64 {
    ratio(outcome.hits, outcome.reads)
}

fn finding(
    code: &str,
    severity: Severity,
    message: String,
    remedy: String,
    numbers: &[(&str, f64)],
) -> Finding {
    Finding {
        code: code.to_owned(),
        subject: Subject::Part("redis".to_owned()),
        severity,
        message,
        remedy,
        numbers: numbers.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect::<BTreeMap<_, _>>(),
    }
}
