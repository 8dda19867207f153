//! Statements second by second, for attribution to the requests of the same second.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{StatementCalls, StatementKey};

/// What ran between two readings that follow each other, about a second apart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StatementSecond {
    /// The earlier reading, in seconds since the moment the caller named, such as the start of the load.
    pub at_s: f64,
    /// From the earlier to the later reading, in seconds. Longer than a second where readings failed in between.
    pub elapsed_s: f64,
    /// Statements that were called, by key.
    pub calls: Vec<StatementCalls>,
}

impl StatementSecond {
    /// Adds what ran between the later of the two readings and the next one.
    pub fn absorb(&mut self, next: Self) {
        self.elapsed_s += next.elapsed_s;
        let mut by_key: BTreeMap<StatementKey, StatementCalls> =
            self.calls.drain(..).map(|calls| (calls.key, calls)).collect();
        for more in next.calls {
            match by_key.entry(more.key) {
                Entry::Vacant(place) => {
                    place.insert(more);
                }
                Entry::Occupied(mut place) => {
                    let calls = place.get_mut();
                    calls.calls += more.calls;
                    calls.rows += more.rows;
                    calls.blocks += more.blocks;
                    calls.exec_time_ms += more.exec_time_ms;
                }
            }
        }
        self.calls = by_key.into_values().collect();
    }
}
