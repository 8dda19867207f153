use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use aforo_analyzers::{KnownCall, explain_case, hot_statements};
use aforo_model::database::{
    DatabaseReport, ExplainKind, ExplainOutcome, ExplainedStatement, HotStatement, NotExecutedKind,
    ObstacleKind,
};
use aforo_profiles::{ExplainLimits, ExplainRequest, Explainer, read_database};
use aforo_sandbox::{Postgres, PostgresOptions};
use sqlx::{Connection, PgConnection};
use tokio_util::sync::CancellationToken;

use super::executing::Execution;
use super::explain;
use crate::analysis::{AnalysisPlan, analyze};

/// Private values, a function that must not run, and a table behind a policy that calls it.
const SCHEMA: &str = "
    CREATE EXTENSION IF NOT EXISTS pg_stat_statements;
    CREATE TABLE guests AS
        SELECT i AS id, 'private-' || i % 4 AS name, 987654321 + i % 3 AS account FROM generate_series(1, 20000) i;
    CREATE TABLE touched (at timestamptz);
    CREATE SEQUENCE touches;
    CREATE FUNCTION touch(id int) RETURNS int LANGUAGE plpgsql IMMUTABLE
        AS 'BEGIN PERFORM pg_advisory_lock(4711); RETURN id; END';
    CREATE VIEW seen AS SELECT touch(id) AS id FROM guests;
    ANALYZE guests";

const BY_NAME: &str = "SELECT count(*) FROM guests WHERE name = $1 AND account = $2";

/// One server for all of it: starting one takes a second.
#[tokio::test]
async fn statements_are_executed_only_where_that_was_asked_for_and_proven_harmless() {
    let server = Postgres::start(PostgresOptions::default()).await.unwrap();
    let mut admin = PgConnection::connect(&server.url()).await.unwrap();
    sqlx::raw_sql(SCHEMA).execute(&mut admin).await.unwrap();
    if server.has_statement_statistics() {
        run_statements(&mut admin).await;
        nothing_is_executed_unless_asked_for(&server).await;
        a_known_call_is_planned_with_its_values_and_none_shows(&server).await;
        only_what_is_proven_is_executed_and_no_value_shows(&server).await;
        readers_are_not_held_up_and_writers_only_when_allowed(&server, &mut admin).await;
    }
    the_budget_holds(&server).await;
    server.stop().await;
}

async fn run_statements(admin: &mut PgConnection) {
    for _ in 0..3 {
        sqlx::query(BY_NAME).bind("private-1").bind(987_654_321).execute(&mut *admin).await.unwrap();
        for text in ["SELECT sum(touch(id)) FROM guests", "SELECT max(id) FROM seen"] {
            sqlx::query(text).execute(&mut *admin).await.unwrap();
        }
        sqlx::query("UPDATE guests SET name = $1 WHERE id = $2")
            .bind("private-2")
            .bind(9)
            .execute(&mut *admin)
            .await
            .unwrap();
        sqlx::query("SELECT id FROM guests WHERE id = $1 FOR UPDATE")
            .bind(9)
            .execute(&mut *admin)
            .await
            .unwrap();
    }
    sqlx::raw_sql("SELECT pg_advisory_unlock_all()").execute(admin).await.unwrap();
}

async fn analyzed(server: &Postgres, execute_plans: bool, plan_writes: bool) -> DatabaseReport {
    let plan = AnalysisPlan {
        database_url: server.url(),
        hot_statements: 100,
        execute_plans,
        plan_writes,
        ..AnalysisPlan::default()
    };
    analyze(&plan, &CancellationToken::new(), &mut |_| {}).await.unwrap()
}

/// What is said of the statement whose text has these words.
fn of<'r>(report: &'r DatabaseReport, words: &str) -> Vec<&'r ExplainedStatement> {
    let is_meant =
        |ran: &&HotStatement| ran.text.as_ref().is_some_and(|text| text.to_lowercase().contains(words));
    let ran = report.hot.iter().find(is_meant).unwrap_or_else(|| panic!("{words}: {:#?}", report.hot));
    report.explained.iter().filter(|explained| explained.fingerprint == ran.fingerprint).collect()
}

fn why_not_planned(explained: &ExplainedStatement) -> Option<ObstacleKind> {
    match &explained.outcome {
        ExplainOutcome::Planned(_) => None,
        ExplainOutcome::NotExplained(obstacle) => Some(obstacle.kind),
    }
}

async fn nothing_is_executed_unless_asked_for(server: &Postgres) {
    let report = analyzed(server, false, false).await;
    let is_executed = |explained: &ExplainedStatement| {
        explained.kind == ExplainKind::Analyzed || explained.not_executed.is_some()
    };
    assert!(!report.explained.iter().any(is_executed), "{:#?}", report.explained);
}

/// As where a proxy saw what the application sent.
async fn a_known_call_is_planned_with_its_values_and_none_shows(server: &Postgres) {
    let evidence = read_database(&server.url(), None, None).await.unwrap();
    let hot = hot_statements(evidence.statements.as_ref().unwrap(), None, None);
    let ran =
        hot.iter().find(|ran| ran.text.as_ref().is_some_and(|text| text.contains("AND account"))).unwrap();
    let known = KnownCall {
        fingerprint: ran.fingerprint.clone(),
        text: BY_NAME.into(),
        values: vec![Some("private-1".to_owned()), Some("987654321".to_owned())],
        elapsed_s: 0.1,
    };
    let known_calls = BTreeMap::from([(ran.fingerprint.clone(), known)]);
    let plan = AnalysisPlan { database_url: server.url(), ..AnalysisPlan::default() };
    let explained = explain(&plan, &evidence, &hot, &known_calls, &mut |_| {}).await;
    let with_values: Vec<_> =
        explained.statements.iter().filter(|each| each.kind == ExplainKind::WithValues).collect();
    let [of_known] = with_values[..] else { panic!("{:#?}", explained.statements) };
    assert_eq!((&of_known.fingerprint, why_not_planned(of_known)), (&ran.fingerprint, None));
    let shown = serde_json::to_string(&explained.statements).unwrap();
    assert!(!shown.contains("private-") && !shown.contains("98765432"), "a value shows");
}

async fn only_what_is_proven_is_executed_and_no_value_shows(server: &Postgres) {
    let report = analyzed(server, true, false).await;
    let executed = of(&report, "and account");
    assert!(executed.iter().all(|explained| explained.kind == ExplainKind::Analyzed), "{executed:#?}");
    assert!((1..=2).contains(&executed.len()) && executed[0].not_executed.is_none(), "{executed:#?}");
    assert_eq!((executed[0].execution_times_ms.len(), executed[0].parameters.len()), (3, 2));
    let shown = serde_json::to_string(&report).unwrap();
    for value in ["private-", "98765432"] {
        let around = shown.find(value).map(|at| &shown[at.saturating_sub(300)..(at + 100).min(shown.len())]);
        assert_eq!(around, None, "a value shows");
    }

    for (words, reason) in [("sum(touch", "touch()"), ("from seen", "seen")] {
        let [refused] = of(&report, words)[..] else { panic!("{words}") };
        let why = refused.not_executed.as_ref().unwrap();
        assert_eq!(why.kind, NotExecutedKind::NotReadOnly);
        assert!(why.why.contains(reason), "{}", why.why);
        assert_ne!(refused.kind, ExplainKind::Analyzed);
    }
    let mut other = PgConnection::connect(&server.url()).await.unwrap();
    let is_free: bool =
        sqlx::query_scalar("SELECT pg_try_advisory_lock(4711)").fetch_one(&mut other).await.unwrap();
    assert!(is_free, "the function ran");
}

/// `EXCLUSIVE` lets nobody through but `ACCESS SHARE`: whoever asks for more runs into its lock timeout.
async fn readers_are_not_held_up_and_writers_only_when_allowed(server: &Postgres, admin: &mut PgConnection) {
    sqlx::raw_sql("BEGIN; LOCK TABLE guests IN EXCLUSIVE MODE").execute(&mut *admin).await.unwrap();
    let careful = analyzed(server, true, false).await;
    let allowed = analyzed(server, false, true).await;
    sqlx::raw_sql("ROLLBACK").execute(admin).await.unwrap();

    let locked = |explained: &&ExplainedStatement| {
        let refused = explained.not_executed.as_ref();
        why_not_planned(explained) == Some(ObstacleKind::Locked)
            || refused.is_some_and(|refused| refused.kind == NotExecutedKind::Refused)
    };
    assert_eq!(careful.explained.iter().find(locked), None);
    assert!(careful.index_advice.found().is_some_and(|advice| {
        advice.not_costed.iter().all(|left_out| !left_out.why.contains("lock timeout"))
    }));
    for words in ["update guests", "for update"] {
        assert_eq!(why_not_planned(of(&careful, words)[0]), Some(ObstacleKind::Writes), "{words}");
        assert_eq!(why_not_planned(of(&allowed, words)[0]), Some(ObstacleKind::Locked), "{words}");
    }
}

async fn the_budget_holds(server: &Postgres) {
    let mut explainer = Explainer::new(&server.url(), ExplainLimits::default()).unwrap();
    let budget = Duration::from_millis(400);
    let mut execution = Execution::within(&mut explainer, budget);
    let text = "SELECT count(*) FROM generate_series(1, 200000000)";
    let catalog = aforo_model::database::Catalog::default();
    let case = explain_case(text, Some(&catalog), &[]);
    let request = ExplainRequest { fingerprint: "slow", text, parameter_types: &[], schemas: &[] };
    let began = Instant::now();
    let mut reasons = Vec::new();
    for _ in 0..10 {
        let executed = execution.run(request, &case).await;
        assert!(executed.plans.is_empty());
        reasons.push(executed.refused.unwrap().kind);
    }
    assert_eq!(reasons.first(), Some(&NotExecutedKind::Refused), "{reasons:?}");
    assert_eq!(reasons.last(), Some(&NotExecutedKind::Budget), "{reasons:?}");
    assert!(began.elapsed() < Duration::from_secs(10), "{reasons:?}");
}
