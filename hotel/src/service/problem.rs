//! Errors as clients see them: RFC 9457 `application/problem+json`.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// An error answer. `code` is stable and for programs, `detail` is for people.
#[derive(Debug, Clone)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: String,
}

#[derive(Serialize)]
struct Body<'a> {
    title: &'a str,
    status: u16,
    detail: &'a str,
    code: &'a str,
}

impl Problem {
    /// The stable name of what went wrong, such as `overlap`.
    pub fn code(&self) -> &'static str {
        self.code
    }

    pub(crate) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into() }
    }

    /// 422: the input was read but cannot be accepted.
    pub(crate) fn invalid(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_input", detail)
    }

    /// 404.
    pub(crate) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", detail)
    }

    /// 409, with its reason as code.
    pub(crate) fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, detail)
    }

    /// 503, with the part that does not answer as code.
    pub(crate) fn unavailable(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, code, detail)
    }

    /// 500. What went wrong is in the log, not in the answer.
    pub(crate) fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "something went wrong inside the hotel; its log says what",
        )
    }

    fn database_unavailable(error: &sqlx::Error) -> Self {
        tracing::warn!(%error, "the database does not answer");
        Self::unavailable("database_unavailable", "the database does not answer; try again")
    }

    /// 409: somebody else has these dates.
    pub(crate) fn overlap() -> Self {
        Self::conflict(
            "overlap",
            "the accommodation is already taken on some of these dates; ask /availability for others",
        )
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = Body {
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            detail: &self.detail,
            code: self.code,
        };
        let json = serde_json::to_vec(&body).unwrap_or_default();
        (self.status, [(header::CONTENT_TYPE, "application/problem+json")], json).into_response()
    }
}

/// SQLSTATE of an exclusion constraint that refused a row.
const EXCLUSION_VIOLATION: &str = "23P01";
/// SQLSTATE of a date outside of what Postgres can store; the hotel can read years that it cannot.
const DATETIME_FIELD_OVERFLOW: &str = "22008";
/// SQLSTATE of a text that Postgres cannot store: one with a NUL.
const CHARACTER_NOT_IN_REPERTOIRE: &str = "22021";
/// SQLSTATE of a deadlock; two overlapping bookings at once can wait for each other, and one of them gets this.
const DEADLOCK_DETECTED: &str = "40P01";

impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        let state = error.as_database_error().and_then(|database| database.code());
        match (&error, state.as_deref()) {
            (_, Some(EXCLUSION_VIOLATION | DEADLOCK_DETECTED)) => Self::overlap(),
            (_, Some(DATETIME_FIELD_OVERFLOW | CHARACTER_NOT_IN_REPERTOIRE)) => {
                Self::invalid("a date is out of range, or a text holds a NUL character")
            }
            // Shut down under us, starting up, or full.
            (_, Some("57P01" | "57P02" | "57P03" | "53300")) => Self::database_unavailable(&error),
            (sqlx::Error::PoolTimedOut, _) => {
                Self::unavailable("database_busy", "no database connection became free in time; try again")
            }
            (sqlx::Error::Io(_) | sqlx::Error::PoolClosed, _) => Self::database_unavailable(&error),
            _ => {
                tracing::error!(%error, "a query failed");
                Self::internal()
            }
        }
    }
}

impl From<redis::RedisError> for Problem {
    fn from(error: redis::RedisError) -> Self {
        tracing::warn!(%error, "Redis does not answer");
        Self::unavailable("redis_unavailable", "Redis does not answer; try again")
    }
}
