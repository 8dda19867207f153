//! Throw-away Postgres and Redis from installed binaries.
