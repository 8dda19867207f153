//! `sequential-scan-total`
//!
//! **What:** sequential scans as a share of all scans, over all tables of 10 000 live rows or 8 MB and more,
//! from 1000 scans on.
//! **Why it hurts:** it is the alert of the operations; small tables are left out, since reading them whole
//! is right.
//! **Threshold:** more than 20 % is a warning. Source: the hotel's alerts (R5.5, R7.5).
//! **Remedy:** see the share of each table.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, Skip, fine, judged, warning_if};
use crate::database::parts;
use crate::wording::percent;

use super::sequential_scan_share::large_tables;

const WARNING_RATIO: f64 = 0.20;
const SMALLEST_COUNT: f64 = 1000.0;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "sequential-scan-total",
    area: CheckArea::Statements,
    weight: 3.0,
    summary: "many sequential scans over all large tables",
    reads: "pg_stat_all_tables.seq_scan, idx_scan",
    threshold: "more than 20 % is a warning",
    source: "the hotel's alerts (R5.5, R7.5)",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let mut tables = large_tables(parts::counted_here(evidence)?).peekable();
    if tables.peek().is_none() {
        return fine("no table is so large that reading it whole hurts", &[]);
    }
    let (sequential, index) = tables.fold((0.0, 0.0), |(sequential, index), (_, counters)| {
        (sequential + counters.sequential_scans as f64, index + counters.index_scans as f64)
    });
    let scans = sequential + index;
    if scans < SMALLEST_COUNT {
        return Err(Skip::new(
            format!("too few reads: {scans} scans of large tables, of {SMALLEST_COUNT} that are needed"),
            "look again after some load",
        ));
    }
    judged(
        warning_if(sequential / scans > WARNING_RATIO),
        format!("{} of {scans} scans of large tables read them whole", percent(sequential / scans)),
        "see sequential-scan-share for the tables, and take the indexes advised for their statements",
        &[("sequential_scan_ratio", sequential / scans), ("scan_count", scans)],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    fn of(sequential: u64, index: u64) -> Fixture {
        Fixture::healthy().with_table_counters(|counters| {
            (counters.sequential_scans, counters.index_scans) = (sequential, index);
        })
    }

    #[test]
    fn the_share_is_graded_where_enough_was_scanned() {
        assert_eq!(of(200, 800).grade(&CHECK), Grade::Ok);
        assert_eq!(of(201, 799).grade(&CHECK), Grade::Warning);
        assert_eq!(of(999, 0).grade(&CHECK), Grade::Skipped);
    }

    #[test]
    fn small_tables_do_not_count() {
        let small = of(1_000_000, 0).with_table(|table| table.bytes = 8192);
        assert_eq!(small.with_table_counters(|counters| counters.live_rows = 10).grade(&CHECK), Grade::Ok);
    }
}
