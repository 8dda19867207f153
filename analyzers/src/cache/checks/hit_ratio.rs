//! `hit-ratio`
//!
//! **What:** share of the key look-ups that found their key.
//! **Why it hurts:** each look-up that does not is paid twice: the cache is asked, and then the database.
//! **Threshold:** below 95 % is a warning (requirement R2.5, endurance runs), below 85 % is critical (requirement R1.6). Fewer than 100 look-ups
//! say nothing.
//! **Remedy:** longer lives for hot keys, more memory where keys are evicted, and no look-ups of keys that are never written.

use aforo_model::cache::CacheCounters;

use crate::cache::check::{CacheCheck, CacheFacts, fine, judged};
use crate::cache::parts;
use crate::database::{CheckReading, Skip, falling};
use crate::wording::percent;

const WARNING_BELOW: f64 = 0.95;
const CRITICAL_BELOW: f64 = 0.85;
/// Below it, one key decides a whole percent.
const FEWEST_LOOKUPS: u64 = 100;

pub(super) const CHECK: CacheCheck = CacheCheck {
    code: "hit-ratio",
    summary: "look-ups that found their key",
    reads: "INFO stats: keyspace_hits, keyspace_misses",
    threshold: "below 95 % is a warning, below 85 % is critical",
    source: "95 %: requirement R2.5; 85 %: requirement R1.6",
    run,
};

fn run(facts: &CacheFacts) -> CheckReading {
    let counters = parts::counters(facts)?;
    let lookups = counters.lookups();
    let Some(ratio) = counters.hit_ratio().filter(|_| lookups >= FEWEST_LOOKUPS) else {
        return Err(Skip::new(
            format!("only {lookups} keys were looked up, and a hit ratio needs {FEWEST_LOOKUPS}"),
            "watch it for longer, while the target is in use",
        ));
    };
    let is_replica = facts.evidence.server.is_replica;
    // What expires on a replica is counted by its primary.
    if counters.is_window && !is_replica && is_first_filled(facts, counters) {
        return fine(
            format!(
                "{} of {lookups} look-ups found their key; nothing expired or was evicted, so that each of the others can have been the \
                 first for its key",
                percent(ratio)
            ),
            &[("hit_ratio", ratio), ("lookups", lookups as f64)],
        );
    }
    let below = if ratio < CRITICAL_BELOW { CRITICAL_BELOW } else { WARNING_BELOW };
    let than = if ratio < WARNING_BELOW { format!(", less than {}", percent(below)) } else { String::new() };
    let asked = if is_replica { " on this replica" } else { "" };
    let since = if counters.is_window { "" } else { " since the server's counters began" };
    judged(
        falling(ratio, WARNING_BELOW, CRITICAL_BELOW),
        format!("{} of {lookups} look-ups{asked} found their key{since}{than}", percent(ratio)),
        "let hot keys live longer, raise maxmemory where keys are evicted, and remember also that something does not exist",
        &[("hit_ratio", ratio), ("lookups", lookups as f64)],
    )
}

/// Whether the cache was still being filled: no more look-ups missed than there are keys, and none of these was there before. Neither
/// longer lives nor more memory would have helped.
fn is_first_filled(facts: &CacheFacts, counters: &CacheCounters) -> bool {
    let keys: u64 = facts.evidence.key_counts.values().sum();
    counters.expired_keys == 0 && counters.evicted_keys == 0 && counters.keyspace_misses <= keys
}

#[cfg(test)]
mod tests {
    use aforo_model::database::Grade;

    use super::*;
    use crate::cache::fixtures::Fixture;

    fn of(hits: u64, misses: u64) -> Fixture {
        Fixture::healthy()
            .with_counters(|counters| (counters.keyspace_hits, counters.keyspace_misses) = (hits, misses))
    }

    #[test]
    fn it_is_judged_by_both_bars() {
        assert_eq!(
            [950, 949, 850, 849].map(|hits| of(hits, 1000 - hits).grade(&CHECK)),
            [Grade::Ok, Grade::Warning, Grade::Warning, Grade::Critical]
        );
        let told = of(849, 151).told_by(&CHECK);
        assert!(told.contains("84.9%") && told.contains("less than 85%"), "{told}");
    }

    #[test]
    fn misses_of_a_cache_that_is_being_filled_are_no_fault() {
        let filled = |misses: u64| of(300, misses).with_counters(|counters| counters.expired_keys = 0);
        // The fixture has 150 keys.
        assert_eq!([150, 151].map(|misses| filled(misses).grade(&CHECK)), [Grade::Ok, Grade::Critical]);
        assert!(filled(150).told_by(&CHECK).contains("the first for its key"));
    }

    #[test]
    fn a_replica_does_not_tell_whether_its_keys_expire_and_so_is_judged_by_its_look_ups() {
        let replica = of(300, 150)
            .with_counters(|counters| counters.expired_keys = 0)
            .with(|evidence| evidence.server.is_replica = true);
        assert_eq!(replica.grade(&CHECK), Grade::Critical);
        assert!(replica.told_by(&CHECK).contains("66.7% of 450 look-ups on this replica"));
    }

    #[test]
    fn few_look_ups_say_nothing() {
        assert_eq!(
            [(0, 99), (0, 0)].map(|(hits, misses)| of(hits, misses).grade(&CHECK)),
            [Grade::Skipped; 2]
        );
        assert_eq!(of(0, 100).grade(&CHECK), Grade::Critical);
        assert_eq!(Fixture::empty().grade(&CHECK), Grade::Skipped);
    }
}
