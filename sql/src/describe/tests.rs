use super::describe;
use crate::PredicateKind::{AnyOf, Containment, Equal, IsNotNull, IsNull, Other, Prefix, Range};
use crate::{ColumnUse, Comparand, PredicateKind, Shape, SqlError, StatementKind};

fn shape(text: &str) -> Shape {
    describe(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// `q:alias.name`
fn text_of(column: &ColumnUse) -> String {
    let qualifier = column.qualifier.as_ref().map(|qualifier| format!("{qualifier}.")).unwrap_or_default();
    format!("{}:{qualifier}{}", column.query, column.name)
}

fn predicates(text: &str) -> Vec<(String, PredicateKind)> {
    shape(text).predicates.iter().map(|it| (text_of(&it.column), it.kind)).collect()
}

fn only_kind(condition: &str) -> PredicateKind {
    let shape = shape(&format!("SELECT x FROM t WHERE {condition}"));
    let [predicate] = shape.predicates.as_slice() else { panic!("{condition}: {:?}", shape.predicates) };
    assert_eq!(predicate.column.name, "a", "{condition}");
    predicate.kind
}

fn joins(text: &str) -> Vec<String> {
    shape(text).joins.iter().map(|it| format!("{} = {}", text_of(&it.left), text_of(&it.right))).collect()
}

fn tables(text: &str) -> Vec<String> {
    shape(text)
        .tables
        .iter()
        .map(|it| format!("{}:{}{}", it.query, it.name, if it.is_written { " written" } else { "" }))
        .collect()
}

#[test]
fn each_kind_of_condition_is_told_apart() {
    for (condition, kind) in [
        ("a = 1", Equal),
        ("1 = a", Equal),
        ("a = $1::uuid", Equal),
        ("a IS NOT DISTINCT FROM $1", Equal),
        ("a", Equal),
        ("NOT a", Equal),
        ("a IS TRUE", Equal),
        ("a IN (1, 2)", AnyOf),
        ("a = ANY($1)", AnyOf),
        ("a = ANY(ARRAY[1, 2])", AnyOf),
        ("a = 1 OR a = 2 OR a IN (3, 4)", AnyOf),
        ("a IN (SELECT b FROM u)", AnyOf),
        ("a > 1", Range),
        ("$1 >= a", Range),
        ("a BETWEEN $1 AND $2", Range),
        ("a >= now() - interval '1 day'", Range),
        ("a >= now() - interval $1", Range),
        ("a LIKE 'x%'", Prefix),
        ("a ~ '^abc'", Prefix),
        ("a && tstzrange($1, $2)", Containment),
        ("a @> '{\"k\": 1}'", Containment),
        ("$1 <@ a", Containment),
        ("a IS NULL", IsNull),
        ("a IS NOT NULL", IsNotNull),
        ("a <> 1", Other),
        ("a NOT IN (1, 2)", Other),
        ("a LIKE '%x'", Other),
        ("a LIKE $1", Other),
        ("a ILIKE 'x%'", Other),
        ("a < 1 OR a > 9", Other),
        ("NOT (a = 1)", Other),
        ("$1 = ANY(a)", Other),
        ("a NOT BETWEEN 1 AND 2", Other),
        ("a IS NOT TRUE", Other),
    ] {
        assert_eq!(only_kind(condition), kind, "{condition}");
    }
}

#[test]
fn an_operator_is_turned_round_with_its_sides() {
    let shape = shape("SELECT x FROM t WHERE 5 < a AND $1 <@ b");
    let operators: Vec<_> = shape.predicates.iter().map(|it| it.operator.as_str()).collect();
    assert_eq!(operators, [">", "@>"]);
}

#[test]
fn what_a_column_is_compared_with_is_kept() {
    let shape = shape(
        "SELECT x FROM t WHERE a = 'it''s' AND b = $3 AND c IN (1, 2) AND d = now() AND e = '1'::bigint AND f = 0",
    );
    let comparands: Vec<_> = shape.predicates.into_iter().map(|it| it.comparand).collect();
    let literal = |text: &str| Comparand::Literal(text.to_owned());
    assert_eq!(
        comparands,
        [
            literal("'it''s'"),
            Comparand::Parameter(3),
            Comparand::List,
            Comparand::Other,
            literal("'1'::bigint"),
            literal("0")
        ]
    );
    assert_eq!(shape.parameter_count, 3);
}

#[test]
fn an_expression_around_a_column_is_written_without_its_table() {
    for (condition, expression) in [
        ("lower(t.a) = $1", "lower(a)"),
        ("date_trunc('day', a) = $1", "date_trunc('day', a)"),
        ("a::date = $1", "a::date"),
        ("t.a ->> 'k' = 'v'", "a ->> 'k'"),
        ("coalesce(a, 0) = 1", "COALESCE(a, 0)"),
        ("a + 1 > $1", "a + 1"),
    ] {
        let shape = shape(&format!("SELECT x FROM t WHERE {condition}"));
        assert_eq!(shape.predicates[0].expression.as_deref(), Some(expression), "{condition}");
    }
}

#[test]
fn alternatives_of_different_columns_serve_no_index_but_what_they_share_holds() {
    assert_eq!(
        predicates("SELECT x FROM t WHERE a = 1 OR b = 2"),
        [("0:a".to_owned(), Other), ("0:b".to_owned(), Other)]
    );
    // As in TPC-H query 19.
    let text = "SELECT x FROM l, p WHERE (l.pk = p.pk AND p.brand = $1 AND l.q > $2) OR (l.pk = p.pk AND p.brand = $3 AND l.q > $4)";
    assert_eq!(joins(text), ["0:l.pk = 0:p.pk"]);
    assert_eq!(predicates(text), [("0:p.brand".to_owned(), AnyOf), ("0:l.q".to_owned(), Other)]);
}

#[test]
fn joins_are_found_however_they_are_written() {
    for (text, expected) in [
        ("SELECT 1 FROM a JOIN b ON a.id = b.a_id", vec!["0:a.id = 0:b.a_id"]),
        ("SELECT 1 FROM a x, b y WHERE x.id = y.a_id", vec!["0:x.id = 0:y.a_id"]),
        ("SELECT 1 FROM a, b WHERE p_key = l_key", vec!["0:p_key = 0:l_key"]),
        ("SELECT 1 FROM a LEFT JOIN b USING (k)", vec!["0:a.k = 0:b.k"]),
        ("SELECT 1 FROM a JOIN b USING (k) JOIN c USING (k)", vec!["0:a.k = 0:b.k", "0:k = 0:c.k"]),
        ("SELECT 1 FROM a NATURAL JOIN b", vec![]),
        ("SELECT 1 FROM a WHERE EXISTS (SELECT 1 FROM b WHERE b.a_id = a.id)", vec!["1:b.a_id = 0:a.id"]),
        ("SELECT 1 FROM a WHERE id IN (SELECT b.a_id FROM b)", vec!["0:id = 1:b.a_id"]),
        (
            "SELECT 1 FROM a, LATERAL (SELECT * FROM b WHERE b.a_id = a.id LIMIT 3) l",
            vec!["1:b.a_id = 0:a.id"],
        ),
        ("UPDATE a SET x = b.x FROM b WHERE b.id = a.b_id", vec!["0:b.id = 0:a.b_id"]),
        ("DELETE FROM a USING b WHERE b.id = a.b_id", vec!["0:b.id = 0:a.b_id"]),
        ("MERGE INTO a USING b ON a.id = b.id WHEN MATCHED THEN DELETE", vec!["0:a.id = 0:b.id"]),
        ("SELECT 1 FROM a WHERE a.x = a.y", vec![]),
        ("SELECT 1 FROM a JOIN b ON a.id < b.id", vec![]),
    ] {
        assert_eq!(joins(text), expected, "{text}");
    }
}

#[test]
fn every_table_is_found_in_the_query_that_mentions_it() {
    for (text, expected) in [
        ("SELECT 1 FROM s.a AS x JOIN a ON true", vec!["0:a", "0:a"]),
        ("WITH w AS (SELECT 1 FROM a) SELECT 1 FROM w JOIN b ON true", vec!["1:a", "0:b"]),
        ("WITH a AS (SELECT 1 FROM a) SELECT 1 FROM a", vec!["1:a"]),
        ("WITH RECURSIVE w AS (SELECT 1 FROM a UNION ALL SELECT 1 FROM w) SELECT 1 FROM w", vec!["2:a"]),
        ("SELECT 1 FROM a UNION SELECT 2 FROM b", vec!["1:a", "2:b"]),
        ("INSERT INTO a (x) SELECT y FROM b", vec!["0:a written", "1:b"]),
        ("WITH d AS (DELETE FROM a RETURNING id) SELECT 1 FROM d", vec!["1:a written"]),
        ("SELECT (SELECT max(y) FROM b) FROM a", vec!["0:a", "1:b"]),
        ("SELECT 1 FROM (SELECT 1 FROM a) AS s", vec!["1:a"]),
        ("SELECT 1 FROM generate_series(1, 3) AS g", vec![]),
    ] {
        assert_eq!(tables(text), expected, "{text}");
    }
}

#[test]
fn an_order_counts_to_its_first_key_that_is_no_column() {
    let order = |text: &str| -> Vec<_> {
        let shape = shape(text);
        shape.order_by.iter().map(|key| (text_of(&key.column), key.is_descending, key.nulls_first)).collect()
    };
    let key = |name: &str, is_descending, nulls_first| (name.to_owned(), is_descending, nulls_first);
    assert_eq!(
        order("SELECT * FROM t ORDER BY a DESC, b NULLS FIRST, lower(c), d"),
        [key("0:a", true, true), key("0:b", false, true)]
    );
    assert_eq!(
        order("SELECT t.x, y AS z FROM t ORDER BY 1, z"),
        [key("0:t.x", false, false), key("0:y", false, false)]
    );
    assert_eq!(order("SELECT count(*) AS n FROM t ORDER BY n"), []);
    assert_eq!(order("SELECT * FROM t ORDER BY (SELECT 1), a"), []);
    assert_eq!(order("SELECT 1 FROM (SELECT * FROM t ORDER BY a LIMIT 3) s"), [key("1:a", false, false)]);
    assert_eq!(order("SELECT 1 FROM (SELECT * FROM t ORDER BY a) s"), []);
}

#[test]
fn group_by_and_distinct_name_their_columns() {
    let groups = |text: &str| -> Vec<_> { shape(text).group_by.iter().map(text_of).collect() };
    assert_eq!(groups("SELECT a, count(*) FROM t GROUP BY a, lower(b)"), ["0:a"]);
    assert_eq!(groups("SELECT a, count(*) FROM t GROUP BY 1"), ["0:a"]);
    assert_eq!(groups("SELECT DISTINCT a, b FROM t"), ["0:a", "0:b"]);
    assert_eq!(groups("SELECT DISTINCT ON (a) a, b FROM t"), ["0:a"]);
    assert_eq!(groups("SELECT a FROM t"), [""; 0]);
}

#[test]
fn what_a_statement_does_as_a_whole_is_said() {
    for (text, kind, writes, locks, whole, limited) in [
        ("SELECT * FROM t LIMIT 5", StatementKind::Select, false, false, true, true),
        ("SELECT t.* FROM t LIMIT ALL", StatementKind::Select, false, false, true, false),
        ("SELECT a FROM (SELECT * FROM t LIMIT 1) s", StatementKind::Select, false, false, false, false),
        ("SELECT count(*) FROM t", StatementKind::Select, false, false, false, false),
        ("SELECT a FROM t FOR UPDATE SKIP LOCKED", StatementKind::Select, false, true, false, false),
        ("SELECT a INTO u FROM t", StatementKind::Select, true, false, false, false),
        (
            "WITH d AS (DELETE FROM t RETURNING *) SELECT a FROM d",
            StatementKind::Select,
            true,
            false,
            false,
            false,
        ),
        ("INSERT INTO t (a) VALUES (1) RETURNING *", StatementKind::Insert, true, false, true, false),
        ("UPDATE t SET a = 1", StatementKind::Update, true, false, false, false),
        ("BEGIN", StatementKind::Transaction, false, false, false, false),
        ("SET search_path = x", StatementKind::Session, false, false, false, false),
        ("SELECT set_config('a', 'b', false)", StatementKind::Session, false, false, false, false),
        ("EXPLAIN ANALYZE DELETE FROM t", StatementKind::Explain, true, false, false, false),
        ("COPY t FROM STDIN", StatementKind::Copy, true, false, false, false),
        ("VACUUM t", StatementKind::Utility, true, false, false, false),
        ("TABLE t", StatementKind::Select, false, false, true, false),
    ] {
        let it = shape(text);
        assert_eq!(
            (it.kind, it.writes, it.locks_rows, it.reads_whole_rows, it.is_limited),
            (kind, writes, locks, whole, limited),
            "{text}"
        );
    }
}

#[test]
fn written_columns_and_parameters_beside_columns_are_named() {
    let it =
        shape("INSERT INTO t (a, b) VALUES ($1, $2) ON CONFLICT (a) DO UPDATE SET b = excluded.b, c = now()");
    assert_eq!(it.written_columns.iter().map(text_of).collect::<Vec<_>>(), ["0:a", "0:b", "0:c"]);
    let it = shape(
        "SELECT 1 FROM t WHERE t.a IN ($1, $2) AND b = ANY(ARRAY[$3]) AND c BETWEEN $4 AND $5 AND d = ANY($6) AND e @> $7",
    );
    let hints: Vec<_> =
        it.parameter_columns.iter().map(|(number, column)| (*number, column.name.as_str())).collect();
    assert_eq!(hints, [(1, "a"), (2, "a"), (3, "b"), (4, "c"), (5, "c")]);
}

#[test]
fn parameters_of_limits_are_told_from_those_of_offsets() {
    let it = shape("SELECT a FROM (SELECT a FROM t LIMIT $1) s WHERE a = $2 LIMIT $3 OFFSET $4");
    let mut limits = it.limit_parameters.clone();
    limits.sort_unstable();
    assert_eq!((limits, it.offset_parameters), (vec![1, 3], vec![4]));
    let none = shape("SELECT a FROM t WHERE a = $1 LIMIT 10");
    assert!(none.limit_parameters.is_empty() && none.offset_parameters.is_empty());
}

#[test]
fn functions_are_found_wherever_they_are_called() {
    let it = shape(
        "SELECT sum(x) FILTER (WHERE f1(y)) OVER (PARTITION BY f2(z)), CASE WHEN f3() THEN f4() ELSE f5() END, (f6(a)).b, c[f7()] \
         FROM ROWS FROM (f8(1)) JOIN LATERAL s.f9(f10()) ON f11() WHERE EXISTS (SELECT f12()) GROUP BY f13() HAVING f14() \
         ORDER BY f15() LIMIT f16() OFFSET f17()",
    );
    for number in 1..=17 {
        let name = format!("f{number}");
        assert!(it.functions.iter().any(|function| function.name == name), "{name} in {:?}", it.functions);
    }
    assert!(!it.has_unknown_parts);
}

#[test]
fn parts_that_are_not_followed_are_owned_up_to() {
    for text in
        ["SELECT 1 OPERATOR(public.+) 2", "SELECT * FROM JSON_TABLE('[]'::jsonb, '$' COLUMNS (a int)) j"]
    {
        assert!(shape(text).has_unknown_parts, "{text}");
    }
}

#[test]
fn what_is_not_one_statement_is_refused() {
    for text in
        ["", ";", "-- nothing", "SELEC 1", "SELECT a FROM t WHERE", "SELECT 1; SELECT 2", "SELECT '\0'"]
    {
        assert!(matches!(describe(text), Err(SqlError::Syntax(_))), "{text}: {:?}", describe(text));
    }
}

#[test]
fn deep_nesting_is_refused_and_does_no_harm() {
    for count in [200, 10_000, 100_000] {
        for (open, close) in [("(", ")"), ("f(", ")"), ("- ", ""), ("NOT ", ""), ("(SELECT ", ")")] {
            let text = format!("SELECT {}1{}", open.repeat(count), close.repeat(count));
            let described = describe(&text);
            assert!(described.is_ok() || matches!(described, Err(SqlError::TooDeep | SqlError::Syntax(_))));
        }
    }
    assert_eq!(describe(&format!("SELECT {}1", "1+".repeat(300))), Err(SqlError::TooDeep));
}
