//! Columns in expressions.

use pg_query::protobuf::{ColumnRef, a_const};
use pg_query::{Node, NodeEnum};

use super::walk::parts_of;
use crate::{Comparand, grammar, quote_literal};

/// The text of a node that is a name.
pub(super) fn name_of(node: &Node) -> Option<String> {
    match &node.node {
        Some(NodeEnum::String(text)) => Some(text.sval.clone()),
        _ => None,
    }
}

/// Qualifier and name of a column; `None` for `*`.
pub(super) fn column_of(reference: &ColumnRef) -> Option<(Option<String>, String)> {
    let mut names: Vec<String> = reference.fields.iter().map(name_of).collect::<Option<_>>()?;
    let name = names.pop()?;
    Some((names.pop(), name))
}

/// The column that an expression is, when it is nothing else.
pub(super) fn plain_column(node: &Node) -> Option<(Option<String>, String)> {
    match &node.node {
        Some(NodeEnum::ColumnRef(reference)) => column_of(reference),
        _ => None,
    }
}

/// Every column of an expression, each once; those within sub-queries are not its own.
pub(super) fn columns_of(node: &Node) -> Vec<(Option<String>, String)> {
    fn collect(node: &Node, found: &mut Vec<(Option<String>, String)>) {
        match &node.node {
            Some(NodeEnum::ColumnRef(reference)) => {
                if let Some(column) = column_of(reference)
                    && !found.contains(&column)
                {
                    found.push(column);
                }
            }
            Some(NodeEnum::FuncCall(call)) => call.args.iter().for_each(|part| collect(part, found)),
            Some(NodeEnum::SubLink(sublink)) => {
                sublink.testexpr.iter().for_each(|part| collect(part, found));
            }
            Some(other) => parts_of(other).0.into_iter().for_each(|part| collect(part, found)),
            None => {}
        }
    }
    let mut found = Vec::new();
    collect(node, &mut found);
    found
}

/// What a column is compared with, when this is on the other side.
pub(super) fn comparand_of(node: &Node) -> Comparand {
    match &node.node {
        Some(NodeEnum::AConst(constant)) if constant.isnull => Comparand::Literal("NULL".to_owned()),
        Some(NodeEnum::AConst(constant)) => match &constant.val {
            // A zero is not sent: it is the default of its kind.
            Some(a_const::Val::Ival(number)) => Comparand::Literal(number.ival.to_string()),
            Some(a_const::Val::Fval(number)) => Comparand::Literal(number.fval.clone()),
            Some(a_const::Val::Boolval(truth)) => Comparand::Literal(truth.boolval.to_string()),
            Some(a_const::Val::Sval(text)) => Comparand::Literal(quote_literal(&text.sval)),
            Some(a_const::Val::Bsval(_)) | None => literal(node),
        },
        Some(NodeEnum::ParamRef(parameter)) => {
            u32::try_from(parameter.number).map_or(Comparand::Other, Comparand::Parameter)
        }
        Some(NodeEnum::TypeCast(cast)) => match cast.arg.as_deref().map(comparand_of) {
            Some(Comparand::Literal(_)) => literal(node),
            Some(of_argument) => of_argument,
            None => Comparand::Other,
        },
        Some(NodeEnum::AArrayExpr(_) | NodeEnum::List(_)) => Comparand::List,
        _ => Comparand::Other,
    }
}

fn literal(node: &Node) -> Comparand {
    grammar::write_expression(node).map_or(Comparand::Other, Comparand::Literal)
}
