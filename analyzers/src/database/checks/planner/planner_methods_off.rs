//! `planner-methods-off`
//!
//! **What:** switches of the planner that are off although Postgres has them on by itself.
//! **Why it hurts:** they help the statement they were found with, and rob every other of its best plan.
//! **Threshold:** any is a warning. Source: postgresqltuner.
//! **Remedy:** reset them; find out why the planner chose badly: statistics, prices, a missing index.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, Skip, judged, warning_if};

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "planner-methods-off",
    area: CheckArea::Planner,
    weight: 3.0,
    summary: "methods the planner may not use",
    reads: "enable_* settings",
    threshold: "any is a warning",
    source: "postgresqltuner",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let mut switches = evidence.settings.iter().filter(|(name, _)| name.starts_with("enable_")).peekable();
    if switches.peek().is_none() {
        return Err(Skip::new("no switch of the planner was seen", "GRANT pg_read_all_settings TO the role"));
    }
    let off: Vec<_> = switches
        .filter(|(_, setting)| setting.value == "off" && setting.boot_value.as_deref() == Some("on"))
        .map(|(name, _)| name.as_str())
        .collect();
    let resets: String = off.iter().map(|name| format!("ALTER SYSTEM RESET {name}; ")).collect();
    judged(
        warning_if(!off.is_empty()),
        if off.is_empty() {
            "no method of the planner is off".to_owned()
        } else {
            format!("off: {}", off.join(", "))
        },
        format!("{resets}SELECT pg_reload_conf();"),
        &[("off_count", off.len() as f64)],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    #[test]
    fn only_what_postgres_has_on_by_itself_counts() {
        // enable_partitionwise_join is off in the healthy one, too.
        assert_eq!(Fixture::healthy().grade(&CHECK), Grade::Ok);
        let without = Fixture::healthy().with_setting("enable_seqscan", "off");
        assert_eq!(without.grade(&CHECK), Grade::Warning);
        assert!(without.told_by(&CHECK).contains("off: enable_seqscan"));
    }
}
