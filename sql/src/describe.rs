//! What a statement does, from its tree.

mod columns;
mod conditions;
mod from;
mod statements;
#[cfg(test)]
mod tests;
mod walk;

use walk::Walk;

use crate::{Shape, SqlError, explainable, grammar};

/// What a statement reads, filters, joins, orders and writes.
///
/// # Errors
///
/// When the text is not one whole statement, or is nested too deeply to be followed.
pub fn describe(text: &str) -> Result<Shape, SqlError> {
    let statement = grammar::parse(&explainable(text))?;
    let mut walk = Walk::default();
    walk.statement(&statement);
    Ok(walk.shape)
}
