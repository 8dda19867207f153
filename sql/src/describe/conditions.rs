//! Conditions: which column is compared how with what.

use pg_query::protobuf::{AExpr, AExprKind, BoolExprType, BoolTestType, NullTestType, SubLink, SubLinkType};
use pg_query::{Node, NodeEnum};

use super::columns::{columns_of, comparand_of, name_of, plain_column};
use super::walk::Walk;
use crate::{ColumnUse, Comparand, Join, Predicate, PredicateKind, grammar, quote_identifier};

impl Walk {
    /// A condition that must hold in this query.
    pub(super) fn filter(&mut self, condition: Option<&Node>) {
        if let Some(condition) = condition {
            self.expression(condition);
            self.condition(condition);
        }
    }

    fn condition(&mut self, node: &Node) {
        match &node.node {
            Some(NodeEnum::BoolExpr(it)) => match BoolExprType::try_from(it.boolop) {
                Ok(BoolExprType::AndExpr) => it.args.iter().for_each(|arm| self.condition(arm)),
                Ok(BoolExprType::OrExpr) => self.alternatives(&it.args),
                _ => match it.args.first() {
                    Some(argument) if plain_column(argument).is_some() => self.truth(argument, "false"),
                    _ => self.unserved(node, "NOT"),
                },
            },
            Some(NodeEnum::AExpr(it)) => self.comparison(node, it),
            Some(NodeEnum::NullTest(it)) => {
                let is_null = it.nulltesttype == NullTestType::IsNull as i32;
                let (kind, operator) = if is_null {
                    (PredicateKind::IsNull, "IS NULL")
                } else {
                    (PredicateKind::IsNotNull, "IS NOT NULL")
                };
                it.arg.iter().for_each(|arg| self.predicate(arg, kind, operator, Comparand::Other));
            }
            Some(NodeEnum::BooleanTest(it)) => {
                match (it.arg.as_deref(), BoolTestType::try_from(it.booltesttype)) {
                    (Some(argument), Ok(BoolTestType::IsTrue)) => self.truth(argument, "true"),
                    (Some(argument), Ok(BoolTestType::IsFalse)) => self.truth(argument, "false"),
                    _ => self.unserved(node, "IS"),
                }
            }
            Some(NodeEnum::ColumnRef(_)) => self.truth(node, "true"),
            Some(NodeEnum::SubLink(it)) => self.sub_query_condition(it),
            _ => self.unserved(node, ""),
        }
    }

    /// A column of type boolean that stands alone.
    fn truth(&mut self, column: &Node, value: &str) {
        self.predicate(column, PredicateKind::Equal, "=", Comparand::Literal(value.to_owned()));
    }

    /// Conditions of which one suffices. What all of them demand holds in any case: the joins they share, and for a
    /// column that each makes equal to something, one of those values.
    fn alternatives(&mut self, arms: &[Node]) {
        let around = (std::mem::take(&mut self.shape.predicates), std::mem::take(&mut self.shape.joins));
        let found: Vec<(Vec<Predicate>, Vec<Join>)> = arms
            .iter()
            .map(|arm| {
                self.condition(arm);
                (std::mem::take(&mut self.shape.predicates), std::mem::take(&mut self.shape.joins))
            })
            .collect();
        (self.shape.predicates, self.shape.joins) = around;
        let Some(((predicates, joins), rest)) = found.split_first() else { return };
        let shared = joins.iter().filter(|join| rest.iter().all(|(_, joins)| joins.contains(join)));
        self.shape.joins.extend(shared.cloned());
        let mut seen: Vec<(&ColumnUse, &Option<String>)> = Vec::new();
        for predicate in predicates.iter().chain(rest.iter().flat_map(|(predicates, _)| predicates)) {
            let key = (&predicate.column, &predicate.expression);
            if seen.contains(&key) {
                continue;
            }
            seen.push(key);
            let is_one_of = found.iter().all(|(predicates, _)| {
                predicates.iter().any(|other| {
                    (&other.column, &other.expression) == key
                        && matches!(other.kind, PredicateKind::Equal | PredicateKind::AnyOf)
                })
            });
            let (kind, comparand) = if is_one_of {
                (PredicateKind::AnyOf, Comparand::List)
            } else {
                (PredicateKind::Other, Comparand::Other)
            };
            self.shape.predicates.push(Predicate {
                kind,
                comparand,
                operator: "OR".to_owned(),
                ..predicate.clone()
            });
        }
    }

    fn sub_query_condition(&mut self, sublink: &SubLink) {
        if sublink.sub_link_type != SubLinkType::AnySublink as i32 {
            return;
        }
        let operator = sublink.oper_name.last().and_then(name_of).unwrap_or_else(|| "=".to_owned());
        let Some(tested) = sublink.testexpr.as_deref() else { return };
        let kind = if operator == "=" { PredicateKind::AnyOf } else { PredicateKind::Other };
        self.predicate(tested, kind, &operator, Comparand::Other);
        let inner = self.sublink_queries.get(&sublink.location).copied();
        let (Some(query), Some((qualifier, name))) = (inner, plain_column(tested)) else { return };
        if let Some((inner_qualifier, inner_name)) = only_target(sublink)
            && operator == "="
        {
            let left = self.column_use(qualifier, name);
            let right = ColumnUse { query, qualifier: inner_qualifier, name: inner_name };
            self.shape.joins.push(Join { left, right });
        }
    }

    fn comparison(&mut self, node: &Node, it: &AExpr) {
        let operator = it.name.last().and_then(name_of).unwrap_or_default();
        let (Some(left), Some(right)) = (it.lexpr.as_deref(), it.rexpr.as_deref()) else {
            self.unserved(node, &operator);
            return;
        };
        if tells_the_type(it, &operator) {
            self.parameters_beside(left, right);
            self.parameters_beside(right, left);
        }
        match AExprKind::try_from(it.kind) {
            Ok(AExprKind::AexprOp) => self.operation(&operator, left, right),
            Ok(AExprKind::AexprNotDistinct) => {
                self.predicate(left, PredicateKind::Equal, "IS NOT DISTINCT FROM", comparand_of(right));
            }
            Ok(AExprKind::AexprIn | AExprKind::AexprOpAny) if operator == "=" => {
                let elements: Vec<&Node> = match &left.node {
                    Some(NodeEnum::RowExpr(row)) => row.args.iter().collect(),
                    _ => vec![left],
                };
                if elements.iter().all(|element| columns_of(element).is_empty()) {
                    // `$1 = ANY (tags)`: an element is looked for in an array; an index does not serve that.
                    self.unserved(node, &operator);
                }
                for element in elements {
                    self.predicate(element, PredicateKind::AnyOf, &operator, Comparand::List);
                }
            }
            Ok(AExprKind::AexprLike) => {
                let comparand = comparand_of(right);
                let kind = pattern_kind(&operator, &comparand);
                self.predicate(left, kind, &operator, comparand);
            }
            Ok(AExprKind::AexprBetween | AExprKind::AexprBetweenSym) => {
                self.predicate(left, PredicateKind::Range, "BETWEEN", Comparand::List);
            }
            _ => self.unserved(node, &operator),
        }
    }

    /// Parameters on one side of a comparison have the type of the column on the other.
    fn parameters_beside(&mut self, column: &Node, other: &Node) {
        let Some((qualifier, name)) = plain_column(column) else { return };
        let column = self.column_use(qualifier, name);
        for number in untyped_parameters(other) {
            self.shape.parameter_columns.entry(number).or_insert_with(|| column.clone());
        }
    }

    fn operation(&mut self, operator: &str, left: &Node, right: &Node) {
        if let (Some(NodeEnum::RowExpr(one)), Some(NodeEnum::RowExpr(other))) = (&left.node, &right.node) {
            for (left, right) in one.args.iter().zip(&other.args) {
                self.operation(operator, left, right);
            }
            return;
        }
        if let (Some(one), Some(other)) = (plain_column(left), plain_column(right)) {
            let is_same_table = one.0.is_some() && one.0 == other.0;
            if operator == "=" && !is_same_table {
                let (left, right) = (self.column_use(one.0, one.1), self.column_use(other.0, other.1));
                self.shape.joins.push(Join { left, right });
                return;
            }
            if is_same_table {
                self.predicate(left, PredicateKind::Other, operator, Comparand::Other);
                self.predicate(right, PredicateKind::Other, operator, Comparand::Other);
                return;
            }
        }
        let comparands = (comparand_of(left), comparand_of(right));
        let flipped = flip(operator);
        self.predicate(left, kind_of(operator, &comparands.1), operator, comparands.1);
        self.predicate(right, kind_of(flipped, &comparands.0), flipped, comparands.0);
    }

    /// A condition that no index serves: its columns are noted with the operator.
    fn unserved(&mut self, node: &Node, operator: &str) {
        for (qualifier, name) in columns_of(node) {
            let column = self.column_use(qualifier, name);
            self.shape.predicates.push(Predicate {
                column,
                kind: PredicateKind::Other,
                operator: operator.to_owned(),
                comparand: Comparand::Other,
                expression: None,
            });
        }
    }

    /// A condition on one side of a comparison: on a column, or on an expression of one column.
    fn predicate(&mut self, side: &Node, kind: PredicateKind, operator: &str, comparand: Comparand) {
        let columns = columns_of(side);
        let [(qualifier, name)] = columns.as_slice() else {
            self.unserved(side, operator);
            return;
        };
        let is_plain = plain_column(side).is_some();
        let expression = if is_plain { None } else { unqualified(side, qualifier.as_deref()) };
        // An expression that cannot be written is no reason to take its column for the plain one.
        let kind = if !is_plain && expression.is_none() { PredicateKind::Other } else { kind };
        let column = self.column_use(qualifier.clone(), name.clone());
        let operator = operator.to_owned();
        self.shape.predicates.push(Predicate { column, kind, operator, comparand, expression });
    }
}

/// Whether both sides of a comparison have one type, element by element. `range @> $1` may take a range or an element, and
/// `= ANY ($1)` takes an array.
fn tells_the_type(it: &AExpr, operator: &str) -> bool {
    let is_array_parameter = it.kind == AExprKind::AexprOpAny as i32
        && !matches!(it.rexpr.as_ref().and_then(|right| right.node.as_ref()), Some(NodeEnum::AArrayExpr(_)));
    let is_between = matches!(
        AExprKind::try_from(it.kind),
        Ok(AExprKind::AexprBetween | AExprKind::AexprNotBetween | AExprKind::AexprBetweenSym)
    );
    is_between || (!is_array_parameter && matches!(operator, "=" | "<>" | "<" | "<=" | ">" | ">="))
}

/// The parameters that an operand consists of, alone or as a list.
fn untyped_parameters(operand: &Node) -> Vec<u32> {
    match &operand.node {
        Some(NodeEnum::ParamRef(it)) => u32::try_from(it.number).into_iter().collect(),
        Some(NodeEnum::List(it)) => it.items.iter().flat_map(untyped_parameters).collect(),
        Some(NodeEnum::AArrayExpr(it)) => it.elements.iter().flat_map(untyped_parameters).collect(),
        _ => Vec::new(),
    }
}

/// The column that a sub-query returns, when it is one column and nothing else.
fn only_target(sublink: &SubLink) -> Option<(Option<String>, String)> {
    let Some(Node { node: Some(NodeEnum::SelectStmt(select)) }) = sublink.subselect.as_deref() else {
        return None;
    };
    match select.target_list.as_slice() {
        [Node { node: Some(NodeEnum::ResTarget(target)) }] => plain_column(target.val.as_deref()?),
        _ => None,
    }
}

/// An expression as text, its column without the table's name.
fn unqualified(expression: &Node, qualifier: Option<&str>) -> Option<String> {
    let text = grammar::write_expression(expression)?;
    let Some(qualifier) = qualifier else { return Some(text) };
    let quoted = format!("{}.", quote_identifier(qualifier));
    Some(text.replace(&quoted, "").replace(&format!("{qualifier}."), ""))
}

/// The operator that says the same with its sides exchanged.
fn flip(operator: &str) -> &str {
    match operator {
        "<" => ">",
        "<=" => ">=",
        ">" => "<",
        ">=" => "<=",
        "@>" => "<@",
        "<@" => "@>",
        "<<" => ">>",
        ">>" => "<<",
        other => other,
    }
}

fn kind_of(operator: &str, comparand: &Comparand) -> PredicateKind {
    match operator {
        "=" => PredicateKind::Equal,
        "<" | "<=" | ">" | ">=" => PredicateKind::Range,
        "~" | "^@" | "~~" => pattern_kind(operator, comparand),
        "&&" | "@>" | "<@" | "-|-" | "<<" | ">>" | "&<" | "&>" | "?" | "?|" | "?&" | "@@" | "@?" | "~=" => {
            PredicateKind::Containment
        }
        _ => PredicateKind::Other,
    }
}

/// Whether a pattern fixes how the text begins.
fn pattern_kind(operator: &str, comparand: &Comparand) -> PredicateKind {
    let Comparand::Literal(literal) = comparand else { return PredicateKind::Other };
    let pattern = literal.trim_start_matches(['E', '\'']);
    let is_prefix = match operator {
        "~~" => !pattern.is_empty() && !pattern.starts_with(['%', '_']),
        "~" => pattern.starts_with('^') && pattern[1..].starts_with(|first: char| first.is_alphanumeric()),
        "^@" => true,
        _ => false,
    };
    if is_prefix { PredicateKind::Prefix } else { PredicateKind::Other }
}
