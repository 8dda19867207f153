//! `never-hit`
//!
//! **What:** patterns of which nearly no key was used since it was written, among those past half of their life.
//! **Why it hurts:** they cost a write and memory each, and save nothing.
//! **Threshold:** 90 % is a warning. Source: ours (requirement R6.2 asks for candidates to drop). Only where the keys' time to live and
//! their idle times tell their age.
//! **Remedy:** do not write them, or write them at the second request.

use aforo_model::Severity;
use aforo_model::cache::KeyPattern;
use aforo_model::database::CheckResult;

use crate::cache::candidates::is_never_hit;
use crate::cache::check::{CacheCheck, CacheFacts, about, those_or_fine};
use crate::cache::parts;
use crate::database::{CheckReading, Skip};
use crate::wording::{memory, percent};

pub(super) const CHECK: CacheCheck = CacheCheck {
    code: "never-hit",
    summary: "keys that are written and never used",
    reads: "SCAN, PTTL, OBJECT IDLETIME of a sample",
    threshold: "90 % of a pattern's keys past half of their life is a warning",
    source: "ours",
    run,
};

fn run(facts: &CacheFacts) -> CheckReading {
    parts::primary(facts)?;
    let sample = parts::sample(facts)?;
    let told = facts.patterns.iter().filter(|pattern| pattern.never_hit_ratio.found().is_some()).count();
    if told == 0 {
        return Err(Skip::new(
            format!(
                "the idle times and times to live of {} sampled keys tell the age of no pattern",
                sample.keys.len()
            ),
            "read it under a policy that keeps idle times (not LFU), with a user that may run OBJECT IDLETIME, and with more keys",
        ));
    }
    let outstanding =
        facts.patterns.iter().filter(|pattern| is_never_hit(pattern)).filter_map(outstanding).collect();
    those_or_fine(outstanding, format!("patterns whose keys are used after they are written: {told}"))
}

fn outstanding(pattern: &KeyPattern) -> Option<CheckResult> {
    let ratio = *pattern.never_hit_ratio.found()?;
    let size = pattern.bytes.map_or_else(String::new, |bytes| format!(" and take {}", memory(bytes)));
    Some(about(
        "keys",
        &pattern.pattern,
        Severity::Warning,
        format!(
            "{} of those past half of their life were never used since they were written; there are about {:.0} keys{size}",
            percent(ratio),
            pattern.keys.estimate
        ),
        "do not write them, write them at the second request only, or let them live for a shorter time",
        &[("never_hit_ratio", ratio), ("keys", pattern.keys.estimate)],
    ))
}

#[cfg(test)]
mod tests {
    use aforo_model::database::Grade;

    use super::*;
    use crate::cache::fixtures::{Fixture, key};

    /// 200 keys written with ten minutes to live; of ten that are old, `used` were used a minute ago.
    fn of(used: u64) -> Fixture {
        let idle_s = |at: u64| if at % 10 < used { (at * 3).min(60) } else { at * 3 };
        let keys = (0..200).map(|at| key(&format!("pms:rate:{at}"), 100, Some(600 - at * 3), idle_s(at)));
        Fixture::healthy().with_keys(keys)
    }

    #[test]
    fn nine_of_ten_keys_that_nobody_used_are_warned_of() {
        assert_eq!([0, 1, 2].map(|used| of(used).grade(&CHECK)), [Grade::Warning, Grade::Warning, Grade::Ok]);
        let told = of(0).told_by(&CHECK);
        assert!(told.contains("keys pms:rate:*") && told.contains("100%"), "{told}");
    }

    #[test]
    fn where_no_age_is_told_there_is_no_answer() {
        let ageless =
            Fixture::healthy().with_only((0..200).map(|at| key(&format!("a:{at}"), 100, None, 5)).collect());
        assert_eq!(ageless.grade(&CHECK), Grade::Skipped);
        assert_eq!(Fixture::empty().grade(&CHECK), Grade::Skipped);
    }
}
