//! `connections-used`
//!
//! **What:** client sessions of the server at the time of reading, against `max_connections`.
//! **Why it hurts:** the next one is refused, and nobody but a superuser can look why.
//! **Threshold:** 70 % is a warning, 90 % is critical. Source: postgresqltuner.
//! **Remedy:** smaller pools or a pooler such as pgbouncer; more connections only where memory is left for
//! them.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, judged, rising};
use crate::database::{parts, settings};
use crate::wording::percent;

const WARNING_RATIO: f64 = 0.70;
const CRITICAL_RATIO: f64 = 0.90;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "connections-used",
    area: CheckArea::Connections,
    weight: 4.0,
    summary: "most of max_connections in use",
    reads: "pg_stat_activity (client backends), max_connections",
    threshold: "70 % is a warning, 90 % is critical",
    source: "postgresqltuner",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let sessions = parts::sessions(evidence)?.len() as f64;
    let limit = settings::number(evidence, "max_connections")?;
    let ratio = sessions / limit;
    judged(
        rising(ratio, WARNING_RATIO, CRITICAL_RATIO),
        format!("{sessions} of {limit} connections are in use ({})", percent(ratio)),
        "make the pools of the applications smaller, or put a pooler such as pgbouncer in front; raise \
         max_connections only where memory is left for it",
        &[("connection_count", sessions), ("max_connections", limit), ("used_ratio", ratio)],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    fn at(count: i32) -> Grade {
        let sessions = (0..count).map(crate::database::fixtures::session).collect();
        Fixture::healthy().with(|evidence| evidence.sessions = Some(sessions)).grade(&CHECK)
    }

    #[test]
    fn the_share_in_use_is_graded() {
        assert_eq!([0, 69, 70, 90].map(at), [Grade::Ok, Grade::Ok, Grade::Warning, Grade::Critical]);
    }
}
