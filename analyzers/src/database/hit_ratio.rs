//! Blocks found in shared buffers, as a share of all that were asked for.

use aforo_model::database::{DatabaseEvidence, TableCounters};

use super::check::{CheckReading, Skip, falling, judged};
use super::parts;
use crate::wording::percent;

/// Blocks of one kind, and from which share on there is something to say.
pub(super) struct HitRatio {
    /// What the blocks are of.
    pub(super) of: &'static str,
    /// Those of a table that were found, and those that were read.
    pub(super) hits_and_reads: fn(&TableCounters) -> (u64, u64),
    pub(super) warning_below: f64,
    pub(super) critical_below: f64,
    pub(super) remedy: &'static str,
}

impl HitRatio {
    /// Judges all tables together, where enough was asked for.
    pub(super) fn judge(&self, evidence: &DatabaseEvidence) -> CheckReading {
        let of = self.of;
        let tables = parts::counted_here(evidence)?.map(|(_, counters)| (self.hits_and_reads)(counters));
        let (hits, reads) = tables.fold((0.0, 0.0), |(hits, reads), (table_hits, table_reads)| {
            (hits + table_hits as f64, reads + table_reads as f64)
        });
        let blocks = hits + reads;
        if blocks < parts::SMALLEST_SAMPLE as f64 {
            return Err(Skip::new(
                format!(
                    "too few reads: {blocks} blocks of {of}, of {} that are needed",
                    parts::SMALLEST_SAMPLE
                ),
                "look again after some load",
            ));
        }
        let ratio = hits / blocks;
        judged(
            falling(ratio, self.warning_below, self.critical_below),
            format!("{} of {blocks} blocks of {of} were found in shared buffers", percent(ratio)),
            self.remedy,
            &[("hit_ratio", ratio), ("hit_blocks", hits), ("read_blocks", reads)],
        )
    }
}
