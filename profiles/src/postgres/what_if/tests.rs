use aforo_sandbox::{Postgres as Sandbox, PostgresOptions};

use super::*;

async fn orders() -> (Sandbox, PgConnection) {
    let server = Sandbox::start(PostgresOptions::default()).await.unwrap();
    let mut connection = PgConnection::connect(&server.url()).await.unwrap();
    let schema = "CREATE SCHEMA \"Odd\"; CREATE TABLE \"Odd\".\"Orders\" AS \
        SELECT i AS id, 'customer ' || i % 1000 AS customer, now() AS created_at FROM generate_series(1, 20000) AS i; \
        ANALYZE \"Odd\".\"Orders\"";
    connection.execute(schema).await.unwrap();
    (server, connection)
}

fn has_hypopg(installed: Result<sqlx::postgres::PgQueryResult, sqlx::Error>) -> bool {
    installed.is_ok()
}

fn path() -> Vec<String> {
    vec!["Odd".to_owned(), "public".to_owned()]
}

/// One server for all of it: each costs a second.
#[tokio::test]
async fn the_planner_is_asked_what_if_and_nothing_is_written() {
    let (server, mut admin) = orders().await;
    let without = WhatIfSession::connect(&server.url(), &path()).await.unwrap_err();
    assert!(without.to_string().contains("CREATE EXTENSION hypopg"), "{without}");
    if !has_hypopg(admin.execute("CREATE EXTENSION hypopg").await) {
        return server.stop().await;
    }
    let relations = "SELECT count(*) FROM pg_class";
    let before: i64 = sqlx::query_scalar(relations).fetch_one(&mut admin).await.unwrap();

    let mut session = WhatIfSession::connect(&server.url(), &path()).await.unwrap();
    let text = "SELECT * FROM \"Orders\" WHERE customer = $1";
    let on_customer = "\"Odd\".\"Orders\" USING btree (\"customer\")".to_owned();
    let on_id = "\"Odd\".\"Orders\" USING btree (\"id\")".to_owned();
    let none = session.plan(0, text, &[]).await.unwrap();
    let with = session.plan(0, text, &[on_id.clone(), on_customer.clone()]).await.unwrap();
    assert!(with.cost * 3.0 < none.cost, "{none:?} {with:?}");
    assert_eq!((none.used.len(), with.used.as_slice()), (0, &[1][..]));
    let kept = session.indexes[&on_customer].oid;
    let again = session.plan(0, text, std::slice::from_ref(&on_customer)).await.unwrap();
    assert_eq!((again.cost, again.used.as_slice()), (with.cost, &[0][..]));
    assert_eq!(
        (session.indexes.len(), session.indexes[&on_customer].oid),
        (1, kept),
        "one is kept, one is gone"
    );
    assert_eq!(session.plan(0, text, &[]).await.unwrap(), none, "no plan is left over");

    refusals_leave_the_session_alive(&mut session, &on_id, &on_customer).await;
    a_locked_table_is_not_waited_for(&mut session, &mut admin).await;

    let after: i64 = sqlx::query_scalar(relations).fetch_one(&mut admin).await.unwrap();
    assert_eq!(before, after);
    server.stop().await;
    let gone = session.plan(0, text, &[]).await.unwrap_err();
    assert!(matches!(gone, WhatIfSessionError::Connection(_)), "{gone}");
}

async fn refusals_leave_the_session_alive(session: &mut WhatIfSession, on_id: &str, on_customer: &str) {
    for (number, text) in [
        (1, "SELECT * FROM absent"),
        (2, "SELECT 1; DELETE FROM \"Orders\""),
        (3, "SELECT * FROM \"Orders\" WHERE"),
        (4, "VACUUM"),
    ] {
        let refused = session.plan(number, text, &[]).await.unwrap_err();
        assert!(matches!(refused, WhatIfSessionError::Statement(_)), "{text}: {refused:?}");
    }
    let gist = "\"Odd\".\"Orders\" USING gist (\"customer\")".to_owned();
    let refused = session.plan(0, "", &[gist]).await.unwrap_err();
    assert!(matches!(refused, WhatIfSessionError::Index { .. }), "{refused:?}");
    let update = "UPDATE \"Orders\" SET customer = $2 WHERE id = $1";
    let plan = session.plan(5, update, &[on_customer.to_owned(), on_id.to_owned()]).await.unwrap();
    assert_eq!(plan.used, [1], "a write is planned, not run");
}

async fn a_locked_table_is_not_waited_for(session: &mut WhatIfSession, admin: &mut PgConnection) {
    admin.execute("BEGIN; LOCK TABLE \"Odd\".\"Orders\"").await.unwrap();
    let refused = session.plan(6, "SELECT * FROM \"Orders\"", &[]).await.unwrap_err();
    assert!(refused.to_string().contains("lock timeout"), "{refused}");
    admin.execute("ROLLBACK").await.unwrap();
    session.plan(6, "SELECT * FROM \"Orders\"", &[]).await.unwrap();
}

#[test]
fn a_plan_that_is_none_is_not_read() {
    for text in ["{}", "[]", "[{\"Plan\": {}}]", "[{\"Plan\": {\"Total Cost\": \"much\"}}]", "7"] {
        let plan: sqlx::types::JsonValue = text.parse().unwrap();
        assert_eq!(read_plan(&plan, &BTreeMap::new()), None, "{text}");
    }
}
