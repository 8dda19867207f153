//! The full HTTP client of a virtual user: reqwest with cookies and gzip, kept to the target.
//!
//! It is not the client that Goose gives its users, because that one follows a redirect to any host and goes
//! through the proxies that the environment names. Load goes to the hosts the user named and to no other, and what
//! is measured shall be the target, not a proxy. Redirects are followed here and not by reqwest, so that both
//! kinds of clients follow the same ones.

use std::error::Error;
use std::sync::Arc;

use aforo_model::ErrorKind;
use http::HeaderMap;
use http::header::LOCATION;
use reqwest::redirect::Policy;

use super::exchange::{Answer, Exchange, Request, RequestError};
use super::http::{MAX_REDIRECTS, Origin, fault, next_request};

/// A client with cookies and connections of its own; its clones share them. Goose asks that it can be cloned.
#[derive(Debug, Clone)]
pub(crate) struct FullClient {
    client: reqwest::Client,
    origin: Arc<Origin>,
}

impl FullClient {
    /// A client for requests to `origin`.
    pub(crate) fn new(origin: &Arc<Origin>) -> Result<Self, reqwest::Error> {
        let mut builder =
            reqwest::Client::builder().cookie_store(true).gzip(true).no_proxy().redirect(Policy::none());
        if !origin.is_secure() {
            // It will never speak TLS, and reading the system's certificates takes milliseconds for every user.
            builder = builder.tls_certs_only([]);
        }
        Ok(Self { client: builder.build()?, origin: Arc::clone(origin) })
    }

    /// Exchanges a request and those it is redirected to.
    async fn follow(&self, mut request: Request<'_>) -> Result<Answer, RequestError> {
        let mut received_bytes = 0;
        for redirects in 0.. {
            let (mut answer, headers) = self.exchange_once(&request).await?;
            received_bytes += answer.received_bytes;
            let next = request
                .follows_redirects
                .then(|| {
                    let location = headers.get(LOCATION).and_then(|value| value.to_str().ok());
                    next_request(&request, &self.origin.url_of(&request.path), answer.status, location)
                })
                .flatten();
            let Some(next) = next else {
                answer.received_bytes = received_bytes;
                return Ok(answer);
            };
            if redirects == MAX_REDIRECTS {
                return Err(fault::redirect_loop(redirects, next.path.path()));
            }
            request = next;
        }
        unreachable!("the loop is left by an answer or by its last redirect")
    }

    async fn exchange_once(&self, request: &Request<'_>) -> Result<(Answer, HeaderMap), RequestError> {
        let mut headers = request.headers.map().clone();
        headers.extend(request.filled_headers.iter().cloned());
        let url = self.origin.url_of(&request.path);
        let mut builder = self.client.request(request.method.clone(), url).headers(headers);
        if !request.body.is_empty() {
            builder = builder.body(request.body.clone());
        }
        let mut response = builder.send().await.map_err(|error| request_error(&error))?;
        let status = response.status().as_u16();
        let headers = std::mem::take(response.headers_mut());
        let body = response.bytes().await.map_err(|error| request_error(&error))?;
        // As many as there are after unpacking: reqwest does not tell how many came.
        Ok((Answer { status, received_bytes: body.len() as u64, body }, headers))
    }
}

impl Exchange for FullClient {
    async fn exchange(&mut self, request: Request<'_>) -> Result<Answer, RequestError> {
        let timeout = self.origin.timeout;
        tokio::time::timeout(timeout, self.follow(request))
            .await
            .unwrap_or_else(|_| Err(fault::timeout(timeout)))
    }
}

fn request_error(error: &reqwest::Error) -> RequestError {
    let what = if error.is_connect() {
        "no connection"
    } else if error.is_body() || error.is_decode() {
        "the answer broke off"
    } else {
        "the connection broke before an answer"
    };
    // reqwest's own text names the URL, which may hold secrets; the cause at the root does not.
    let message = match root_cause(error) {
        Some(cause) => format!("{what}: {cause}"),
        None => what.to_owned(),
    };
    RequestError { kind: ErrorKind::Connection, message }
}

fn root_cause(error: &dyn Error) -> Option<String> {
    let mut cause = error.source()?;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    Some(cause.to_string().replace(|character: char| character.is_control(), " "))
}
