//! Why there is no trace.

use std::io;

use thiserror::Error;

/// Why no trace of key accesses could be recorded.
#[derive(Debug, Error)]
pub enum TraceError {
    /// The URL is not Redis'.
    #[error("the Redis URL cannot be used: {0}; use one like redis://user:password@host:6379/0")]
    BadUrl(String),
    /// The server wants an encrypted connection.
    #[error(
        "a cache trace cannot be recorded over an encrypted connection; run Aforo beside the server, or through a tunnel"
    )]
    Encrypted,
    /// There is no connection.
    #[error("Redis cannot be reached: {0}; check that it runs and that host and port are right")]
    Connect(#[source] io::Error),
    /// Nothing came back in time.
    #[error("Redis did not answer within {0} s; check that it is not overloaded, and try again")]
    TooSlow(u64),
    /// User or password are wrong or missing.
    #[error("Redis refused user or password: {0}; put them into the URL")]
    Authentication(String),
    /// The user may not watch.
    #[error(
        "Redis does not let this user watch its commands: {0}; allow it for the time of the trace: ACL SETUSER <user> +monitor"
    )]
    Denied(String),
    /// Something else was answered.
    #[error(
        "Redis refused MONITOR: {0}; a server that does not offer it, as managed ones do, cannot be traced"
    )]
    Refused(String),
}
