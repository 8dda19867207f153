//! Statements that may use a partial index without anybody seeing it.
//!
//! `pg_stat_statements` shows constants as parameters. The planner, asked about a parameter, cannot know that it is the value of
//! a partial index's predicate; the application, which wrote the constant, has its index. Such a statement's cost as
//! estimated is not what it costs.

use aforo_model::database::{Catalog, IndexFacts, TableFacts};
use aforo_sql::{Comparand, PredicateKind, Shape};

/// The partial index that the statement may use when its parameters stand for constants: it filters by a key of the index (a
/// join alone would take the index for each row of the other table, which hardly pays), and compares every column of the predicate with something that is not shown.
pub fn may_use_partial_index<'a>(text: &str, catalog: &'a Catalog) -> Option<&'a IndexFacts> {
    let shape = aforo_sql::describe(text).ok()?;
    let is_used = |table: &&TableFacts| {
        shape.tables.iter().any(|used| {
            used.name == table.name.name
                && used.schema.as_ref().is_none_or(|schema| *schema == table.name.schema)
        })
    };
    catalog.tables.iter().filter(is_used).find_map(|table| {
        catalog.indexes.iter().find(|index| index.table == table.name && may_serve(index, table, &shape))
    })
}

fn may_serve(index: &IndexFacts, table: &TableFacts, shape: &Shape) -> bool {
    let Some(predicate) = index.predicate.as_deref().filter(|_| index.is_valid) else { return false };
    let names = || table.columns.iter().map(|column| column.name.as_str());
    let mut of_predicate = names().filter(|name| mentions(predicate, name)).peekable();
    let is_hidden = |name: &str| {
        shape.predicates.iter().any(|filter| {
            filter.column.name == name
                && matches!(filter.kind, PredicateKind::Equal | PredicateKind::AnyOf)
                && !matches!(filter.comparand, Comparand::Literal(_))
        })
    };
    let is_sought = |name: &str| {
        let mut filters = shape.predicates.iter().filter(|filter| filter.kind != PredicateKind::Other);
        filters.any(|filter| filter.column.name == name)
    };
    of_predicate.peek().is_some()
        && of_predicate.all(is_hidden)
        && index.keys.iter().filter_map(|key| key.column.as_deref()).any(is_sought)
}

/// Whether a name stands in an expression as a word of its own.
fn mentions(expression: &str, name: &str) -> bool {
    let is_part = |character: char| character.is_alphanumeric() || character == '_';
    expression.match_indices(name).any(|(at, _)| {
        let before = expression[..at].chars().next_back();
        let after = expression[at + name.len()..].chars().next();
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index_advice::fixtures;

    #[test]
    fn a_name_is_mentioned_as_a_word() {
        assert!(mentions("(status = 'open'::text)", "status"));
        assert!(!mentions("(old_status = 'open'::text)", "status"));
        assert!(!mentions("(statuses IS NULL)", "status"));
    }

    #[test]
    fn a_statement_whose_constants_may_be_the_predicates_is_found_and_others_are_not() {
        let constraint = IndexFacts {
            predicate: Some("(status = ANY (ARRAY['pre_reserved'::text, 'confirmed'::text]))".to_owned()),
            ..fixtures::index("no_overlap", "reservations", &["accommodation_id", "stay"])
        };
        let catalog =
            Catalog { indexes: vec![constraint], ..fixtures::catalog(&[fixtures::reservations(10_000.0)]) };
        let named = |text: &str| may_use_partial_index(text, &catalog).map(|index| index.name.name.as_str());
        let overlap =
            "SELECT 1 FROM reservations WHERE accommodation_id = $1 AND stay && $2 AND status IN ($3, $4)";
        assert!(named(overlap).is_some());
        assert_eq!(
            named(&overlap.replace("status IN ($3, $4)", "guest_phone = $3")),
            None,
            "not its predicate"
        );
        assert_eq!(
            named("SELECT 1 FROM reservations WHERE status = $1 AND guest_phone = $2"),
            None,
            "not its keys"
        );
        assert_eq!(
            named(&overlap.replace("IN ($3, $4)", "= 'confirmed'")),
            None,
            "the planner saw the constant"
        );
        let joined =
            "SELECT 1 FROM reservations r JOIN rooms a ON a.id = r.accommodation_id WHERE r.status = ANY($1)";
        assert_eq!(named(joined), None, "a join alone");
        assert_eq!(named("SELECT 1 FROM reservations WHERE"), None);
    }
}
