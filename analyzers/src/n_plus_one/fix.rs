//! One statement in the place of one for every item.

use aforo_model::database::Catalog;
use aforo_sql::{Comparand, Predicate, PredicateKind, Shape, StatementKind};

/// Functions that make one row of many: with them, all keys at once need a group of their own each.
const AGGREGATES: [&str; 17] = [
    "array_agg",
    "avg",
    "bool_and",
    "bool_or",
    "count",
    "every",
    "json_agg",
    "json_object_agg",
    "jsonb_agg",
    "jsonb_object_agg",
    "max",
    "min",
    "percentile_cont",
    "percentile_disc",
    "row_number",
    "string_agg",
    "sum",
];

/// The statement for all items at once, derived from the normalized text of that for one. `None` where it cannot be
/// derived without a guess.
///
/// `parent` is the statement that fetched the items, where it is known.
pub(super) fn fix_sql(
    text: &str,
    shape: &Shape,
    parent: Option<&Shape>,
    catalog: Option<&Catalog>,
) -> Option<String> {
    match shape.kind {
        StatementKind::Insert => insert_of_many(text),
        StatementKind::Select | StatementKind::Delete => {
            let (predicate, parameter) = key(shape, parent)?;
            let needs_a_group = shape.is_limited || !shape.group_by.is_empty() || has_aggregate(shape);
            let is_delete = shape.kind == StatementKind::Delete;
            if !needs_a_group {
                let of_many =
                    replace_once(text, &format!("= ${parameter}"), &format!("= ANY(${parameter})"))?;
                Some(if is_delete { of_many } else { with_key(&of_many, &predicate.column.name) })
            } else if is_delete || shape.locks_rows {
                None
            } else {
                lateral(text, &predicate.column.name, parameter, column_type(shape, predicate, catalog))
            }
        }
        _ => None,
    }
}

/// The statement with the column that the rows are told apart by among what it returns, written as in its condition. It stays as it
/// is where it returns that already, or where one more column would change its rows.
fn with_key(text: &str, column: &str) -> String {
    let Some(list) = text.strip_prefix("SELECT ").filter(|list| !list.starts_with("DISTINCT ")) else {
        return text.to_owned();
    };
    // The word before `= ANY`, with its table's name where it has one.
    let written = text.find(" = ANY(").and_then(|end| text[..end].rsplit([' ', '(']).next());
    let Some(written) = written.filter(|written| written.ends_with(column)) else { return text.to_owned() };
    let returned = list.split(" FROM ").next().unwrap_or_default();
    let is_returned = returned.split(", ").any(|output| {
        output == "*"
            || output.ends_with(".*")
            || output == written
            || output.ends_with(&format!(".{column}"))
            || output == column
    });
    if is_returned { text.to_owned() } else { format!("SELECT {written}, {list}") }
}

/// The condition that changes from item to item: the only equality with a parameter, or the only one that the parent does
/// not ask for as well (what it asks for is the same for all its items), or the only one with a column that is named like
/// a key. The texts do not tell more.
fn key<'s>(shape: &'s Shape, parent: Option<&Shape>) -> Option<(&'s Predicate, u32)> {
    let equalities: Vec<(&Predicate, u32)> = shape
        .predicates
        .iter()
        .filter(|predicate| {
            predicate.kind == PredicateKind::Equal
                && predicate.operator == "="
                && predicate.expression.is_none()
                && predicate.column.query == 0
        })
        .filter_map(|predicate| match predicate.comparand {
            Comparand::Parameter(number) => Some((predicate, number)),
            _ => None,
        })
        .collect();
    if let [only] = equalities[..] {
        return Some(only);
    }
    let is_pinned = |name: &str| {
        let predicates = parent.map(|parent| parent.predicates.as_slice()).unwrap_or_default();
        predicates
            .iter()
            .any(|predicate| predicate.kind == PredicateKind::Equal && predicate.column.name == name)
    };
    let changing: Vec<_> =
        equalities.iter().filter(|(predicate, _)| !is_pinned(&predicate.column.name)).collect();
    if let [only] = changing[..] {
        return Some(*only);
    }
    let is_key = |name: &str| name == "id" || name.ends_with("_id") || name == "code" || name == "uuid";
    let mut keys = equalities.iter().filter(|(predicate, _)| is_key(&predicate.column.name));
    let first = *keys.next()?;
    keys.next().is_none().then_some(first)
}

fn has_aggregate(shape: &Shape) -> bool {
    shape.functions.iter().any(|function| AGGREGATES.contains(&function.name.as_str()))
}

/// A limit, an order or a sum holds for each key by itself, so the statement stays whole and is joined to the keys.
fn lateral(text: &str, column: &str, parameter: u32, type_name: Option<String>) -> Option<String> {
    let inner = replace_once(text.trim_end_matches(';'), &format!("= ${parameter}"), "= wanted.key")?;
    let array = match type_name {
        Some(type_name) => format!("${parameter}::{type_name}[]"),
        None => format!("${parameter} /* array of {column} */"),
    };
    Some(format!(
        "SELECT wanted.key, found.* FROM unnest({array}) AS wanted(key) LEFT JOIN LATERAL ({inner}) AS found ON true"
    ))
}

/// The type of the key's column, where one table of the statement has it.
fn column_type(shape: &Shape, predicate: &Predicate, catalog: Option<&Catalog>) -> Option<String> {
    let column = &predicate.column;
    let named = |table: &&aforo_sql::TableUse| {
        table.query == column.query
            && column.qualifier.as_ref().is_none_or(|qualifier| *qualifier == table.alias)
    };
    let mut types = shape.tables.iter().filter(named).flat_map(|table| {
        let facts = catalog.into_iter().flat_map(|catalog| &catalog.tables).find(|facts| {
            facts.name.name == table.name
                && table.schema.as_ref().is_none_or(|schema| *schema == facts.name.schema)
        });
        facts.into_iter().flat_map(|facts| &facts.columns).filter(|facts| facts.name == column.name)
    });
    let first = types.next()?;
    types.next().is_none().then(|| first.type_name.clone())
}

/// `INSERT … VALUES ($1, $2)` for arrays of values.
fn insert_of_many(text: &str) -> Option<String> {
    let at = find_word(text, "VALUES")?;
    let after = text[at + "VALUES".len()..].trim_start();
    let (values, rest) = after.strip_prefix('(')?.split_once(')')?;
    let is_parameter = |value: &str| {
        value
            .strip_prefix('$')
            .is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
    };
    // A default or an expression among the values would have to be the same for all rows.
    let values: Vec<&str> = values.split(',').map(str::trim).collect();
    if !values.iter().all(|value| is_parameter(value)) || rest.trim_start().starts_with(',') {
        return None;
    }
    let head = text[..at].trim_end();
    Some(format!(
        "{head} SELECT * FROM unnest({}){}",
        values.join(", "),
        rest.trim_end_matches(';').trim_end()
    ))
}

/// Where a word stands in capitals or not, whole.
fn find_word(text: &str, word: &str) -> Option<usize> {
    let is_part = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    let bytes = text.as_bytes();
    bytes.windows(word.len()).enumerate().find_map(|(at, window)| {
        let before = at.checked_sub(1).and_then(|before| bytes.get(before));
        let is_word = !is_part(before) && !is_part(bytes.get(at + word.len()));
        (is_word && window.eq_ignore_ascii_case(word.as_bytes())).then_some(at)
    })
}

/// The text with its only mention of `from` replaced; `= $1` is no mention in `= $12`, nor in `>= $1`.
fn replace_once(text: &str, from: &str, to: &str) -> Option<String> {
    let mut places = text.match_indices(from).map(|(at, _)| at).filter(|at| {
        let goes_on = text[at + from.len()..].starts_with(|next: char| next.is_ascii_digit());
        let is_longer = text[..*at].ends_with(|before: char| "<>!=~@#&|^*/+-%".contains(before));
        !goes_on && !is_longer
    });
    let at = places.next()?;
    if places.next().is_some() {
        return None;
    }
    Some(format!("{}{to}{}", &text[..at], &text[at + from.len()..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fix(text: &str) -> Option<String> {
        fix_sql(text, &aforo_sql::describe(text).unwrap(), None, None)
    }

    #[test]
    fn a_row_by_its_key_becomes_all_rows_of_the_keys() {
        assert_eq!(
            fix("SELECT name FROM rooms WHERE id = $1").unwrap(),
            "SELECT id, name FROM rooms WHERE id = ANY($1)",
            "without the key nobody could tell whose row it is"
        );
        assert_eq!(
            fix("SELECT r.id, r.name FROM rooms r WHERE r.id = $1").unwrap(),
            "SELECT r.id, r.name FROM rooms r WHERE r.id = ANY($1)"
        );
        assert_eq!(
            fix("SELECT night FROM nights n WHERE n.is_paid = $1 AND n.reservation_id = $2 ORDER BY night")
                .unwrap(),
            "SELECT n.reservation_id, night FROM nights n WHERE n.is_paid = $1 AND n.reservation_id = ANY($2) ORDER BY night"
        );
        assert_eq!(fix("DELETE FROM holds WHERE id = $1").unwrap(), "DELETE FROM holds WHERE id = ANY($1)");
    }

    #[test]
    fn what_the_parent_asks_for_as_well_is_the_same_for_all_its_items() {
        let text = "SELECT price FROM nights WHERE reservation_id = $1 AND night = $2";
        let parent = aforo_sql::describe("SELECT night FROM nights WHERE reservation_id = $1").unwrap();
        assert_eq!(
            fix_sql(text, &aforo_sql::describe(text).unwrap(), Some(&parent), None).unwrap(),
            "SELECT night, price FROM nights WHERE reservation_id = $1 AND night = ANY($2)"
        );
    }

    #[test]
    fn a_last_row_or_a_count_of_each_key_is_asked_for_laterally() {
        assert_eq!(
            fix("SELECT kind FROM events WHERE reservation_id = $1 ORDER BY at DESC LIMIT $2").unwrap(),
            "SELECT wanted.key, found.* FROM unnest($1 /* array of reservation_id */) AS wanted(key) LEFT JOIN LATERAL \
             (SELECT kind FROM events WHERE reservation_id = wanted.key ORDER BY at DESC LIMIT $2) AS found ON true"
        );
        assert!(fix("SELECT count(*) FROM nights WHERE reservation_id = $1").unwrap().contains("LATERAL"));
    }

    #[test]
    fn an_insert_of_a_row_becomes_one_of_arrays() {
        assert_eq!(
            fix("INSERT INTO nights (reservation_id, night) VALUES ($1, $2) RETURNING id").unwrap(),
            "INSERT INTO nights (reservation_id, night) SELECT * FROM unnest($1, $2) RETURNING id"
        );
        assert_eq!(fix("INSERT INTO nights (night, at) VALUES ($1, now())"), None);
    }

    #[test]
    fn where_the_key_is_not_known_nothing_is_guessed() {
        assert_eq!(fix("SELECT name FROM rooms WHERE floor = $1 AND wing = $2"), None);
        assert_eq!(fix("SELECT name FROM rooms WHERE a_id = $1 AND b_id = $2"), None);
        assert_eq!(fix("SELECT name FROM rooms"), None);
        assert_eq!(fix("UPDATE rooms SET name = $1 WHERE id = $2"), None);
    }

    #[test]
    fn a_parameter_is_not_mistaken_for_another() {
        assert_eq!(
            replace_once("a = $1 AND b = $12", "= $1", "= ANY($1)").unwrap(),
            "a = ANY($1) AND b = $12"
        );
        assert_eq!(
            replace_once("a >= $1 AND b = $1", "= $1", "= ANY($1)").unwrap(),
            "a >= $1 AND b = ANY($1)"
        );
        assert_eq!(replace_once("a = $1 OR b = $1", "= $1", "x"), None);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".*", number in 0u32..20) {
            let _ = insert_of_many(&text);
            let _ = replace_once(&text, &format!("= ${number}"), "");
            let _ = lateral(&text, "id", number, None);
        }
    }
}
