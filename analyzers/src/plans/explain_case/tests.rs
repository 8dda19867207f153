use aforo_model::database::{
    Catalog, ColumnFacts, ColumnStatistics, FunctionFacts, NotExecutedKind, RelationName, TableFacts,
    TableKind, Volatility,
};
use proptest::prelude::*;

use super::*;
use crate::plans::fixtures::with_tables;

fn column(name: &str, type_name: &str, values: &[&str]) -> ColumnFacts {
    ColumnFacts {
        number: 1,
        name: name.to_owned(),
        type_name: type_name.to_owned(),
        fixed_bytes: None,
        is_nullable: false,
        statistics: (!values.is_empty()).then(|| ColumnStatistics {
            common_values: values.iter().map(|value| (*value).to_owned()).collect(),
            common_ratios: (1..=values.len()).map(|place| 1.0 / (place as f64 + 1.0)).collect(),
            ..ColumnStatistics::default()
        }),
    }
}

fn function(schema: &str, name: &str, volatility: Volatility, is_from_extension: bool) -> FunctionFacts {
    FunctionFacts {
        name: RelationName { schema: schema.to_owned(), name: name.to_owned() },
        language: "sql".to_owned(),
        volatility,
        cost: 1.0,
        rows: 0.0,
        is_from_extension,
        is_called_unnamed: false,
    }
}

fn catalog() -> Catalog {
    let mut catalog = with_tables(&[("rooms", 10.0), ("elsewhere", 10.0)]);
    catalog.tables[0].columns = vec![
        column("id", "integer", &["7", "3"]),
        column("status", "character varying(20)", &["free", "taken"]),
        column("note", "text", &[]),
    ];
    catalog.tables[1].kind = TableKind::Foreign;
    catalog.functions = vec![
        function("public", "similarity", Volatility::Immutable, true),
        function("public", "price", Volatility::Immutable, false),
        function("public", "touch", Volatility::Volatile, false),
        function("public", "upper", Volatility::Immutable, false),
    ];
    catalog
}

fn case_in(catalog: &Catalog, text: &str) -> ExplainCase {
    explain_case(text, Some(catalog), &["public".to_owned()])
}

fn case(text: &str) -> ExplainCase {
    case_in(&catalog(), text)
}

fn refusal(text: &str) -> String {
    let why = case(text).draws.unwrap_err();
    assert_eq!(why.kind, NotExecutedKind::NotReadOnly, "{text}: {why:?}");
    why.why
}

fn draw(values: &[&str]) -> Draw {
    values.iter().map(|value| Some((*value).to_owned())).collect()
}

#[test]
fn parameters_have_the_types_and_values_of_their_columns() {
    let case = case("SELECT id FROM rooms AS r WHERE r.status = $1 AND id = $2 LIMIT $3 OFFSET $4");
    let types: Vec<_> = case.parameter_types.iter().map(|name| name.as_deref()).collect();
    assert_eq!(types, [Some("character varying(20)"), Some("integer"), None, None]);
    let draws = case.draws.unwrap();
    assert_eq!(draws, [draw(&["free", "7", "50", "0"]), draw(&["taken", "3", "50", "0"])]);
    assert_eq!(case.planning_lock, None);
}

#[test]
fn a_statement_without_parameters_is_drawn_once() {
    assert_eq!(case("SELECT count(*) FROM public.rooms").draws.unwrap(), [Draw::new()]);
}

#[test]
fn without_statistics_nothing_is_made_up() {
    for text in [
        "SELECT id FROM rooms WHERE note = $1",
        "SELECT id FROM rooms WHERE id + 1 = $1",
        "SELECT id FROM rooms WHERE id = ANY ($1)",
        "SELECT id FROM rooms WHERE id BETWEEN $1 AND $2",
        "SELECT id FROM rooms WHERE id >= $1 AND id < $2",
    ] {
        let case = case(text);
        assert_eq!(case.draws.clone().unwrap_err().kind, NotExecutedKind::NoValues, "{text}");
        assert!(case.is_proven_read_only(), "{text}");
    }
    assert!(case("SELECT id FROM rooms WHERE id < $1 AND status IN ($2, $3)").draws.is_ok());
}

#[test]
fn typed_literals_become_casts_before_anything_is_asked() {
    let case = case("SELECT now() - interval $1");
    assert_eq!(case.text, "SELECT now() - $1::interval");
}

#[test]
fn functions_of_users_are_refused_and_immutable_ones_of_extensions_are_not() {
    assert!(case("SELECT similarity(status, 'x') FROM rooms").draws.is_ok());
    assert!(refusal("SELECT touch(id) FROM rooms").contains("touch()"));
    assert!(refusal("SELECT price(id) FROM rooms").contains("price()"), "what it is declared proves nothing");
    assert!(refusal("SELECT upper(status) FROM rooms").contains("upper"), "it may be the user's");
    assert!(case("SELECT pg_catalog.upper(status) FROM rooms").draws.is_ok());
    assert!(refusal("SELECT pg_advisory_lock(id) FROM rooms").contains("pg_advisory_lock()"));
}

#[test]
fn what_is_no_table_of_its_own_is_refused() {
    assert!(refusal("SELECT * FROM view_of_rooms").contains("view_of_rooms"));
    assert!(refusal("SELECT * FROM elsewhere").contains("another server"));
    let behind = ["first".to_owned(), "public".to_owned()];
    assert!(explain_case("SELECT id FROM rooms", Some(&catalog()), &behind).draws.is_err());
    assert!(explain_case("SELECT id FROM public.rooms", Some(&catalog()), &behind).draws.is_ok());
    assert!(explain_case("SELECT id FROM rooms", None, &behind).draws.is_err());
}

#[test]
fn a_users_operator_makes_every_statement_suspect() {
    let mut catalog = catalog();
    catalog.functions[0].is_called_unnamed = true;
    assert!(case_in(&catalog, "SELECT id FROM rooms WHERE id = 1").draws.is_ok(), "an extension's");
    catalog.functions[1].is_called_unnamed = true;
    let why = case_in(&catalog, "SELECT id FROM rooms WHERE id = 1").draws.unwrap_err();
    assert!(why.why.contains("public.price()"), "{}", why.why);
}

#[test]
fn writes_and_row_locks_are_told_by_the_lock_of_their_planning() {
    for (text, lock) in [
        ("SELECT id FROM rooms", None),
        ("UPDATE rooms SET status = $1", Some(PlanningLock::RowExclusive)),
        (
            "WITH gone AS (DELETE FROM rooms RETURNING id) SELECT * FROM gone",
            Some(PlanningLock::RowExclusive),
        ),
        ("SELECT id FROM rooms FOR UPDATE", Some(PlanningLock::RowShare)),
        ("SELECT id FROM rooms WHERE (", None),
        ("UPDATE rooms SET (", Some(PlanningLock::RowExclusive)),
        ("SELECT id FROM rooms WHERE ( FOR SHARE", Some(PlanningLock::RowShare)),
    ] {
        assert_eq!(planning_lock(text), lock, "{text}");
        assert!(lock.is_none() || !case(text).is_proven_read_only(), "{text}");
    }
}

fn table(columns: &[&str]) -> TableFacts {
    let mut table = with_tables(&[("t", 1.0)]).tables.remove(0);
    table.columns = columns.iter().map(|name| column(name, "text", &["x"])).collect();
    table
}

proptest! {
    #[test]
    fn every_draw_has_a_value_for_every_parameter(
        text in "SELECT [a-c] FROM t WHERE [a-c] (=|<) \\$[1-9] (AND|OR) [a-c] (=|>) \\$[0-9]{1,12}( LIMIT \\$[1-9])?"
    ) {
        let catalog = Catalog { tables: vec![table(&["a", "b"])], ..Catalog::default() };
        let case = case_in(&catalog, &text);
        for draw in case.draws.into_iter().flatten() {
            prop_assert_eq!(draw.len(), case.parameter_types.len());
        }
    }
}
