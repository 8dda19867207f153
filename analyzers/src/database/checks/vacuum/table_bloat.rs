//! `table-bloat`
//!
//! **What:** pages a table has beyond those its rows need, estimated from the planner's statistics, where it
//! has them for every column.
//! **Why it hurts:** every scan reads the empty pages, and they take room in memory and in backups.
//! **Threshold:** 1 GiB that is a fifth of the table or more is a warning, 5 GiB is critical. Source:
//! `check_postgres` (bloat: 1 and 5 GB), whose estimate this is: 24 bytes of header and 4 of pointer a row,
//! rows aligned to 8 bytes.
//! **Remedy:** `pg_repack`, or `VACUUM (FULL)`, which locks the table.

use aforo_model::database::{CheckArea, DatabaseEvidence, TableFacts};

use crate::database::check::{
    CheckReading, DatabaseCheck, Skip, about_table, rising, those_or_fine, warning_if,
};
use crate::database::parts;
use crate::database::remedies::quoted;
use crate::wording::{memory, percent};

const WARNING_BYTES: f64 = (1_u64 << 30) as f64;
const CRITICAL_BYTES: f64 = 5.0 * WARNING_BYTES;
const SMALLEST_RATIO: f64 = 0.20;

const PAGE_BYTES: f64 = 8192.0;
const PAGE_HEADER_BYTES: f64 = 24.0;
const ROW_HEADER_BYTES: f64 = 24.0;
const ROW_POINTER_BYTES: f64 = 4.0;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "table-bloat",
    area: CheckArea::Vacuum,
    weight: 3.0,
    summary: "tables with much empty space",
    reads: "pg_class.relpages, reltuples, pg_stats.avg_width",
    threshold: "1 GiB that is a fifth of the table or more is a warning, 5 GiB is critical",
    source: "check_postgres (bloat: 1 and 5 GB), whose estimate this is: 24 bytes of header and 4 of \
             pointer a row, rows aligned to 8 bytes",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let tables = &parts::catalog(evidence)?.tables;
    let estimates: Vec<_> = tables.iter().filter_map(|table| Some((table, needed_pages(table)?))).collect();
    if estimates.is_empty() && !tables.is_empty() {
        return Err(Skip::new(
            "the planner has no statistics that the role may read",
            "ANALYZE; and GRANT pg_read_all_data TO the role",
        ));
    }
    let outstanding = estimates.iter().filter_map(|(table, needed_pages)| {
        let ratio = 1.0 - needed_pages / table.pages as f64;
        let empty_bytes = (table.pages as f64 - needed_pages) * PAGE_BYTES;
        let name = quoted(&table.name);
        warning_if(ratio >= SMALLEST_RATIO)?;
        Some(about_table(
            &table.name,
            rising(empty_bytes, WARNING_BYTES, CRITICAL_BYTES)?,
            format!("about {} of {name} is empty ({})", memory(empty_bytes as u64), percent(ratio)),
            format!("VACUUM (FULL, ANALYZE) {name}; locks it meanwhile, the extension pg_repack does not"),
            &[("empty_bytes", empty_bytes), ("empty_ratio", ratio)],
        ))
    });
    those_or_fine(
        outstanding.collect(),
        format!(
            "no table has much empty space, as far as {} of {} can be estimated",
            estimates.len(),
            tables.len()
        ),
    )
}

/// Pages the rows of a table need with its fill factor, where everything it takes is known.
fn needed_pages(table: &TableFacts) -> Option<f64> {
    let rows = table.row_estimate.filter(|rows| *rows > 0.0)?;
    let widths: Option<Vec<_>> = table
        .columns
        .iter()
        .map(|column| {
            let statistics = column.statistics.as_ref()?;
            Some(f64::from(statistics.average_bytes) * (1.0 - statistics.null_ratio))
        })
        .collect();
    let width: f64 = widths?.iter().sum();
    let row_bytes = ((ROW_HEADER_BYTES + width) / 8.0).ceil() * 8.0 + ROW_POINTER_BYTES;
    let fill_factor =
        table.options.iter().find_map(|option| option.strip_prefix("fillfactor=")?.parse::<f64>().ok());
    let usable_bytes = (PAGE_BYTES - PAGE_HEADER_BYTES) * fill_factor.unwrap_or(100.0) / 100.0;
    Some((rows * row_bytes / usable_bytes).ceil())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    fn of_pages(pages: u64) -> Fixture {
        Fixture::healthy().with_table(|table| table.pages = pages)
    }

    #[test]
    fn the_rows_of_the_healthy_table_need_its_pages() {
        // 100 000 rows of 24 + 96 + 4 bytes.
        let evidence = Fixture::healthy().evidence;
        let needed = needed_pages(&evidence.catalog.unwrap().tables[0]).unwrap();
        assert!((1480.0..1667.0).contains(&needed), "{needed}");
    }

    #[test]
    fn what_is_beyond_is_graded() {
        // A GiB is 131 072 pages.
        assert_eq!(
            [131_072, 133_000, 670_000].map(|pages| of_pages(pages).grade(&CHECK)),
            [Grade::Ok, Grade::Warning, Grade::Critical]
        );
    }

    #[test]
    fn a_small_share_of_a_large_table_is_usual() {
        let large = of_pages(1_667_000).with_table(|table| table.row_estimate = Some(96_000_000.0));
        assert_eq!(large.grade(&CHECK), Grade::Ok);
    }

    #[test]
    fn without_statistics_nothing_is_known() {
        let unknown = of_pages(999_999).with_table(|table| table.columns[0].statistics = None);
        assert_eq!(unknown.grade(&CHECK), Grade::Skipped);
    }
}
