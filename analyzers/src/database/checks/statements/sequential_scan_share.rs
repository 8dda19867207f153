//! `sequential-scan-share`
//!
//! **What:** sequential scans as a share of all scans of a table, for tables of 10 000 live rows or 8 MB and
//! more that had at least 10 000 rows read.
//! **Why it hurts:** each reads every row, however few are wanted, and pushes other pages out of memory.
//! **Threshold:** below 10 % is good, up to 30 % acceptable, above it is a warning. Source: the hotel's
//! requirement R5.5; the size is `PgHero`'s.
//! **Remedy:** an index for the statements that read the table; the index advice names them.

use aforo_model::database::{CheckArea, DatabaseEvidence, TableCounters, TableFacts};

use crate::database::check::{CheckReading, DatabaseCheck, Skip, about_table, those_or_fine, warning_if};
use crate::database::parts;
use crate::database::remedies::quoted;
use crate::wording::percent;

const GOOD_RATIO: f64 = 0.10;
const ACCEPTABLE_RATIO: f64 = 0.30;
const LARGE_ROWS: u64 = 10_000;
const LARGE_BYTES: u64 = 8 << 20;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "sequential-scan-share",
    area: CheckArea::Statements,
    weight: 5.0,
    summary: "large tables that are read whole too often",
    reads: "pg_stat_all_tables.seq_scan, seq_tup_read, idx_scan, idx_tup_fetch",
    threshold: "below 10 % is good, up to 30 % acceptable, above it is a warning",
    source: "the hotel's requirement R5.5; the size is PgHero's",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let large: Vec<_> = large_tables(parts::counted_here(evidence)?).collect();
    let read: Vec<_> =
        large.iter().filter(|(_, counters)| rows_read(counters) >= parts::SMALLEST_SAMPLE as f64).collect();
    if read.is_empty() && !large.is_empty() {
        return Err(Skip::new(
            format!(
                "too few reads: none of {} large tables had {} rows read",
                large.len(),
                parts::SMALLEST_SAMPLE
            ),
            "look again after some load",
        ));
    }
    let good = read.iter().filter(|(_, counters)| share_of_scans(counters) < GOOD_RATIO).count();
    let outstanding = read.iter().filter_map(|(table, counters)| {
        let scan_ratio = share_of_scans(counters);
        let row_ratio = counters.sequential_rows as f64 / rows_read(counters);
        let name = quoted(&table.name);
        Some(about_table(
            &table.name,
            warning_if(scan_ratio > ACCEPTABLE_RATIO)?,
            format!(
                "{} of the scans of {name} read it whole ({} of them), which gave {} of the rows read; it \
                 has {} rows",
                percent(scan_ratio),
                counters.sequential_scans,
                percent(row_ratio),
                counters.live_rows
            ),
            format!(
                "find the statements that read {name} whole among the hot ones, and take the index \
                     advised for them"
            ),
            &[
                ("sequential_scan_ratio", scan_ratio),
                ("sequential_row_ratio", row_ratio),
                ("sequential_scans", counters.sequential_scans as f64),
                ("index_scans", counters.index_scans as f64),
                ("live_rows", counters.live_rows as f64),
            ],
        ))
    });
    those_or_fine(
        outstanding.collect(),
        format!(
            "{good} of {} large tables that were read have less than 10 % sequential scans, the others at \
             most 30 %",
            read.len()
        ),
    )
}

/// Tables so large that reading them whole hurts. On the others it is the right plan.
pub(super) fn large_tables<'a>(
    tables: impl Iterator<Item = (&'a TableFacts, &'a TableCounters)>,
) -> impl Iterator<Item = (&'a TableFacts, &'a TableCounters)> {
    tables.filter(|(table, counters)| counters.live_rows >= LARGE_ROWS || table.bytes >= LARGE_BYTES)
}

fn rows_read(counters: &TableCounters) -> f64 {
    counters.sequential_rows as f64 + counters.index_rows as f64
}

fn share_of_scans(counters: &TableCounters) -> f64 {
    counters.sequential_scans as f64 / (counters.sequential_scans as f64 + counters.index_scans as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    fn of(sequential: u64, index: u64, live_rows: u64) -> Fixture {
        let fixture = Fixture::healthy().with_table(|table| table.bytes = 8 * live_rows);
        fixture.with_table_counters(|counters| {
            (counters.sequential_scans, counters.index_scans, counters.live_rows) =
                (sequential, index, live_rows);
        })
    }

    #[test]
    fn the_share_falls_into_its_band() {
        let told = |sequential| of(sequential, 1000 - sequential, 10_000).told_by(&CHECK);
        assert!(told(99).contains("1 of 1 large tables"));
        assert!(told(100).contains("0 of 1 large tables"));
        assert_eq!(of(300, 700, 10_000).grade(&CHECK), Grade::Ok);
        assert_eq!(of(301, 699, 10_000).grade(&CHECK), Grade::Warning);
    }

    #[test]
    fn rows_are_shown_beside_scans() {
        let told = of(500, 500, 10_000).told_by(&CHECK);
        // 100 000 of 2 100 000 rows.
        assert!(told.contains("50% of the scans") && told.contains("4.76% of the rows read"), "{told}");
    }

    #[test]
    fn small_tables_may_be_read_whole() {
        assert_eq!(of(1000, 0, 9_999).grade(&CHECK), Grade::Ok);
        let wide = of(1000, 0, 9_999).with_table(|table| table.bytes = 8 << 20);
        assert_eq!(wide.grade(&CHECK), Grade::Warning);
    }

    #[test]
    fn a_table_of_which_little_was_read_says_nothing() {
        let idle = of(9, 1, 10_000).with_table_counters(|counters| {
            (counters.sequential_rows, counters.index_rows) = (9_998, 1);
        });
        assert_eq!(idle.grade(&CHECK), Grade::Skipped);
    }
}
