//! SQL statements understood, without a server: which are the same statement, and which tables and columns each uses how.
//!
//! [`fingerprint`] gives two texts the same identity when they differ only in constants, in the length of lists, in
//! comments or in spelling. [`describe`] says what a statement reads, filters, joins, orders and writes. Both use
//! Postgres' own grammar with the feature `pg-query` (the default), and a tokenizer without it.

mod shape;

pub use shape::{
    ColumnUse, Comparand, FunctionUse, Join, OrderKey, Predicate, PredicateKind, Shape, StatementKind,
    TableUse,
};

/// Why a text is not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SqlError {
    /// It is no SQL statement of Postgres', or only the beginning of one.
    #[error("this is not a whole SQL statement: {0}")]
    Syntax(String),
    /// It is understood only with Postgres' own grammar, and this Aforo was built without it.
    #[error("this Aforo was built without the feature `pg-query`, so the parts of a statement are not known")]
    NoParser,
}
