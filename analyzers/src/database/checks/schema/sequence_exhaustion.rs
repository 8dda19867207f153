//! `sequence-exhaustion`
//!
//! **What:** the last value of each sequence against the largest that it, and the column it feeds, can hold.
//! **Why it hurts:** when it is reached every insert fails.
//! **Threshold:** 85 % is a warning, 95 % is critical. Source: `check_postgres` (sequence); `PgHero` warns at
//! 90 %.
//! **Remedy:** a wider column: `ALTER TABLE … ALTER COLUMN … TYPE bigint`, in steps where the table is large.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, about, rising, those_or_fine};
use crate::database::parts;
use crate::database::remedies::quoted;
use crate::wording::percent;

const WARNING_RATIO: f64 = 0.85;
const CRITICAL_RATIO: f64 = 0.95;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "sequence-exhaustion",
    area: CheckArea::Schema,
    weight: 5.0,
    summary: "sequences and keys that run out of numbers",
    reads: "pg_sequences.last_value, type of the column fed",
    threshold: "85 % is a warning, 95 % is critical",
    source: "check_postgres (sequence); PgHero warns at 90 %",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let sequences = &parts::catalog(evidence)?.sequences;
    let outstanding = sequences.iter().filter_map(|sequence| {
        let (last, max) = (sequence.last_value? as f64, sequence.max_value as f64);
        let name = quoted(&sequence.name);
        let remedy = match &sequence.feeds {
            Some((table, column)) => format!(
                "ALTER TABLE {} ALTER COLUMN {} TYPE bigint; ALTER SEQUENCE {name} AS bigint; it writes the \
                 whole table anew under a lock, so add a column and fill it in steps where the table is \
                 large",
                quoted(table),
                aforo_sql::quote_identifier(column)
            ),
            None => format!("ALTER SEQUENCE {name} AS bigint MAXVALUE 9223372036854775807;"),
        };
        Some(about(
            "sequence",
            &format!("{}.{}", sequence.name.schema, sequence.name.name),
            rising(last / max, WARNING_RATIO, CRITICAL_RATIO)?,
            format!("{name} has given {last} of {max} values ({})", percent(last / max)),
            remedy,
            &[("last_value", last), ("max_value", max), ("used_ratio", last / max)],
        ))
    });
    those_or_fine(outstanding.collect(), format!("none of {} sequences is nearly used up", sequences.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    fn at(last_value: Option<i64>) -> Fixture {
        // Of 2 147 483 647.
        Fixture::healthy()
            .with(|evidence| evidence.catalog.as_mut().unwrap().sequences[0].last_value = last_value)
    }

    #[test]
    fn the_share_is_graded() {
        let grades = [Some(1_825_361_099), Some(1_825_361_100), Some(2_040_109_465), None]
            .map(|last| at(last).grade(&CHECK));
        assert_eq!(grades, [Grade::Ok, Grade::Warning, Grade::Critical, Grade::Ok]);
    }
}
