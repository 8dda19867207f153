//! Postgres' own grammar (`pg_query`): the only module that calls it.

use pg_query::protobuf::{LimitOption, ParseResult, RawStmt, ResTarget, SelectStmt, SetOperation};
use pg_query::{Node, NodeEnum};

use crate::SqlError;

/// The tree of the one statement of a text.
///
/// # Errors
///
/// When the text is no statement, several statements, or nested too deeply.
pub(crate) fn parse(text: &str) -> Result<NodeEnum, SqlError> {
    let parsed = pg_query::parse(text, 0).map_err(|error| match error {
        pg_query::Error::Decode(_) => SqlError::TooDeep,
        pg_query::Error::Parse(message) if message.contains("stack depth limit") => SqlError::TooDeep,
        pg_query::Error::Parse(message) => SqlError::Syntax(message),
        other => SqlError::Syntax(other.to_string()),
    })?;
    let mut statements = parsed.protobuf.stmts.into_iter();
    match (statements.next(), statements.next()) {
        (Some(RawStmt { stmt: Some(statement), .. }), None) => {
            statement.node.ok_or_else(|| SqlError::Syntax("it is empty".to_owned()))
        }
        (Some(_), Some(_)) => Err(SqlError::Syntax("it is several statements".to_owned())),
        _ => Err(SqlError::Syntax("it is empty".to_owned())),
    }
}

/// The parser's identity of a text; `None` when it is no statement.
pub(crate) fn fingerprint(text: &str) -> Option<String> {
    pg_query::fingerprint(text, 0, 0).ok().map(|identity| identity.hex)
}

/// An expression as text; `None` where it cannot be written.
pub(crate) fn write_expression(expression: &Node) -> Option<String> {
    let target = ResTarget { val: Some(Box::new(expression.clone())), ..ResTarget::default() };
    let select = SelectStmt {
        target_list: vec![node(NodeEnum::ResTarget(Box::new(target)))],
        // The writer aborts the process at an enumeration without a value, which the default has.
        limit_option: LimitOption::Default as i32,
        op: SetOperation::SetopNone as i32,
        ..SelectStmt::default()
    };
    let statement =
        RawStmt { stmt: Some(Box::new(node(NodeEnum::SelectStmt(Box::new(select))))), ..RawStmt::default() };
    let text =
        pg_query::deparse(&ParseResult { version: 0, stmts: vec![statement] }, Default::default()).ok()?;
    Some(text.strip_prefix("SELECT ")?.to_owned())
}

fn node(inner: NodeEnum) -> Node {
    Node { node: Some(inner) }
}
