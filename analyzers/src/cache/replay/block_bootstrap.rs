//! How certain a difference between two hit ratios is.

use aforo_model::Interval;

use super::simulation::{BLOCKS, Outcome, ratio};
use crate::statistics::Random;

const RESAMPLES: usize = 2_000;
const SEED: u64 = 0x0CAC_4E00;

/// By how much the hit ratio of `one` exceeds that of `other`, with 95 % confidence: blocks of consecutive reads are drawn with
/// replacement (Künsch 1989), the same for both, because neighbouring reads resemble each other.
pub(super) fn hit_ratio_difference(one: &Outcome, other: &Outcome) -> Interval {
    let differences: Vec<f64> =
        one.hits_by_block.iter().zip(&other.hits_by_block).map(|(a, b)| *a as f64 - *b as f64).collect();
    let reads = one.reads.max(1) as f64;
    let mut random = Random::new(SEED);
    let mut sums: Vec<f64> = (0..RESAMPLES)
        .map(|_| (0..BLOCKS).map(|_| differences[random.below(BLOCKS)]).sum::<f64>() / reads)
        .collect();
    sums.sort_unstable_by(f64::total_cmp);
    Interval {
        estimate: ratio(one.hits, one.reads) - ratio(other.hits, other.reads),
        low: sums[RESAMPLES / 40],
        high: sums[RESAMPLES - 1 - RESAMPLES / 40],
    }
}
