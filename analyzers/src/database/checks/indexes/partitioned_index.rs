//! How an index of a partitioned table becomes valid: once every partition has a valid index that is attached to it.
//!
//! Source: Postgres' documentation of `CREATE INDEX` (`ONLY`) and `ALTER INDEX … ATTACH PARTITION`. `REINDEX` builds the parts there are and makes
//! the whole no more valid than it was, and `DROP INDEX CONCURRENTLY` refuses it. `DROP INDEX` refuses an index that is a part of another, which
//! only goes with the whole.

use std::iter;

use aforo_model::database::{Catalog, IndexFacts, RelationName, TableFacts, TableKind};
use aforo_sql::quote_identifier;

use crate::database::remedies::quoted;
use crate::index_advice::shortened;

/// What stands before the SQL in a remedy.
const PARTS_BEGIN: &str = "give every partition its part: ";
/// What stands after it.
const PARTS_END: &str = " or drop it with the parts it has, which locks the table for a moment: ";
/// What stands after it where the index is itself a part.
const PARTS_OF_PART_END: &str =
    " or drop the whole of which it is a part, with all parts, which locks the table for a moment: ";

/// The SQL in a remedy that completes an index, and the one that drops it, or the whole of which it is a part.
pub(crate) fn completing_sql(remedy: &str) -> Option<(&str, &str)> {
    let sql = remedy.strip_prefix(PARTS_BEGIN)?;
    sql.rsplit_once(PARTS_END).or_else(|| sql.rsplit_once(PARTS_OF_PART_END))
}

/// The exact SQL where it is known.
pub(super) fn remedy(catalog: &Catalog, index: &IndexFacts) -> String {
    let name = quoted(&index.name);
    let drop = format!("DROP INDEX {name};");
    match missing_parts(catalog, index) {
        Some(sql) if !sql.is_empty() => {
            let sql = sql.join(" ");
            match whole_of(catalog, index) {
                None => format!("{PARTS_BEGIN}{sql}{PARTS_END}{drop}"),
                Some(whole) => format!("{PARTS_BEGIN}{sql}{PARTS_OF_PART_END}DROP INDEX {};", quoted(whole)),
            }
        }
        _ if index.is_constraint => {
            "it belongs to a constraint: give every partition that lacks it the same constraint, then ALTER INDEX … ATTACH PARTITION …"
                .to_owned()
        }
        _ if index.parent.is_some() => {
            "it is itself a part of an index, cannot be dropped alone, and becomes valid once each of its own parts is".to_owned()
        }
        // The definition of an index of a partitioned table reads `ON ONLY`, which builds no part.
        _ => format!(
            "drop it with all its parts and build it once more, which blocks writers meanwhile: BEGIN; {drop} {}; COMMIT;",
            index.definition.replacen(" ON ONLY ", " ON ", 1)
        ),
    }
}

/// The index that this one is a part of, and that is no part itself; `None` for one that is no part.
fn whole_of<'a>(catalog: &'a Catalog, index: &'a IndexFacts) -> Option<&'a RelationName> {
    let parent_of = |name: &&RelationName| {
        catalog.indexes.iter().find(|other| other.name == **name).and_then(|other| other.parent.as_ref())
    };
    // Each index is passed once at most, whatever the catalog says.
    iter::successors(index.parent.as_ref(), parent_of).take(catalog.indexes.len() + 1).last()
}

/// What gives each partition that has no part of this index one; `None` where that cannot be written down exactly.
fn missing_parts(catalog: &Catalog, index: &IndexFacts) -> Option<Vec<String>> {
    if index.is_constraint {
        return None;
    }
    let is_part = |other: &&IndexFacts| other.parent.as_ref() == Some(&index.name);
    // A part that is not valid takes the place of one that is, and cannot be dropped alone.
    if catalog.indexes.iter().filter(is_part).any(|part| !part.is_valid) {
        return None;
    }
    let keys = keys_of(index)?;
    let partitions = catalog.tables.iter().filter(|table| table.parent.as_ref() == Some(&index.table));
    let lacking = partitions.filter(|partition| {
        let mut own = catalog.indexes.iter().filter(|other| other.table == partition.name);
        !own.any(|other| is_part(&other))
    });
    lacking.enumerate().map(|(at, partition)| part(catalog, index, partition, keys, at + 1)).collect()
}

/// The SQL for one partition. What is partitioned again or a table elsewhere takes more than that.
fn part(
    catalog: &Catalog,
    index: &IndexFacts,
    partition: &TableFacts,
    keys: &str,
    number: usize,
) -> Option<String> {
    if partition.kind != TableKind::Table {
        return None;
    }
    let attach = |part: &RelationName| {
        format!("ALTER INDEX {} ATTACH PARTITION {};", quoted(&index.name), quoted(part))
    };
    let is_the_same = |other: &&IndexFacts| {
        other.table == partition.name
            && other.parent.is_none()
            && (other.is_valid, other.is_unique) == (true, index.is_unique)
            && keys_of(other) == Some(keys)
    };
    if let Some(present) = catalog.indexes.iter().find(is_the_same) {
        return Some(attach(&present.name));
    }
    let name = free_name(catalog, &partition.name.schema, &index.name.name, number);
    let unique = if index.is_unique { "UNIQUE " } else { "" };
    Some(format!(
        "CREATE {unique}INDEX CONCURRENTLY {} ON {} USING {keys}; {}",
        quote_identifier(&name.name),
        quoted(&partition.name),
        attach(&name)
    ))
}

/// What stands after `USING` in the definition of an index: method, keys and condition.
fn keys_of(index: &IndexFacts) -> Option<&str> {
    const USING: &str = " USING ";
    let is_misleading = index.name.name.contains(USING)
        || index.table.name.contains(USING)
        || index.table.schema.contains(USING);
    if is_misleading { None } else { index.definition.split_once(USING).map(|(_, keys)| keys) }
}

fn free_name(catalog: &Catalog, schema: &str, stem: &str, number: usize) -> RelationName {
    let mut number = number;
    loop {
        let name = RelationName { schema: schema.to_owned(), name: shortened(&format!("{stem}_{number}")) };
        let is_taken = catalog.indexes.iter().any(|index| index.name == name)
            || catalog.tables.iter().any(|table| table.name == name);
        if !is_taken {
            return name;
        }
        number += 1_000;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::{Fixture, index, table};

    /// `guests` with the partitions `guests_1` and `guests_2`, and an index that none of them has.
    fn partitioned() -> (Catalog, IndexFacts) {
        let mut catalog = Fixture::healthy().evidence.catalog.unwrap();
        let parent = TableFacts { kind: TableKind::Partitioned, ..table("guests") };
        let part = |name: &str| TableFacts { parent: Some(parent.name.clone()), ..table(name) };
        let half = IndexFacts {
            is_valid: false,
            definition: "CREATE INDEX half ON ONLY public.guests USING btree (name)".to_owned(),
            ..index("half", &["name"])
        };
        catalog.tables = vec![part("guests_1"), part("guests_2"), parent];
        catalog.indexes = vec![half.clone()];
        (catalog, half)
    }

    /// An index of a partition.
    fn index_of(partition: &str, name: &str, parent: Option<&IndexFacts>) -> IndexFacts {
        let table = table(partition).name;
        IndexFacts {
            definition: format!("CREATE INDEX {name} ON public.{partition} USING btree (name)"),
            table,
            parent: parent.map(|parent| parent.name.clone()),
            ..index(name, &["name"])
        }
    }

    #[test]
    fn partitions_that_lack_it_get_it_and_those_that_have_it_are_left_alone() {
        let (mut catalog, half) = partitioned();
        catalog.indexes.push(index_of("guests_1", "half_of_1", Some(&half)));
        let said = remedy(&catalog, &half);
        assert!(
            completing_sql(&said)
                .is_some_and(|(parts, drop)| parts.ends_with(';') && drop.starts_with("DROP"))
        );
        assert_eq!(
            said,
            concat!(
                "give every partition its part: ",
                r#"CREATE INDEX CONCURRENTLY "half_1" ON "public"."guests_2" USING btree (name); "#,
                r#"ALTER INDEX "public"."half" ATTACH PARTITION "public"."half_1"; "#,
                r#"or drop it with the parts it has, which locks the table for a moment: DROP INDEX "public"."half";"#
            )
        );
    }

    #[test]
    fn a_part_is_not_dropped_alone_but_with_the_whole() {
        let (mut catalog, half) = partitioned();
        let child_of = |parent: &str, index: &IndexFacts| IndexFacts {
            parent: Some(table(parent).name),
            ..index.clone()
        };
        let top = IndexFacts { name: table("top").name, ..half.clone() };
        let middle = child_of("top", &IndexFacts { name: table("middle").name, ..half.clone() });
        let half = child_of("middle", &half);
        catalog.indexes = vec![half.clone(), middle.clone(), top];
        let said = remedy(&catalog, &half);
        let (parts, drop) = completing_sql(&said).expect("two statements");
        assert!(
            parts.starts_with("CREATE INDEX CONCURRENTLY")
                && parts.contains(r#"ALTER INDEX "public"."half""#)
        );
        assert_eq!(drop, r#"DROP INDEX "public"."top";"#);
        // One that is not in the catalog, and a circle, which no server has, come to an end.
        catalog.indexes.retain(|index| index.name.name != "top");
        assert!(remedy(&catalog, &half).ends_with(r#"DROP INDEX "public"."top";"#));
        catalog.indexes[1].parent = Some(middle.name.clone());
        assert!(completing_sql(&remedy(&catalog, &half)).is_some_and(|(_, drop)| drop.starts_with("DROP")));
    }

    #[test]
    fn an_index_that_is_there_is_only_attached_and_no_name_is_taken_twice() {
        let (mut catalog, half) = partitioned();
        catalog.indexes.push(index_of("guests_1", "half_2", None));
        let said = remedy(&catalog, &half);
        assert!(
            said.contains(r#": ALTER INDEX "public"."half" ATTACH PARTITION "public"."half_2"; CREATE"#),
            "{said}"
        );
        assert!(said.contains(r#"CONCURRENTLY "half_1002" ON "public"."guests_2""#), "{said}");
    }

    #[test]
    fn what_cannot_be_written_down_exactly_is_told_in_words() {
        let (catalog, half) = partitioned();
        let constraint = IndexFacts { is_constraint: true, is_unique: true, ..half.clone() };
        assert!(remedy(&catalog, &constraint).contains("constraint"), "{}", remedy(&catalog, &constraint));
        let mut nested = catalog.clone();
        nested.tables[0].kind = TableKind::Partitioned;
        assert!(!remedy(&nested, &half).contains(PARTS_BEGIN));
        let part = IndexFacts { parent: Some(table("whole").name), ..half.clone() };
        let said = remedy(&nested, &part);
        assert!(said.contains("cannot be dropped alone") && !said.contains("DROP"), "{said}");
        let misleading = IndexFacts { name: table("a USING b").name, ..half };
        assert!(!remedy(&catalog, &misleading).contains(PARTS_BEGIN));
    }

    #[test]
    fn with_a_part_that_is_not_valid_it_is_built_once_more_as_a_whole() {
        let (mut catalog, half) = partitioned();
        let part = index_of("guests_1", "half_of_1", Some(&half));
        catalog.indexes.push(IndexFacts { is_valid: false, ..part });
        assert_eq!(missing_parts(&catalog, &half), None, "guests_2 alone would not make it valid");
        assert_eq!(
            remedy(&catalog, &half),
            concat!(
                "drop it with all its parts and build it once more, which blocks writers meanwhile: ",
                r#"BEGIN; DROP INDEX "public"."half"; CREATE INDEX half ON public.guests USING btree (name); COMMIT;"#
            )
        );
    }
}
