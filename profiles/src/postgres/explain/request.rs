//! What is asked of the explainer.

/// A statement to be explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExplainRequest<'a> {
    /// Identity of the statement; comes back with the answer.
    pub fingerprint: &'a str,
    /// Its text, with parameters as `$n`.
    pub text: &'a str,
    /// Types of `$1`, `$2`, … where the caller knows them (`integer`, `timestamp with time zone`, …), for statements whose text
    /// does not tell Postgres. May be shorter than there are parameters.
    pub parameter_types: &'a [Option<String>],
    /// Schemas in which the statement looks for names, as they are stored; empty: where the role looks.
    pub schemas: &'a [String],
}

/// A statement that is known to write nothing and to call no function that does anything but compute. Without it nothing
/// is executed: Postgres' own read-only transactions still let advisory locks, notifications and `pg_cancel_backend` through.
#[derive(Debug, Clone, Copy)]
pub struct ReadOnlyProof<'a> {
    request: ExplainRequest<'a>,
}

impl<'a> ReadOnlyProof<'a> {
    /// The proof, if `is_provably_read_only` says so of the text.
    pub fn establish(
        request: ExplainRequest<'a>,
        is_provably_read_only: impl FnOnce(&str) -> bool,
    ) -> Option<Self> {
        is_provably_read_only(request.text).then_some(Self { request })
    }

    /// The statement it is about.
    pub fn request(&self) -> ExplainRequest<'a> {
        self.request
    }
}
