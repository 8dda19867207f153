//! The HTTP client of one virtual user, of the kind the scenario asks for.

use std::sync::Arc;

use super::exchange::{Answer, Exchange, Request, RequestError};
use super::full_client::FullClient;
use super::http::LeanClient;
use super::session::Session;

/// A client of either kind, so that virtual users are all of one type.
#[derive(Debug)]
pub(crate) enum UserClient {
    /// Aforo's own.
    Lean(LeanClient),
    /// reqwest.
    Full(FullClient),
}

impl UserClient {
    /// A lean client for a new user of `session`.
    pub(crate) fn lean(session: &Session) -> Self {
        Self::Lean(LeanClient::new(Arc::clone(&session.plan.origin)))
    }
}

impl Exchange for UserClient {
    async fn exchange(&mut self, request: Request<'_>) -> Result<Answer, RequestError> {
        match self {
            Self::Lean(client) => client.exchange(request).await,
            // On the heap, or every user of the lean client would hold room for this one's.
            Self::Full(client) => Box::pin(client.exchange(request)).await,
        }
    }
}
