//! `memory-near-limit`
//!
//! **What:** memory in use relative to `maxmemory`.
//! **Why it hurts:** at the limit Redis evicts keys or, under `noeviction`, refuses to write.
//! **Threshold:** 80 % is a warning, 90 % is critical. Source: ours, as for the memory of the target.
//! **Remedy:** raise `maxmemory`, or store less.

use crate::cache::check::{CacheCheck, CacheFacts, judged};
use crate::cache::parts;
use crate::database::{CheckReading, Skip, rising};
use crate::wording::{memory, percent};

const WARNING_FROM: f64 = 0.8;
const CRITICAL_FROM: f64 = 0.9;

pub(super) const CHECK: CacheCheck = CacheCheck {
    code: "memory-near-limit",
    summary: "memory in use relative to its limit",
    reads: "INFO memory: used_memory, maxmemory",
    threshold: "80 % is a warning, 90 % is critical",
    source: "ours",
    run,
};

fn run(facts: &CacheFacts) -> CheckReading {
    parts::primary(facts)?;
    let (used, limit) = (parts::memory(facts)?.used_bytes, parts::limit_bytes(facts)?);
    if limit == 0 {
        return Err(Skip::new(
            "maxmemory is 0, so there is no limit to be near to",
            "CONFIG SET maxmemory <bytes>",
        ));
    }
    let ratio = used as f64 / limit as f64;
    judged(
        rising(ratio, WARNING_FROM, CRITICAL_FROM),
        format!("{} of {} are in use, {}", memory(used), memory(limit), percent(ratio)),
        "raise maxmemory (CONFIG SET maxmemory <bytes>), or store less: let cold keys live for a shorter time, and compress large values",
        &[("memory_ratio", ratio), ("used_bytes", used as f64), ("limit_bytes", limit as f64)],
    )
}

#[cfg(test)]
mod tests {
    use aforo_model::database::Grade;

    use super::*;
    use crate::cache::fixtures::Fixture;

    fn of(used_bytes: u64, limit_bytes: Option<u64>) -> Grade {
        Fixture::healthy()
            .with_memory(|memory| (memory.used_bytes, memory.limit_bytes) = (used_bytes, limit_bytes))
            .grade(&CHECK)
    }

    #[test]
    fn four_fifths_are_near_and_nine_tenths_are_too_near() {
        assert_eq!(
            [799, 800, 900].map(|used| of(used, Some(1000))),
            [Grade::Ok, Grade::Warning, Grade::Critical]
        );
    }

    #[test]
    fn without_a_limit_nothing_is_near_to_it() {
        assert_eq!([Some(0), None].map(|limit| of(1, limit)), [Grade::Skipped; 2]);
        assert_eq!(Fixture::empty().grade(&CHECK), Grade::Skipped);
    }
}
