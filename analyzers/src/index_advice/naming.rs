//! Names for indexes.

use aforo_model::database::{Catalog, IndexDefinition, RelationName};

/// `NAMEDATALEN` − 1: what is longer, Postgres cuts.
const NAME_BYTES: usize = 63;

/// A name as Postgres itself would give it, that no relation has; each is given once.
pub(crate) fn free_name(
    index: &IndexDefinition,
    catalog: &Catalog,
    taken: &mut Vec<RelationName>,
) -> RelationName {
    let keys: Vec<&str> = index.keys.iter().map(|key| key.name.as_str()).collect();
    let stem = format!("{}_{}", index.table.name, keys.join("_"));
    let is_taken = |name: &RelationName| {
        taken.contains(name)
            || catalog.indexes.iter().any(|index| index.name == *name)
            || catalog.tables.iter().any(|table| table.name == *name)
    };
    let named = |number: usize| {
        let end = if number == 0 { "_idx".to_owned() } else { format!("_idx{number}") };
        let mut name = cut(&stem, NAME_BYTES - end.len());
        name.push_str(&end);
        RelationName { schema: index.table.schema.clone(), name }
    };
    let mut number = 0;
    let mut name = named(0);
    while is_taken(&name) {
        number += 1;
        name = named(number);
    }
    taken.push(name.clone());
    name
}

/// As long as a name may be, its end kept.
pub(crate) fn shortened(name: &str) -> String {
    let over = name.len().saturating_sub(NAME_BYTES);
    let start = (over..name.len()).find(|at| name.is_char_boundary(*at)).unwrap_or(0);
    name[start..].to_owned()
}

fn cut(text: &str, bytes: usize) -> String {
    let end = (0..=bytes.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text[..end].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index_advice::fixtures::{index, name};
    use aforo_model::database::{IndexColumn, IndexMethod};

    #[test]
    fn a_name_is_free_and_fits() {
        let catalog = Catalog { indexes: vec![index("t_a_idx", "t", &["a"])], ..Catalog::default() };
        let definition = |column: &str| IndexDefinition {
            table: name("t"),
            method: IndexMethod::Btree,
            keys: vec![IndexColumn::ascending(column)],
            included: Vec::new(),
            predicate: None,
        };
        let mut taken = Vec::new();
        let mut next = |column: &str| free_name(&definition(column), &catalog, &mut taken).name;
        assert_eq!(
            (next("a"), next("a"), next("b")),
            ("t_a_idx1".into(), "t_a_idx2".into(), "t_b_idx".into())
        );
        let long = next(&"ü".repeat(60));
        assert!(long.len() <= 63 && long.ends_with("_idx"), "{long}");
        assert!(shortened(&"ü".repeat(60)).len() <= 63);
    }
}
