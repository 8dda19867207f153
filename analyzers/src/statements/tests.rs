use aforo_model::database::{
    AttributedStatement, Attribution, HotStatement, StatementCauses, StatementDelta, StatementStep,
};
use aforo_model::{Answer, Interval, Severity};

use super::fixtures::{row, window};
use super::*;

const LIST: &str = "SELECT id, name FROM rooms ORDER BY name LIMIT $1";
const ONE: &str = "SELECT name FROM rooms WHERE id = $1";
const COUNT: &str = "SELECT count(*) FROM reservations";

fn hot(rows: Vec<StatementDelta>) -> Vec<HotStatement> {
    hot_statements(&window(rows), Some(100), None)
}

fn codes(rows: Vec<StatementDelta>) -> Vec<(String, Severity)> {
    statement_findings(&hot(rows)).into_iter().map(|finding| (finding.code, finding.severity)).collect()
}

#[test]
fn lists_of_any_length_and_other_roles_are_one_statement() {
    let statements = hot(vec![
        row(1, "SELECT name FROM rooms WHERE id IN ($1, $2)", 10, 20.0),
        row(2, "SELECT name FROM rooms WHERE id IN ($1, $2, $3)", 30, 60.0),
        row(1, LIST, 5, 1.0),
    ]);
    assert_eq!(statements.len(), 2);
    assert_eq!((statements[0].counters.calls, statements[0].keys.len()), (40, 2));
    assert_eq!((statements[0].mean_ms, statements[0].calls_per_request), (2.0, Some(0.4)));
}

#[test]
fn statements_without_a_text_are_told_apart_by_their_own_identity_and_roles_share_it() {
    let hidden = |role, text| StatementDelta { text: None, ..row(role, text, 1, 1.0) };
    let statements = hot(vec![hidden(1, ONE), hidden(2, ONE), hidden(1, LIST)]);
    assert_eq!(statements.len(), 2);
    assert!(statements.iter().all(|statement| statement.fingerprint.starts_with("id-")));
    assert!(title(None, &statements[0].fingerprint).contains("hidden"));
}

#[test]
fn a_statement_inside_a_function_is_not_counted_twice_in_the_whole() {
    let mut inner = row(1, ONE, 100, 80.0);
    inner.key.is_top_level = false;
    let statements = hot(vec![row(1, "SELECT price($1)", 10, 100.0), inner, row(1, LIST, 1, 100.0)]);
    let shares: Vec<f64> = statements.iter().map(|statement| statement.share_of_time_ratio).collect();
    assert_eq!(shares, [0.5, 0.5, 0.4]);
}

#[test]
fn thresholds_of_the_mean_are_those_of_r5_1() {
    let severity = |calls: u64, mean_ms: f64| {
        codes(vec![row(1, COUNT, calls, mean_ms * calls as f64)]).first().map(|(_, severity)| *severity)
    };
    assert_eq!(severity(10, 50.0), None);
    assert_eq!(severity(10, 51.0), Some(Severity::Warning));
    assert_eq!(severity(10, 500.0), Some(Severity::Warning));
    assert_eq!(severity(10, 501.0), Some(Severity::Critical));
    assert_eq!(severity(4, 501.0), Some(Severity::Warning));
    assert_eq!(severity(4, 51.0), Some(Severity::Info));
}

#[test]
fn a_mean_of_few_calls_says_so() {
    let findings = statement_findings(&hot(vec![row(1, COUNT, 1, 900.0)]));
    assert!(findings[0].message.contains("only 1 time"), "{}", findings[0].message);
}

#[test]
fn temporary_files_are_found_from_a_mebibyte_a_call_on() {
    let spilling = |blocks: u64| {
        let mut statement = row(1, LIST, 10, 10.0);
        statement.counters.temp_written_blocks = 10 * blocks;
        codes(vec![statement])
    };
    assert_eq!(spilling(0), []);
    assert_eq!(spilling(127), []);
    assert_eq!(spilling(128), [("temp-files".to_owned(), Severity::Warning)]);
    assert_eq!(spilling(12_800), [("temp-files".to_owned(), Severity::Critical)]);
}

#[test]
fn one_statement_with_most_of_the_time_is_named_where_there_are_others() {
    let with =
        |first_ms: f64| vec![row(1, COUNT, 100, first_ms), row(1, ONE, 100, 600.0), row(1, LIST, 100, 600.0)];
    assert_eq!(codes(with(1200.0)), []);
    assert_eq!(codes(with(1300.0)), [("statement-dominates".to_owned(), Severity::Warning)]);
    // Alone, or all of them fast: no more than chance.
    assert_eq!(codes(vec![row(1, COUNT, 1000, 2000.0)]), []);
    assert_eq!(codes(vec![row(1, COUNT, 9, 90.0), row(1, ONE, 9, 1.0), row(1, LIST, 9, 1.0)]), []);
}

#[test]
fn noise_is_listed_and_is_no_finding() {
    let noise = [
        "BEGIN",
        "COMMIT",
        "SET application_name = $1",
        "SELECT set_config($1, $2, $3)",
        "SELECT $2 FROM ONLY \"public\".\"rooms\" x WHERE \"id\" OPERATOR(pg_catalog.=) $1 FOR KEY SHARE OF x",
        "EXPLAIN SELECT name FROM rooms WHERE id = $1",
    ];
    let statements = hot(noise.iter().map(|text| row(1, text, 10, 9000.0)).collect());
    assert_eq!(statements.len(), noise.len());
    assert!(statements.iter().all(|statement| statement.noise.is_some() && statement.is_slow));
    assert_eq!(statement_findings(&statements), []);
}

#[test]
fn nothing_gives_nothing() {
    assert_eq!(hot(Vec::new()), []);
    assert_eq!(statement_findings(&[]), []);
    let never_called = hot(vec![row(1, ONE, 0, 0.0)]);
    assert_eq!((never_called[0].mean_ms, never_called[0].rows_per_call), (0.0, 0.0));
}

#[test]
fn the_steps_that_cause_a_slow_statement_are_named() {
    let rows = window(vec![row(1, COUNT, 10, 900.0)]);
    let plain = hot_statements(&rows, None, None);
    let calls_per_request = Interval { estimate: 1.0, low: 0.9, high: 1.1 };
    let causes = StatementCauses {
        steps: vec![StatementStep { step: "list".to_owned(), calls_per_request }],
        background_per_s: Interval { estimate: 0.0, low: 0.0, high: 0.0 },
        r_squared: 0.99,
    };
    let attributed = AttributedStatement {
        fingerprint: plain[0].fingerprint.clone(),
        text: None,
        is_top_level: true,
        calls: 10,
        causes: Answer::Found(causes),
    };
    let attribution = Attribution { slice_count: 20, condition_number: 2.0, statements: vec![attributed] };
    let statements = hot_statements(&rows, None, Some(&attribution));
    assert_eq!(
        (plain[0].steps.len(), statements[0].steps.len(), statements[0].calls_per_request),
        (0, 1, None)
    );
    let findings = statement_findings(&statements);
    assert!(findings[0].message.ends_with("caused by list"), "{}", findings[0].message);
}
