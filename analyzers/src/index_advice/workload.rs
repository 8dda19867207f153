//! What is advised on, and under which limits.

use std::collections::BTreeMap;

use aforo_model::database::{Catalog, Setting, TableWriteWindow};

/// One statement of a workload.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkloadStatement {
    /// Its identity.
    pub fingerprint: String,
    /// Its text, constants as `$n` where they are not known.
    pub text: String,
    /// How often it ran: its weight.
    pub calls: f64,
    /// Rows it returned or wrote, over all calls.
    pub rows: f64,
}

/// What is known of the database and of what runs on it.
#[derive(Debug, Clone, Copy)]
pub struct IndexWorkload<'a> {
    /// Tables, indexes and statistics.
    pub catalog: &'a Catalog,
    /// Every setting the role may see.
    pub settings: &'a BTreeMap<String, Setting>,
    /// Schemas in which the statements look for names.
    pub search_path: &'a [String],
    /// Over how many seconds the catalog's counters ran; absent where it is not known.
    pub counters_elapsed_s: Option<f64>,
    /// Rows written while load ran; absent where none was watched, and the catalog's counters must do.
    pub table_writes: Option<&'a TableWriteWindow>,
    /// What runs.
    pub statements: &'a [WorkloadStatement],
}

/// Limits of the advice.
#[derive(Debug, Clone, PartialEq)]
pub struct IndexOptions {
    /// What the indexes may take together, in bytes on disk.
    pub budget_bytes: u64,
    /// Plans that may be asked for. When they are used up, what was found until then is the advice.
    pub max_what_if_calls: u64,
}

impl Default for IndexOptions {
    /// 1 GiB. 8,000 plans: some ten seconds for statements over eight tables.
    fn default() -> Self {
        Self { budget_bytes: 1 << 30, max_what_if_calls: 8_000 }
    }
}
