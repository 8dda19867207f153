//! What a statement does with tables and columns.

use std::collections::BTreeMap;

/// What a statement reads, filters, joins, orders and writes. Names are as Postgres stores them (folded, without
/// quotes); which table an unqualified column belongs to is for the reader with a catalog to say.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Shape {
    /// What it is.
    pub kind: StatementKind,
    /// Every mention of a table, in all sub-queries and `WITH` queries; a table mentioned twice is there twice.
    /// Names of `WITH` queries are not tables.
    pub tables: Vec<TableUse>,
    /// Conditions on one column that all must hold (`AND`) within their query.
    pub predicates: Vec<Predicate>,
    /// Columns made equal to columns of other tables.
    pub joins: Vec<Join>,
    /// `ORDER BY`, of the outermost query and of sub-queries with a limit.
    pub order_by: Vec<OrderKey>,
    /// `GROUP BY` and `DISTINCT` columns.
    pub group_by: Vec<ColumnUse>,
    /// Every column mentioned anywhere, each once.
    pub columns: Vec<ColumnUse>,
    /// Columns that it gives a value: of `INSERT`, `SET` and `ON CONFLICT … DO UPDATE SET`, each once.
    pub written_columns: Vec<ColumnUse>,
    /// Whether the outermost query asks for whole rows (`*`), `RETURNING *` included.
    pub reads_whole_rows: bool,
    /// Whether the outermost query has a limit.
    pub is_limited: bool,
    /// Whether it locks the rows it reads (`FOR UPDATE`, `FOR SHARE`).
    pub locks_rows: bool,
    /// Whether any part of it, `WITH` queries included, writes.
    pub writes: bool,
    /// Functions it calls, each once.
    pub functions: Vec<FunctionUse>,
    /// Whether it has a part whose inside is not followed, such as `JSON_TABLE` or an operator of another schema: there
    /// may be more columns and functions than are listed.
    pub has_unknown_parts: bool,
    /// For parameters without a type of their own that are compared with a column: the column, which tells the type.
    pub parameter_columns: BTreeMap<u32, ColumnUse>,
    /// Parameters that say how many rows are asked for (`LIMIT $n`).
    pub limit_parameters: Vec<u32>,
    /// Parameters that say how many rows are passed over (`OFFSET $n`).
    pub offset_parameters: Vec<u32>,
    /// The highest `$n`; zero without parameters.
    pub parameter_count: u32,
}

/// What a statement is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum StatementKind {
    /// `SELECT`, `VALUES`, `TABLE`.
    #[default]
    Select,
    /// `INSERT`.
    Insert,
    /// `UPDATE`.
    Update,
    /// `DELETE`.
    Delete,
    /// `MERGE`.
    Merge,
    /// `BEGIN`, `COMMIT`, `ROLLBACK`, `SAVEPOINT`, …
    Transaction,
    /// `SET`, `RESET`, `SHOW`, `DISCARD`, and `SELECT` of nothing but settings (`set_config`, `current_setting`).
    Session,
    /// `EXPLAIN` of anything.
    Explain,
    /// `COPY`.
    Copy,
    /// Everything else: `CREATE`, `VACUUM`, …
    Utility,
}

/// One mention of a table.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TableUse {
    /// Which query of the statement it belongs to: 0 is the outermost, each sub-query has its own number.
    pub query: usize,
    /// Schema, where it is named.
    pub schema: Option<String>,
    /// Name.
    pub name: String,
    /// The name by which columns refer to it: the alias, else the name.
    pub alias: String,
    /// Whether it is inserted into, updated or deleted from here.
    pub is_written: bool,
}

/// One mention of a column.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ColumnUse {
    /// Which query of the statement it belongs to: the one whose table its qualifier names, which for a correlated
    /// sub-query is a query around it; without a qualifier, the one that mentions it.
    pub query: usize,
    /// What it is qualified with: an alias or a table's name.
    pub qualifier: Option<String>,
    /// Name.
    pub name: String,
}

/// One condition on one column.
#[derive(Debug, Clone, PartialEq)]
pub struct Predicate {
    /// The column.
    pub column: ColumnUse,
    /// What kind of condition.
    pub kind: PredicateKind,
    /// The operator as it is written, such as `=`, `&&`, `~~` for `LIKE`.
    pub operator: String,
    /// What the column is compared with.
    pub comparand: Comparand,
    /// A function or cast around the column, as text with the column in it, such as `lower(email)`; an index on the
    /// column alone does not serve it.
    pub expression: Option<String>,
}

/// What kind of condition, by what an index can do with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PredicateKind {
    /// `=`, and `IS NOT DISTINCT FROM`.
    Equal,
    /// `IN (…)` and `= ANY (…)`.
    AnyOf,
    /// `<`, `<=`, `>`, `>=`, `BETWEEN`.
    Range,
    /// `LIKE` and `~` with a literal that does not begin with a wildcard.
    Prefix,
    /// Operators of ranges, arrays and documents: `&&`, `@>`, `<@`, …
    Containment,
    /// `IS NULL`.
    IsNull,
    /// `IS NOT NULL`.
    IsNotNull,
    /// `<>`, `NOT IN`, `LIKE '%x'`, `OR` of different columns: no index of ours serves it.
    Other,
}

/// What a column is compared with.
#[derive(Debug, Clone, PartialEq)]
pub enum Comparand {
    /// A constant written in the text, as it is written.
    Literal(String),
    /// `$n`. In texts of `pg_stat_statements` constants show as parameters, too.
    Parameter(u32),
    /// Several of them, or an array.
    List,
    /// Anything else: an expression, a sub-query, nothing (`IS NULL`).
    Other,
}

/// Two columns made equal.
#[derive(Debug, Clone, PartialEq)]
pub struct Join {
    /// One.
    pub left: ColumnUse,
    /// The other, of the same query or, in a correlated sub-query, of the query around it.
    pub right: ColumnUse,
}

/// One key of an order.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderKey {
    /// The column.
    pub column: ColumnUse,
    /// Whether it runs from high to low.
    pub is_descending: bool,
    /// Whether nulls come first, by default or by word.
    pub nulls_first: bool,
}

/// One function.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FunctionUse {
    /// Schema, where it is named.
    pub schema: Option<String>,
    /// Name.
    pub name: String,
}
