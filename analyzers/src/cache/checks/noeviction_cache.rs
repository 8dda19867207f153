//! `noeviction-cache`
//!
//! **What:** a cache with a limit of memory under the policy `noeviction`.
//! **Why it hurts:** at the limit each write is answered with an error (`OOM`), while old keys stay.
//! **Threshold:** a limit, keys that expire and `noeviction` are a warning; writes that were refused are critical. Source: Redis'
//! documentation of key eviction.
//! **Remedy:** `allkeys-lru`, or `volatile-lru` where some keys must stay.

use crate::cache::check::{CacheCheck, CacheFacts, fine, judged};
use crate::cache::parts;
use crate::database::{CheckReading, Skip, critical_if, warning_if};

const NO_EVICTION: &str = "noeviction";

pub(super) const CHECK: CacheCheck = CacheCheck {
    code: "noeviction-cache",
    summary: "a cache that refuses writes when it is full",
    reads: "INFO memory: maxmemory_policy, maxmemory; INFO errorstats: OOM; whether keys expire",
    threshold: "noeviction with a limit and keys that expire is a warning, with refused writes critical",
    source: "Redis' documentation of key eviction",
    run,
};

fn run(facts: &CacheFacts) -> CheckReading {
    parts::primary(facts)?;
    let limit = parts::limit_bytes(facts)?;
    let Some(policy) = &parts::memory(facts)?.policy else {
        return Err(Skip::new(
            "the server does not tell its maxmemory-policy",
            "allow INFO, or CONFIG GET maxmemory-policy",
        ));
    };
    if policy != NO_EVICTION {
        return fine(format!("the policy is {policy}"), &[]);
    }
    if limit == 0 {
        return fine("the policy is noeviction, which does nothing while maxmemory is 0", &[]);
    }
    let is_cache = parts::is_volatile(facts).ok_or_else(|| parts::unknown_volatility(facts))?;
    let counted = facts.evidence.counters.as_ref().and_then(|counters| counters.errors.as_ref());
    let refused = counted.and_then(|errors| errors.get("OOM")).copied().unwrap_or_default();
    let keys = if is_cache { "keys expire, as in a cache" } else { "no key expires, as in a store" };
    judged(
        critical_if(refused > 0).or(warning_if(is_cache)),
        format!("the policy is noeviction, {keys}; {refused} writes were refused for want of memory"),
        "CONFIG SET maxmemory-policy allkeys-lru (or volatile-lru where keys without a time to live must stay), then CONFIG REWRITE",
        &[("refused_writes", refused as f64)],
    )
}

#[cfg(test)]
mod tests {
    use aforo_model::database::Grade;

    use super::*;
    use crate::cache::fixtures::{Fixture, key};

    fn noeviction() -> Fixture {
        Fixture::healthy().with_memory(|memory| memory.policy = Some(NO_EVICTION.to_owned()))
    }

    #[test]
    fn a_cache_that_does_not_evict_is_warned_of_and_one_that_refused_writes_is_worse() {
        let refused =
            noeviction().with_counters(|counters| counters.errors = Some([("OOM".to_owned(), 1)].into()));
        let store = noeviction()
            .with_counters(|counters| counters.expired_keys = 0)
            .with_only(vec![key("a:1", 100, None, 5)]);
        let unlimited = noeviction().with_memory(|memory| memory.limit_bytes = Some(0));
        assert_eq!(
            [noeviction(), refused, store, unlimited].map(|fixture| fixture.grade(&CHECK)),
            [Grade::Warning, Grade::Critical, Grade::Ok, Grade::Ok]
        );
    }

    #[test]
    fn a_policy_that_is_not_told_is_no_answer() {
        let untold = Fixture::healthy().with_memory(|memory| memory.policy = None);
        assert_eq!([untold, Fixture::empty()].map(|fixture| fixture.grade(&CHECK)), [Grade::Skipped; 2]);
    }
}
