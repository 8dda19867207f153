//! `table-hit-ratio`
//!
//! **What:** blocks of tables found in shared buffers, as a share of all that were asked for, over all
//! tables, from 10 000 blocks on.
//! **Why it hurts:** what is not in shared buffers comes from the system's cache at best, and from the disk
//! at worst, a thousand times slower.
//! **Threshold:** below 99 % is a warning, below 90 % is critical. Source: `PgHero` (99 %); the hotel's
//! requirement R5.6 (90 %).
//! **Remedy:** fewer blocks to read: indexes, fewer rows, `VACUUM`; then more `shared_buffers`.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck};
use crate::database::hit_ratio::HitRatio;

const RATIO: HitRatio = HitRatio {
    of: "tables",
    hits_and_reads: |counters| (counters.heap_hit_blocks, counters.heap_read_blocks),
    warning_below: 0.99,
    critical_below: 0.90,
    remedy: "see in the statements which of them read most blocks, and give them an index or fewer rows to \
             read; then raise shared_buffers, to a quarter of the memory at most",
};

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "table-hit-ratio",
    area: CheckArea::Cache,
    weight: 4.0,
    summary: "rows that were not in memory",
    reads: "pg_statio_all_tables (heap_blks_hit, heap_blks_read)",
    threshold: "below 99 % is a warning, below 90 % is critical",
    source: "PgHero (99 %); the hotel's requirement R5.6 (90 %)",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    RATIO.judge(evidence)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    fn of(hits: u64, reads: u64) -> Grade {
        let change = |counters: &mut aforo_model::database::TableCounters| {
            (counters.heap_hit_blocks, counters.heap_read_blocks) = (hits, reads);
        };
        Fixture::healthy().with_table_counters(change).grade(&CHECK)
    }

    #[test]
    fn the_share_is_graded_where_enough_was_read() {
        assert_eq!(of(99_000, 1_000), Grade::Ok);
        assert_eq!(of(98_999, 1_001), Grade::Warning);
        assert_eq!(of(89_999, 10_001), Grade::Critical);
        assert_eq!(of(0, 9999), Grade::Skipped);
    }
}
