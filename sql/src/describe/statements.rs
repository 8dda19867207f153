//! Statements and queries.

use pg_query::protobuf::{
    DeleteStmt, InsertStmt, LimitOption, MergeStmt, OnConflictClause, RangeVar, ResTarget, ReturningClause,
    SelectStmt, SetOperation, SortBy, SortByDir, SortByNulls, UpdateStmt, WithClause,
};
use pg_query::{Node, NodeEnum};

use super::columns::plain_column;
use super::walk::Walk;
use crate::{ColumnUse, FunctionUse, OrderKey, StatementKind};

impl Walk {
    /// The statement as a whole.
    pub(super) fn statement(&mut self, statement: &NodeEnum) {
        self.shape.kind = kind_of(statement);
        match statement {
            NodeEnum::SelectStmt(select) => {
                self.sub_query(select);
                if is_about_settings(select, &self.shape.functions) {
                    self.shape.kind = StatementKind::Session;
                }
            }
            NodeEnum::CopyStmt(copy) => {
                self.shape.writes = copy.is_from;
                self.in_query(|walk, _| {
                    copy.relation.iter().for_each(|table| walk.table(table, copy.is_from));
                    walk.expressions(copy.query.as_deref());
                    walk.filter(copy.where_clause.as_deref());
                });
            }
            NodeEnum::ExplainStmt(explain) => {
                if let Some(inner) = explain.query.as_ref().and_then(|query| query.node.as_ref()) {
                    self.statement(inner);
                }
                self.shape.kind = StatementKind::Explain;
            }
            other => {
                self.shape.writes = self.shape.kind == StatementKind::Utility;
                self.data_change(other);
            }
        }
    }

    /// `INSERT`, `UPDATE`, `DELETE`, `MERGE`; nothing for anything else.
    fn data_change(&mut self, statement: &NodeEnum) {
        if matches!(
            statement,
            NodeEnum::InsertStmt(_)
                | NodeEnum::UpdateStmt(_)
                | NodeEnum::DeleteStmt(_)
                | NodeEnum::MergeStmt(_)
        ) {
            self.shape.writes = true;
            self.in_query(|walk, _| match statement {
                NodeEnum::InsertStmt(it) => walk.insert(it),
                NodeEnum::UpdateStmt(it) => walk.update(it),
                NodeEnum::DeleteStmt(it) => walk.delete(it),
                NodeEnum::MergeStmt(it) => walk.merge(it),
                _ => {}
            });
        }
    }

    /// A query with a number of its own, which is returned.
    pub(super) fn sub_query(&mut self, select: &SelectStmt) -> usize {
        self.in_query(|walk, query| walk.select(select, query))
    }

    fn select(&mut self, select: &SelectStmt, query: usize) {
        let visible = self.with_names.len();
        self.with(select.with_clause.as_ref());
        let is_outermost = query == 0;
        if select.op > SetOperation::SetopNone as i32 {
            for arm in [&select.larg, &select.rarg].into_iter().flatten() {
                self.sub_query(arm);
                self.shape.reads_whole_rows |= is_outermost && asks_for_whole_rows(&arm.target_list);
            }
        }
        self.relations(&select.from_clause);
        self.expressions(&select.target_list);
        self.shape.reads_whole_rows |= is_outermost && asks_for_whole_rows(&select.target_list);
        self.expressions(&select.values_lists);
        self.filter(select.where_clause.as_deref());
        self.grouping(select);
        self.expressions(select.having_clause.as_deref());
        self.expressions(&select.window_clause);
        self.expressions(&select.sort_clause);
        self.expressions(select.limit_count.as_deref().into_iter().chain(select.limit_offset.as_deref()));
        self.shape.limit_parameters.extend(select.limit_count.as_deref().and_then(parameter));
        self.shape.offset_parameters.extend(select.limit_offset.as_deref().and_then(parameter));
        let is_limited = has_limit(select);
        if is_outermost || is_limited {
            self.order(select);
        }
        self.shape.is_limited |= is_outermost && is_limited;
        self.shape.locks_rows |= !select.locking_clause.is_empty();
        self.shape.writes |= select.into_clause.is_some();
        self.with_names.truncate(visible);
    }

    fn with(&mut self, clause: Option<&WithClause>) {
        let Some(clause) = clause else { return };
        let queries: Vec<_> = clause
            .ctes
            .iter()
            .filter_map(|node| match &node.node {
                Some(NodeEnum::CommonTableExpr(query)) => Some(query),
                _ => None,
            })
            .collect();
        if clause.recursive {
            self.with_names.extend(queries.iter().map(|query| query.ctename.clone()));
        }
        for query in queries {
            match query.ctequery.as_ref().and_then(|inner| inner.node.as_ref()) {
                Some(NodeEnum::SelectStmt(select)) => {
                    self.sub_query(select);
                }
                Some(other) => self.data_change(other),
                None => {}
            }
            self.with_names.push(query.ctename.clone());
        }
    }

    fn grouping(&mut self, select: &SelectStmt) {
        self.expressions(&select.group_clause);
        // `DISTINCT` without `ON` is a list of one empty node.
        let is_plain_distinct = matches!(select.distinct_clause.as_slice(), [Node { node: None }]);
        self.expressions(&select.distinct_clause);
        let distinct = if is_plain_distinct { &select.target_list } else { &select.distinct_clause };
        let distinct = distinct.iter().filter(|_| !select.distinct_clause.is_empty());
        for node in select.group_clause.iter().chain(distinct) {
            let value = match &node.node {
                Some(NodeEnum::ResTarget(target)) => target.val.as_deref(),
                _ => Some(node),
            };
            if let Some(column) = value.and_then(|value| self.key_column(value, &select.target_list)) {
                self.shape.group_by.push(column);
            }
        }
    }

    /// Keys up to the first that is no column: an index on those behind it does not give the order.
    fn order(&mut self, select: &SelectStmt) {
        for node in &select.sort_clause {
            let Some(NodeEnum::SortBy(key)) = &node.node else { return };
            let column = key.node.as_deref().and_then(|value| self.key_column(value, &select.target_list));
            let Some(column) = column else { return };
            let (is_descending, nulls_first) = direction(key);
            self.shape.order_by.push(OrderKey { column, is_descending, nulls_first });
        }
    }

    /// The column of a key of `ORDER BY` or `GROUP BY`, which may be the number or the name of an output column.
    fn key_column(&self, key: &Node, targets: &[Node]) -> Option<ColumnUse> {
        let targets = targets.iter().filter_map(|target| match &target.node {
            Some(NodeEnum::ResTarget(target)) => Some(target),
            _ => None,
        });
        let (qualifier, name) = match (position(key), plain_column(key)) {
            (Some(position), _) => {
                let target = targets.into_iter().nth(position.checked_sub(1)?)?;
                plain_column(target.val.as_deref()?)?
            }
            (None, Some((None, name))) => match targets.into_iter().find(|target| target.name == name) {
                Some(target) => plain_column(target.val.as_deref()?)?,
                None => (None, name),
            },
            (None, column) => column?,
        };
        Some(self.column_use(qualifier, name))
    }

    fn written(&mut self, table: Option<&RangeVar>) {
        table.into_iter().for_each(|table| self.table(table, true));
    }

    fn insert(&mut self, insert: &InsertStmt) {
        let visible = self.with_names.len();
        self.with(insert.with_clause.as_ref());
        self.written(insert.relation.as_ref());
        self.assigned(&insert.cols);
        self.expressions(insert.select_stmt.as_deref());
        if let Some(conflict) = &insert.on_conflict_clause {
            self.on_conflict(conflict);
        }
        self.returning(insert.returning_clause.as_ref());
        self.with_names.truncate(visible);
    }

    fn on_conflict(&mut self, conflict: &OnConflictClause) {
        if let Some(infer) = &conflict.infer {
            for element in &infer.index_elems {
                if let Some(NodeEnum::IndexElem(element)) = &element.node
                    && !element.name.is_empty()
                {
                    let column = self.column_use(None, element.name.clone());
                    self.mention(column);
                }
            }
            self.expressions(infer.index_elems.iter().chain(infer.where_clause.as_deref()));
        }
        if let Some(scope) = self.scopes.last_mut() {
            scope.names.push("excluded".to_owned());
        }
        self.assigned(&conflict.target_list);
        self.expressions(conflict.where_clause.as_deref());
    }

    fn update(&mut self, update: &UpdateStmt) {
        let visible = self.with_names.len();
        self.with(update.with_clause.as_ref());
        self.written(update.relation.as_ref());
        self.relations(&update.from_clause);
        self.assigned(&update.target_list);
        self.filter(update.where_clause.as_deref());
        self.returning(update.returning_clause.as_ref());
        self.with_names.truncate(visible);
    }

    fn delete(&mut self, delete: &DeleteStmt) {
        let visible = self.with_names.len();
        self.with(delete.with_clause.as_ref());
        self.written(delete.relation.as_ref());
        self.relations(&delete.using_clause);
        self.filter(delete.where_clause.as_deref());
        self.returning(delete.returning_clause.as_ref());
        self.with_names.truncate(visible);
    }

    fn merge(&mut self, merge: &MergeStmt) {
        let visible = self.with_names.len();
        self.with(merge.with_clause.as_ref());
        self.written(merge.relation.as_ref());
        self.relations(merge.source_relation.as_deref().map_or(&[], std::slice::from_ref));
        self.filter(merge.join_condition.as_deref());
        for clause in &merge.merge_when_clauses {
            if let Some(NodeEnum::MergeWhenClause(clause)) = &clause.node {
                self.expressions(clause.condition.as_deref());
                self.assigned(&clause.target_list);
                self.expressions(&clause.values);
            }
        }
        self.returning(merge.returning_clause.as_ref());
        self.with_names.truncate(visible);
    }

    /// Columns that are given a value, and the values.
    fn assigned(&mut self, targets: &[Node]) {
        for target in targets {
            if let Some(NodeEnum::ResTarget(target)) = &target.node {
                let column = self.column_use(None, target.name.clone());
                self.mention(column.clone());
                if !self.shape.written_columns.contains(&column) {
                    self.shape.written_columns.push(column);
                }
            }
            self.expression(target);
        }
    }

    fn returning(&mut self, clause: Option<&ReturningClause>) {
        if let Some(clause) = clause {
            self.expressions(&clause.exprs);
            self.shape.reads_whole_rows |= self.query() == 0 && asks_for_whole_rows(&clause.exprs);
        }
    }
}

fn kind_of(statement: &NodeEnum) -> StatementKind {
    match statement {
        NodeEnum::SelectStmt(_) => StatementKind::Select,
        NodeEnum::InsertStmt(_) => StatementKind::Insert,
        NodeEnum::UpdateStmt(_) => StatementKind::Update,
        NodeEnum::DeleteStmt(_) => StatementKind::Delete,
        NodeEnum::MergeStmt(_) => StatementKind::Merge,
        NodeEnum::TransactionStmt(_) => StatementKind::Transaction,
        NodeEnum::VariableSetStmt(_)
        | NodeEnum::VariableShowStmt(_)
        | NodeEnum::DiscardStmt(_)
        | NodeEnum::DeallocateStmt(_) => StatementKind::Session,
        NodeEnum::ExplainStmt(_) => StatementKind::Explain,
        NodeEnum::CopyStmt(_) => StatementKind::Copy,
        _ => StatementKind::Utility,
    }
}

fn is_about_settings(select: &SelectStmt, functions: &[FunctionUse]) -> bool {
    select.from_clause.is_empty()
        && !functions.is_empty()
        && functions.iter().all(|function| matches!(function.name.as_str(), "set_config" | "current_setting"))
}

fn asks_for_whole_rows(targets: &[Node]) -> bool {
    targets.iter().any(|target| {
        let Some(NodeEnum::ResTarget(target)) = &target.node else { return false };
        let ResTarget { val: Some(value), .. } = &**target else { return false };
        let Some(NodeEnum::ColumnRef(reference)) = &value.node else { return false };
        reference.fields.iter().any(|field| matches!(field.node, Some(NodeEnum::AStar(_))))
    })
}

/// The number of a parameter that stands alone.
fn parameter(node: &Node) -> Option<u32> {
    let Some(NodeEnum::ParamRef(parameter)) = &node.node else { return None };
    u32::try_from(parameter.number).ok()
}

fn has_limit(select: &SelectStmt) -> bool {
    let is_by_word =
        matches!(LimitOption::try_from(select.limit_option), Ok(LimitOption::Count | LimitOption::WithTies));
    let is_all = matches!(
        select.limit_count.as_ref().and_then(|count| count.node.as_ref()),
        Some(NodeEnum::AConst(constant)) if constant.isnull
    );
    is_by_word && select.limit_count.is_some() && !is_all
}

/// Whether a key runs from high to low, and whether nulls come first.
fn direction(key: &SortBy) -> (bool, bool) {
    let is_descending = key.sortby_dir == SortByDir::SortbyDesc as i32;
    let nulls_first = match SortByNulls::try_from(key.sortby_nulls) {
        Ok(SortByNulls::SortbyNullsFirst) => true,
        Ok(SortByNulls::SortbyNullsLast) => false,
        _ => is_descending,
    };
    (is_descending, nulls_first)
}

/// The position that a key names, such as the 2 of `ORDER BY 2`.
fn position(key: &Node) -> Option<usize> {
    use pg_query::protobuf::a_const::Val;
    match &key.node {
        Some(NodeEnum::AConst(constant)) => match &constant.val {
            Some(Val::Ival(number)) => usize::try_from(number.ival).ok(),
            _ => None,
        },
        _ => None,
    }
}
