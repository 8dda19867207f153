//! `statements-evicted`
//!
//! **What:** evictions from `pg_stat_statements` in the window that was watched.
//! **Why it hurts:** what was evicted is missing in every report, and counted anew when it comes back.
//! **Threshold:** any is a warning. Source: postgresqltuner.
//! **Remedy:** a larger `pg_stat_statements.max`, and statements with parameters in place of constants.

use aforo_model::database::{CheckArea, DatabaseEvidence, WindowGap};

use crate::database::check::{CheckReading, DatabaseCheck, judged, warning_if};
use crate::database::{parts, remedies, settings};

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "statements-evicted",
    area: CheckArea::Logging,
    weight: 1.0,
    summary: "more kinds of statements than are counted",
    reads: "pg_stat_statements_info.dealloc, pg_stat_statements.max",
    threshold: "any is a warning",
    source: "postgresqltuner",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let gaps = &parts::statements(evidence)?.gaps;
    let evictions =
        gaps.iter().map(|gap| if let WindowGap::Evicted { evictions } = gap { *evictions } else { 0 });
    let evictions = evictions.fold(0, u64::saturating_add);
    let limit = settings::number(evidence, "pg_stat_statements.max")?;
    judged(
        warning_if(evictions > 0),
        format!(
            "{evictions} times statements were evicted to make room for others; there is room for {limit}"
        ),
        format!(
            "{}; and send constants as parameters, so that fewer kinds of statements arise",
            remedies::set_and_restart("pg_stat_statements.max", &format!("{:.0}", 2.0 * limit))
        ),
        &[("eviction_count", evictions as f64), ("statement_limit", limit)],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    #[test]
    fn only_evictions_are_warned_of() {
        let with =
            |gap| Fixture::healthy().with(|evidence| evidence.statements.as_mut().unwrap().gaps.push(gap));
        assert_eq!(with(WindowGap::Reset).grade(&CHECK), Grade::Ok);
        assert_eq!(with(WindowGap::Evicted { evictions: 1 }).grade(&CHECK), Grade::Warning);
    }
}
