//! `no-memory-limit`
//!
//! **What:** a cache without `maxmemory`.
//! **Why it hurts:** it grows until the system ends it, or something else on the machine, and then everything it held is missed
//! at once.
//! **Threshold:** 0 with keys that expire is a warning; keys that expire make it a cache. Source: Redis' documentation of `maxmemory`.
//! **Remedy:** set it below the memory of the machine or container, with a policy that evicts.

use crate::cache::check::{CacheCheck, CacheFacts, fine, judged};
use crate::cache::parts;
use crate::database::{CheckReading, warning_if};
use crate::wording::memory;

pub(super) const CHECK: CacheCheck = CacheCheck {
    code: "no-memory-limit",
    summary: "a cache that may grow for ever",
    reads: "INFO memory: maxmemory; whether keys expire",
    threshold: "maxmemory 0 with keys that expire is a warning",
    source: "Redis' documentation of maxmemory",
    run,
};

fn run(facts: &CacheFacts) -> CheckReading {
    parts::primary(facts)?;
    let limit = parts::limit_bytes(facts)?;
    if limit > 0 {
        return fine(format!("the limit is {}", memory(limit)), &[("limit_bytes", limit as f64)]);
    }
    let is_cache = parts::is_volatile(facts).ok_or_else(|| parts::unknown_volatility(facts))?;
    let keys = if is_cache { "keys expire, as in a cache" } else { "no key expires, as in a store" };
    judged(
        warning_if(is_cache),
        format!("maxmemory is 0, and {keys}"),
        "CONFIG SET maxmemory <three quarters of its memory> and CONFIG SET maxmemory-policy allkeys-lru, then CONFIG REWRITE",
        &[("limit_bytes", 0.0)],
    )
}

#[cfg(test)]
mod tests {
    use aforo_model::database::Grade;

    use super::*;
    use crate::cache::fixtures::{Fixture, key};

    fn unlimited() -> Fixture {
        Fixture::healthy().with_memory(|memory| memory.limit_bytes = Some(0))
    }

    #[test]
    fn a_cache_needs_a_limit_and_a_store_may_do_without() {
        let store = unlimited()
            .with_counters(|counters| counters.expired_keys = 0)
            .with_only(vec![key("a:1", 100, None, 5)]);
        assert_eq!(
            [unlimited(), store, Fixture::healthy()].map(|fixture| fixture.grade(&CHECK)),
            [Grade::Warning, Grade::Ok, Grade::Ok]
        );
    }

    #[test]
    fn a_limit_that_is_not_told_and_keys_that_are_not_seen_are_no_answer() {
        let unseen = unlimited()
            .with_counters(|counters| counters.expired_keys = 0)
            .with(|evidence| evidence.sample = None);
        let untold = Fixture::healthy().with_memory(|memory| memory.limit_bytes = None);
        for fixture in [unseen, untold, Fixture::empty()] {
            assert_eq!(fixture.grade(&CHECK), Grade::Skipped);
        }
    }
}
