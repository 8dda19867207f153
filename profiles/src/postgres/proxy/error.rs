//! Why there is no proxy.

use std::io;
use std::net::SocketAddr;

/// Why the proxy could not be started.
#[derive(Debug, thiserror::Error)]
pub enum ProxyError {
    /// The URL names no server by host and port.
    #[error(
        "the proxy cannot tell from the database URL where the server is: {why}; \
         use a URL like postgres://user:password@host:5432/database"
    )]
    Url {
        /// What is wrong with it.
        why: String,
    },
    /// The URL insists on encryption.
    #[error(
        "the database URL asks for sslmode={mode}, and the proxy cannot read what is encrypted; \
         use sslmode=prefer or sslmode=disable, or leave the proxy out"
    )]
    Encrypted {
        /// The mode asked for.
        mode: String,
    },
    /// The server is on another machine, and the proxy speaks no TLS.
    #[error(
        "the proxy would speak to {host} without encryption, passwords and rows included; \
         say ?sslmode=disable in the database URL if the network is trusted, or leave the proxy out"
    )]
    OtherMachine {
        /// The host.
        host: String,
    },
    /// The server does not accept connections.
    #[error(
        "the proxy cannot reach Postgres at {address}: {why}; check that it runs and that host and port are right"
    )]
    Unreachable {
        /// Host and port.
        address: String,
        /// What the operating system said.
        why: io::Error,
    },
    /// It cannot listen where it should.
    #[error(
        "the proxy cannot listen on {address}: {why}; \
         name an address of this machine with a port that no other program uses, or port 0 for a free one"
    )]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the operating system said.
        why: io::Error,
    },
}
