//! `keys-without-ttl`
//!
//! **What:** keys of a cache that live for ever: some of a pattern whose other keys expire, or a whole pattern that takes much of the
//! memory.
//! **Why it hurts:** memory grows until Redis evicts what is in use or refuses to write, and readers see old values for ever.
//! **Threshold:** 5 % of a pattern whose other keys expire (20 sampled keys at least), or a whole pattern of 100 sampled keys that
//! takes 10 % of the memory, is a warning. Source: ours. A server of which no key expires is a store, not a cache.
//! **Remedy:** write them with a time to live (`SET … EX`).

use aforo_model::Severity;
use aforo_model::cache::KeyPattern;
use aforo_model::database::CheckResult;

use crate::cache::check::{CacheCheck, CacheFacts, about, fine, those_or_fine};
use crate::cache::parts;
use crate::database::CheckReading;
use crate::wording::percent;

const FORGOTTEN_RATIO: f64 = 0.05;
const FORGOTTEN_FEWEST: u64 = 20;
const WHOLE_MEMORY_RATIO: f64 = 0.1;
const WHOLE_FEWEST: u64 = 100;

pub(super) const CHECK: CacheCheck = CacheCheck {
    code: "keys-without-ttl",
    summary: "keys of a cache that live for ever",
    reads: "SCAN, PTTL, MEMORY USAGE of a sample",
    threshold: "5 % of a pattern whose other keys expire, or a pattern with 10 % of the memory, is a warning",
    source: "ours",
    run,
};

fn run(facts: &CacheFacts) -> CheckReading {
    let sample = parts::sample(facts)?;
    let expiring = sample.keys.iter().filter(|key| key.ttl_ms.is_some()).count();
    if expiring == 0 {
        return fine(
            format!("none of {} sampled keys expires: the server is a store, not a cache", sample.keys.len()),
            &[],
        );
    }
    let outstanding = facts.patterns.iter().filter_map(outstanding).collect();
    those_or_fine(
        outstanding,
        format!("{expiring} of {} sampled keys expire, and no pattern stands out", sample.keys.len()),
    )
}

fn outstanding(pattern: &KeyPattern) -> Option<CheckResult> {
    let (ratio, sampled) = (pattern.without_ttl_ratio, pattern.sampled_keys);
    let seen = if ratio >= 1.0 {
        let memory_ratio = pattern.memory_ratio.filter(|memory_ratio| *memory_ratio >= WHOLE_MEMORY_RATIO)?;
        (sampled >= WHOLE_FEWEST).then(|| {
            format!(
                "about {:.0} keys take {} of the memory, and none of them expires",
                pattern.keys.estimate,
                percent(memory_ratio)
            )
        })?
    } else {
        (ratio >= FORGOTTEN_RATIO && sampled >= FORGOTTEN_FEWEST).then(|| {
            format!(
                "{} of about {:.0} keys live for ever, while the others expire",
                percent(ratio),
                pattern.keys.estimate
            )
        })?
    };
    Some(about(
        "keys",
        &pattern.pattern,
        Severity::Warning,
        seen,
        "write each of them with a time to live (SET key value EX seconds, or EXPIRE after it); a SET without EX takes it away again",
        &[("without_ttl_ratio", ratio), ("keys", pattern.keys.estimate)],
    ))
}

#[cfg(test)]
mod tests {
    use aforo_model::database::Grade;

    use super::*;
    use crate::cache::fixtures::{Fixture, key};

    fn mixed(for_ever: u64) -> Fixture {
        let ttl = |at| (at >= for_ever).then_some(600);
        Fixture::healthy().with_keys((0..40).map(|at| key(&format!("cart:{at}"), 10, ttl(at), 5)))
    }

    fn whole(count: u64, bytes: u64) -> Fixture {
        Fixture::healthy().with_keys((0..count).map(|at| key(&format!("page:{at}"), bytes, None, 5)))
    }

    #[test]
    fn keys_that_were_forgotten_stand_out_from_those_that_expire() {
        assert_eq!([1, 2].map(|count| mixed(count).grade(&CHECK)), [Grade::Ok, Grade::Warning]);
        let told = mixed(2).told_by(&CHECK);
        assert!(told.contains("keys cart:*") && told.contains("5%"), "{told}");
    }

    #[test]
    fn a_pattern_that_lives_for_ever_stands_out_where_it_is_large() {
        let grades =
            [(100, 10_000), (99, 10_000), (100, 100)].map(|(count, bytes)| whole(count, bytes).grade(&CHECK));
        assert_eq!(grades, [Grade::Warning, Grade::Ok, Grade::Ok]);
    }

    #[test]
    fn a_store_is_no_cache_and_no_sample_is_no_answer() {
        let store =
            Fixture::healthy().with_only((0..200).map(|at| key(&format!("a:{at}"), 100, None, 5)).collect());
        assert_eq!(store.grade(&CHECK), Grade::Ok);
        assert_eq!(Fixture::empty().grade(&CHECK), Grade::Skipped);
    }
}
