//! The one way to ask a database, with and without a pooler in front of it.
//!
//! Every reading is one message of the simple protocol, and so one transaction: it is asked to be read-only, limits its
//! own time and its wait for locks, and ends with the message. Nothing outlives it, neither a setting nor a prepared
//! statement, so a pooler that gives each transaction another server connection does no harm and suffers none.

use std::time::Duration;

use serde::de::DeserializeOwned;
use sqlx::postgres::{PgConnectOptions, PgRow};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row};
use tokio::time::timeout;

use super::connections::{bare_options, remedy};
use super::error::{DatabaseError, said};

/// Stands in every statement of Aforo's, so that they can be told from the target's in `pg_stat_statements`. Inside the
/// statement, not before it: Postgres 18 keeps no comment that stands before.
pub const STATEMENT_TAG: &str = "/* aforo */";

/// Longest time for one reading, in milliseconds, and longest wait for one lock.
const LIMITS: &str = "SET /* aforo */ TRANSACTION READ ONLY; SET /* aforo */ LOCAL statement_timeout = 30000; \
    SET /* aforo */ LOCAL lock_timeout = 1000; ";

/// As [`LIMITS`], for the one reading that must see the settings as they are for others.
const READ_ONLY: &str = "SET /* aforo */ TRANSACTION READ ONLY; ";

/// When a server that says nothing is given up, over and above the time it was allowed.
const LONGEST_ANSWER: Duration = Duration::from_secs(35);

/// When a connection that does not come about is given up.
const LONGEST_CONNECT: Duration = Duration::from_secs(10);

/// A setting nobody has. A server that was reached without a detour knows it afterwards.
const DETOUR_PROBE: (&str, &str) = ("aforo.direct", "on");

/// A connection of Aforo's own.
#[derive(Debug)]
pub(crate) struct Session {
    connection: PgConnection,
    /// What answers instead of Postgres, as far as it shows.
    pub(crate) pooler: Option<String>,
}

impl Session {
    /// Connects. A server that refuses or forgets the settings of a connection's start is a pooler.
    pub(crate) async fn open(url: &str) -> Result<Self, DatabaseError> {
        let options = bare_options(url).map_err(|error| DatabaseError::Url(error.to_string()))?;
        let (connection, refusal) = match connect(&options.clone().options([DETOUR_PROBE])).await {
            Err(sqlx::Error::Database(refusal)) if is_startup_refusal(refusal.code().as_deref()) => {
                (connect(&options).await, Some(refusal.message().to_owned()))
            }
            other => (other, None),
        };
        let connection = connection.map_err(|error| DatabaseError::Connect {
            server: format!("{}:{}", options.get_host(), options.get_port()),
            why: said(&error),
            remedy: remedy(&error),
        })?;
        let mut session = Self { connection, pooler: None };
        session.pooler = match refusal {
            Some(refusal) => Some(format!("a pooler that refuses settings ({refusal})")),
            None => {
                let kept: Vec<PgRow> = session
                    .rows(
                        "the connection's own settings",
                        "SELECT /* aforo */ current_setting('aforo.direct', true) = 'on'",
                    )
                    .await?;
                let is_direct = kept.first().and_then(|row| row.try_get::<Option<bool>, _>(0).ok().flatten());
                (is_direct != Some(true)).then(|| "a pooler that forgets settings".to_owned())
            }
        };
        Ok(session)
    }

    /// The rows of one statement, which must hold [`STATEMENT_TAG`]. `what` completes "Postgres did not tell".
    pub(crate) async fn rows(&mut self, what: &'static str, sql: &str) -> Result<Vec<PgRow>, DatabaseError> {
        self.send(what, format!("{LIMITS}{sql}")).await
    }

    /// The rows of one statement, each as a value whose fields are named like the columns.
    pub(crate) async fn values<T: DeserializeOwned>(
        &mut self,
        what: &'static str,
        sql: &str,
    ) -> Result<Vec<T>, DatabaseError> {
        self.json(what, LIMITS, sql).await
    }

    /// As [`values`](Self::values), without the limits, which would show among the settings.
    pub(crate) async fn unlimited_values<T: DeserializeOwned>(
        &mut self,
        what: &'static str,
        sql: &str,
    ) -> Result<Vec<T>, DatabaseError> {
        self.json(what, READ_ONLY, sql).await
    }

    /// The one row of a statement that always gives one.
    pub(crate) async fn value<T: DeserializeOwned>(
        &mut self,
        what: &'static str,
        sql: &str,
    ) -> Result<T, DatabaseError> {
        self.values(what, sql)
            .await?
            .pop()
            .ok_or_else(|| DatabaseError::read(what, &sqlx::Error::RowNotFound))
    }

    async fn json<T: DeserializeOwned>(
        &mut self,
        what: &'static str,
        limits: &str,
        sql: &str,
    ) -> Result<Vec<T>, DatabaseError> {
        let sql = format!("{limits}SELECT {STATEMENT_TAG} row_to_json(part)::text FROM ({sql}) AS part");
        let rows = self.send(what, sql).await?;
        let parsed = rows.iter().map(|row| {
            let text: &str = row.try_get(0)?;
            serde_json::from_str(text).map_err(|error| sqlx::Error::Decode(Box::new(error)))
        });
        parsed.collect::<Result<_, _>>().map_err(|error| DatabaseError::read(what, &error))
    }

    async fn send(&mut self, what: &'static str, sql: String) -> Result<Vec<PgRow>, DatabaseError> {
        // Nothing in it comes from outside but names of extensions' schemas and sequences, quoted by the server itself.
        let query = self.connection.fetch_all(sqlx::raw_sql(AssertSqlSafe(sql)));
        let answer = match timeout(LONGEST_ANSWER, query).await {
            Ok(answer) => answer,
            Err(_) => Err(sqlx::Error::Io(std::io::Error::from(std::io::ErrorKind::TimedOut))),
        };
        answer.map_err(|error| DatabaseError::read(what, &error))
    }

    /// Ends the connection in order.
    pub(crate) async fn close(self) {
        // The server notices in any case when the socket is gone.
        let _ = timeout(LONGEST_CONNECT, self.connection.close()).await;
    }
}

/// What a pooler answers that does not take `options`: pgbouncer a protocol violation, others "not supported".
fn is_startup_refusal(code: Option<&str>) -> bool {
    matches!(code, Some("08P01" | "0A000"))
}

async fn connect(options: &PgConnectOptions) -> Result<PgConnection, sqlx::Error> {
    match timeout(LONGEST_CONNECT, PgConnection::connect_with(options)).await {
        Ok(connected) => connected,
        Err(_) => Err(sqlx::Error::Io(std::io::Error::from(std::io::ErrorKind::TimedOut))),
    }
}
