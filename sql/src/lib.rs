//! SQL statements understood, without a server: which are the same statement, and which tables and columns each uses how.
//!
//! [`fingerprint`] gives two texts the same identity when they differ only in constants, in the length of lists, in
//! comments or in spelling. [`describe`] says what a statement reads, filters, joins, orders and writes. Both use
//! Postgres' own grammar with the feature `pg-query` (the default), and a tokenizer without it.

mod canonical;
#[cfg(feature = "pg-query")]
mod describe;
mod explainable;
mod fingerprint;
mod functions;
#[cfg(feature = "pg-query")]
mod grammar;
mod keywords;
mod noise;
mod normalize;
mod quote;
mod read_only;
mod shape;
mod tokens;

#[cfg(feature = "pg-query")]
pub use describe::describe;
pub use explainable::explainable;
pub use fingerprint::{Fingerprint, fingerprint};
pub use noise::{Noise, is_noise};
pub use normalize::normalize;
pub use quote::{quote_identifier, quote_literal};
pub use read_only::{WhyNot, is_provably_read_only};
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
    /// Its expressions are nested so deeply that following them is not safe.
    #[error("this statement is nested too deeply to be described")]
    TooDeep,
    /// It is understood only with Postgres' own grammar, and this Aforo was built without it.
    #[error("this Aforo was built without the feature `pg-query`, so the parts of a statement are not known")]
    NoParser,
}

/// What a statement reads, filters, joins, orders and writes: not known in this build.
///
/// # Errors
///
/// Always: only Postgres' own grammar tells.
#[cfg(not(feature = "pg-query"))]
pub fn describe(_text: &str) -> Result<Shape, SqlError> {
    Err(SqlError::NoParser)
}
