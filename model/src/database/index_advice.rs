//! Which indexes would help a workload, what they cost, and which were turned down.

use std::fmt::Write;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::RelationName;

/// The access methods that are advised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum IndexMethod {
    /// The ordinary one: equality, ranges, order.
    Btree,
    /// For overlap and containment of ranges.
    Gist,
    /// A few bytes for each megabyte of a table that lies on disk in the order of the column.
    Brin,
}

impl IndexMethod {
    /// As SQL writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Btree => "btree",
            Self::Gist => "gist",
            Self::Brin => "brin",
        }
    }
}

/// One key column of an index that may not exist.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct IndexColumn {
    /// The column, as it is stored.
    pub name: String,
    /// Operator class, where the type's default one would not serve.
    pub operator_class: Option<String>,
    /// Whether it runs from high to low.
    pub is_descending: bool,
    /// Whether nulls come first.
    pub nulls_first: bool,
}

impl IndexColumn {
    /// The column in ascending order, nulls last, as `CREATE INDEX` has it without a word.
    pub fn ascending(name: impl Into<String>) -> Self {
        Self { name: name.into(), operator_class: None, is_descending: false, nulls_first: false }
    }
}

/// An index that may not exist: what it is on, not what it is called.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct IndexDefinition {
    /// Its table; the partitioned one where there are partitions.
    pub table: RelationName,
    /// Access method.
    pub method: IndexMethod,
    /// Key columns, in order.
    pub keys: Vec<IndexColumn>,
    /// Columns that are only stored (`INCLUDE`).
    pub included: Vec<String>,
    /// The predicate of a partial index, as SQL.
    pub predicate: Option<String>,
}

impl IndexDefinition {
    /// What comes after `ON` in `CREATE INDEX`, such as `"public"."orders" USING btree ("status", "created_at")`.
    pub fn target(&self) -> String {
        self.target_on(&self.table)
    }

    /// [`Self::target`] on another table with the same columns, such as a partition.
    pub fn target_on(&self, table: &RelationName) -> String {
        let keys: Vec<String> = self.keys.iter().map(key).collect();
        let mut target = format!("{} USING {} ({})", qualified(table), self.method.name(), keys.join(", "));
        if !self.included.is_empty() {
            let included: Vec<String> = self.included.iter().map(|column| quoted(column)).collect();
            let _ = write!(target, " INCLUDE ({})", included.join(", "));
        }
        if let Some(predicate) = &self.predicate {
            let _ = write!(target, " WHERE {predicate}");
        }
        target
    }

    /// Every column in it, keys first.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(|key| key.name.as_str()).chain(self.included.iter().map(String::as_str))
    }
}

/// As a person says it: `orders (status, created_at DESC) INCLUDE (total) WHERE status = 'open'`.
impl std::fmt::Display for IndexDefinition {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}", self.table.name)?;
        if self.method != IndexMethod::Btree {
            write!(formatter, " USING {}", self.method.name())?;
        }
        let keys: Vec<String> = self
            .keys
            .iter()
            .map(|key| format!("{}{}", key.name, if key.is_descending { " DESC" } else { "" }))
            .collect();
        write!(formatter, " ({})", keys.join(", "))?;
        if !self.included.is_empty() {
            write!(formatter, " INCLUDE ({})", self.included.join(", "))?;
        }
        self.predicate.iter().try_for_each(|predicate| write!(formatter, " WHERE {predicate}"))
    }
}

fn key(key: &IndexColumn) -> String {
    let mut text = quoted(&key.name);
    if let Some(class) = &key.operator_class {
        let _ = write!(text, " {class}");
    }
    if key.is_descending {
        text.push_str(" DESC");
    }
    // Descending keys have nulls first by themselves, ascending ones last.
    match (key.is_descending, key.nulls_first) {
        (true, false) => text.push_str(" NULLS LAST"),
        (false, true) => text.push_str(" NULLS FIRST"),
        _ => {}
    }
    text
}

/// A name as SQL takes it whatever it holds: in double quotes, those in it doubled.
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// [`quoted`], schema and name.
pub fn qualified(name: &RelationName) -> String {
    format!("{}.{}", quoted(&name.schema), quoted(&name.name))
}

/// How costs were estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CostSource {
    /// The server's own planner, given indexes that do not exist (HypoPG).
    Hypopg,
    /// The planner's statistics and Postgres' cost formulas, simplified.
    Statistics,
}

/// Which indexes a workload asks for, within a budget.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct IndexAdvice {
    /// What to create, the most gain per byte first.
    pub indexes: Vec<AdvisedIndex>,
    /// What the indexes may take together, in bytes on disk.
    pub budget_bytes: u64,
    /// Cost of the workload as it is, in units of the planner: each statement's cost times its calls.
    pub workload_cost_before: f64,
    /// Its cost with every advised index.
    pub workload_cost_after: f64,
    /// How costs were estimated. Planner cost is no proof; see `aforo tune`.
    pub costed_by: CostSource,
    /// Plans that were asked for.
    pub what_if_calls: u64,
    /// Statements that were weighed.
    pub statement_count: u64,
    /// Statements that were left out, and why.
    pub not_costed: Vec<NotCosted>,
    /// Candidates that were weighed and turned down, and why.
    pub rejected: Vec<RejectedIndex>,
}

/// One index to create.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AdvisedIndex {
    /// What it is on.
    pub index: IndexDefinition,
    /// A name that is free.
    pub name: String,
    /// How to create it without blocking writers. Not inside a transaction.
    pub create_sql: String,
    /// How to undo it.
    pub drop_sql: String,
    /// 1 is the first to create.
    pub priority: u32,
    /// Bytes it will take on disk, estimated by Aforo.
    pub size_bytes: u64,
    /// Cost of the workload without it, but with those of higher priority.
    pub workload_cost_before: f64,
    /// Cost of the workload with it and those of higher priority.
    pub workload_cost_after: f64,
    /// How these costs were estimated.
    pub costed_by: CostSource,
    /// The statements that use it, the most gain first.
    pub serves: Vec<ServedStatement>,
    /// What each written row costs more.
    pub write_cost: IndexWriteCost,
}

/// A statement that uses an advised index.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ServedStatement {
    /// The statement's identity.
    pub fingerprint: String,
    /// Calls in the workload.
    pub calls: f64,
    /// Cost of one call as it is.
    pub cost_before: f64,
    /// Cost of one call with every advised index.
    pub cost_after: f64,
}

/// What an index costs those who write to its table.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct IndexWriteCost {
    /// Write-ahead log for each new entry, in bytes, without full-page images. What an entry costs that a partial index
    /// does not take is left out.
    pub wal_bytes_per_entry: f64,
    /// Share of written rows that get an entry, 0–1: below one for partial indexes.
    pub entry_ratio: f64,
    /// Entries written in a second, at the rate of inserts and non-HOT updates seen; absent where it is not known.
    pub entries_per_s: Option<f64>,
    /// Over which time they were counted; absent where `entries_per_s` is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entries_counted: Option<WritesCounted>,
    /// Statements of the workload that write to the table.
    pub slows: Vec<SlowedStatement>,
}

/// Over which time writes to a table were counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WritesCounted {
    /// While the load ran.
    DuringRun,
    /// Since the server's counters were last reset, or since it was started where that is not known.
    SinceReset,
}

impl WritesCounted {
    /// The end of "… entries a second".
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DuringRun => "during the run",
            Self::SinceReset => "since the server's counters began",
        }
    }
}

/// A statement that an index makes slower.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SlowedStatement {
    /// The statement's identity.
    pub fingerprint: String,
    /// Rows it wrote in the workload.
    pub rows: f64,
    /// Write-ahead log for each of them, in bytes.
    pub wal_bytes_per_row: f64,
    /// Whether its updates change a column of this index and of no other, so that they stop being HOT: every index of the
    /// table then gets an entry.
    pub loses_hot: bool,
}

/// A statement that was left out of the advice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NotCosted {
    /// The statement's identity.
    pub fingerprint: String,
    /// Why, as a sentence without a full stop.
    pub why: String,
}

/// A candidate that is not advised.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RejectedIndex {
    /// What it would be on.
    pub index: IndexDefinition,
    /// Why not, as a sentence without a full stop.
    pub why: String,
    /// The statement it would help most beside the advised ones, where it would help one at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub helps_most: Option<ServedStatement>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(name: &str) -> IndexDefinition {
        IndexDefinition {
            table: RelationName { schema: "public".to_owned(), name: name.to_owned() },
            method: IndexMethod::Btree,
            keys: vec![IndexColumn::ascending("a")],
            included: Vec::new(),
            predicate: None,
        }
    }

    #[test]
    fn a_target_is_sql_whatever_the_names_hold() {
        let mut index = on("Odd \"table\".x");
        index.keys.push(IndexColumn {
            is_descending: true,
            nulls_first: true,
            ..IndexColumn::ascending("B")
        });
        index.included.push("c".to_owned());
        index.predicate = Some("\"d\" = 'x'".to_owned());
        let sql = r#""public"."Odd ""table"".x" USING btree ("a", "B" DESC) INCLUDE ("c") WHERE "d" = 'x'"#;
        assert_eq!(index.target(), sql);
        assert_eq!(index.columns().collect::<Vec<_>>(), ["a", "B", "c"]);
    }

    #[test]
    fn only_the_unusual_place_of_nulls_is_said() {
        let written = |is_descending, nulls_first| {
            key(&IndexColumn { is_descending, nulls_first, ..IndexColumn::ascending("a") })
        };
        assert_eq!(written(false, false), "\"a\"");
        assert_eq!(written(true, true), "\"a\" DESC");
        assert_eq!(written(false, true), "\"a\" NULLS FIRST");
        assert_eq!(written(true, false), "\"a\" DESC NULLS LAST");
    }

    #[test]
    fn a_person_reads_it_short() {
        let mut index = on("orders");
        index.method = IndexMethod::Brin;
        assert_eq!(index.to_string(), "orders USING brin (a)");
    }
}
