//! Tables, joins and sub-queries of a `FROM` list.

use pg_query::protobuf::{Alias, JoinExpr, RangeVar};
use pg_query::{Node, NodeEnum};

use super::columns::name_of;
use super::walk::Walk;
use crate::{Join, TableUse};

impl Walk {
    /// Everything of a `FROM` list. Names come first, because a condition may use one that stands further right.
    pub(super) fn relations(&mut self, list: &[Node]) {
        for item in list {
            self.names_of(item);
        }
        for item in list {
            self.relation(item);
        }
    }

    fn names_of(&mut self, item: &Node) {
        match &item.node {
            Some(NodeEnum::RangeVar(table)) => self.table(table, false),
            Some(NodeEnum::RangeSubselect(it)) => self.name_alias(it.alias.as_ref()),
            Some(NodeEnum::RangeFunction(it)) => self.name_alias(it.alias.as_ref()),
            Some(NodeEnum::RangeTableFunc(it)) => self.name_alias(it.alias.as_ref()),
            Some(NodeEnum::JsonTable(it)) => self.name_alias(it.alias.as_ref()),
            Some(NodeEnum::RangeTableSample(it)) => {
                it.relation.iter().for_each(|relation| self.names_of(relation));
            }
            Some(NodeEnum::JoinExpr(join)) => {
                join.larg.iter().chain(&join.rarg).for_each(|side| self.names_of(side));
                self.name_alias(join.alias.as_ref());
            }
            _ => {}
        }
    }

    fn name_alias(&mut self, alias: Option<&Alias>) {
        if let (Some(alias), Some(scope)) = (alias, self.scopes.last_mut()) {
            scope.names.push(alias.aliasname.clone());
        }
    }

    /// One mention of a table, or of a `WITH` query.
    pub(super) fn table(&mut self, table: &RangeVar, is_written: bool) {
        let alias = table.alias.as_ref().map_or_else(|| table.relname.clone(), |it| it.aliasname.clone());
        if let Some(scope) = self.scopes.last_mut() {
            scope.names.push(alias.clone());
        }
        let schema = Some(table.schemaname.clone()).filter(|schema| !schema.is_empty());
        if schema.is_none() && !is_written && self.with_names.contains(&table.relname) {
            return;
        }
        let name = table.relname.clone();
        self.shape.tables.push(TableUse { query: self.query(), schema, name, alias, is_written });
    }

    fn relation(&mut self, item: &Node) {
        match &item.node {
            Some(NodeEnum::RangeVar(_)) | None => {}
            Some(NodeEnum::RangeSubselect(it)) => self.expressions(it.subquery.as_deref()),
            Some(NodeEnum::RangeFunction(it)) => {
                // Each function comes in a list with the columns it declares.
                for function in &it.functions {
                    match &function.node {
                        Some(NodeEnum::List(list)) => self.expressions(list.items.first()),
                        _ => self.expression(function),
                    }
                }
            }
            Some(NodeEnum::RangeTableSample(it)) => {
                it.relation.iter().for_each(|relation| self.relation(relation));
                self.expressions(it.args.iter().chain(it.repeatable.as_deref()));
            }
            Some(NodeEnum::JoinExpr(join)) => self.join(join),
            Some(_) => self.shape.has_unknown_parts = true,
        }
    }

    fn join(&mut self, join: &JoinExpr) {
        join.larg.iter().chain(&join.rarg).for_each(|side| self.relation(side));
        for name in join.using_clause.iter().filter_map(name_of) {
            let [left, right] = [&join.larg, &join.rarg].map(|side| {
                let qualifier = side.as_deref().and_then(single_name);
                self.column_use(qualifier, name.clone())
            });
            self.mention(left.clone());
            self.mention(right.clone());
            self.shape.joins.push(Join { left, right });
        }
        self.filter(join.quals.as_deref());
    }
}

/// The name of a side of a join that is one table; the side of a nested join is not known without a catalog.
fn single_name(side: &Node) -> Option<String> {
    match &side.node {
        Some(NodeEnum::RangeVar(it)) => {
            Some(it.alias.as_ref().map_or_else(|| it.relname.clone(), |alias| alias.aliasname.clone()))
        }
        Some(NodeEnum::RangeSubselect(it)) => it.alias.as_ref().map(|alias| alias.aliasname.clone()),
        Some(NodeEnum::RangeFunction(it)) => it.alias.as_ref().map(|alias| alias.aliasname.clone()),
        _ => None,
    }
}
