//! What can go wrong.

/// Why the benchmark ended early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BenchError {
    /// A file of queries is missing.
    #[error("{path} cannot be read: {source}; run benches/index_advice/fetch_queries.sh first")]
    Queries {
        /// Which file.
        path: String,
        /// In the system's words.
        source: std::io::Error,
    },
    /// No server.
    #[error(transparent)]
    Sandbox(#[from] aforo_sandbox::SandboxError),
    /// The server refused.
    #[error("the database refused: {0}")]
    Sql(#[from] sqlx::Error),
    /// The catalog was not read.
    #[error(transparent)]
    Database(#[from] aforo_profiles::DatabaseError),
    /// There is no advice.
    #[error(transparent)]
    Advice(#[from] aforo_pipeline::IndexAdviceError),
}
