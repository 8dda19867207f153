//! The state of a walk through a statement, and its way through expressions.

use std::collections::HashMap;

use pg_query::protobuf::{FuncCall, SubLink, WindowDef};
use pg_query::{Node, NodeEnum};

use super::columns::{column_of, name_of};
use crate::{ColumnUse, FunctionUse, Shape};

/// What is known on the way.
#[derive(Default)]
pub(super) struct Walk {
    /// What was found.
    pub(super) shape: Shape,
    /// The queries around the present place, the innermost last.
    pub(super) scopes: Vec<Scope>,
    /// Names of the `WITH` queries that can be seen from the present place.
    pub(super) with_names: Vec<String>,
    /// The number of the query in each sub-query expression, by its place in the text.
    pub(super) sublink_queries: HashMap<i32, usize>,
    /// How many queries have a number.
    pub(super) query_count: usize,
}

/// One query.
pub(super) struct Scope {
    /// Its number.
    pub(super) query: usize,
    /// The names by which its tables and sub-queries are called.
    pub(super) names: Vec<String>,
}

impl Walk {
    /// Enters a query, numbers it and leaves it.
    pub(super) fn in_query(&mut self, inside: impl FnOnce(&mut Self, usize)) -> usize {
        let query = self.query_count;
        self.query_count += 1;
        self.scopes.push(Scope { query, names: Vec::new() });
        inside(self, query);
        self.scopes.pop();
        query
    }

    pub(super) fn query(&self) -> usize {
        self.scopes.last().map_or(0, |scope| scope.query)
    }

    /// A column as it is mentioned here, credited to the query that its qualifier names.
    pub(super) fn column_use(&self, qualifier: Option<String>, name: String) -> ColumnUse {
        let query = qualifier
            .as_ref()
            .and_then(|qualifier| self.scopes.iter().rev().find(|scope| scope.names.contains(qualifier)))
            .map_or_else(|| self.query(), |scope| scope.query);
        ColumnUse { query, qualifier, name }
    }

    pub(super) fn mention(&mut self, column: ColumnUse) {
        if !self.shape.columns.contains(&column) {
            self.shape.columns.push(column);
        }
    }

    /// Notes every column, function, parameter and sub-query of an expression.
    pub(super) fn expression(&mut self, node: &Node) {
        let Some(inner) = &node.node else { return };
        match inner {
            NodeEnum::ColumnRef(reference) => {
                if let Some((qualifier, name)) = column_of(reference) {
                    let column = self.column_use(qualifier, name);
                    self.mention(column);
                }
            }
            NodeEnum::ParamRef(parameter) => {
                let number = u32::try_from(parameter.number).unwrap_or(0);
                self.shape.parameter_count = self.shape.parameter_count.max(number);
            }
            NodeEnum::FuncCall(call) => self.function(call),
            NodeEnum::SubLink(sublink) => self.sublink(sublink),
            NodeEnum::SelectStmt(select) => {
                self.sub_query(select);
            }
            other => {
                let (parts, is_known) = parts_of(other);
                self.shape.has_unknown_parts |= !is_known || calls_foreign_operator(other);
                for part in parts {
                    self.expression(part);
                }
            }
        }
    }

    pub(super) fn expressions<'a>(&mut self, nodes: impl IntoIterator<Item = &'a Node>) {
        for node in nodes {
            self.expression(node);
        }
    }

    fn function(&mut self, call: &FuncCall) {
        let mut names: Vec<String> = call.funcname.iter().filter_map(name_of).collect();
        if let Some(name) = names.pop() {
            let function = FunctionUse { schema: names.pop(), name };
            if !self.shape.functions.contains(&function) {
                self.shape.functions.push(function);
            }
        }
        self.expressions(call.args.iter().chain(&call.agg_order));
        self.expressions(call.agg_filter.as_deref());
        if let Some(window) = &call.over {
            self.window(window);
        }
    }

    pub(super) fn window(&mut self, window: &WindowDef) {
        self.expressions(window.partition_clause.iter().chain(&window.order_clause));
        self.expressions(window.start_offset.as_deref().into_iter().chain(window.end_offset.as_deref()));
    }

    fn sublink(&mut self, sublink: &SubLink) {
        self.expressions(sublink.testexpr.as_deref());
        if let Some(Node { node: Some(NodeEnum::SelectStmt(select)) }) = sublink.subselect.as_deref() {
            let query = self.sub_query(select);
            self.sublink_queries.insert(sublink.location, query);
        }
    }
}

/// The expressions directly within one, and whether this kind of expression is known.
pub(super) fn parts_of(node: &NodeEnum) -> (Vec<&Node>, bool) {
    fn pair<'a>(one: &'a Option<Box<Node>>, other: &'a Option<Box<Node>>) -> Vec<&'a Node> {
        one.as_deref().into_iter().chain(other.as_deref()).collect()
    }
    let parts: Vec<&Node> = match node {
        NodeEnum::AExpr(it) => pair(&it.lexpr, &it.rexpr),
        NodeEnum::BoolExpr(it) => it.args.iter().collect(),
        NodeEnum::TypeCast(it) => it.arg.as_deref().into_iter().collect(),
        NodeEnum::CollateClause(it) => it.arg.as_deref().into_iter().collect(),
        NodeEnum::NullTest(it) => it.arg.as_deref().into_iter().collect(),
        NodeEnum::BooleanTest(it) => it.arg.as_deref().into_iter().collect(),
        NodeEnum::NamedArgExpr(it) => it.arg.as_deref().into_iter().collect(),
        NodeEnum::CoalesceExpr(it) => it.args.iter().collect(),
        NodeEnum::MinMaxExpr(it) => it.args.iter().collect(),
        NodeEnum::GroupingFunc(it) => it.args.iter().collect(),
        NodeEnum::GroupingSet(it) => it.content.iter().collect(),
        NodeEnum::RowExpr(it) => it.args.iter().collect(),
        NodeEnum::AArrayExpr(it) => it.elements.iter().collect(),
        NodeEnum::List(it) => it.items.iter().collect(),
        NodeEnum::AIndirection(it) => it.arg.as_deref().into_iter().chain(&it.indirection).collect(),
        NodeEnum::AIndices(it) => pair(&it.lidx, &it.uidx),
        NodeEnum::CaseExpr(it) => {
            it.arg.as_deref().into_iter().chain(&it.args).chain(it.defresult.as_deref()).collect()
        }
        NodeEnum::CaseWhen(it) => pair(&it.expr, &it.result),
        NodeEnum::SortBy(it) => it.node.as_deref().into_iter().collect(),
        NodeEnum::ResTarget(it) => it.indirection.iter().chain(it.val.as_deref()).collect(),
        NodeEnum::MultiAssignRef(it) => it.source.as_deref().into_iter().collect(),
        NodeEnum::IndexElem(it) => it.expr.as_deref().into_iter().collect(),
        NodeEnum::WindowDef(it) => it.partition_clause.iter().chain(&it.order_clause).collect(),
        NodeEnum::JsonIsPredicate(it) => it.expr.as_deref().into_iter().collect(),
        NodeEnum::JsonObjectConstructor(it) => it.exprs.iter().collect(),
        NodeEnum::JsonArrayConstructor(it) => it.exprs.iter().collect(),
        NodeEnum::JsonKeyValue(it) => {
            let value = it.value.as_ref().and_then(|value| value.raw_expr.as_deref());
            it.key.as_deref().into_iter().chain(value).collect()
        }
        NodeEnum::JsonValueExpr(it) => it.raw_expr.as_deref().into_iter().collect(),
        NodeEnum::ColumnRef(_)
        | NodeEnum::ParamRef(_)
        | NodeEnum::AConst(_)
        | NodeEnum::AStar(_)
        | NodeEnum::String(_)
        | NodeEnum::SqlvalueFunction(_)
        | NodeEnum::SetToDefault(_) => Vec::new(),
        _ => return (Vec::new(), false),
    };
    (parts, true)
}

/// Whether it uses an operator of a schema that is not Postgres' own: a function of unknown effect.
fn calls_foreign_operator(node: &NodeEnum) -> bool {
    let NodeEnum::AExpr(expression) = node else { return false };
    match expression.name.as_slice() {
        [schema, _] => name_of(schema).is_none_or(|schema| schema != "pg_catalog"),
        _ => false,
    }
}
