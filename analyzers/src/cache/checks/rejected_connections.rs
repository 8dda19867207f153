//! `rejected-connections`
//!
//! **What:** connections that Redis refused because `maxclients` were there.
//! **Why it hurts:** each is a request that failed or went to the database instead.
//! **Threshold:** any in a window that was watched is critical, any before is a warning. Source: ours.
//! **Remedy:** pool connections in the target, close those that are idle, or raise `maxclients`.

use aforo_model::Severity;

use crate::cache::check::{CacheCheck, CacheFacts, judged};
use crate::cache::parts;
use crate::database::CheckReading;

pub(super) const CHECK: CacheCheck = CacheCheck {
    code: "rejected-connections",
    summary: "connections that were refused",
    reads: "INFO stats: rejected_connections",
    threshold: "any in the watched window is critical, any since the server started is a warning",
    source: "ours",
    run,
};

fn run(facts: &CacheFacts) -> CheckReading {
    let counters = parts::counters(facts)?;
    let count = counters.rejected_connections;
    let severity = if counters.is_window { Severity::Critical } else { Severity::Warning };
    let limit = facts.evidence.settings.as_ref().and_then(|settings| settings.get("maxclients"));
    let limit = limit.map_or_else(String::new, |limit| format!("; maxclients is {limit}"));
    judged(
        (count > 0).then_some(severity),
        format!("{count} connections were refused in {:.0} s{limit}", counters.covered_s),
        "let the target pool its connections, close idle ones (CONFIG SET timeout 300), or raise the limit (CONFIG SET maxclients <count>)",
        &[("rejected_connections", count as f64)],
    )
}

#[cfg(test)]
mod tests {
    use aforo_model::database::Grade;

    use super::*;
    use crate::cache::fixtures::Fixture;

    #[test]
    fn one_that_was_watched_is_worse_than_one_of_some_time() {
        let of = |count, is_window| {
            let counted = |counters: &mut aforo_model::cache::CacheCounters| {
                (counters.rejected_connections, counters.is_window) = (count, is_window);
            };
            Fixture::healthy().with_counters(counted).grade(&CHECK)
        };
        assert_eq!([of(0, true), of(1, true), of(1, false)], [Grade::Ok, Grade::Critical, Grade::Warning]);
        assert_eq!(Fixture::empty().grade(&CHECK), Grade::Skipped);
    }
}
