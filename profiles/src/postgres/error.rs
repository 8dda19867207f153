//! Why a database could not be read.

use aforo_model::database::Skipped;

use super::connections::remedy;

/// Why a database, or a part of it, could not be read. Never holds a password.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The URL is not Postgres'.
    #[error(
        "this is no URL of a Postgres database: {0}; use a URL like postgres://user:password@host:5432/database"
    )]
    Url(String),
    /// No connection came about.
    #[error("no connection to Postgres at {server}: {why}; {remedy}")]
    Connect {
        /// Host and port.
        server: String,
        /// What the server or the system said.
        why: String,
        /// What to do next.
        remedy: &'static str,
    },
    /// One part could not be read.
    #[error("Postgres did not tell {what}: {why}; {remedy}")]
    Read {
        /// The part.
        what: &'static str,
        /// What the server said.
        why: String,
        /// What to do next.
        remedy: &'static str,
    },
    /// One part cannot be read the way the server, or the role, is set up.
    #[error("{}: {}; {}", .0.what, .0.why, .0.remedy)]
    Unreadable(Skipped),
}

impl DatabaseError {
    pub(super) fn read(what: &'static str, error: &sqlx::Error) -> Self {
        let code = error.as_database_error().and_then(|error| error.code());
        let remedy = match (error, code.as_deref()) {
            (_, Some("57014")) => "read it again when the server is less busy",
            (_, Some("55P03")) => "read it again when the lock that was in the way is gone",
            (sqlx::Error::Decode(_) | sqlx::Error::ColumnDecode { .. }, _) => {
                "report this answer and the server's version as a fault of Aforo's"
            }
            _ => remedy(error),
        };
        Self::Read { what, why: said(error), remedy }
    }

    /// The same as a part that was skipped, named `what` unless the error names it itself.
    #[must_use]
    pub fn into_skipped(self, what: &str) -> Skipped {
        let (why, remedy) = match self {
            Self::Unreadable(skipped) => return skipped,
            Self::Connect { why, remedy, .. } | Self::Read { why, remedy, .. } => (why, remedy.to_owned()),
            error @ Self::Url(_) => (error.to_string(), "use another URL".to_owned()),
        };
        Skipped { what: what.to_owned(), why, remedy }
    }
}

/// What the server said, without the place in its own source that comes along; else what the system said.
pub(super) fn said(error: &sqlx::Error) -> String {
    error.as_database_error().map_or_else(|| error.to_string(), |error| error.message().to_owned())
}
