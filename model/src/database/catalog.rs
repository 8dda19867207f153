//! Tables, indexes, constraints and what the planner knows of them.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A relation's name: never one text, since both halves may hold dots, quotes and capitals.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct RelationName {
    /// Schema, as it is stored (not quoted).
    pub schema: String,
    /// Name, as it is stored (not quoted).
    pub name: String,
}

/// Every table of the database that is not Postgres' own, with its indexes and constraints.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Catalog {
    /// By schema and name.
    pub tables: Vec<TableFacts>,
    /// By schema and name.
    pub indexes: Vec<IndexFacts>,
    /// By table and name.
    pub constraints: Vec<ConstraintFacts>,
    /// Sequences, with the column each feeds.
    pub sequences: Vec<SequenceFacts>,
    /// Functions that are not Postgres' own.
    pub functions: Vec<FunctionFacts>,
    /// When the counters of tables and indexes were last reset; absent if never.
    pub counters_since: Option<DateTime<Utc>>,
}

/// What a relation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TableKind {
    /// An ordinary table.
    Table,
    /// A partitioned table, which holds no rows itself.
    Partitioned,
    /// A materialized view.
    MaterializedView,
    /// A table of another server.
    Foreign,
}

/// One table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TableFacts {
    /// Oid.
    pub oid: u32,
    /// Its name.
    pub name: RelationName,
    /// What it is.
    pub kind: TableKind,
    /// The partitioned table it is a partition of.
    pub parent: Option<RelationName>,
    /// Rows, as the planner estimates them (`reltuples`); absent where it was never analysed.
    pub row_estimate: Option<f64>,
    /// Pages of the main fork, as the planner knows them.
    pub pages: u64,
    /// Share of pages all of whose rows are visible to everyone, 0–1.
    pub all_visible_ratio: f64,
    /// Size without indexes, with its TOAST table.
    pub bytes: u64,
    /// Size of its indexes.
    pub index_bytes: u64,
    /// Whether it is written to the write-ahead log.
    pub is_logged: bool,
    /// Age of its oldest transaction id that is not frozen.
    pub frozen_xid_age: u64,
    /// Storage parameters, such as `autovacuum_enabled=false`.
    pub options: Vec<String>,
    /// Triggers that are switched off, by name.
    pub disabled_triggers: Vec<String>,
    /// Columns in the order of their numbers, dropped ones left out.
    pub columns: Vec<ColumnFacts>,
    /// What happened to it since the last reset; absent for relations that Postgres does not count.
    pub counters: Option<TableCounters>,
}

/// One column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ColumnFacts {
    /// `attnum`.
    pub number: i16,
    /// Name, as it is stored.
    pub name: String,
    /// Type, as `format_type` writes it.
    pub type_name: String,
    /// Bytes of a value where all have the same; absent for types of any length.
    pub fixed_bytes: Option<u16>,
    /// Whether it may be null.
    pub is_nullable: bool,
    /// The planner's statistics; absent where the table was not analysed or the role may not read it.
    pub statistics: Option<ColumnStatistics>,
}

/// One row of `pg_stats`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ColumnStatistics {
    /// Share of nulls, 0–1.
    pub null_ratio: f64,
    /// Mean bytes of a value.
    pub average_bytes: u32,
    /// Distinct values: a count where positive, minus a share of the rows where negative (as `n_distinct`).
    pub distinct: f64,
    /// Order on disk against order of values, −1 to 1.
    pub correlation: Option<f64>,
    /// Most common values, as text.
    pub common_values: Vec<String>,
    /// Their shares, 0–1.
    pub common_ratios: Vec<f64>,
    /// Bounds of buckets that hold equally many of the other values, as text.
    pub histogram_bounds: Vec<String>,
}

/// Counters of one table since the last reset (`pg_stat_all_tables`, `pg_statio_all_tables`).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TableCounters {
    /// Sequential scans.
    pub sequential_scans: u64,
    /// Live rows read by them.
    pub sequential_rows: u64,
    /// Index scans.
    pub index_scans: u64,
    /// Live rows fetched by them.
    pub index_rows: u64,
    /// Rows inserted.
    pub inserts: u64,
    /// Rows updated.
    pub updates: u64,
    /// Rows updated without a new index entry.
    pub hot_updates: u64,
    /// Rows deleted.
    pub deletes: u64,
    /// Live rows, estimated.
    pub live_rows: u64,
    /// Dead rows, estimated.
    pub dead_rows: u64,
    /// Rows changed since the last analyse.
    pub changed_since_analyze: u64,
    /// Rows inserted since the last vacuum (13 and later).
    pub inserted_since_vacuum: Option<u64>,
    /// Last vacuum, by hand or automatic.
    pub last_vacuum: Option<DateTime<Utc>>,
    /// Last analyse, by hand or automatic.
    pub last_analyze: Option<DateTime<Utc>>,
    /// Blocks of the table found in shared buffers.
    pub heap_hit_blocks: u64,
    /// Blocks of the table read from outside them.
    pub heap_read_blocks: u64,
    /// Blocks of its indexes found in shared buffers.
    pub index_hit_blocks: u64,
    /// Blocks of its indexes read from outside them.
    pub index_read_blocks: u64,
}

/// One index.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct IndexFacts {
    /// Oid.
    pub oid: u32,
    /// Its name.
    pub name: RelationName,
    /// Its table.
    pub table: RelationName,
    /// The index of a partitioned table that it is a part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<RelationName>,
    /// `btree`, `gist`, `brin`, …
    pub method: String,
    /// Key columns or expressions, in order.
    pub keys: Vec<IndexKey>,
    /// Columns that are only stored (`INCLUDE`).
    pub included: Vec<String>,
    /// The predicate of a partial index, as `pg_get_expr` writes it.
    pub predicate: Option<String>,
    /// `pg_get_indexdef`.
    pub definition: String,
    /// Whether it is unique.
    pub is_unique: bool,
    /// Whether it is the primary key's.
    pub is_primary: bool,
    /// Whether it belongs to a unique, primary-key or exclusion constraint.
    pub is_constraint: bool,
    /// Whether queries may use it (`indisvalid`).
    pub is_valid: bool,
    /// Whether it is written to (`indisready`).
    pub is_ready: bool,
    /// Size.
    pub bytes: u64,
    /// Entries, as the planner estimates them.
    pub row_estimate: f64,
    /// What happened to it since the last reset.
    pub counters: Option<IndexCounters>,
}

/// One key of an index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct IndexKey {
    /// The column, or nothing for an expression.
    pub column: Option<String>,
    /// The column or expression as `pg_get_indexdef` writes it.
    pub definition: String,
    /// Operator class with its schema where it is not the type's default one.
    pub operator_class: Option<String>,
    /// Collation where it is not the column's own.
    pub collation: Option<String>,
    /// Whether it runs from high to low.
    pub is_descending: bool,
    /// Whether nulls come first.
    pub nulls_first: bool,
}

/// Counters of one index since the last reset.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct IndexCounters {
    /// Scans.
    pub scans: u64,
    /// Entries returned.
    pub rows_read: u64,
    /// Live rows fetched.
    pub rows_fetched: u64,
    /// The last scan (16 and later).
    pub last_scan: Option<DateTime<Utc>>,
}

/// What a constraint is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ConstraintKind {
    /// `PRIMARY KEY`.
    PrimaryKey,
    /// `UNIQUE`.
    Unique,
    /// `REFERENCES`.
    ForeignKey,
    /// `CHECK`.
    Check,
    /// `EXCLUDE`.
    Exclusion,
}

/// One constraint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConstraintFacts {
    /// Name.
    pub name: String,
    /// Its table.
    pub table: RelationName,
    /// What it is.
    pub kind: ConstraintKind,
    /// Its columns, in order.
    pub columns: Vec<String>,
    /// What it refers to, for foreign keys.
    pub foreign_key: Option<ForeignKey>,
    /// Whether all rows are known to meet it.
    pub is_validated: bool,
    /// The index behind it.
    pub index: Option<RelationName>,
    /// `pg_get_constraintdef`.
    pub definition: String,
}

/// What a foreign key refers to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ForeignKey {
    /// The table referred to.
    pub table: RelationName,
    /// Its columns, in the order of the constraint's.
    pub columns: Vec<String>,
    /// `NO ACTION`, `CASCADE`, … when a row referred to is deleted.
    pub on_delete: String,
}

/// A sequence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SequenceFacts {
    /// Its name.
    pub name: RelationName,
    /// The column it feeds, with its table.
    pub feeds: Option<(RelationName, String)>,
    /// The last value it gave; absent before the first, or where the role may not read it.
    pub last_value: Option<i64>,
    /// The largest value that it, and the column it feeds, can hold.
    pub max_value: i64,
}

/// Whether a function may change what it reads, or the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Volatility {
    /// The same for the same arguments.
    Immutable,
    /// The same within a statement.
    Stable,
    /// Anything.
    Volatile,
}

/// A function that is not Postgres' own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FunctionFacts {
    /// Its name.
    pub name: RelationName,
    /// Language.
    pub language: String,
    /// As it was declared.
    pub volatility: Volatility,
    /// `procost`.
    pub cost: f64,
    /// `prorows`; zero unless it returns a set.
    pub rows: f64,
    /// Whether an extension brought it.
    pub is_from_extension: bool,
    /// Whether it stands behind an operator, a cast or the order of an index, so that statements call it without naming it.
    #[serde(default)]
    pub is_called_unnamed: bool,
}
