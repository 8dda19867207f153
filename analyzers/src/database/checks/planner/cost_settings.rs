//! `cost-settings`
//!
//! **What:** the planner's prices that differ from those Postgres has by itself, `random_page_cost` and the
//! costs of parallel work left out.
//! **Why it hurts:** they were tuned for one statement, and bend the plan of every other.
//! **Threshold:** any change is a warning. Source: postgresqltuner.
//! **Remedy:** reset them; for one statement, change them in its session.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, judged, warning_if};
use crate::database::settings;

const PRICES: [&str; 4] = ["cpu_index_tuple_cost", "cpu_operator_cost", "cpu_tuple_cost", "seq_page_cost"];

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "cost-settings",
    area: CheckArea::Planner,
    weight: 1.0,
    summary: "prices of the planner that were changed",
    reads: "cpu_tuple_cost, cpu_index_tuple_cost, cpu_operator_cost, seq_page_cost",
    threshold: "any change is a warning",
    source: "postgresqltuner",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let mut changed = Vec::new();
    for name in PRICES {
        let setting = settings::setting(evidence, name)?;
        if let Some(by_itself) = setting.boot_value.as_ref().filter(|by_itself| **by_itself != setting.value)
        {
            changed.push((name, format!("{name} is {} in place of {by_itself}", setting.value)));
        }
    }
    let resets: String = changed.iter().map(|(name, _)| format!("ALTER SYSTEM RESET {name}; ")).collect();
    let seen: Vec<_> = changed.iter().map(|(_, seen)| seen.as_str()).collect();
    judged(
        warning_if(!changed.is_empty()),
        if changed.is_empty() { "no price of the planner was changed".to_owned() } else { seen.join(", ") },
        format!("{resets}SELECT pg_reload_conf();"),
        &[("changed_count", changed.len() as f64)],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    #[test]
    fn a_changed_price_is_warned_of_with_how_to_reset_it() {
        let changed = Fixture::healthy().with_setting("cpu_tuple_cost", "0.03");
        assert_eq!(changed.grade(&CHECK), Grade::Warning);
        assert!(
            changed.told_by(&CHECK).contains("ALTER SYSTEM RESET cpu_tuple_cost; SELECT pg_reload_conf();")
        );
        assert_eq!(Fixture::healthy().with_setting("cpu_tuple_cost", "0.01").grade(&CHECK), Grade::Ok);
    }
}
