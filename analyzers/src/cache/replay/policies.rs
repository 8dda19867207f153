//! Every policy at every size, and what follows.

use aforo_model::Answer;
use aforo_model::cache::{
    BestPolicy, CachePolicy, CacheReplay, CacheTrace, PolicyCurve, PolicyPoint, PresentCache,
};

use super::findings::{Judged, replay_findings};
use super::levels::levels;
use super::optimum::Optimum;
use super::present::present_cache;
use super::requests::{Requests, prepare};
use super::simulation::{Outcome, ratio, simulate};
use super::summary::summarize;
use super::tags::tags;
use crate::wording::{memory, percent};

/// Policies that can be built, in the order in which they are shown.
pub(super) const POLICIES: [CachePolicy; 4] =
    [CachePolicy::Lru, CachePolicy::Lfu, CachePolicy::Fifo, CachePolicy::Ttl];
/// Sizes, as shares of what all keys of the trace take.
const SHARES: [f64; 12] = [0.01, 0.02, 0.03, 0.05, 0.08, 0.12, 0.20, 0.30, 0.45, 0.60, 0.80, 1.00];
/// Fewer reads say too little of a policy.
pub(super) const FEWEST_READS: u64 = 1_000;

/// How a trace is replayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplayOptions {
    /// How long the news of a change takes to the caches in other processes.
    pub invalidation_latency_ms: u64,
}

impl Default for ReplayOptions {
    fn default() -> Self {
        // A message through Redis within a data centre, with some room.
        Self { invalidation_latency_ms: 5 }
    }
}

/// Replays a trace through caches of several policies and sizes. The same trace gives the same answer.
pub fn replay_trace(trace: &CacheTrace, options: &ReplayOptions) -> CacheReplay {
    let requests = prepare(trace);
    let present = present_cache(&trace.server, requests.distinct_bytes());
    let sizes = sizes(&present, requests.distinct_bytes());
    let runs: Vec<Run> = POLICIES.into_iter().map(|policy| Run::of(&requests, policy, &sizes)).collect();
    let bound = optimum(&requests, &sizes);
    let judged = Judged { runs: &runs, sizes: &sizes, present: &present, reads: requests.reads() };
    // Its limits are not its own, and its reads are not all there are.
    let is_replica = trace.server.is_replica;
    let best = if is_replica {
        Answer::absent("the server is a replica, and the reads on its primary are not in the trace")
    } else {
        best(&runs, &bound, &present, requests.reads())
    };
    CacheReplay {
        trace: summarize(&requests),
        policies: runs.iter().map(|run| run.curve(&sizes)).chain([bound]).collect(),
        best,
        levels: if requests.reads() == 0 {
            Vec::new()
        } else {
            levels(&requests, present.capacity_bytes, options.invalidation_latency_ms)
        },
        tags: tags(&requests, present.capacity_bytes),
        findings: if is_replica { Vec::new() } else { replay_findings(&judged) },
        present,
    }
}

/// One policy at every size.
pub(super) struct Run {
    pub(super) policy: CachePolicy,
    pub(super) outcomes: Vec<Outcome>,
}

impl Run {
    fn of(requests: &Requests<'_>, policy: CachePolicy, sizes: &[u64]) -> Self {
        Self { policy, outcomes: sizes.iter().map(|size| simulate(requests, policy, *size)).collect() }
    }

    fn curve(&self, sizes: &[u64]) -> PolicyCurve {
        let points = sizes.iter().zip(&self.outcomes).map(|(size, outcome)| outcome.point(*size));
        PolicyCurve { policy: self.policy, points: points.collect() }
    }
}

/// Sizes to replay, the present one among them.
fn sizes(present: &PresentCache, distinct_bytes: u64) -> Vec<u64> {
    let shares = SHARES.into_iter().map(|share| (distinct_bytes as f64 * share).ceil() as u64);
    let mut sizes: Vec<u64> = shares
        .map(|size| size.min(distinct_bytes))
        .chain([present.capacity_bytes])
        .filter(|size| *size > 0)
        .collect();
    sizes.sort_unstable();
    sizes.dedup();
    sizes
}

fn optimum(requests: &Requests<'_>, sizes: &[u64]) -> PolicyCurve {
    let optimum = Optimum::of(requests);
    let unlimited = simulate(requests, CachePolicy::Lru, u64::MAX);
    let point = |capacity_bytes: &u64| PolicyPoint {
        capacity_bytes: *capacity_bytes,
        // Expiry limits even a cache without end.
        hit_ratio: ratio(optimum.hits(*capacity_bytes).min(unlimited.hits), unlimited.reads),
        byte_hit_ratio: ratio(
            optimum.bytes_hit(*capacity_bytes).min(unlimited.bytes_hit),
            unlimited.bytes_read,
        ),
        evictions: None,
        expired: None,
    };
    PolicyCurve { policy: CachePolicy::Optimum, points: sizes.iter().map(point).collect() }
}

fn best(runs: &[Run], bound: &PolicyCurve, present: &PresentCache, reads: u64) -> Answer<BestPolicy> {
    if reads < FEWEST_READS {
        return Answer::absent(format!(
            "the trace has {reads} reads, and it takes {FEWEST_READS} to tell policies apart"
        ));
    }
    let Some(at) = bound.points.iter().position(|point| point.capacity_bytes == present.capacity_bytes)
    else {
        return Answer::absent("the trace has no size at which policies could be compared");
    };
    let limited = runs.iter().any(|run| run.outcomes[at].evictions > 0);
    if !limited {
        return Answer::absent(format!(
            "all keys of the trace fit into the cache ({}), so that its policy does not matter",
            memory(present.capacity_bytes)
        ));
    }
    // Of equals the first, which is the more common one.
    let mut ranked: Vec<(&Run, u64)> = runs.iter().map(|run| (run, run.outcomes[at].hits)).collect();
    ranked.sort_by_key(|(_, hits)| std::cmp::Reverse(*hits));
    let others: Vec<String> = ranked[1..]
        .iter()
        .map(|(run, hits)| format!("{} {}", run.policy, percent(ratio(*hits, reads))))
        .collect();
    let (run, hits) = ranked[0];
    let hit_ratio = ratio(hits, reads);
    Answer::Found(BestPolicy {
        policy: run.policy,
        capacity_bytes: present.capacity_bytes,
        hit_ratio,
        sentence: format!(
            "At {}, {} would serve {} of the reads; {}. No cache of this size can serve more than {}.",
            memory(present.capacity_bytes),
            run.policy,
            percent(hit_ratio),
            others.join(", "),
            percent(bound.points[at].hit_ratio)
        ),
    })
}

#[cfg(test)]
mod tests {
    use aforo_model::cache::{CacheOperation, Lifetime};

    use super::super::traces::{read, trace, write, zipf};
    use super::*;

    fn with_limit(mut trace: CacheTrace, maxmemory_bytes: u64, policy: &str) -> CacheTrace {
        trace.server.maxmemory_bytes = Some(maxmemory_bytes);
        trace.server.maxmemory_policy = Some(policy.to_owned());
        trace
    }

    fn codes(replay: &CacheReplay) -> Vec<&str> {
        replay.findings.iter().map(|finding| finding.code.as_str()).collect()
    }

    fn ratio_at(replay: &CacheReplay, policy: CachePolicy, capacity_bytes: u64) -> f64 {
        let curve = replay.policies.iter().find(|curve| curve.policy == policy).unwrap();
        curve.points.iter().find(|point| point.capacity_bytes == capacity_bytes).unwrap().hit_ratio
    }

    /// Bytes of a key whose size the trace never shows: 512, a name of 4 and 108 beside it.
    const UNSEEN_BYTES: u64 = 624;

    #[test]
    fn an_empty_trace_gives_no_figures_and_no_findings() {
        let replay = replay_trace(&trace(0, []), &ReplayOptions::default());
        assert!(replay.policies.iter().all(|curve| curve.points.is_empty()));
        assert!(replay.findings.is_empty() && replay.levels.is_empty() && replay.tags.is_empty());
        assert_eq!(replay.trace.inferred_hit_ratio, None);
        assert!(matches!(replay.best, Answer::Absent { .. }));
    }

    #[test]
    fn the_same_trace_gives_the_same_answer() {
        let trace = with_limit(trace(500, zipf(500, 5_000, 0.9, 7)), 60_000, "allkeys-lru");
        assert_eq!(
            replay_trace(&trace, &ReplayOptions::default()),
            replay_trace(&trace, &ReplayOptions::default())
        );
    }

    #[test]
    fn a_popular_set_among_one_time_reads_is_served_best_by_lfu() {
        // Ten keys that became popular, each followed by nine keys that never come again; the cache holds thirty.
        let mut operations: Vec<CacheOperation> = (0..200).map(|at| read(at % 10)).collect();
        for round in 0..2_000u32 {
            operations.push(read(round % 10));
            operations.extend((0..9).map(|at| read(10 + round * 9 + at)));
        }
        let capacity_bytes = 30 * UNSEEN_BYTES;
        let trace = with_limit(trace(18_010, operations), capacity_bytes, "allkeys-lru");
        let replay = replay_trace(&trace, &ReplayOptions::default());
        assert!(ratio_at(&replay, CachePolicy::Lru, capacity_bytes) < 0.02);
        assert!(ratio_at(&replay, CachePolicy::Lfu, capacity_bytes) > 0.09);
        assert_eq!(replay.best.found().unwrap().policy, CachePolicy::Lfu);
        let finding = replay.findings.iter().find(|finding| finding.code == "cache-policy").unwrap();
        assert!(finding.remedy.contains("CONFIG SET maxmemory-policy allkeys-lfu"), "{}", finding.remedy);
        assert!(finding.numbers["gain_low_ratio"] > 0.0);
    }

    #[test]
    fn a_policy_that_is_as_good_as_any_is_not_complained_about() {
        let trace = with_limit(trace(500, zipf(500, 20_000, 1.0, 3)), 100 * UNSEEN_BYTES, "allkeys-lfu");
        assert!(!codes(&replay_trace(&trace, &ReplayOptions::default())).contains(&"cache-policy"));
    }

    #[test]
    fn a_cycle_one_key_too_long_is_a_cache_too_small() {
        let cycle = |keys: u32| (0..20_000).map(move |at| read(at % keys));
        let replay = replay_trace(
            &with_limit(trace(100, cycle(100)), 99 * UNSEEN_BYTES, "allkeys-lru"),
            &ReplayOptions::default(),
        );
        assert!(codes(&replay).contains(&"cache-too-small"), "{:?}", codes(&replay));
        let replay = replay_trace(
            &with_limit(trace(100, cycle(100)), 100 * UNSEEN_BYTES, "allkeys-lru"),
            &ReplayOptions::default(),
        );
        assert!(codes(&replay).is_empty(), "{:?}", codes(&replay));
        assert!(matches!(replay.best, Answer::Absent { .. }), "what fits needs no policy");
    }

    #[test]
    fn a_cache_of_which_a_part_would_do_is_larger_than_needed() {
        let trace = with_limit(trace(50, zipf(50, 5_000, 1.0, 3)), 1 << 30, "allkeys-lru");
        assert_eq!(codes(&replay_trace(&trace, &ReplayOptions::default())), ["cache-larger-than-needed"]);
    }

    #[test]
    fn few_reads_or_no_limit_give_no_findings() {
        let few = with_limit(trace(100, zipf(100, 900, 1.0, 3)), 10 * UNSEEN_BYTES, "allkeys-lru");
        assert!(replay_trace(&few, &ReplayOptions::default()).findings.is_empty());
        let unlimited = trace(100, zipf(100, 9_000, 1.0, 3));
        assert!(replay_trace(&unlimited, &ReplayOptions::default()).findings.is_empty());
    }

    #[test]
    fn a_trace_of_a_replica_gives_curves_and_no_advice_for_its_primary() {
        let primary = with_limit(trace(100, zipf(100, 9_000, 1.0, 3)), 10 * UNSEEN_BYTES, "allkeys-lru");
        let mut replica = primary.clone();
        replica.server.is_replica = true;
        let [of_primary, of_replica] =
            [primary, replica].map(|trace| replay_trace(&trace, &ReplayOptions::default()));
        assert!(!of_primary.findings.is_empty() && of_primary.best.found().is_some());
        assert!(of_replica.findings.is_empty() && of_replica.best.found().is_none());
        assert!(of_replica.trace.is_replica && of_replica.policies == of_primary.policies);
    }

    #[test]
    fn a_write_after_a_read_of_an_unknown_key_is_a_fill_and_the_read_was_a_miss() {
        // Key 0: miss and fill, then hits. Key 1: read only, so it was there. Key 2: written, so it is there.
        let operations = [read(0), write(0, 100), read(0), read(1), write(2, 50), read(2), write(2, 60)];
        let replay = replay_trace(&trace(3, operations), &ReplayOptions::default());
        assert_eq!((replay.trace.reads, replay.trace.fills, replay.trace.writes), (4, 1, 2));
        assert_eq!(replay.trace.inferred_hit_ratio, Some(0.75));
        assert_eq!((replay.trace.first_reads, replay.trace.keys_of_unknown_size), (2, 1));
    }

    #[test]
    fn what_is_deleted_expired_or_flushed_was_a_miss_when_read() {
        let short =
            CacheOperation::Write { key: 1, value_bytes: 9, is_whole: true, lifetime: Lifetime::Millis(2) };
        let operations = [
            write(0, 9),
            CacheOperation::Delete { keys: vec![0] },
            read(0),
            short,
            read(1),
            read(1),
            write(2, 9),
            CacheOperation::Flush { database: None },
            read(2),
        ];
        let replay = replay_trace(&trace(3, operations), &ReplayOptions::default());
        // Only the first read of key 1, a millisecond after its write, was a hit.
        assert_eq!(replay.trace.inferred_hit_ratio, Some(0.25));
        let largest = replay.policies[0].points.last().unwrap();
        assert_eq!(
            (largest.hit_ratio, largest.expired),
            (0.25, Some(2)),
            "the second read loads it again, and it expires again"
        );
    }

    #[test]
    fn deleting_a_whole_tag_costs_more_hits_than_deleting_one_key() {
        // Ten keys of one tag in turn; every hundredth operation deletes one of them.
        let operation = |at: u32| {
            if at % 100 == 99 { CacheOperation::Delete { keys: vec![at / 100 % 10] } } else { read(at % 10) }
        };
        let mut trace = trace(10, (0..10_000).map(operation));
        trace.tags = vec!["availability:{id}:*".to_owned()];
        trace.keys.iter_mut().for_each(|key| key.tag = Some(0));
        let replay = replay_trace(&trace, &ReplayOptions::default());
        let [tag] = &replay.tags[..] else { panic!("{:?}", replay.tags) };
        assert_eq!((tag.invalidations, tag.removed, tag.tag.as_str()), (100, 100, "availability:{id}:*"));
        assert!(tag.removed_by_tag > 900, "{tag:?}");
        assert!(tag.hit_ratio_without > tag.hit_ratio && tag.hit_ratio > tag.hit_ratio_by_tag, "{tag:?}");
    }

    #[test]
    fn a_local_cache_answers_what_is_hot_and_is_stale_without_news() {
        let mut trace = trace(200, zipf(200, 10_000, 1.2, 5));
        // Two machines; the second one changes the hottest key now and then.
        for (at, event) in trace.events.iter_mut().enumerate() {
            event.client = u32::from(at % 50 == 0);
            if at % 50 == 0 {
                event.operation = write(0, 512);
            }
        }
        trace.clients = 2;
        let replay = replay_trace(&trace, &ReplayOptions { invalidation_latency_ms: 5 });
        let [first, .., last] = &replay.levels[..] else { panic!("{:?}", replay.levels) };
        assert!(first.local_hit_ratio < last.local_hit_ratio && last.local_hit_ratio <= last.hit_ratio);
        assert!(last.stale_reads > 0 && last.stale_reads_without_news > 5 * last.stale_reads, "{last:?}");
        let at_once = replay_trace(&trace, &ReplayOptions { invalidation_latency_ms: 0 });
        assert!(at_once.levels.iter().all(|point| point.stale_reads == 0));
    }
}
