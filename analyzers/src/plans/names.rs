//! Tables as sentences and as SQL name them.

use aforo_model::database::PlanNode;

/// Words that are no names without quotes: `pg_get_keywords()` of Postgres 15, categories R and T.
const RESERVED: &[&str] = &[
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "authorization",
    "binary",
    "both",
    "case",
    "cast",
    "check",
    "collate",
    "collation",
    "column",
    "concurrently",
    "constraint",
    "create",
    "cross",
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "default",
    "deferrable",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "false",
    "fetch",
    "for",
    "foreign",
    "freeze",
    "from",
    "full",
    "grant",
    "group",
    "having",
    "ilike",
    "in",
    "initially",
    "inner",
    "intersect",
    "into",
    "is",
    "isnull",
    "join",
    "lateral",
    "leading",
    "left",
    "like",
    "limit",
    "localtime",
    "localtimestamp",
    "natural",
    "not",
    "notnull",
    "null",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "outer",
    "overlaps",
    "placing",
    "primary",
    "references",
    "returning",
    "right",
    "select",
    "session_user",
    "similar",
    "some",
    "symmetric",
    "table",
    "tablesample",
    "then",
    "to",
    "trailing",
    "true",
    "union",
    "unique",
    "user",
    "using",
    "variadic",
    "verbose",
    "when",
    "where",
    "window",
    "with",
];

/// The table of a node as a sentence names it.
pub(super) fn table_name(node: &PlanNode) -> String {
    node.qualified_relation().unwrap_or_else(|| "the table".to_owned())
}

/// The table of a node as SQL names it; `<table>` where a node has none.
pub(super) fn sql_table(node: &PlanNode) -> String {
    let Some(relation) = node.relation.as_deref().map(quoted) else { return "<table>".to_owned() };
    match node.schema.as_deref().map(quoted) {
        Some(schema) => format!("{schema}.{relation}"),
        None => relation,
    }
}

/// A name as SQL takes it.
fn quoted(name: &str) -> String {
    let is_plain = name.starts_with(|first: char| first.is_ascii_lowercase() || first == '_')
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if is_plain && !RESERVED.contains(&name) {
        name.to_owned()
    } else {
        format!("\"{}\"", name.replace('"', "\"\""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_where_sql_needs_it() {
        assert_eq!(
            ["rooms", "order", "Rooms", "a.b", "odd\"one", "1st", ""].map(quoted),
            ["rooms", "\"order\"", "\"Rooms\"", "\"a.b\"", "\"odd\"\"one\"", "\"1st\"", "\"\""]
        );
    }
}
