//! Index advice for a whole workload, and what is wrong with the indexes there are.

mod advise;
mod candidates;
mod cost;
mod extend;
#[cfg(test)]
mod fixtures;
mod gain;
mod missing_index;
mod naming;
mod partial_trap;
mod record;
mod relations;
mod resolve;
mod search;
mod selectivity;
mod size;
mod statements;
mod statistics_cost;
mod steady;
mod uncosted;
mod workload;
mod write_cost;

pub use advise::advise_indexes;
pub use cost::{PlanCost, WhatIf, WhatIfError};
pub use gain::could_do_with_fewer_blocks;
pub use missing_index::missing_index_findings;
pub(crate) use naming::shortened;
pub use partial_trap::may_use_partial_index;
pub(crate) use resolve::parameter_columns;
pub use statistics_cost::StatisticsCost;
pub use workload::{IndexOptions, IndexWorkload, WorkloadStatement};
