//! The words that the tokenizer has to tell from names.

/// Words that are never a name without quotes, or hardly ever: shown in capitals, and no operand can end with one.
pub(crate) fn is_keyword(word: &str) -> bool {
    KEYWORDS.binary_search(&word).is_ok()
}

/// Types that may stand before a string: `interval '1 day'`. `zone` ends `timestamp with time zone`.
pub(crate) fn is_type_before_literal(word: &str) -> bool {
    matches!(
        word,
        "bool"
            | "boolean"
            | "box"
            | "bytea"
            | "cidr"
            | "circle"
            | "date"
            | "daterange"
            | "float4"
            | "float8"
            | "inet"
            | "int2"
            | "int4"
            | "int8"
            | "integer"
            | "interval"
            | "json"
            | "jsonb"
            | "jsonpath"
            | "numeric"
            | "numrange"
            | "point"
            | "polygon"
            | "regclass"
            | "text"
            | "time"
            | "timestamp"
            | "timestamptz"
            | "timetz"
            | "tsquery"
            | "tsrange"
            | "tstzrange"
            | "tsvector"
            | "uuid"
            | "varchar"
            | "xml"
            | "zone"
    )
}

/// Types with a size or precision in brackets, which is part of the statement and no constant.
pub(crate) fn has_modifier(word: &str) -> bool {
    matches!(
        word,
        "bit"
            | "bpchar"
            | "char"
            | "character"
            | "decimal"
            | "float"
            | "interval"
            | "numeric"
            | "time"
            | "timestamp"
            | "timestamptz"
            | "timetz"
            | "varbit"
            | "varchar"
            | "varying"
    )
}

const KEYWORDS: &[&str] = &[
    "all",
    "alter",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "begin",
    "between",
    "by",
    "case",
    "cast",
    "collate",
    "commit",
    "conflict",
    "create",
    "cross",
    "default",
    "delete",
    "desc",
    "distinct",
    "do",
    "drop",
    "else",
    "end",
    "escape",
    "except",
    "exists",
    "explain",
    "false",
    "fetch",
    "filter",
    "first",
    "for",
    "from",
    "full",
    "group",
    "having",
    "ilike",
    "in",
    "inner",
    "insert",
    "intersect",
    "into",
    "is",
    "join",
    "last",
    "lateral",
    "left",
    "like",
    "limit",
    "natural",
    "not",
    "nothing",
    "null",
    "nulls",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "outer",
    "over",
    "partition",
    "recursive",
    "reset",
    "returning",
    "right",
    "rollback",
    "select",
    "set",
    "show",
    "similar",
    "some",
    "table",
    "then",
    "to",
    "true",
    "truncate",
    "union",
    "update",
    "using",
    "vacuum",
    "values",
    "when",
    "where",
    "with",
];

#[cfg(test)]
mod tests {
    #[test]
    fn the_words_are_in_order_so_that_each_is_found() {
        assert!(super::KEYWORDS.is_sorted());
    }
}
