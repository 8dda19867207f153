//! `evictions`
//!
//! **What:** keys that Redis removed because its memory was full.
//! **Why it hurts:** what is removed is missed by its next reader, who computes or queries it again; it is also work that every
//! writer waits for.
//! **Threshold:** any is a warning. Source: ours, after requirement R6.1.
//! **Remedy:** raise `maxmemory`, or store less: shorter lives for cold keys, compressed or fewer large values.

use crate::cache::check::{CacheCheck, CacheFacts, judged};
use crate::cache::parts;
use crate::database::{CheckReading, warning_if};

pub(super) const CHECK: CacheCheck = CacheCheck {
    code: "evictions",
    summary: "keys removed for want of memory",
    reads: "INFO stats: evicted_keys",
    threshold: "any is a warning",
    source: "ours",
    run,
};

fn run(facts: &CacheFacts) -> CheckReading {
    parts::primary(facts)?;
    let counters = parts::counters(facts)?;
    let per_s = counters.evicted_keys as f64 / counters.covered_s;
    judged(
        warning_if(counters.evicted_keys > 0),
        format!(
            "{} keys were removed for want of memory in {:.0} s",
            counters.evicted_keys, counters.covered_s
        ),
        "raise maxmemory (CONFIG SET maxmemory <bytes>), or store less: let cold keys live for a shorter time, and compress large values",
        &[("evicted_keys", counters.evicted_keys as f64), ("evictions_per_s", per_s)],
    )
}

#[cfg(test)]
mod tests {
    use aforo_model::database::Grade;

    use super::*;
    use crate::cache::fixtures::Fixture;

    #[test]
    fn any_is_warned_of() {
        let of =
            |count| Fixture::healthy().with_counters(|counters| counters.evicted_keys = count).grade(&CHECK);
        assert_eq!([0, 1].map(of), [Grade::Ok, Grade::Warning]);
        assert_eq!(Fixture::empty().grade(&CHECK), Grade::Skipped);
    }
}
