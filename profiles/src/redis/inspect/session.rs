//! One connection that is asked one thing after the other.

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{Cmd, FromRedisValue, IntoConnectionInfo as _, Pipeline, RedisResult, Value};
use tokio::time::timeout;

use super::error::{CacheError, Refusal, connect_remedy};
use crate::redis::server::{client, connect};

/// The longest that connecting may take.
const LONGEST_CONNECT: Duration = Duration::from_secs(10);
/// The longest that one answer may take.
const LONGEST_ANSWER: Duration = Duration::from_secs(5);

/// A connection.
pub(super) struct Session {
    connection: MultiplexedConnection,
    /// Host and port.
    pub(super) address: String,
    /// Who asks.
    pub(super) user: String,
    /// Number of the database that the URL names.
    pub(super) named_database: u32,
    /// Number of the database that is asked.
    database: u32,
}

impl Session {
    /// Connects, to the first database: the one that the URL names may be refused, which is no reason to read nothing.
    pub(super) async fn open(url: &str) -> Result<Self, CacheError> {
        let no_url = |error: redis::RedisError| CacheError::Url(error.to_string());
        let information = url.into_connection_info().map_err(no_url)?;
        let client = client(url).map_err(no_url)?;
        let address = information.addr().to_string();
        let failed = |why: String, remedy| CacheError::Connect { address: address.clone(), why, remedy };
        let connection = match timeout(LONGEST_CONNECT, connect(&client)).await {
            Ok(connection) => {
                connection.map_err(|error| failed(error.to_string(), connect_remedy(&error)))?
            }
            Err(_) => {
                let why = format!("no answer within {} s", LONGEST_CONNECT.as_secs());
                return Err(failed(why, "check that the URL names a Redis server"));
            }
        };
        let settings = information.redis_settings();
        Ok(Self {
            connection,
            address: address.clone(),
            user: settings.username().unwrap_or("default").to_owned(),
            named_database: u32::try_from(settings.db()).unwrap_or_default(),
            database: 0,
        })
    }

    /// Turns to a database; nothing is sent where it is the one already.
    pub(super) async fn select(&mut self, database: u32) -> Result<(), Refusal> {
        if database != self.database {
            self.ask::<()>(redis::cmd("SELECT").arg(database)).await?;
            self.database = database;
        }
        Ok(())
    }

    /// Asks one thing.
    pub(super) async fn ask<T: FromRedisValue>(&mut self, command: &Cmd) -> Result<T, Refusal> {
        let answer = command.query_async(&mut self.connection);
        timeout(LONGEST_ANSWER, answer).await.map_err(|_| Refusal::TooSlow)?.map_err(Refusal::Said)
    }

    /// Asks many things in one round trip; each has an answer of its own.
    pub(super) async fn ask_all(
        &mut self,
        pipeline: &mut Pipeline,
    ) -> Result<Vec<RedisResult<Value>>, Refusal> {
        let answers = pipeline.ignore_errors().query_async(&mut self.connection);
        timeout(LONGEST_ANSWER, answers).await.map_err(|_| Refusal::TooSlow)?.map_err(Refusal::Said)
    }
}
