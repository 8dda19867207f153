//! The proxy before a real server: what clients ask is known, so what is recorded must be the same.

mod by_hand;
mod latency;

use aforo_model::database::{StatementTrace, TracedStatement, TransactionState};
use aforo_sandbox::{Postgres, PostgresOptions};
use sqlx::{Connection, Executor, PgConnection};
use tokio::task::yield_now;

use super::*;

const ANY_PORT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);
const LIMIT: Duration = Duration::from_secs(30);

async fn server() -> Postgres {
    Postgres::start(PostgresOptions { max_connections: 80, ..PostgresOptions::default() }).await.unwrap()
}

async fn proxy(server_url: &str) -> PostgresProxy {
    start(server_url, ANY_PORT, CancellationToken::new()).await.unwrap()
}

/// A connection whose start-up is not in the next recording.
async fn connect(proxy: &PostgresProxy) -> PgConnection {
    let connection = PgConnection::connect(&proxy.url).await.unwrap();
    proxy.take();
    connection
}

fn texts(trace: &StatementTrace) -> Vec<&str> {
    trace.statements.iter().map(|statement| &*statement.text).collect()
}

/// Takes until `count` statements are there: the end of a connection reaches the proxy after it reached the client.
async fn take_statements(proxy: &PostgresProxy, count: usize) -> Vec<TracedStatement> {
    let mut statements = Vec::new();
    let taking = async {
        while statements.len() < count {
            statements.extend(proxy.take().statements);
            yield_now().await;
        }
    };
    timeout(LIMIT, taking).await.unwrap();
    statements
}

async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !is_so().await {
            yield_now().await;
        }
    };
    timeout(LIMIT, waiting).await.unwrap_or_else(|_| panic!("not in time: {what}"));
}

/// Until a session is in `pg_sleep`, as this one sees it.
async fn until_sleeping(observer: &mut PgConnection) {
    until("the statement runs", async || {
        let sleeping = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep')";
        sqlx::query_scalar(sleeping).fetch_one(&mut *observer).await.unwrap()
    })
    .await;
}

/// All that can share a server: each costs a second to start.
#[tokio::test]
async fn a_trace_has_what_clients_asked() {
    let server = server().await;
    let url = server.url();
    let mut direct = PgConnection::connect(&url).await.unwrap();
    direct.execute("CREATE TABLE rooms (id int PRIMARY KEY, name text)").await.unwrap();
    direct.execute("INSERT INTO rooms SELECT n, 'room ' || n FROM generate_series(1, 3) AS n").await.unwrap();

    prepared_statements_are_recorded_with_their_parameters_each_time(&url).await;
    several_statements_in_one_text_are_one_with_all_their_rows(&url).await;
    errors_are_recorded_with_their_code_and_what_follows_is_still_understood(&url).await;
    a_transaction_shows_in_the_states_after_its_statements(&url).await;
    copied_data_passes_and_is_counted_in_rows(&url).await;
    a_long_text_is_cut_and_arrives_whole(&url).await;
    by_hand::a_statement_can_be_cancelled_through_the_proxy(&url).await;
    by_hand::pipelines_cursors_and_copies_are_understood_as_the_server_does(&url).await;
    by_hand::garbage_is_passed_on_and_counted(&url).await;
    many_connections_at_once_are_told_apart(&url).await;
    an_address_that_is_taken_is_named(&url).await;
    cancelling_the_token_ends_all_connections(&url).await;
}

async fn prepared_statements_are_recorded_with_their_parameters_each_time(url: &str) {
    let proxy = proxy(url).await;
    let mut connection = connect(&proxy).await;
    for id in [3, 1, 2, 9] {
        let found: Option<String> = sqlx::query_scalar("SELECT name FROM rooms WHERE id = $1")
            .bind(id)
            .fetch_optional(&mut connection)
            .await
            .unwrap();
        assert_eq!(found, (id < 9).then(|| format!("room {id}")), "the bytes arrive unchanged");
    }
    let trace = proxy.take();
    assert_eq!(texts(&trace), ["SELECT name FROM rooms WHERE id = $1"; 4]);
    let values = trace.statements.iter().map(|statement| statement.parameters[0].text.as_deref());
    assert_eq!(values.collect::<Vec<_>>(), [Some("3"), Some("1"), Some("2"), Some("9")]);
    for statement in &trace.statements {
        assert!(statement.is_prepared && !statement.is_continuation && statement.sqlstate.is_none());
        assert!(statement.elapsed_s.is_some_and(|elapsed_s| elapsed_s > 0.0), "{statement:?}");
        assert_eq!(statement.transaction_state, Some(TransactionState::Idle));
        assert_eq!((statement.parameters.len(), statement.parameters[0].type_oid), (1, Some(23)));
    }
    let rows: Vec<_> = trace.statements.iter().map(|statement| statement.rows).collect();
    assert_eq!(rows, [Some(1), Some(1), Some(1), Some(0)]);
    assert!(trace.statements.is_sorted_by(|earlier, later| earlier.at_s < later.at_s));
    assert_eq!((trace.connections, trace.dropped, trace.unreadable), (1, 0, 0));
    assert_eq!(proxy.take().statements, [], "each is taken once");
}

async fn several_statements_in_one_text_are_one_with_all_their_rows(url: &str) {
    let proxy = proxy(url).await;
    let mut connection = connect(&proxy).await;
    let text = "SELECT 1; SELECT generate_series(1, 5); SET lock_timeout = '1s'";
    sqlx::raw_sql(text).execute(&mut connection).await.unwrap();
    let trace = proxy.take();
    assert_eq!(texts(&trace), [text]);
    let statement = &trace.statements[0];
    assert!(!statement.is_prepared && statement.parameters.is_empty());
    assert_eq!((statement.commands, statement.rows), (3, Some(6)));
}

async fn errors_are_recorded_with_their_code_and_what_follows_is_still_understood(url: &str) {
    let proxy = proxy(url).await;
    let mut connection = connect(&proxy).await;
    let insert = "INSERT INTO rooms VALUES ($1, 'again')";
    sqlx::query(insert).bind(1).execute(&mut connection).await.unwrap_err();
    sqlx::query("SELECT nothing FROM nowhere WHERE id = $1")
        .bind(1)
        .execute(&mut connection)
        .await
        .unwrap_err();
    sqlx::raw_sql("SELECT 1; SELECT 1 / 0; SELECT 2").execute(&mut connection).await.unwrap_err();
    sqlx::query("SELECT $1").bind(1).execute(&mut connection).await.unwrap();
    let trace = proxy.take();
    assert_eq!(
        texts(&trace),
        [
            insert,
            "SELECT nothing FROM nowhere WHERE id = $1",
            "SELECT 1; SELECT 1 / 0; SELECT 2",
            "SELECT $1"
        ]
    );
    let outcomes =
        trace.statements.iter().map(|statement| (statement.sqlstate.as_deref(), statement.commands));
    assert_eq!(
        outcomes.collect::<Vec<_>>(),
        [(Some("23505"), 0), (Some("42P01"), 0), (Some("22012"), 1), (None, 1)]
    );
    assert_eq!((trace.dropped, trace.unreadable), (0, 0));
}

async fn a_transaction_shows_in_the_states_after_its_statements(url: &str) {
    let proxy = proxy(url).await;
    let mut connection = connect(&proxy).await;
    let mut transaction = connection.begin().await.unwrap();
    sqlx::query("UPDATE rooms SET name = $1").bind("none").execute(&mut *transaction).await.unwrap();
    sqlx::query("SELECT 1 / $1").bind(0).execute(&mut *transaction).await.unwrap_err();
    transaction.rollback().await.unwrap();
    let trace = proxy.take();
    assert_eq!(texts(&trace), ["BEGIN", "UPDATE rooms SET name = $1", "SELECT 1 / $1", "ROLLBACK"]);
    let states = trace.statements.iter().map(|statement| statement.transaction_state.unwrap());
    let (idle, open, failed) = (TransactionState::Idle, TransactionState::Open, TransactionState::Failed);
    assert_eq!(states.collect::<Vec<_>>(), [open, open, failed, idle]);
    assert_eq!(trace.statements[1].rows, Some(3));
}

async fn copied_data_passes_and_is_counted_in_rows(url: &str) {
    let proxy = proxy(url).await;
    let mut connection = connect(&proxy).await;
    connection.execute("CREATE TEMPORARY TABLE guests (id int, name text)").await.unwrap();
    proxy.take();
    let mut copy = connection.copy_in_raw("COPY guests FROM STDIN").await.unwrap();
    let lines: String = (0..20_000).map(|id| format!("{id}\tguest {id}\n")).collect();
    copy.send(lines.as_bytes()).await.unwrap();
    assert_eq!(copy.finish().await.unwrap(), 20_000);
    let mut aborted = connection.copy_in_raw("COPY guests FROM STDIN").await.unwrap();
    aborted.send(&b"1\tAda\n"[..]).await.unwrap();
    aborted.abort("enough").await.unwrap();
    let count: i64 =
        sqlx::query_scalar("SELECT count(*) FROM guests").fetch_one(&mut connection).await.unwrap();
    assert_eq!(count, 20_000);
    let trace = proxy.take();
    assert_eq!(texts(&trace)[..2], ["COPY guests FROM STDIN"; 2]);
    assert_eq!(trace.statements[0].rows, Some(20_000));
    assert_eq!(trace.statements[1].sqlstate.as_deref(), Some("57014"));
    assert_eq!((trace.statements.len(), trace.dropped, trace.unreadable), (3, 0, 0));
}

async fn a_long_text_is_cut_and_arrives_whole(url: &str) {
    let proxy = proxy(url).await;
    let mut connection = connect(&proxy).await;
    let padding = "é".repeat(200_000);
    let text = format!("SELECT length('{padding}')");
    let length: i32 =
        sqlx::query_scalar(sqlx::AssertSqlSafe(text.clone())).fetch_one(&mut connection).await.unwrap();
    assert_eq!(length, 200_000);
    let bound: i32 =
        sqlx::query_scalar("SELECT length($1)").bind(&padding).fetch_one(&mut connection).await.unwrap();
    assert_eq!(bound, 200_000);
    let trace = proxy.take();
    let [long, with_long_value] = trace.statements.as_slice() else { panic!("{}", trace.statements.len()) };
    assert!(long.is_text_cut && text.starts_with(&*long.text) && long.text.len() > 60_000);
    assert!(!with_long_value.is_text_cut);
    let value = &with_long_value.parameters[0];
    assert_eq!((value.bytes, value.text.as_deref()), (Some(400_000), None));
    assert!(value.digest.is_some());
}

async fn many_connections_at_once_are_told_apart(url: &str) {
    let proxy = Arc::new(proxy(url).await);
    let mut clients = JoinSet::new();
    for client in 0..50_i32 {
        let proxy = Arc::clone(&proxy);
        clients.spawn(async move {
            let mut connection = PgConnection::connect(&proxy.url).await.unwrap();
            for turn in 0..20_i32 {
                let sum: i32 = sqlx::query_scalar("SELECT $1 + $2")
                    .bind(client)
                    .bind(turn)
                    .fetch_one(&mut connection)
                    .await
                    .unwrap();
                assert_eq!(sum, client + turn);
            }
        });
    }
    while let Some(client) = clients.join_next().await {
        client.unwrap();
    }
    let trace = proxy.take();
    assert_eq!((trace.connections, trace.dropped, trace.unreadable), (50, 0, 0));
    let mut clients_seen = Vec::new();
    for connection in 0..50 {
        let values: Vec<Vec<_>> = trace
            .statements
            .iter()
            .filter(|statement| statement.connection == connection && &*statement.text == "SELECT $1 + $2")
            .map(|statement| statement.parameters.iter().map(|value| value.text.clone().unwrap()).collect())
            .collect();
        let client = &values[0][0];
        let expected: Vec<_> = (0..20).map(|turn| vec![client.clone(), turn.to_string()]).collect();
        assert_eq!(values, expected, "in its own order");
        clients_seen.push(client.parse::<i32>().unwrap());
    }
    clients_seen.sort_unstable();
    assert_eq!(clients_seen, (0..50).collect::<Vec<_>>());
}

async fn an_address_that_is_taken_is_named(url: &str) {
    let taken = std::net::TcpListener::bind(ANY_PORT).unwrap();
    let address = taken.local_addr().unwrap();
    let message = start(url, address, CancellationToken::new()).await.unwrap_err().to_string();
    assert!(message.contains(&address.to_string()) && message.contains("in use"), "{message}");
}

async fn cancelling_the_token_ends_all_connections(url: &str) {
    let stop = CancellationToken::new();
    let proxy = start(url, ANY_PORT, stop.clone()).await.unwrap();
    let mut connection = connect(&proxy).await;
    stop.cancel();
    until("the connection is closed", async || connection.execute("SELECT 1").await.is_err()).await;
    until("nobody listens", async || PgConnection::connect(&proxy.url).await.is_err()).await;
}

#[tokio::test]
async fn a_server_that_goes_away_leaves_what_it_did_not_answer_in_the_trace() {
    let server = server().await;
    let proxy = proxy(&server.url()).await;
    let mut connection = connect(&proxy).await;
    let asking = tokio::spawn(async move {
        sqlx::query("SELECT pg_sleep($1)").bind(600.0).execute(&mut connection).await.unwrap_err()
    });
    let mut observer = PgConnection::connect(&server.url()).await.unwrap();
    until_sleeping(&mut observer).await;
    server.stop().await;
    timeout(LIMIT, asking).await.unwrap().unwrap();
    let statements = take_statements(&proxy, 1).await;
    assert_eq!((&*statements[0].text, statements[0].commands), ("SELECT pg_sleep($1)", 0));
    assert_eq!(statements[0].transaction_state, None);
    // Whoever comes now finds a closed door, as without the proxy.
    PgConnection::connect(&proxy.url).await.unwrap_err();
    let nowhere = proxy.url.replace("127.0.0.1", "127.0.0.2");
    let error = start(&nowhere, ANY_PORT, CancellationToken::new()).await.unwrap_err();
    assert!(matches!(error, ProxyError::Unreachable { .. }), "{error}");
}
