//! Is Postgres there, does it count statements, is the data of a realistic size?

use std::time::Duration;

use sqlx::{ConnectOptions, Connection, PgConnection};

use super::CheckItem;

/// Fewer rows than this in the largest table make every query fast (R2.6: more than 100 reservations).
const REALISTIC_ROWS: i64 = 100;
/// How long Postgres may take to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

pub(super) async fn items(database_url: Option<&str>) -> Vec<CheckItem> {
    let Some(database_url) = database_url else {
        return vec![CheckItem::skipped(
            "database-answers",
            "no Postgres is named, so nothing is known of connections and statements",
            "name it with --database-url or AFORO_DATABASE_URL",
        )];
    };
    let mut connection = match connect(database_url).await {
        Ok(connection) => connection,
        Err(why) => {
            return vec![CheckItem::failed(
                "database-answers",
                format!("Postgres does not answer: {why}"),
                "check --database-url: host, port, user, password and database name",
            )];
        }
    };
    let items = vec![
        version(&mut connection).await,
        statement_statistics(&mut connection).await,
        realistic_data(&mut connection).await,
        connection_headroom(&mut connection).await,
    ];
    if let Err(error) = connection.close().await {
        tracing::debug!("closing the check's connection: {error}");
    }
    items.into_iter().map(|item| item.unwrap_or_else(unreadable)).collect()
}

async fn connect(database_url: &str) -> Result<PgConnection, String> {
    let options: sqlx::postgres::PgConnectOptions =
        database_url.parse().map_err(|error: sqlx::Error| error.to_string())?;
    // Aforo never writes to a database unless told to; the server holds it to that.
    let options = options.application_name("aforo").options([("default_transaction_read_only", "on")]);
    match tokio::time::timeout(CONNECT_TIMEOUT, options.connect()).await {
        Ok(connected) => connected.map_err(|error| error.to_string()),
        Err(_elapsed) => Err(format!("no connection within {} s", CONNECT_TIMEOUT.as_secs())),
    }
}

fn unreadable(error: sqlx::Error) -> CheckItem {
    CheckItem::skipped(
        "database-readable",
        format!("Postgres refused a question: {error}"),
        "give the role the right to read statistics: GRANT pg_monitor TO <role>",
    )
}

async fn version(connection: &mut PgConnection) -> Result<CheckItem, sqlx::Error> {
    let version: String = sqlx::query_scalar("SHOW server_version").fetch_one(connection).await?;
    Ok(CheckItem::ok("database-answers", format!("Postgres {version} answers")))
}

async fn statement_statistics(connection: &mut PgConnection) -> Result<CheckItem, sqlx::Error> {
    const NAME: &str = "statement-statistics";
    let installed: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_stat_statements')")
            .fetch_one(connection)
            .await?;
    Ok(if installed {
        CheckItem::ok(NAME, "pg_stat_statements is installed in this database")
    } else {
        CheckItem::warning(
            NAME,
            "pg_stat_statements is not installed in this database, so statements are not counted",
            "add it to shared_preload_libraries, restart Postgres, and CREATE EXTENSION pg_stat_statements",
        )
    })
}

async fn realistic_data(connection: &mut PgConnection) -> Result<CheckItem, sqlx::Error> {
    const NAME: &str = "realistic-data";
    // Both are estimates that cost nothing to read; whichever is known.
    let largest: Option<(String, i64)> = sqlx::query_as(
        "SELECT format('%I.%I', s.schemaname, s.relname), greatest(s.n_live_tup, c.reltuples::bigint) AS row_estimate
           FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid
          ORDER BY row_estimate DESC LIMIT 1",
    )
    .fetch_optional(connection)
    .await?;
    Ok(match largest {
        Some((table, rows)) if rows > REALISTIC_ROWS => {
            CheckItem::ok(NAME, format!("the largest table, {table}, has about {rows} rows"))
        }
        Some((table, rows)) => CheckItem::warning(
            NAME,
            format!("the largest table, {table}, has about {rows} rows; with so few every query is fast"),
            format!("load data of the size production has, at least {REALISTIC_ROWS} rows, and ANALYZE"),
        ),
        None => CheckItem::warning(
            NAME,
            "the database has no tables",
            "check that --database-url names the target's own database",
        ),
    })
}

async fn connection_headroom(connection: &mut PgConnection) -> Result<CheckItem, sqlx::Error> {
    const NAME: &str = "connection-headroom";
    let (used, limit): (i64, i64) = sqlx::query_as(
        "SELECT (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
                current_setting('max_connections')::bigint",
    )
    .fetch_one(connection)
    .await?;
    let detail = format!("{used} of {limit} connections are in use");
    // R5.6 and the usual alert: above 80 % a burst finds no connection.
    Ok(if used * 10 <= limit * 8 {
        CheckItem::ok(NAME, detail)
    } else {
        CheckItem::warning(
            NAME,
            detail,
            "close idle clients, or put a pooler in front, before loading the target",
        )
    })
}
