//! One node of a plan.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One node of a plan. Rows, times and rows removed are means per loop, as Postgres gives them; blocks are sums over all
/// loops and include those of the nodes below. What starts with `actual` is absent unless the statement was executed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct PlanNode {
    /// `Seq Scan`, `Hash Join`, …
    #[serde(rename = "Node Type")]
    pub node_type: String,
    /// What it is to the node above: `Outer`, `Inner`, `InitPlan`, `SubPlan`, `Member`, `Subquery`.
    #[serde(rename = "Parent Relationship", skip_serializing_if = "Option::is_none")]
    pub parent_relationship: Option<String>,
    /// `SubPlan 1`, `CTE recent`, …
    #[serde(rename = "Subplan Name", skip_serializing_if = "Option::is_none")]
    pub subplan_name: Option<String>,
    /// `Plain`, `Sorted`, `Hashed`, `Mixed`, for aggregates.
    #[serde(rename = "Strategy", skip_serializing_if = "Option::is_none")]
    pub strategy: Option<String>,
    /// `Simple`, `Partial`, `Finalize`, for aggregates.
    #[serde(rename = "Partial Mode", skip_serializing_if = "Option::is_none")]
    pub partial_mode: Option<String>,
    /// `Insert`, `Update`, `Delete`, for nodes that write.
    #[serde(rename = "Operation", skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// Whether workers share its work instead of each doing all of it.
    #[serde(rename = "Parallel Aware", skip_serializing_if = "std::ops::Not::not")]
    pub is_parallel_aware: bool,
    /// `Inner`, `Left`, `Semi`, …
    #[serde(rename = "Join Type", skip_serializing_if = "Option::is_none")]
    pub join_type: Option<String>,
    /// Whether the inner side has at most one match, so that looking for more is not needed.
    #[serde(rename = "Inner Unique", skip_serializing_if = "std::ops::Not::not")]
    pub is_inner_unique: bool,
    /// Table.
    #[serde(rename = "Relation Name", skip_serializing_if = "Option::is_none")]
    pub relation: Option<String>,
    /// Its schema; only with `VERBOSE`.
    #[serde(rename = "Schema", skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// The name by which the statement calls the table.
    #[serde(rename = "Alias", skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    /// Index.
    #[serde(rename = "Index Name", skip_serializing_if = "Option::is_none")]
    pub index: Option<String>,
    /// `Forward` or `Backward`.
    #[serde(rename = "Scan Direction", skip_serializing_if = "Option::is_none")]
    pub scan_direction: Option<String>,
    /// The `WITH` query it reads.
    #[serde(rename = "CTE Name", skip_serializing_if = "Option::is_none")]
    pub cte_name: Option<String>,
    /// The function it reads.
    #[serde(rename = "Function Name", skip_serializing_if = "Option::is_none")]
    pub function: Option<String>,

    /// Cost until the first row, in the planner's unit.
    #[serde(rename = "Startup Cost")]
    pub startup_cost: f64,
    /// Cost until the last row, in the planner's unit.
    #[serde(rename = "Total Cost")]
    pub total_cost: f64,
    /// Rows expected per loop; below a `Gather`, per process.
    #[serde(rename = "Plan Rows")]
    pub plan_rows: f64,
    /// Bytes expected per row.
    #[serde(rename = "Plan Width")]
    pub plan_width_bytes: f64,
    /// Time until the first row.
    #[serde(rename = "Actual Startup Time", skip_serializing_if = "Option::is_none")]
    pub actual_startup_time_ms: Option<f64>,
    /// Time until the last row, with the nodes below.
    #[serde(rename = "Actual Total Time", skip_serializing_if = "Option::is_none")]
    pub actual_total_time_ms: Option<f64>,
    /// Rows returned; whole numbers before Postgres 18, so that a mean below 0.5 is zero.
    #[serde(rename = "Actual Rows", skip_serializing_if = "Option::is_none")]
    pub actual_rows: Option<f64>,
    /// Executions, of all processes together; zero for a node that was never executed.
    #[serde(rename = "Actual Loops", skip_serializing_if = "Option::is_none")]
    pub actual_loops: Option<f64>,

    /// Condition looked up in the index.
    #[serde(rename = "Index Cond", skip_serializing_if = "Option::is_none")]
    pub index_condition: Option<String>,
    /// Condition checked again for rows of a lossy index or bitmap.
    #[serde(rename = "Recheck Cond", skip_serializing_if = "Option::is_none")]
    pub recheck_condition: Option<String>,
    /// Condition checked on each row that was read.
    #[serde(rename = "Filter", skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// Condition checked on each pair of a join.
    #[serde(rename = "Join Filter", skip_serializing_if = "Option::is_none")]
    pub join_filter: Option<String>,
    /// Condition of a hash join.
    #[serde(rename = "Hash Cond", skip_serializing_if = "Option::is_none")]
    pub hash_condition: Option<String>,
    /// Condition of a merge join.
    #[serde(rename = "Merge Cond", skip_serializing_if = "Option::is_none")]
    pub merge_condition: Option<String>,
    /// Rows the filter threw away.
    #[serde(rename = "Rows Removed by Filter", skip_serializing_if = "Option::is_none")]
    pub rows_removed_by_filter: Option<f64>,
    /// Rows the recheck threw away.
    #[serde(rename = "Rows Removed by Index Recheck", skip_serializing_if = "Option::is_none")]
    pub rows_removed_by_recheck: Option<f64>,
    /// Pairs the join filter threw away.
    #[serde(rename = "Rows Removed by Join Filter", skip_serializing_if = "Option::is_none")]
    pub rows_removed_by_join_filter: Option<f64>,

    /// What it sorts by.
    #[serde(rename = "Sort Key", skip_serializing_if = "Vec::is_empty")]
    pub sort_key: Vec<String>,
    /// What it groups by.
    #[serde(rename = "Group Key", skip_serializing_if = "Vec::is_empty")]
    pub group_key: Vec<String>,
    /// `quicksort`, `top-N heapsort`, `external merge`, …; in a parallel plan, that of the leader.
    #[serde(rename = "Sort Method", skip_serializing_if = "Option::is_none")]
    pub sort_method: Option<String>,
    /// Space the sort took.
    #[serde(rename = "Sort Space Used", skip_serializing_if = "Option::is_none")]
    pub sort_space_kb: Option<f64>,
    /// `Memory` or `Disk`.
    #[serde(rename = "Sort Space Type", skip_serializing_if = "Option::is_none")]
    pub sort_space_type: Option<String>,
    /// Groups of an incremental sort that were sorted by all keys.
    #[serde(rename = "Full-sort Groups", skip_serializing_if = "Option::is_none")]
    pub full_sort_groups: Option<IncrementalSortGroups>,
    /// Groups of an incremental sort that were sorted by the remaining keys only.
    #[serde(rename = "Pre-sorted Groups", skip_serializing_if = "Option::is_none")]
    pub presorted_groups: Option<IncrementalSortGroups>,
    /// Buckets of a hash table.
    #[serde(rename = "Hash Buckets", skip_serializing_if = "Option::is_none")]
    pub hash_buckets: Option<f64>,
    /// Parts a hash table was cut into; all but one lie in temporary files.
    #[serde(rename = "Hash Batches", skip_serializing_if = "Option::is_none")]
    pub hash_batches: Option<f64>,
    /// Parts it was meant to be cut into.
    #[serde(rename = "Original Hash Batches", skip_serializing_if = "Option::is_none")]
    pub original_hash_batches: Option<f64>,
    /// Parts a hashed aggregate was cut into.
    #[serde(rename = "HashAgg Batches", skip_serializing_if = "Option::is_none")]
    pub hash_aggregate_batches: Option<f64>,
    /// Memory of a hash table at its peak.
    #[serde(rename = "Peak Memory Usage", skip_serializing_if = "Option::is_none")]
    pub peak_memory_kb: Option<f64>,
    /// Temporary files of a hashed aggregate.
    #[serde(rename = "Disk Usage", skip_serializing_if = "Option::is_none")]
    pub disk_kb: Option<f64>,
    /// Rows of an index-only scan that had to be looked up in the table all the same, over all loops.
    #[serde(rename = "Heap Fetches", skip_serializing_if = "Option::is_none")]
    pub heap_fetches: Option<f64>,
    /// Pages of which a bitmap knew the rows, over all loops.
    #[serde(rename = "Exact Heap Blocks", skip_serializing_if = "Option::is_none")]
    pub exact_heap_blocks: Option<f64>,
    /// Pages of which a bitmap knew only that there are rows, over all loops.
    #[serde(rename = "Lossy Heap Blocks", skip_serializing_if = "Option::is_none")]
    pub lossy_heap_blocks: Option<f64>,
    /// Partitions left out when execution began.
    #[serde(rename = "Subplans Removed", skip_serializing_if = "Option::is_none")]
    pub subplans_removed: Option<f64>,
    /// Workers the planner asked for.
    #[serde(rename = "Workers Planned", skip_serializing_if = "Option::is_none")]
    pub workers_planned: Option<f64>,
    /// Workers there were.
    #[serde(rename = "Workers Launched", skip_serializing_if = "Option::is_none")]
    pub workers_launched: Option<f64>,
    /// Blocks read and written.
    #[serde(flatten)]
    pub blocks: Blocks,
    /// What each worker did.
    #[serde(rename = "Workers", skip_serializing_if = "Vec::is_empty")]
    pub workers: Vec<PlanWorker>,
    /// The nodes below.
    #[serde(rename = "Plans", skip_serializing_if = "Vec::is_empty")]
    pub plans: Vec<PlanNode>,
}

/// Blocks, of 8 KiB in nearly every server; absent without `BUFFERS`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Blocks {
    /// Of tables and indexes, found in shared buffers.
    #[serde(rename = "Shared Hit Blocks", skip_serializing_if = "Option::is_none")]
    pub shared_hit: Option<f64>,
    /// Of tables and indexes, read from outside them.
    #[serde(rename = "Shared Read Blocks", skip_serializing_if = "Option::is_none")]
    pub shared_read: Option<f64>,
    /// Of temporary files, read.
    #[serde(rename = "Temp Read Blocks", skip_serializing_if = "Option::is_none")]
    pub temp_read: Option<f64>,
    /// Of temporary files, written.
    #[serde(rename = "Temp Written Blocks", skip_serializing_if = "Option::is_none")]
    pub temp_written: Option<f64>,
}

/// What one worker did in a node.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct PlanWorker {
    /// Its number, from zero.
    #[serde(rename = "Worker Number")]
    pub number: u64,
    /// As in [`PlanNode::sort_method`].
    #[serde(rename = "Sort Method", skip_serializing_if = "Option::is_none")]
    pub sort_method: Option<String>,
    /// As in [`PlanNode::sort_space_kb`].
    #[serde(rename = "Sort Space Used", skip_serializing_if = "Option::is_none")]
    pub sort_space_kb: Option<f64>,
    /// As in [`PlanNode::sort_space_type`].
    #[serde(rename = "Sort Space Type", skip_serializing_if = "Option::is_none")]
    pub sort_space_type: Option<String>,
    /// As in [`PlanNode::hash_aggregate_batches`].
    #[serde(rename = "HashAgg Batches", skip_serializing_if = "Option::is_none")]
    pub hash_aggregate_batches: Option<f64>,
    /// As in [`PlanNode::disk_kb`].
    #[serde(rename = "Disk Usage", skip_serializing_if = "Option::is_none")]
    pub disk_kb: Option<f64>,
    /// As in [`PlanNode::exact_heap_blocks`]; from Postgres 18 on.
    #[serde(rename = "Exact Heap Blocks", skip_serializing_if = "Option::is_none")]
    pub exact_heap_blocks: Option<f64>,
    /// As in [`PlanNode::lossy_heap_blocks`]; from Postgres 18 on.
    #[serde(rename = "Lossy Heap Blocks", skip_serializing_if = "Option::is_none")]
    pub lossy_heap_blocks: Option<f64>,
}

/// Groups of an incremental sort.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct IncrementalSortGroups {
    /// How many.
    #[serde(rename = "Group Count")]
    pub count: f64,
    /// Temporary files; absent where memory sufficed.
    #[serde(rename = "Sort Space Disk", skip_serializing_if = "Option::is_none")]
    pub disk: Option<IncrementalSortSpace>,
}

/// Space of an incremental sort.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct IncrementalSortSpace {
    /// The most that one group took.
    #[serde(rename = "Peak Sort Space Used")]
    pub peak_kb: f64,
}

impl PlanNode {
    /// Whether it was planned and never executed.
    pub fn is_never_executed(&self) -> bool {
        self.actual_loops == Some(0.0)
    }

    /// Rows returned by all loops together; absent unless the statement was executed.
    pub fn total_actual_rows(&self) -> Option<f64> {
        Some(self.actual_rows? * self.actual_loops?)
    }

    /// Rows read and thrown away again by its own conditions, by all loops together; absent unless executed.
    pub fn total_removed_rows(&self) -> Option<f64> {
        let removed =
            self.rows_removed_by_filter.unwrap_or(0.0) + self.rows_removed_by_recheck.unwrap_or(0.0);
        Some(removed * self.actual_loops?)
    }

    /// Rows that came for each that was expected, per loop, both counted as one at least: 10 where ten times more came, 0.1 where
    /// ten times fewer. Absent unless executed.
    pub fn rows_per_expected(&self) -> Option<f64> {
        let actual = self.actual_rows.filter(|_| !self.is_never_executed())?;
        Some(actual.max(1.0) / self.plan_rows.max(1.0))
    }

    /// Schema and table, as `public.rooms`, or the table alone where the schema is not told.
    pub fn qualified_relation(&self) -> Option<String> {
        let relation = self.relation.as_deref()?;
        Some(
            self.schema.as_ref().map_or_else(|| relation.to_owned(), |schema| format!("{schema}.{relation}")),
        )
    }
}
