//! `reserved-connections`
//!
//! **What:** `superuser_reserved_connections` as a share of `max_connections`.
//! **Why it hurts:** without any, nobody can get in to look when all are used; with too many, the
//! applications have too few.
//! **Threshold:** none, or more than 20 %, is a warning. Source: postgresqltuner.
//! **Remedy:** the three that Postgres has by itself.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, judged, warning_if};
use crate::database::{remedies, settings};

const HIGHEST_RATIO: f64 = 0.20;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "reserved-connections",
    area: CheckArea::Connections,
    weight: 1.0,
    summary: "connections reserved for superusers",
    reads: "superuser_reserved_connections, max_connections",
    threshold: "none, or more than 20 %, is a warning",
    source: "postgresqltuner",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let reserved = settings::number(evidence, "superuser_reserved_connections")?;
    let limit = settings::number(evidence, "max_connections")?;
    judged(
        warning_if(reserved == 0.0 || reserved / limit > HIGHEST_RATIO),
        format!("{reserved} of {limit} connections are reserved for superusers"),
        remedies::set_and_restart("superuser_reserved_connections", "3"),
        &[("reserved_count", reserved), ("max_connections", limit)],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    fn at(reserved: &str) -> Grade {
        Fixture::healthy().with_setting("superuser_reserved_connections", reserved).grade(&CHECK)
    }

    #[test]
    fn none_and_too_many_are_warned_of() {
        assert_eq!(["0", "1", "20", "21"].map(at), [Grade::Warning, Grade::Ok, Grade::Ok, Grade::Warning]);
    }
}
