use std::time::Instant;

use aforo_model::database::{
    ExplainKind, ExplainObstacle, ExplainOutcome, ExplainedStatement, ObstacleKind, Plan,
};
use aforo_sandbox::{Postgres, PostgresOptions};
use sqlx::{Connection, PgConnection};

use super::*;

/// A table with a partial index, as the hotel's: a reservation is pending for a short time.
const SCHEMA: &str = "
    CREATE TABLE reservations AS
        SELECT i AS id, CASE WHEN i % 500 = 0 THEN 'pending' ELSE 'confirmed' END AS status,
               now() + i * interval '1 minute' AS expires_at, 'guest ' || i AS guest
        FROM generate_series(1, 50000) i;
    CREATE INDEX pending ON reservations (expires_at) WHERE status = 'pending';
    CREATE UNIQUE INDEX by_id ON reservations (id);
    CREATE SEQUENCE numbers;
    CREATE SCHEMA \"Odd \"\"one\";
    CREATE TABLE \"Odd \"\"one\".hidden_away (id int);
    CREATE ROLE guest LOGIN;
    ANALYZE";

fn request(text: &str) -> ExplainRequest<'_> {
    ExplainRequest { fingerprint: "f1", text, parameter_types: &[], schemas: &[] }
}

fn plan(explained: &ExplainedStatement) -> &Plan {
    match &explained.outcome {
        ExplainOutcome::Planned(plan) => plan,
        ExplainOutcome::NotExplained(refused) => panic!("{refused:?}"),
    }
}

fn refused(explained: ExplainedStatement) -> ExplainObstacle {
    match explained.outcome {
        ExplainOutcome::Planned(plan) => panic!("explained after all: {plan:?}"),
        ExplainOutcome::NotExplained(refused) => refused,
    }
}

fn uses_index(plan: &Plan, index: &str) -> bool {
    plan.visit().iter().any(|visit| visit.node.index.as_deref() == Some(index))
}

fn values(values: &[&str]) -> Vec<Option<String>> {
    values.iter().map(|value| Some((*value).to_owned())).collect()
}

/// For tests only: what is read-only is for `aforo-sql` to say.
fn trusted<'a>(text: &'a str) -> ReadOnlyProof<'a> {
    ReadOnlyProof::establish(request(text), |_| true).unwrap()
}

/// One server for all of it: starting one takes a second.
#[tokio::test]
async fn statements_are_explained_and_nothing_is_changed() {
    let server = Postgres::start(PostgresOptions::default()).await.unwrap();
    let mut admin = PgConnection::connect(&server.url()).await.unwrap();
    sqlx::raw_sql(SCHEMA).execute(&mut admin).await.unwrap();
    let limits = ExplainLimits { statement_timeout_ms: 2_000, lock_timeout_ms: 100 };
    let mut explainer = Explainer::new(&server.url(), limits).unwrap();
    let written_before = writes(&mut admin).await;

    a_generic_plan_serves_any_value(&mut explainer).await;
    a_partial_index_serves_a_literal_and_no_parameter(&mut explainer).await;
    typed_literals_and_untyped_parameters_are_helped(&mut explainer).await;
    what_has_no_plan_has_a_reason(&mut explainer).await;
    execution_is_measured_and_cannot_write(&mut explainer).await;
    values_do_not_show(&mut explainer).await;
    other_schemas_are_looked_into(&mut explainer).await;
    a_locked_table_is_not_waited_for(&mut explainer, &mut admin).await;
    a_lesser_role_is_told_what_it_lacks(&server).await;
    assert_eq!(writes(&mut admin).await, written_before, "something was written");

    let left: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'aforo' AND state <> 'idle'",
    )
    .fetch_one(&mut admin)
    .await
    .unwrap();
    assert_eq!(left, 0, "a transaction was left open");
    a_lost_connection_is_a_reason_and_is_made_again(&mut explainer, &mut admin).await;
    server.stop().await;
}

/// Rows of the table, the sequence's last value, and the tables there are.
async fn writes(admin: &mut PgConnection) -> (i64, i64, bool, i64) {
    sqlx::query_as(
        "SELECT (SELECT count(*) FROM reservations), last_value, is_called, (SELECT count(*) FROM pg_class) FROM numbers",
    )
    .fetch_one(admin)
    .await
    .unwrap()
}

async fn a_generic_plan_serves_any_value(explainer: &mut Explainer) {
    for text in
        ["SELECT guest FROM reservations WHERE id = $1", "SELECT guest FROM reservations WHERE id = $1;"]
    {
        let explained = explainer.generic(request(text)).await;
        let plan = plan(&explained);
        assert_eq!((explained.fingerprint.as_str(), explained.parameters.len()), ("f1", 0));
        assert!(uses_index(plan, "by_id"), "{plan:?}");
        assert!(plan.root.index_condition.as_ref().unwrap().contains("$1"));
        assert_eq!((plan.root.schema.as_deref(), plan.execution_time_ms), (Some("public"), None));
        assert!(!plan.settings.contains_key("plan_cache_mode"));
    }
    for text in [
        "UPDATE reservations SET guest = $1 WHERE id = $2",
        "DELETE FROM reservations WHERE id = ANY ($1)",
        "INSERT INTO reservations (id) VALUES ($1)",
        "SELECT 1",
    ] {
        plan(&explainer.generic(request(text)).await);
    }
}

/// The trap: `pg_stat_statements` shows both forms with `$1`.
async fn a_partial_index_serves_a_literal_and_no_parameter(explainer: &mut Explainer) {
    let parametrised = "SELECT id FROM reservations WHERE status = $1 AND expires_at < $2";
    let literal = "SELECT id FROM reservations WHERE status = 'pending' AND expires_at < $1";
    let generic = explainer.generic(request(parametrised)).await;
    assert!(!uses_index(plan(&generic), "pending"));
    assert!(uses_index(plan(&explainer.generic(request(literal)).await), "pending"));
    let custom = explainer.with_values(request(parametrised), &values(&["pending", "2020-01-01"])).await;
    assert!(uses_index(plan(&custom), "pending"), "a custom plan knows the value");
    assert_eq!(custom.kind, ExplainKind::WithValues);
    assert!(plan(&custom).root.total_cost < plan(&generic).root.total_cost / 10.0);
}

async fn typed_literals_and_untyped_parameters_are_helped(explainer: &mut Explainer) {
    let typed_literal = "SELECT id FROM reservations WHERE expires_at < now() - interval $1";
    plan(&explainer.generic(request(typed_literal)).await);

    // Postgres takes `$1` for a time, and a time minus a time for an interval.
    let ambiguous = "SELECT id FROM reservations WHERE expires_at > now() - $1";
    assert_eq!(refused(explainer.generic(request(ambiguous)).await).kind, ObstacleKind::ParameterTypes);
    let types = [Some("interval".to_owned())];
    let typed = ExplainRequest { parameter_types: &types, ..request(ambiguous) };
    let explained = explainer.generic(typed).await;
    assert_eq!(
        (explained.kind, plan(&explained).root.node_type.as_str()),
        (ExplainKind::ForcedGeneric, "Seq Scan")
    );
    // Some known, some not.
    let types = [None, Some("interval".to_owned())];
    let text = "SELECT id FROM reservations WHERE id = $1 AND expires_at > now() - $2";
    plan(&explainer.generic(ExplainRequest { parameter_types: &types, ..request(text) }).await);
}

async fn what_has_no_plan_has_a_reason(explainer: &mut Explainer) {
    for (text, kind) in [
        ("VACUUM reservations", ObstacleKind::Utility),
        ("BEGIN", ObstacleKind::Utility),
        ("", ObstacleKind::Utility),
        ("<insufficient privilege>", ObstacleKind::HiddenText),
        ("SELECT 1; DROP TABLE reservations", ObstacleKind::SeveralStatements),
        ("SELECT 1; COMMIT; DROP TABLE reservations", ObstacleKind::SeveralStatements),
        ("SELECT id FROM reservations WHERE gues", ObstacleKind::UnknownName),
        ("SELECT id FROM reservations WHERE (", ObstacleKind::Syntax),
        ("SELECT id FROM nowhere", ObstacleKind::UnknownName),
        ("SELECT 1\0", ObstacleKind::Syntax),
    ] {
        let refused = refused(explainer.generic(request(text)).await);
        assert_eq!(refused.kind, kind, "{text}: {refused:?}");
        assert!(!refused.why.is_empty() && !refused.remedy.is_empty());
    }
}

async fn execution_is_measured_and_cannot_write(explainer: &mut Explainer) {
    let text = "SELECT count(*) FROM reservations WHERE status = $1";
    let explained = explainer.analyzed(trusted(text), &values(&["pending"]), 5).await;
    let plan = plan(&explained);
    assert_eq!((explained.kind, explained.execution_times_ms.len()), (ExplainKind::Analyzed, 5));
    assert_eq!((plan.root.actual_rows, plan.root.actual_loops), (Some(1.0), Some(1.0)));
    assert!(plan.root.blocks.shared_hit.unwrap() + plan.root.blocks.shared_read.unwrap() > 0.0);
    let mut times_ms = explained.execution_times_ms.clone();
    times_ms.sort_by(f64::total_cmp);
    assert_eq!(plan.execution_time_ms, Some(times_ms[2]), "the median run's");

    // Proofs that are wrong: the transaction holds all the same.
    for text in [
        "DELETE FROM reservations",
        "WITH gone AS (DELETE FROM reservations RETURNING id) SELECT count(*) FROM gone",
        "SELECT nextval('numbers')",
        "SELECT id FROM reservations WHERE id = 1 FOR UPDATE",
    ] {
        assert_eq!(
            refused(explainer.analyzed(trusted(text), &[], 1).await).kind,
            ObstacleKind::Writes,
            "{text}"
        );
    }
    let slow = refused(explainer.analyzed(trusted("SELECT pg_sleep(60)"), &[], 1).await);
    assert_eq!(slow.kind, ObstacleKind::Timeout);
    assert!(ReadOnlyProof::establish(request("SELECT pg_sleep(60)"), |_| false).is_none());
}

async fn values_do_not_show(explainer: &mut Explainer) {
    let text = "SELECT id FROM reservations WHERE guest = $1 AND id > $2";
    let private = values(&["O'Neill \\ Sons", "7"]);
    let explained = explainer.with_values(request(text), &private).await;
    let shown = format!("{explained:?}");
    assert!(!shown.contains("Neill"), "{shown}");
    assert_eq!(explained.parameters, ["14 characters", "1 character"]);
    assert!(
        plan(&explained)
            .visit()
            .iter()
            .any(|visit| { visit.node.filter.as_ref().is_some_and(|filter| filter.contains("$1")) }),
        "{shown}"
    );

    let misfit = refused(explainer.with_values(request(text), &values(&["x", "secret"])).await);
    assert_eq!(misfit.kind, ObstacleKind::ParameterValues);
    assert!(!misfit.why.contains("secret"), "{}", misfit.why);
    for wrong_count in [values(&["x"]), values(&["x", "1", "2"]), Vec::new()] {
        let refused = refused(explainer.with_values(request(text), &wrong_count).await);
        assert_eq!(refused.kind, ObstacleKind::ParameterValues, "{refused:?}");
    }
}

async fn other_schemas_are_looked_into(explainer: &mut Explainer) {
    let text = "SELECT id FROM hidden_away";
    assert_eq!(refused(explainer.generic(request(text)).await).kind, ObstacleKind::UnknownName);
    let schemas = ["Odd \"one".to_owned(), "public".to_owned()];
    let found = explainer.generic(ExplainRequest { schemas: &schemas, ..request(text) }).await;
    assert_eq!(plan(&found).root.schema.as_deref(), Some("Odd \"one"));
    // And only for that statement.
    assert_eq!(refused(explainer.generic(request(text)).await).kind, ObstacleKind::UnknownName);
}

async fn a_locked_table_is_not_waited_for(explainer: &mut Explainer, admin: &mut PgConnection) {
    sqlx::raw_sql("BEGIN; LOCK TABLE reservations").execute(&mut *admin).await.unwrap();
    let asked = Instant::now();
    let refused = refused(explainer.generic(request("SELECT id FROM reservations")).await);
    assert_eq!(refused.kind, ObstacleKind::Locked);
    assert!(asked.elapsed().as_millis() >= 100, "it waits as long as it may, and no longer");
    sqlx::raw_sql("ROLLBACK").execute(admin).await.unwrap();
    plan(&explainer.generic(request("SELECT id FROM reservations")).await);
}

async fn a_lesser_role_is_told_what_it_lacks(server: &Postgres) {
    let url = server.url().replacen("aforo@", "guest@", 1);
    let mut guest = Explainer::new(&url, ExplainLimits::default()).unwrap();
    let refused = refused(guest.generic(request("SELECT id FROM reservations")).await);
    assert_eq!(refused.kind, ObstacleKind::NoRight, "{refused:?}");
    assert!(refused.remedy.starts_with("GRANT SELECT"));
}

async fn a_lost_connection_is_a_reason_and_is_made_again(
    explainer: &mut Explainer,
    admin: &mut PgConnection,
) {
    let ended =
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'aforo'";
    sqlx::query(ended).execute(&mut *admin).await.unwrap();
    let refused = refused(explainer.generic(request("SELECT 1")).await);
    assert_eq!(refused.kind, ObstacleKind::Connection, "{refused:?}");
    plan(&explainer.generic(request("SELECT 1")).await);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_a_reason_without_the_password() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("postgres://user:secret@{free}/hotel");
    let mut explainer = Explainer::new(&url, ExplainLimits::default()).unwrap();
    let refused = refused(explainer.generic(request("SELECT 1")).await);
    assert_eq!(refused.kind, ObstacleKind::Connection);
    assert!(!refused.why.contains("secret"), "{}", refused.why);
    assert!(Explainer::new("127.0.0.1:5432", ExplainLimits::default()).is_err());
}
