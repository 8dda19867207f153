//! What to do about an N+1 in the words of what applications are written with.

use aforo_model::database::FixWords;

/// Reads: framework, and what loads the related rows of all items at once there.
const READS: [(&str, &str); 6] = [
    (
        "SQLAlchemy",
        "load the relation with the list: .options(selectinload(Parent.children)), or joinedload for a single parent; \
         raiseload keeps it from coming back",
    ),
    (
        "Django",
        "prefetch_related(\"children\") on the list's queryset, or select_related(\"parent\") for a foreign key",
    ),
    ("ActiveRecord", "includes(:children) on the list's relation; strict_loading keeps it from coming back"),
    (
        "Hibernate / JPA",
        "JOIN FETCH or @EntityGraph in the list's query, or @BatchSize(size = 50) on the relation",
    ),
    ("Prisma", "include: { children: true } in findMany of the list, in the place of a findUnique an item"),
    (
        "sqlx / plain SQL",
        "collect the keys of the page, ask once with = ANY($1), and put the rows to their items by a map",
    ),
];

/// Writes: framework, and what writes all rows at once there.
const WRITES: [(&str, &str); 6] = [
    ("SQLAlchemy", "session.execute(insert(Model), [rows]) in the place of an add and a flush an item"),
    ("Django", "Model.objects.bulk_create(rows), or bulk_update(rows, fields)"),
    ("ActiveRecord", "Model.insert_all(rows), or upsert_all(rows)"),
    (
        "Hibernate / JPA",
        "hibernate.jdbc.batch_size = 50 with reWriteBatchedInserts=true in the JDBC URL, and ids from a sequence",
    ),
    ("Prisma", "createMany({ data: rows }) in the place of a create an item"),
    (
        "sqlx / plain SQL",
        "INSERT … SELECT * FROM unnest($1, $2) with one array a column; UPDATE … FROM unnest($1, $2) likewise",
    ),
];

/// Inside the database no framework helps.
const FUNCTION: (&str, &str) =
    ("PL/pgSQL", "put one statement over the whole set in the place of the loop: a join, or INSERT … SELECT");

/// The words for an N+1.
pub(super) fn fix_words(is_write: bool, is_top_level: bool) -> Vec<FixWords> {
    let table: &[(&str, &str)] = match (is_top_level, is_write) {
        (false, _) => &[FUNCTION],
        (true, true) => &WRITES,
        (true, false) => &READS,
    };
    let words = |(framework, words): &(&str, &str)| FixWords {
        framework: (*framework).to_owned(),
        words: (*words).to_owned(),
    };
    table.iter().map(words).collect()
}
