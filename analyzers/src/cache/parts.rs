//! The parts of the evidence, each or why it is not there.

use aforo_model::cache::{CacheCounters, CacheMemory, KeySample, SlowCommand};

use super::check::CacheFacts;
use crate::database::Skip;

/// The counters.
pub(super) fn counters(facts: &CacheFacts) -> Result<&CacheCounters, Skip> {
    facts.evidence.counters.as_ref().ok_or_else(|| skip(facts, &["counters"], "the server's counters"))
}

/// The memory.
pub(super) fn memory(facts: &CacheFacts) -> Result<&CacheMemory, Skip> {
    facts.evidence.memory.as_ref().ok_or_else(|| skip(facts, &["counters"], "the server's memory"))
}

/// `maxmemory`, 0 for no limit.
pub(super) fn limit_bytes(facts: &CacheFacts) -> Result<u64, Skip> {
    memory(facts)?.limit_bytes.ok_or_else(|| skip(facts, &["settings", "counters"], "maxmemory"))
}

/// That what is judged happens on this server: a replica evicts nothing and lets nothing expire but what its primary tells it to, and
/// does not know how keys are used there.
pub(super) fn primary(facts: &CacheFacts) -> Result<(), Skip> {
    if facts.evidence.server.is_replica {
        return Err(Skip::new(
            "the server is a replica: limits, evictions and uses of keys are its primary's",
            "analyze the primary",
        ));
    }
    Ok(())
}

/// The slow log.
pub(super) fn slow_log(facts: &CacheFacts) -> Result<&[SlowCommand], Skip> {
    facts.evidence.slow_log.as_deref().ok_or_else(|| skip(facts, &["slow-log"], "the slow log"))
}

/// The sample of the keys, with one key at least.
pub(super) fn sample(facts: &CacheFacts) -> Result<&KeySample, Skip> {
    let sample = facts.evidence.sample.as_ref();
    let sample = sample.ok_or_else(|| skip(facts, &["keys", "key-counts"], "a sample of the keys"))?;
    if sample.keys.is_empty() {
        return Err(Skip::new("the server holds no keys", "read it again when it is in use"));
    }
    Ok(sample)
}

/// Why the sizes of keys are not known.
pub(super) fn no_sizes(facts: &CacheFacts) -> Skip {
    skip(facts, &["key-sizes", "keys"], "the sizes of keys")
}

/// Whether there are keys that expire, from the sample or the counters; nothing where neither was read.
pub(super) fn is_volatile(facts: &CacheFacts) -> Option<bool> {
    let expired = facts.evidence.counters.as_ref().map(|counters| counters.expired_keys > 0);
    let sampled =
        facts.evidence.sample.as_ref().map(|sample| sample.keys.iter().any(|key| key.ttl_ms.is_some()));
    match (expired, sampled) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        // No key has expired so far; those that are there could.
        (_, sampled) => sampled,
    }
}

/// Why keys may or may not expire is not known.
pub(super) fn unknown_volatility(facts: &CacheFacts) -> Skip {
    skip(facts, &["keys", "key-counts", "counters"], "whether keys expire")
}

/// What the reading said of the first of `parts` that it skipped, else that `what` was not read.
fn skip(facts: &CacheFacts, parts: &[&str], what: &str) -> Skip {
    let reason = |part: &&str| facts.evidence.skipped.iter().find(|skipped| skipped.what == **part);
    parts.iter().find_map(reason).map_or_else(
        || {
            Skip::new(
                format!("{what} was not read"),
                "read the server with a user that may run INFO, CONFIG GET, SLOWLOG GET and SCAN",
            )
        },
        |skipped| Skip::new(skipped.why.clone(), skipped.remedy.clone()),
    )
}
