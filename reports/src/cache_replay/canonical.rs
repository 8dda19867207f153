//! The canonical replay that every format is tested with.

use aforo_model::cache::CacheReplay;

pub(super) use crate::canonical::rendered;

/// A made-up trace on a cache that holds a fifth of it.
pub(super) fn replay() -> CacheReplay {
    serde_json::from_str(include_str!("../../fixtures/cache_replay.json")).unwrap()
}

/// A trace in which nothing happened.
pub(super) fn empty() -> CacheReplay {
    let mut replay = replay();
    replay.policies.iter_mut().for_each(|curve| curve.points.clear());
    replay.levels.clear();
    replay.tags.clear();
    replay.findings.clear();
    replay.trace.patterns.clear();
    replay.trace.reads = 0;
    replay.trace.inferred_hit_ratio = None;
    replay.trace.server_hit_ratio = None;
    replay.trace.cost = None;
    replay.best = aforo_model::Answer::absent("the trace has 0 reads");
    replay
}
