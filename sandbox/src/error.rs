//! What can go wrong, each with its remedy.

use std::io;
use std::path::PathBuf;

use crate::Searched;

/// Why a throw-away server could not be started.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// No usable `PostgreSQL` server is installed.
    #[error(
        "No PostgreSQL server was found on this machine. Its programs initdb and postgres, version {minimum} or newer, are needed.\n\
         Places searched:\n{}\n\
         Install it:\n  \
           Debian, Ubuntu   apt-get install postgresql\n  \
           Fedora, RHEL     dnf install postgresql-server postgresql-contrib\n  \
           macOS            brew install postgresql@17\n\
         Or use a server that is already running: --database-url postgres://USER@HOST/DATABASE\n\
         Or say where the programs are: AFORO_PG_BINDIR=/directory/of/initdb",
        list(.searched),
        minimum = crate::discovery::MINIMUM_POSTGRES_MAJOR
    )]
    NoPostgres {
        /// Every place looked at, in order, and what was wrong with it.
        searched: Vec<Searched>,
    },

    /// Neither Redis nor Valkey is installed.
    #[error(
        "No Redis server was found on this machine. Its program redis-server, or valkey-server, is needed.\n\
         Places searched:\n{}\n\
         Install it:\n  \
           Debian, Ubuntu   apt-get install redis-server\n  \
           Fedora, RHEL     dnf install valkey   (older releases: dnf install redis)\n  \
           macOS            brew install redis\n\
         Or use a server that is already running: --redis-url redis://HOST:PORT\n\
         Or say where the program is: AFORO_REDIS_SERVER=/path/of/redis-server",
        list(.searched)
    )]
    NoRedis {
        /// Every place looked at, in order, and what was wrong with it.
        searched: Vec<Searched>,
    },

    /// The user is root, and no unprivileged account exists to run a server as.
    #[error(
        "PostgreSQL refuses to run as root, and this machine has neither a user \"postgres\" nor a user \"nobody\" to run it as. \
         Create one (useradd --system postgres), or run as an ordinary user."
    )]
    NoAccount,

    /// The folder for the server's files cannot be made.
    #[error("The server's folder could not be made in {}: {source}. Name another place in TMPDIR.", .parent.display())]
    Folder {
        /// The directory in which the folder was to be made.
        parent: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },

    /// An installed program cannot be started.
    #[error("{} could not be started as user {account}: {source}. That user must be able to reach and execute it.", .program.display())]
    NotExecutable {
        /// The program.
        program: PathBuf,
        /// The user it was to run as.
        account: String,
        /// What the operating system said.
        source: io::Error,
    },

    /// The database cluster or the database in it could not be created.
    #[error("{} failed, so there is no database to start. Its last words:\n{output}", .program.display())]
    Initialisation {
        /// The program that failed.
        program: PathBuf,
        /// The end of what it printed.
        output: String,
    },

    /// The server was started but is not ready for connections.
    #[error("{server} did not start: {reason}. The end of its log:\n{log_tail}")]
    NotReady {
        /// `PostgreSQL` or `Redis`.
        server: &'static str,
        /// It ended by itself, or it took too long.
        reason: String,
        /// The end of the server's log.
        log_tail: String,
    },

    /// Another program took every port that was tried.
    #[error(
        "{server} found no free port on 127.0.0.1: {attempts} were tried, and each was taken before it could be used. \
         Close programs that open many connections, and try again."
    )]
    NoFreePort {
        /// `PostgreSQL` or `Redis`.
        server: &'static str,
        /// How many ports were tried.
        attempts: usize,
    },

    /// The operating system refused something else that is needed.
    #[error("The system refused to {action}: {source}.")]
    System {
        /// What was attempted.
        action: &'static str,
        /// What the operating system said.
        source: io::Error,
    },
}

fn list(searched: &[Searched]) -> String {
    searched.iter().map(|place| format!("  {place}")).collect::<Vec<_>>().join("\n")
}
