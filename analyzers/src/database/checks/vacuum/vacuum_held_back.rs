//! `vacuum-held-back`
//!
//! **What:** the oldest snapshot that a session or a slot holds, in transactions since.
//! **Why it hurts:** what died since then stays, in every table of the database, whatever vacuum does.
//! **Threshold:** a million transactions is a warning, a hundred million is critical. Source: ours: pganalyze
//! shows who holds it back without a threshold; a hundred million is half the age at which autovacuum must
//! freeze.
//! **Remedy:** end the session, or drop the slot.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, judged, rising};
use crate::database::parts;

const WARNING_AGE: f64 = 1e6;
const CRITICAL_AGE: f64 = 1e8;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "vacuum-held-back",
    area: CheckArea::Vacuum,
    weight: 4.0,
    summary: "something keeps vacuum from removing dead rows",
    reads: "pg_stat_activity.backend_xmin, pg_replication_slots.xmin",
    threshold: "a million transactions is a warning, a hundred million is critical",
    source: "ours: pganalyze shows who holds it back without a threshold; a hundred million is half the age \
             at which autovacuum must freeze",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let sessions = parts::sessions(evidence)?.iter().filter_map(|session| {
        let remedy = format!("SELECT pg_terminate_backend({});", session.pid);
        Some((session.xmin_age?, format!("session {}", session.pid), remedy))
    });
    let slots = parts::slots(evidence)?.iter().filter_map(|slot| {
        let name = aforo_sql::quote_literal(&slot.name);
        let remedy = format!("where its reader does not come back: SELECT pg_drop_replication_slot({name});");
        Some((slot.xmin_age?, format!("slot {}", slot.name), remedy))
    });
    let oldest = sessions.chain(slots).max_by_key(|(age, ..)| *age);
    let Some((age, holder, remedy)) = oldest else {
        return judged(None, "nothing holds a snapshot", "", &[("age", 0.0)]);
    };
    judged(
        rising(age as f64, WARNING_AGE, CRITICAL_AGE),
        format!("{holder} holds back vacuum to {age} transactions ago"),
        remedy,
        &[("age", age as f64)],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    fn slot_of_age(age: u64) -> Fixture {
        Fixture::healthy().with(|evidence| evidence.slots.as_mut().unwrap()[0].xmin_age = Some(age))
    }

    #[test]
    fn the_oldest_snapshot_is_graded() {
        assert_eq!(
            [999_999, 1_000_000, 100_000_000].map(|age| slot_of_age(age).grade(&CHECK)),
            [Grade::Ok, Grade::Warning, Grade::Critical]
        );
    }

    #[test]
    fn whoever_holds_it_is_named() {
        let session = slot_of_age(5).with_session(|session| session.xmin_age = Some(2_000_000));
        assert!(session.told_by(&CHECK).contains("pg_terminate_backend(100)"));
    }
}
