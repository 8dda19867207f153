//! `redis-evictions`
//!
//! **What:** keys that Redis evicted during the run for want of memory.
//! **Why it hurts:** what was evicted is computed or read again; evicted locks and sessions break correctness.
//! **Threshold:** one key. With memory enough there is none.
//! **Remedy:** more `maxmemory`, shorter lives of keys, or fewer keys; locks in an instance that does not evict.

use aforo_model::{Finding, Severity};

use super::{Check, finding, part};
use crate::Evidence;

pub(super) const CHECK: Check = Check { code: "redis-evictions", summary: "Redis evicted keys", run };

fn run(evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut readings = evidence.judged_samples().filter_map(|sample| sample.redis.as_ref());
    let Some(first) = readings.next() else { return Vec::new() };
    let last = readings.last().unwrap_or(first);
    let evicted = last.evicted_keys.saturating_sub(first.evicted_keys);
    if evicted == 0 {
        return Vec::new();
    }
    vec![finding(
        CHECK.code,
        part("redis"),
        Severity::Warning,
        format!("Redis evicted {evicted} keys for want of memory"),
        "raise `maxmemory`, let keys live shorter or store fewer; keep locks and sessions where nothing is evicted"
            .to_owned(),
        &[("evicted_keys", evicted as f64), ("used_memory_bytes", last.used_memory_bytes as f64)],
    )]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::Fixture;

    #[test]
    fn only_keys_evicted_during_the_run_are_found() {
        let mut fixture = Fixture::healthy();
        fixture.resources.iter_mut().for_each(|sample| sample.redis.as_mut().unwrap().evicted_keys = 7);
        assert_eq!(run(&fixture.evidence()), []);
        fixture.resources[60].redis.as_mut().unwrap().evicted_keys = 9;
        assert_eq!(run(&fixture.evidence())[0].numbers["evicted_keys"], 2.0);
        assert_eq!(run(&Fixture::empty().evidence()), []);
    }
}
