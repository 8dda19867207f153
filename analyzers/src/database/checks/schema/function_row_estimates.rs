//! `function-row-estimates`
//!
//! **What:** functions of the database that return sets and have the 1000 rows and the cost that Postgres
//! gives by itself.
//! **Why it hurts:** the planner takes 1000 rows for granted, and joins them accordingly.
//! **Threshold:** any is a warning. Source: postgresqltuner.
//! **Remedy:** `ALTER FUNCTION … ROWS … COST …`.

use aforo_model::Severity;
use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, about, those_or_fine};
use crate::database::parts;
use crate::database::remedies::quoted;

/// What Postgres has by itself: rows of a function that returns a set.
const DEFAULT_ROWS: f64 = 1000.0;
/// What Postgres has by itself: cost of a function that is not written in C.
const DEFAULT_COST: f64 = 100.0;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "function-row-estimates",
    area: CheckArea::Schema,
    weight: 1.0,
    summary: "functions that return sets of unknown size",
    reads: "pg_proc.prorows, procost",
    threshold: "any is a warning",
    source: "postgresqltuner",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let functions = parts::catalog(evidence)?.functions.iter().filter(|function| !function.is_from_extension);
    let untold = functions.filter(|function| function.rows == DEFAULT_ROWS && function.cost == DEFAULT_COST);
    let outstanding = untold.map(|function| {
        let name = quoted(&function.name);
        about(
            "function",
            &format!("{}.{}", function.name.schema, function.name.name),
            Severity::Warning,
            format!("{name} returns sets, and the planner takes them for 1000 rows"),
            format!("ALTER FUNCTION {name} ROWS …; with the rows it usually returns"),
            &[("row_estimate", function.rows), ("cost", function.cost)],
        )
    });
    those_or_fine(outstanding.collect(), "no function that returns sets has a size nobody gave it")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    fn function(rows: f64, is_from_extension: bool) -> Grade {
        let function = aforo_model::database::FunctionFacts {
            name: crate::database::fixtures::public("free_rooms"),
            language: "plpgsql".to_owned(),
            volatility: aforo_model::database::Volatility::Stable,
            cost: 100.0,
            rows,
            is_from_extension,
            is_called_unnamed: false,
        };
        Fixture::healthy()
            .with(|evidence| evidence.catalog.as_mut().unwrap().functions.push(function))
            .grade(&CHECK)
    }

    #[test]
    fn only_a_set_of_a_thousand_rows_is_warned_of() {
        assert_eq!(
            [function(1000.0, false), function(0.0, false), function(20.0, false), function(1000.0, true)],
            [Grade::Warning, Grade::Ok, Grade::Ok, Grade::Ok]
        );
    }
}
