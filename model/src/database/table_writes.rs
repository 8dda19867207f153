//! Rows written to tables between two moments.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Rows written to the tables of a database between two readings of its counters.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TableWriteWindow {
    /// Between the two readings, in seconds.
    pub elapsed_s: f64,
    /// By oid; tables that nothing was written to are left out.
    pub tables: BTreeMap<u32, TableWrites>,
}

/// Rows written to one table, the part of [`TableCounters`](super::TableCounters) that indexes have to follow.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub struct TableWrites {
    /// Rows inserted.
    pub inserts: u64,
    /// Rows updated.
    pub updates: u64,
    /// Rows updated without a new index entry.
    pub hot_updates: u64,
}

impl TableWrites {
    /// What was written since `earlier`; `None` where that counted more, as it does when the counters were reset between the two.
    pub fn since(self, earlier: Self) -> Option<Self> {
        Some(Self {
            inserts: self.inserts.checked_sub(earlier.inserts)?,
            updates: self.updates.checked_sub(earlier.updates)?,
            hot_updates: self.hot_updates.checked_sub(earlier.hot_updates)?,
        })
    }

    /// Rows that get an entry in every index: those inserted, and those whose update was not HOT.
    pub fn rows_entered(self) -> u64 {
        self.inserts.saturating_add(self.updates.saturating_sub(self.hot_updates))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_that_were_reset_tell_nothing() {
        let writes = |inserts, updates, hot_updates| TableWrites { inserts, updates, hot_updates };
        assert_eq!(writes(30, 8, 5).since(writes(10, 4, 2)), Some(writes(20, 4, 3)));
        assert_eq!(writes(3, 8, 5).since(writes(10, 4, 2)), None);
        assert_eq!(writes(20, 4, 3).rows_entered(), 21);
    }
}
