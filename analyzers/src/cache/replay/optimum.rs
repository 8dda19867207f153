//! The most hits that a cache of a size can have.
//!
//! For values of different sizes the exact optimum is out of reach (NP-hard), so this is a bound that no cache exceeds: PFOO-L of
//! Berger, Beckmann and Harchol-Balter, "Practical bounds on optimal caching with variable object sizes" (2018). Keeping a value
//! from one use to the next costs its bytes times the steps between; a cache has its capacity times all steps to spend, and
//! spends it where it is cheapest. One sort gives the whole curve.

use std::collections::HashMap;

use super::cache::NEVER;
use super::requests::{Request, Requests};

/// A read that can be a hit.
struct Gain {
    bytes: u64,
    steps: u64,
}

/// An entry since its last use.
struct Kept {
    at: usize,
    bytes: u64,
    until_us: u64,
}

/// The bounds for a trace.
pub(super) struct Optimum {
    steps: u64,
    /// Of the n cheapest gains, what they cost together.
    costs: Vec<u128>,
    /// What the n gains that are cheapest by the byte cost together, and how many bytes they are.
    byte_costs: Vec<(u128, u64)>,
}

impl Optimum {
    pub(super) fn of(requests: &Requests<'_>) -> Self {
        let mut gains = gains(requests);
        gains.sort_unstable_by_key(|gain| u128::from(gain.bytes) * u128::from(gain.steps));
        let mut sum = 0;
        let costs = gains.iter().map(|gain| {
            sum += u128::from(gain.bytes) * u128::from(gain.steps);
            sum
        });
        let costs = costs.collect();
        gains.sort_unstable_by_key(|gain| gain.steps);
        let mut sums = (0, 0);
        let byte_costs = gains.iter().map(|gain| {
            sums = (sums.0 + u128::from(gain.bytes) * u128::from(gain.steps), sums.1 + gain.bytes);
            sums
        });
        let byte_costs = byte_costs.collect();
        Self { steps: requests.steps.len() as u64, costs, byte_costs }
    }

    /// Hits that no cache of this size exceeds.
    pub(super) fn hits(&self, capacity_bytes: u64) -> u64 {
        let budget = self.budget(capacity_bytes);
        self.costs.partition_point(|cost| *cost <= budget) as u64
    }

    /// Bytes read from the cache that no cache of this size exceeds.
    pub(super) fn bytes_hit(&self, capacity_bytes: u64) -> u64 {
        let budget = self.budget(capacity_bytes);
        let affordable = self.byte_costs.partition_point(|(cost, _)| *cost <= budget);
        // A part of the next one could still be paid; rounded up, the bound holds.
        self.byte_costs.get(affordable).or(self.byte_costs.last()).map_or(0, |(_, bytes)| *bytes)
    }

    fn budget(&self, capacity_bytes: u64) -> u128 {
        u128::from(capacity_bytes) * u128::from(self.steps)
    }
}

fn gains(requests: &Requests<'_>) -> Vec<Gain> {
    let mut kept: HashMap<u32, Kept> = HashMap::new();
    let mut gains = Vec::new();
    for (at, &(now_us, _, request)) in requests.steps.iter().enumerate() {
        match request {
            Request::Read { key, bytes, lifetime_us } => {
                // Whether the last use was a hit is not decided here, so an entry may live as long as after a load at that use.
                let mut until_us = now_us.saturating_add(lifetime_us);
                if let Some(last) = kept.get(&key).filter(|last| now_us < last.until_us) {
                    gains.push(Gain { bytes: last.bytes, steps: (at - last.at) as u64 });
                    until_us = until_us.max(last.until_us);
                }
                kept.insert(key, Kept { at, bytes, until_us });
            }
            Request::Write { key, bytes, lifetime_us } => {
                let until_us = lifetime_us.map_or(NEVER, |lifetime_us| now_us.saturating_add(lifetime_us));
                kept.insert(key, Kept { at, bytes, until_us });
            }
            Request::Expire { key, lifetime_us } => {
                if let Some(last) = kept.get_mut(&key) {
                    last.until_us = now_us.saturating_add(lifetime_us);
                }
            }
            Request::Delete { key, .. } => {
                kept.remove(&key);
            }
            Request::Flush { database } => kept.retain(|key, _| {
                database.is_some_and(|database| requests.trace.keys[*key as usize].database != database)
            }),
        }
    }
    gains
}
