//! `transaction-id-wraparound`
//!
//! **What:** age of the oldest transaction id of the database that is not frozen, of two thousand million
//! there are.
//! **Why it hurts:** shortly before they run out, the server refuses every write until a vacuum by hand has
//! ended.
//! **Threshold:** 1300 million is a warning, 1400 million is critical. Source: `check_postgres`
//! (`txn_wraparound`).
//! **Remedy:** `VACUUM (FREEZE)` of the oldest tables, after what holds vacuum back has been ended.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck};
use crate::database::parts;
use crate::database::wraparound::wraparound;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "transaction-id-wraparound",
    area: CheckArea::Vacuum,
    weight: 8.0,
    summary: "transaction ids run out",
    reads: "age(pg_database.datfrozenxid)",
    threshold: "1300 million is a warning, 1400 million is critical",
    source: "check_postgres (txn_wraparound)",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    wraparound(parts::counters(evidence)?.frozen_xid_age, "transaction", "age(relfrozenxid)")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    #[test]
    fn the_age_is_graded() {
        let of =
            |age| Fixture::healthy().with_counters(|counters| counters.frozen_xid_age = age).grade(&CHECK);
        assert_eq!(
            [1_299_999_999, 1_300_000_000, 1_400_000_000].map(of),
            [Grade::Ok, Grade::Warning, Grade::Critical]
        );
    }
}
