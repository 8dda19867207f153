//! `fragmentation`
//!
//! **What:** resident memory for each byte that Redis has in use.
//! **Why it hurts:** the rest is memory that nobody can use and that counts towards the limit of the container.
//! **Threshold:** above 1.5 is a warning. Source: requirement R2.5. Below 64 MiB in use, the ratio shows the server's own memory and says
//! nothing when it is high.
//! **Remedy:** active defragmentation, or a restart.

use crate::cache::check::{CacheCheck, CacheFacts, judged};
use crate::cache::parts;
use crate::database::{CheckReading, Skip, warning_if};
use crate::wording::memory;

const WARNING_ABOVE: f64 = 1.5;
const SMALLEST_BYTES: u64 = 64 << 20;

pub(super) const CHECK: CacheCheck = CacheCheck {
    code: "fragmentation",
    summary: "memory lost between the values",
    reads: "INFO memory: mem_fragmentation_ratio, used_memory",
    threshold: "above 1.5 is a warning, from 64 MiB in use on",
    source: "requirement R2.5",
    run,
};

fn run(facts: &CacheFacts) -> CheckReading {
    let memory_now = parts::memory(facts)?;
    let (ratio, used) = (memory_now.fragmentation_ratio, memory(memory_now.used_bytes));
    if memory_now.used_bytes < SMALLEST_BYTES && ratio > WARNING_ABOVE {
        return Err(Skip::new(
            format!("only {used} are in use, and the ratio of {ratio:.2} shows the server's own memory"),
            "read it with as much data as in production",
        ));
    }
    judged(
        warning_if(ratio > WARNING_ABOVE),
        format!("the process takes {ratio:.2} bytes for each of the {used} in use"),
        "switch on active defragmentation (CONFIG SET activedefrag yes), or restart the server at a quiet time",
        &[("fragmentation_ratio", ratio), ("used_bytes", memory_now.used_bytes as f64)],
    )
}

#[cfg(test)]
mod tests {
    use aforo_model::database::Grade;

    use super::*;
    use crate::cache::fixtures::Fixture;

    fn of(used_bytes: u64, ratio: f64) -> Grade {
        Fixture::healthy()
            .with_memory(|memory| (memory.used_bytes, memory.fragmentation_ratio) = (used_bytes, ratio))
            .grade(&CHECK)
    }

    #[test]
    fn half_as_much_again_is_lost_memory() {
        assert_eq!([1.5, 1.51].map(|ratio| of(SMALLEST_BYTES, ratio)), [Grade::Ok, Grade::Warning]);
    }

    #[test]
    fn a_small_server_is_judged_only_when_the_ratio_is_low() {
        assert_eq!([1.2, 7.0].map(|ratio| of(SMALLEST_BYTES - 1, ratio)), [Grade::Ok, Grade::Skipped]);
        assert_eq!(Fixture::empty().grade(&CHECK), Grade::Skipped);
    }
}
