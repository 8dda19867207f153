//! What a statement's identity and its shown form hold for statements of real libraries, and for any text at all.

use aforo_sql::{describe, explainable, fingerprint, is_noise, normalize, quote_identifier, quote_literal};
use proptest::prelude::*;

fn statements() -> Vec<&'static str> {
    include_str!("fixtures/statements.sql").lines().filter(|line| !line.starts_with("-- ")).collect()
}

fn assert_same(texts: &[&str]) {
    for text in texts {
        assert_eq!(fingerprint(text), fingerprint(texts[0]), "{text}\nand {}", texts[0]);
    }
}

fn assert_all_differ(texts: &[&str]) {
    for (index, one) in texts.iter().enumerate() {
        for other in &texts[..index] {
            assert_ne!(fingerprint(one), fingerprint(other), "{one}\nand {other}");
        }
    }
}

#[test]
fn the_shown_form_has_the_identity_of_the_statement() {
    let statements = statements();
    assert!(statements.len() >= 60, "only {}", statements.len());
    for text in statements {
        let shown = normalize(text);
        assert_eq!(fingerprint(&shown), fingerprint(text), "{text}\nis shown as {shown}");
        assert_eq!(normalize(&shown), shown, "of {text}");
    }
}

#[test]
fn statements_of_libraries_have_identities_of_their_own() {
    // One is another spelling: how `pg_stat_statements` shows the one before it.
    let is_other_spelling = |text: &&str| text.contains("interval $3");
    let (other_spellings, all): (Vec<_>, Vec<_>) = statements().into_iter().partition(is_other_spelling);
    assert_all_differ(&all);
    for text in other_spellings {
        assert!(all.iter().any(|one| fingerprint(one) == fingerprint(text)), "{text}");
    }
}

#[test]
#[cfg(feature = "pg-query")]
fn statements_of_libraries_are_described() {
    for text in statements() {
        // Placeholders of a driver, which never reach a server.
        if text.contains("%(") || text.contains('?') && !text.contains("data ?") {
            continue;
        }
        if let Err(error) = describe(text) {
            panic!("{text}: {error}");
        }
        let shown = normalize(text);
        if let Err(error) = describe(&shown)
            && !text.starts_with("SET")
        {
            panic!("{text}, shown as {shown}: {error}");
        }
    }
}

#[test]
fn lists_of_any_length_and_arrays_are_one_statement() {
    let long = format!("SELECT a FROM t WHERE id IN ({})", vec!["7"; 5000].join(","));
    assert_same(&[
        "SELECT a FROM t WHERE id IN (1,2)",
        "SELECT a FROM t WHERE id IN (1)",
        "SELECT a FROM t WHERE id IN ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        "SELECT a FROM t WHERE id IN ($1 /*, ... */)",
        "SELECT a FROM t WHERE id IN ($1::int, $2::int)",
        "SELECT a FROM t WHERE id IN (-1, NULL, 'x')",
        "select a from t where id = ANY($1)",
        "SELECT a FROM t WHERE id = ANY($1::int[])",
        "SELECT a FROM t WHERE id = ANY(ARRAY[1, 2, 3])",
        "SELECT a FROM t WHERE id = ANY(ARRAY[$1, $2]::bigint[])",
        "SELECT a FROM t WHERE id = ANY(CAST($1 AS integer[]))",
        "SELECT a FROM t WHERE id = ANY ('{1,2,3}'::int[])",
        "SELECT a FROM t WHERE id = SOME($1)",
        "SELECT /* x */ a FROM t -- y\n WHERE id IN (4,\n5);",
        &long,
    ]);
    assert_same(&["SELECT a FROM t WHERE id NOT IN (1, 2)", "SELECT a FROM t WHERE id <> ALL($1)"]);
    assert_same(&[
        "SELECT 1 FROM t WHERE (a, b) IN ((1, 2))",
        "SELECT 1 FROM t WHERE (a, b) IN ((1, 2), ($1, $2))",
    ]);
}

#[test]
fn rows_of_any_number_are_one_insert() {
    let row = "($1, DEFAULT, now(), '{}'::jsonb)";
    let many = format!("INSERT INTO t (a, b, c, d) VALUES {} RETURNING id", vec![row; 1000].join(", "));
    assert_same(&[
        "INSERT INTO t (a, b, c, d) VALUES (1, DEFAULT, now(), '{}'::jsonb) RETURNING id",
        "INSERT INTO t (a, b, c, d) VALUES ($1, DEFAULT, now(), $2::jsonb), ($3, DEFAULT, now(), $4::jsonb) RETURNING id",
        &many,
    ]);
}

#[test]
fn what_asks_for_something_else_is_another_statement() {
    assert_all_differ(&[
        "SELECT a FROM t WHERE id = $1",
        "SELECT a FROM t WHERE id IN ($1)",
        "SELECT a FROM t WHERE id NOT IN ($1)",
        "SELECT a FROM t WHERE id > $1",
        "SELECT a FROM t WHERE id = ANY(SELECT b FROM u)",
        "SELECT a FROM t WHERE id = ANY(b)",
        "SELECT a FROM t WHERE other = $1",
        "SELECT a FROM u WHERE id = $1",
        "SELECT a, b FROM t WHERE id = $1",
        "SELECT a FROM t WHERE id = $1 LIMIT $2",
        "SELECT a FROM t WHERE id = $1 FOR UPDATE",
        "SELECT a FROM t WHERE id IS NULL",
        "SELECT a FROM t WHERE id IS NOT NULL",
        "DELETE FROM t WHERE id = $1",
        "INSERT INTO t (a, b) VALUES ($1, $2)",
        "INSERT INTO t (a) VALUES ($1)",
    ]);
}

#[test]
fn a_text_that_is_cut_off_has_an_identity_wherever_its_list_is_cut() {
    assert_same(&[
        "SELECT a FROM t WHERE id IN ($1, $2, $3",
        "SELECT a FROM t WHERE id IN ($1",
        "SELECT a FROM t WHERE id IN (1, 2, 'unclosed",
    ]);
    assert_all_differ(&["SELECT a FROM t WHERE", "SELECT a FROM u WHERE", "SELECT a FROM t WHERE id IN ($1"]);
}

#[test]
fn statements_nested_deeply_are_told_apart() {
    let chain = |last: &str| format!("SELECT {}{last} FROM t", "a + ".repeat(500));
    assert_all_differ(&[&chain("b"), &chain("c")]);
    for count in [100, 10_000] {
        for (open, close) in [("(", ")"), ("[", "]"), ("f(", ")"), ("IN (", ")"), ("/*", "*/"), ("NOT ", "")]
        {
            let text = format!("SELECT {}1{}", open.repeat(count), close.repeat(count));
            let _ = fingerprint(&text);
            let _ = normalize(&text);
        }
    }
}

#[test]
fn a_statement_is_shown_as_a_dba_would_write_it() {
    for (text, shown) in [
        (
            "select a, count(*) from t where x=1 and b in (1,2,3) group by a order by 2 desc limit 10 -- end",
            "SELECT a, count(*) FROM t WHERE x = $1 AND b IN ($2 /*, ... */) GROUP BY a ORDER BY 2 DESC LIMIT $3",
        ),
        (
            "INSERT INTO \"T\" (a,b) VALUES (1,'x'),(2,'y') ON CONFLICT (a) DO NOTHING;",
            "INSERT INTO \"T\" (a, b) VALUES ($1, $2) ON CONFLICT (a) DO NOTHING",
        ),
        (
            "SELECT x::numeric(10,2), y -1, z = -1, data->>'k' FROM s.t WHERE q IS NOT NULL AND r = NULL AND u=$9",
            "SELECT x::numeric(10, 2), y - $1, z = $2, data ->> $3 FROM s.t WHERE q IS NOT NULL AND r = $4 AND u = $5",
        ),
        (
            "SELECT 1 WHERE a = ANY(ARRAY['p','q']) AND b = $2 AND c = $2",
            "SELECT $1 WHERE a = ANY(ARRAY[$2 /*, ... */]) AND b = $3 AND c = $3",
        ),
        (
            "CREATE TABLE t (a varchar(20) NOT NULL DEFAULT 'x')",
            "CREATE TABLE t(a varchar(20) NOT NULL DEFAULT $1)",
        ),
    ] {
        assert_eq!(normalize(text), shown);
    }
}

#[test]
fn types_before_a_parameter_move_behind_it() {
    for (text, expected) in [
        ("SELECT now() - interval $1", "SELECT now() - $1::interval"),
        ("SELECT date $1 - interval $2 day", "SELECT $1::date - $2::interval day"),
        (
            "SELECT timestamp with time zone $1, timestamp(3) $2",
            "SELECT $1::timestamp with time zone, $2::timestamp(3)",
        ),
        (
            "SELECT a FROM t WHERE a = $1 AND d::date = $2 LIMIT $3",
            "SELECT a FROM t WHERE a = $1 AND d::date = $2 LIMIT $3",
        ),
        ("SELECT interval '1 day'", "SELECT interval '1 day'"),
    ] {
        assert_eq!(explainable(text), expected);
        #[cfg(feature = "pg-query")]
        assert!(describe(text).is_ok(), "{text}: {:?}", describe(text));
    }
}

/// A constant that can be found again.
fn secrets() -> impl Strategy<Value = (String, String)> {
    let text = "[a-z]{0,3}'?zq[a-z]{6}";
    prop_oneof![
        text.prop_map(|secret| (format!("'{}'", secret.replace('\'', "''")), secret)),
        text.prop_map(|secret| (format!("E'{}\\''", secret.replace('\'', "\\'")), secret)),
        text.prop_map(|secret| (format!("$zz$ {secret}; -- $zz$"), secret)),
        text.prop_map(|secret| (format!("'x' /* '{secret} */"), secret)),
        (1_000_000_u64..).prop_map(|secret| (secret.to_string(), secret.to_string())),
        (1_000_000_u64..).prop_map(|secret| (format!("-{secret}.25"), secret.to_string())),
        (1_000_000_u64..).prop_map(|secret| (format!("interval '{secret} days'"), secret.to_string())),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, rng_seed: proptest::test_runner::RngSeed::Fixed(4), ..ProptestConfig::default() })]

    #[test]
    fn any_text_has_an_identity_and_a_form(text in "\\PC*|[ -~]*|([a-z]{1,3}|[$'\"()\\[\\]/*,.;:-]|in |values ){0,40}") {
        prop_assert_eq!(fingerprint(&text).to_string().len(), 16);
        let _ = normalize(&text);
        let _ = explainable(&text);
        let _ = is_noise(&text);
        let _ = describe(&text);
    }

    #[test]
    fn a_statement_that_is_cut_anywhere_harms_nothing(index in 0_usize..60, cut in 0_usize..200) {
        let statements = statements();
        let text: String = statements[index].chars().take(cut).collect();
        let _ = fingerprint(&text);
        let shown = normalize(&text);
        prop_assert_eq!(normalize(&shown), shown);
        let _ = describe(&text);
    }

    #[test]
    fn no_constant_is_shown(
        template in prop_oneof![
            Just("SELECT a FROM t WHERE b = @ AND c IN (@, @) LIMIT 5"),
            Just("INSERT INTO t (a, b) VALUES (@, @), (@, now())"),
            Just("UPDATE t SET a = @, b = b - @ WHERE c BETWEEN @ AND @ OR d = ANY(ARRAY[@, @])"),
            Just("SELECT a FROM t WHERE b = f(@, g(@)) AND (c, d) IN ((@, 1), (2, @)) ORDER BY @ || x"),
            Just("SELECT a FROM t WHERE b = @ AND c LIKE @ AND unclosed IN (@"),
            Just("SET x = @"),
        ],
        secrets in prop::collection::vec(secrets(), 6),
    ) {
        let mut text = template.to_owned();
        for (literal, _) in &secrets {
            text = text.replacen('@', literal, 1);
        }
        let shown = normalize(&text);
        for (_, secret) in &secrets {
            prop_assert!(!shown.contains(secret.as_str()), "{} in {}", secret, shown);
        }
    }

    #[test]
    fn constants_do_not_change_the_identity(one in prop::collection::vec(secrets(), 3), other in prop::collection::vec(secrets(), 3)) {
        let fill = |secrets: &[(String, String)]| {
            secrets.iter().fold("SELECT a FROM t WHERE b = @ AND c < @ AND d IN (1, 2) OR e = @".to_owned(), |text, (literal, _)| {
                // A type before a string is a part of the statement.
                text.replacen('@', literal.strip_prefix("interval ").unwrap_or(literal), 1)
            })
        };
        prop_assert_eq!(fingerprint(&fill(&one)), fingerprint(&fill(&other)));
    }

    #[test]
    fn quoted_texts_and_names_mean_themselves(text in "[^\\x00]*") {
        let literal = quote_literal(&text);
        let name = quote_identifier(&text);
        // Whatever it is, it cannot end the quotes: the rest of the statement is seen as such.
        let shown = normalize(&format!("SELECT {literal}, after_it"));
        prop_assert_eq!(shown, "SELECT $1, after_it");
        let shown = normalize(&format!("SELECT {name}, after_it"));
        prop_assert_eq!(shown, format!("SELECT {name}, after_it"));
    }
}

#[test]
fn tables_that_differ_in_a_number_are_not_one_but_partitions_by_day_and_savepoints_are() {
    let one = |left: &str, right: &str| aforo_sql::fingerprint(left) == aforo_sql::fingerprint(right);
    assert!(!one("SELECT a FROM t118 WHERE id = $1", "SELECT a FROM t149 WHERE id = $1"));
    assert!(!one("SELECT a FROM address_10", "SELECT a FROM address_20"));
    assert!(one("SELECT a FROM \"t118\" WHERE id = 1", "select a from t118 where id = 2"));
    if cfg!(feature = "pg-query") {
        assert!(one("SELECT a FROM events_20261120", "SELECT a FROM events_20261121"));
        assert!(one("SAVEPOINT sa_savepoint_12", "SAVEPOINT sa_savepoint_13"));
    }
}
