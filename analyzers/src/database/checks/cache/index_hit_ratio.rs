//! `index-hit-ratio`
//!
//! **What:** blocks of indexes found in shared buffers, as a share of all that were asked for, over all
//! tables, from 10 000 blocks on.
//! **Why it hurts:** an index is walked at each look-up: when its upper pages are not in memory, every
//! statement waits for the disk.
//! **Threshold:** below 98 % is a warning, below 95 % is critical. Source: postgresqltuner (98 %); the
//! hotel's requirement R5.6 (95 %).
//! **Remedy:** fewer and smaller indexes, then more `shared_buffers`.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck};
use crate::database::hit_ratio::HitRatio;

const RATIO: HitRatio = HitRatio {
    of: "indexes",
    hits_and_reads: |counters| (counters.index_hit_blocks, counters.index_read_blocks),
    warning_below: 0.98,
    critical_below: 0.95,
    remedy: "drop indexes that nothing uses, rebuild bloated ones with REINDEX INDEX CONCURRENTLY, then raise \
             shared_buffers, to a quarter of the memory at most",
};

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "index-hit-ratio",
    area: CheckArea::Cache,
    weight: 4.0,
    summary: "indexes that were not in memory",
    reads: "pg_statio_all_tables (idx_blks_hit, idx_blks_read)",
    threshold: "below 98 % is a warning, below 95 % is critical",
    source: "postgresqltuner (98 %); the hotel's requirement R5.6 (95 %)",
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
            (counters.index_hit_blocks, counters.index_read_blocks) = (hits, reads);
        };
        Fixture::healthy().with_table_counters(change).grade(&CHECK)
    }

    #[test]
    fn the_share_is_graded_where_enough_was_read() {
        assert_eq!(of(98_000, 2_000), Grade::Ok);
        assert_eq!(of(97_999, 2_001), Grade::Warning);
        assert_eq!(of(94_999, 5_001), Grade::Critical);
        assert_eq!(of(0, 9999), Grade::Skipped);
    }
}
