//! Client connections, once a second.

use aforo_model::PostgresSample;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection};

use crate::Notice;
use crate::link::Server;

/// The name under which Aforo's own connections show in `pg_stat_activity`; they are left out of the count.
const APPLICATION_NAME: &str = "aforo";

/// A statement that takes longer than this is cancelled by the server, just before Aforo stops waiting.
const STATEMENT_TIMEOUT: &str = "900ms";

const SETTINGS: &str = "SELECT /* aforo */ current_setting('max_connections')::int8, \
    pg_has_role(current_user, 'pg_read_all_stats', 'USAGE'), current_user::text";

/// A scan of shared memory, no table: some 0.1 ms at 100 connections.
const COUNT: &str = "SELECT /* aforo */ count(*), count(*) FILTER (WHERE state = 'active'), \
    count(*) FILTER (WHERE wait_event_type = 'Lock') \
    FROM pg_stat_activity \
    WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() \
    AND application_name IS DISTINCT FROM $1";

/// A Postgres server, watched over one connection that can only read.
///
/// Seeing other roles' sessions takes `pg_read_all_stats`, which `pg_monitor` includes. Without it the count
/// is of the own role's sessions, and a notice says so.
#[derive(Clone)]
pub(crate) struct Postgres {
    options: PgConnectOptions,
}

/// An open connection and what does not change while it lasts.
pub(crate) struct PostgresConnection {
    connection: PgConnection,
    max_connections: u32,
}

impl Postgres {
    /// Nothing is connected yet.
    ///
    /// # Errors
    /// A notice when the URL is not Postgres'.
    pub(crate) fn new(url: &str) -> Result<Self, Notice> {
        Ok(Self { options: options(url)? })
    }
}

impl Server for Postgres {
    const NAME: &'static str = "postgres";
    type Connection = PostgresConnection;
    type Reading = PostgresSample;

    async fn connect(&self) -> Result<(PostgresConnection, Option<Notice>), Notice> {
        let mut connection =
            PgConnection::connect_with(&self.options).await.map_err(|error| notice(&error))?;
        let (max_connections, sees_all, role): (i64, bool, String) =
            sqlx::query_as(SETTINGS).fetch_one(&mut connection).await.map_err(|error| notice(&error))?;
        let restricted = (!sees_all).then(|| {
            Notice::new(
                Self::NAME,
                format!(
                    "role {role} sees only its own sessions, so other roles' connections are not counted"
                ),
                format!("GRANT pg_monitor TO {role}"),
            )
        });
        Ok((PostgresConnection { connection, max_connections: count(max_connections) }, restricted))
    }

    async fn read(&mut self, connection: &mut PostgresConnection) -> Result<PostgresSample, Notice> {
        let (all, active, lock_waiting): (i64, i64, i64) = sqlx::query_as(COUNT)
            .bind(APPLICATION_NAME)
            .fetch_one(&mut connection.connection)
            .await
            .map_err(|error| notice(&error))?;
        Ok(PostgresSample {
            connection_count: count(all),
            active_count: count(active),
            lock_waiting_count: count(lock_waiting),
            max_connections: connection.max_connections,
        })
    }
}

/// The server's version, as in `16.4 (Debian 16.4-1)`.
///
/// # Errors
/// A notice when it cannot be asked.
pub(crate) async fn version(url: &str) -> Result<String, Notice> {
    let ask = async |options: &PgConnectOptions| {
        let mut connection = PgConnection::connect_with(options).await?;
        let version =
            sqlx::query_scalar("SHOW /* aforo */ server_version").fetch_one(&mut connection).await?;
        connection.close().await?;
        Ok(version)
    };
    ask(&options(url)?).await.map_err(|error| notice(&error))
}

pub(super) fn options(url: &str) -> Result<PgConnectOptions, Notice> {
    let named = named(url).map_err(|error| notice(&error))?;
    Ok(named.options([("default_transaction_read_only", "on"), ("statement_timeout", STATEMENT_TIMEOUT)]))
}

/// A connection without settings of its own, for those that set theirs in each transaction: a pooler may refuse to pass on
/// others.
///
/// # Errors
/// When the URL is not Postgres'.
pub(super) fn bare_options(url: &str) -> Result<PgConnectOptions, sqlx::Error> {
    // The one start-up setting of sqlx' own that pgbouncer refuses; from 12 on it is not needed.
    Ok(named(url)?.extra_float_digits(None))
}

/// A connection that shows as Aforo's and logs nothing. The driver takes a URL of any scheme, and a text without one for a
/// database on this machine: the wrong server.
///
/// # Errors
/// When the URL is not Postgres'.
pub(super) fn named(url: &str) -> Result<PgConnectOptions, sqlx::Error> {
    if !["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme)) {
        let why = "it does not begin with postgres:// or postgresql://";
        return Err(sqlx::Error::Configuration(why.into()));
    }
    let options: PgConnectOptions = url.parse()?;
    Ok(options.application_name(APPLICATION_NAME).disable_statement_logging())
}

fn count(value: i64) -> u32 {
    u32::try_from(value.max(0)).unwrap_or(u32::MAX)
}

pub(super) fn notice(error: &sqlx::Error) -> Notice {
    Notice::new(Postgres::NAME, error.to_string(), remedy(error))
}

/// What to do about an error of a server or of the way to it.
pub(super) fn remedy(error: &sqlx::Error) -> &'static str {
    match error {
        sqlx::Error::Configuration(_) => "use a URL like postgres://user:password@host:5432/database",
        sqlx::Error::Database(error) => match error.code().as_deref() {
            Some("28P01" | "28000") => "check user, password and pg_hba.conf",
            Some("3D000") => "check the database's name",
            Some("53300") => "raise max_connections or give Aforo's role a reserved connection",
            Some("08P01") => "name Postgres itself instead of a connection pooler in front of it",
            Some("42501") => "GRANT pg_monitor to the role",
            _ => "look at the server's own log",
        },
        sqlx::Error::Io(_) => "check that Postgres runs and that the host and port are right",
        sqlx::Error::Tls(_) => "check sslmode in the URL and the server's certificate",
        _ => "check that the URL names a Postgres server, version 10 or newer",
    }
}

#[cfg(test)]
mod tests {
    use aforo_sandbox::{Postgres as Sandbox, PostgresOptions};
    use sqlx::Executor;

    use super::*;

    async fn start() -> Sandbox {
        Sandbox::start(PostgresOptions { max_connections: 40, ..PostgresOptions::default() }).await.unwrap()
    }

    /// Reads until the reading is as wanted: other sessions take their time to get there.
    async fn read_until(
        postgres: &mut Postgres,
        connection: &mut PostgresConnection,
        wanted: impl Fn(&PostgresSample) -> bool,
    ) -> PostgresSample {
        let reading = async {
            loop {
                let sample = postgres.read(connection).await.unwrap();
                if wanted(&sample) {
                    return sample;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(20), reading).await.unwrap()
    }

    #[tokio::test]
    async fn connections_are_counted_by_what_they_do() {
        let server = start().await;
        let mut postgres = Postgres::new(&server.url()).unwrap();
        let (mut connection, notice) = postgres.connect().await.unwrap();
        assert_eq!(notice, None, "a superuser sees everything");
        let alone = read_until(&mut postgres, &mut connection, |sample| sample.connection_count == 0).await;
        assert_eq!((alone.active_count, alone.max_connections), (0, 40));

        let mut holder = PgConnection::connect(&server.url()).await.unwrap();
        holder.execute("CREATE TABLE rooms (id int)").await.unwrap();
        holder.execute("BEGIN; LOCK TABLE rooms").await.unwrap();
        let mut waiter = PgConnection::connect(&server.url()).await.unwrap();
        let waiting = tokio::spawn(async move { waiter.execute("SELECT * FROM rooms").await.map(|_| ()) });
        // A second session of Aforo's is no load of the target's.
        let _own = PgConnection::connect_with(&postgres.options).await.unwrap();

        let busy = read_until(&mut postgres, &mut connection, |sample| sample.lock_waiting_count == 1).await;
        assert_eq!((busy.connection_count, busy.active_count), (2, 1), "{busy:?}");
        holder.execute("COMMIT").await.unwrap();
        waiting.await.unwrap().unwrap();
        read_until(&mut postgres, &mut connection, |sample| sample.connection_count == 1).await;

        assert!(version(&server.url()).await.unwrap().starts_with(|first: char| first.is_ascii_digit()));
        assert_eq!(crate::pid_serving(&server.url()), Some(server.pid()));
        server.stop().await;
    }

    #[tokio::test]
    async fn its_connection_cannot_write_and_a_lesser_role_is_told_what_it_misses() {
        let server = start().await;
        let postgres = Postgres::new(&server.url()).unwrap();
        let (mut own, _) = postgres.connect().await.unwrap();
        let error = own.connection.execute("CREATE TABLE mine (id int)").await.unwrap_err();
        assert_eq!(error.as_database_error().unwrap().code().unwrap(), "25006", "read-only transaction");

        let mut admin = PgConnection::connect(&server.url()).await.unwrap();
        admin.execute("CREATE ROLE guest LOGIN").await.unwrap();
        let mut guest = Postgres::new(&server.url()).unwrap();
        guest.options = guest.options.username("guest");
        let (mut connection, notice) = guest.connect().await.unwrap();
        let notice = notice.unwrap();
        assert_eq!(notice.remedy, "GRANT pg_monitor TO guest");
        let blind = guest.read(&mut connection).await.unwrap();
        assert_eq!(blind.connection_count, 0);

        admin.execute("GRANT pg_monitor TO guest").await.unwrap();
        let (mut connection, notice) = guest.connect().await.unwrap();
        assert_eq!(notice, None);
        assert_eq!(guest.read(&mut connection).await.unwrap().connection_count, 1, "the admin's");
        server.stop().await;
    }

    #[tokio::test]
    async fn a_server_that_is_not_there_gives_cause_and_remedy() {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let postgres = Postgres::new(&format!("postgres://user:secret@{free}/hotel")).unwrap();
        let notice = postgres.connect().await.err().unwrap();
        assert_eq!(notice.source, "postgres");
        assert!(notice.remedy.contains("port"), "{notice}");
        assert!(!notice.to_string().contains("secret"), "{notice}");
        let notice = Postgres::new("127.0.0.1:5432").err().unwrap();
        assert!(notice.remedy.contains("postgres://"), "{notice}");
    }
}
