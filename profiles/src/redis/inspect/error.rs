//! Why a cache, or a part of what it knows, could not be read.

use aforo_model::database::Skipped;
use redis::{ErrorKind, RedisError};

/// Why a cache could not be read at all. Never holds a password.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// The URL is not Redis'.
    #[error("this is no URL of a Redis server: {0}; use a URL like redis://user:password@host:6379/0")]
    Url(String),
    /// No connection came about, or it was lost.
    #[error("no connection to Redis at {address}: {why}; {remedy}")]
    Connect {
        /// Host and port.
        address: String,
        /// What the server or the system said.
        why: String,
        /// What to do next.
        remedy: &'static str,
    },
}

/// Why one question was not answered.
#[derive(Debug)]
pub(super) enum Refusal {
    /// The server, or the connection, said so.
    Said(RedisError),
    /// It took too long.
    TooSlow,
}

impl Refusal {
    /// Whether nothing else will be answered either.
    pub(super) fn is_of_connection(&self) -> bool {
        match self {
            Self::TooSlow => true,
            Self::Said(error) => error.kind() == ErrorKind::Io,
        }
    }

    /// The same as a part that was skipped. `rule` is what the ACL rules of `user` lack.
    pub(super) fn into_skipped(self, what: &str, user: &str, rule: &str) -> Skipped {
        let (why, remedy) = match self {
            Self::TooSlow => (
                "the server did not answer in time".to_owned(),
                "read it again when the server is less busy".to_owned(),
            ),
            Self::Said(error) => (why(&error), remedy(&error, user, rule)),
        };
        Skipped { what: what.to_owned(), why, remedy }
    }
}

/// Whether the command itself is refused, whatever key it names.
pub(super) fn refuses_command(error: &RedisError) -> bool {
    let said = said(error);
    // Else it is the key that the user may not see, in words that differ from version to version.
    (error.code() == Some("NOPERM") && said.contains("permissions to run"))
        || said.contains("unknown command")
        || said.contains("unknown subcommand")
        || error.kind() == ErrorKind::Io
}

/// What the server said. Some errors repeat the arguments of the command, and those may be names of keys.
fn why(error: &RedisError) -> String {
    match (error.code(), error.detail()) {
        (Some(code), Some(detail)) => {
            let told = detail.split(", with args beginning with").next().unwrap_or(detail);
            // The code of errors that have none of their own.
            if code == "ERR" { told.to_owned() } else { format!("{code} {told}") }
        }
        _ => error.to_string(),
    }
}

fn said(error: &RedisError) -> String {
    error.to_string().to_ascii_lowercase()
}

fn remedy(error: &RedisError, user: &str, rule: &str) -> String {
    match error.code() {
        Some("NOPERM") => return format!("ACL SETUSER {user} {rule}"),
        Some("MOVED" | "ASK" | "TRYAGAIN" | "CROSSSLOT") => {
            return "name the node of the cluster that owns these keys, as CLUSTER SHARDS lists them"
                .to_owned();
        }
        Some("CLUSTERDOWN") => {
            return "read it again when the cluster serves all of its slots, which redis-cli --cluster check tells"
                .to_owned();
        }
        Some("MASTERDOWN") => {
            return "read it again when the replica is linked to its primary, or analyze the primary"
                .to_owned();
        }
        Some("LOADING" | "BUSY") => return "read it again when the server is ready".to_owned(),
        _ => {}
    }
    if said(error).contains("not allowed in cluster mode") {
        return "leave the number of the database out of the URL: a cluster has the first one only"
            .to_owned();
    }
    if said(error).contains("unknown") {
        return "the server is older, or the command is renamed in its settings: take `rename-command` out, or \
                ask a server that has it"
            .to_owned();
    }
    connect_remedy(error).to_owned()
}

/// What to do when no connection comes about.
pub(super) fn connect_remedy(error: &RedisError) -> &'static str {
    match error.kind() {
        ErrorKind::AuthenticationFailed => "check user and password in the URL",
        ErrorKind::Io => "check that Redis runs and that the host and port are right",
        _ => match error.code() {
            Some("NOAUTH") => "put user and password into the URL",
            Some("WRONGPASS") => "check user and password in the URL",
            _ => "check that the URL names a Redis server that lets this user in",
        },
    }
}
