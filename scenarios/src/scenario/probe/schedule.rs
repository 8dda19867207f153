//! Which readings are taken, and in what order.

use std::time::Duration;

use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

use super::plan::Varies;

/// How steps are asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeOptions {
    /// The page sizes that are asked for.
    pub page_sizes: Vec<u32>,
    /// How often each of them is.
    pub repeats: u32,
    /// How often a step without a page size is asked: more, because chance decides how many items an answer holds.
    pub inputs: u32,
    /// How long the target is left alone after requests that are no readings.
    pub settle: Duration,
    /// What order and inputs are drawn from.
    pub seed: u64,
}

impl Default for ProbeOptions {
    /// 18 requests for each step with a page size and 30 for each other, as fast as the caller asks for them.
    fn default() -> Self {
        Self {
            page_sizes: vec![1, 3, 5, 10, 20, 40],
            repeats: 3,
            inputs: 30,
            settle: Duration::from_millis(150),
            seed: 1,
        }
    }
}

/// One reading that is to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) step: usize,
    pub(super) page_size: u32,
}

/// All readings in the order in which they are taken: in rounds, each with its share of every step and size, so
/// that whatever changes meanwhile meets all of them alike.
pub(super) fn schedule<'step>(
    steps: impl Iterator<Item = (usize, &'step Varies)>,
    options: &ProbeOptions,
) -> Vec<Slot> {
    let mut rounds = vec![Vec::new(); options.repeats.max(1) as usize];
    let round_count = rounds.len();
    for (step, varies) in steps {
        match varies {
            Varies::PageSize { .. } => {
                for round in rounds.iter_mut().take(options.repeats as usize) {
                    round.extend(options.page_sizes.iter().map(|size| Slot { step, page_size: *size }));
                }
            }
            Varies::Inputs => {
                for input in 0..options.inputs as usize {
                    rounds[input % round_count].push(Slot { step, page_size: 1 });
                }
            }
        }
    }
    let mut rng = StdRng::seed_from_u64(options.seed);
    rounds.iter_mut().for_each(|round| round.shuffle(&mut rng));
    rounds.concat()
}
