//! The HTTP client of a virtual user: reqwest with cookies and gzip, kept to the target.
//!
//! It is not the client that Goose gives its users, because that one follows a redirect to any host and goes
//! through the proxies that the environment names. Load goes to the hosts the user named and to no other, and what
//! is measured shall be the target, not a proxy.

use std::error::Error;

use aforo_model::{ErrorKind, Method};
use reqwest::redirect::Policy;
use url::Url;

use super::exchange::{Answer, Exchange, Request, RequestError};

/// What the target sees as the user agent.
const USER_AGENT: &str = concat!("aforo/", env!("CARGO_PKG_VERSION"));

/// A client with cookies and connections of its own; its clones share them. Goose asks that it can be cloned.
#[derive(Debug, Clone)]
pub(crate) struct HttpClient {
    client: reqwest::Client,
}

impl HttpClient {
    /// A client for the target at `base_url`. It follows redirects within the target's origin (scheme, host and
    /// port), at most ten in a row; of any other redirect the 3xx answer itself is the answer.
    pub(crate) fn new(base_url: &Url) -> Result<Self, reqwest::Error> {
        let origin = base_url.origin();
        let within_the_target = Policy::custom(move |attempt| {
            if attempt.url().origin() == origin {
                Policy::default().redirect(attempt)
            } else {
                attempt.stop()
            }
        });
        let mut builder = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .cookie_store(true)
            .gzip(true)
            .no_proxy()
            .redirect(within_the_target);
        if base_url.scheme() == "http" {
            // It will never speak TLS, and reading the system's certificates takes milliseconds for every user.
            builder = builder.tls_certs_only([]);
        }
        Ok(Self { client: builder.build()? })
    }
}

impl Exchange for HttpClient {
    async fn exchange(&mut self, request: Request) -> Result<Answer, RequestError> {
        let timeout = request.timeout;
        let mut builder = self.client.request(method(request.method), request.url).timeout(timeout);
        for (name, value) in request.headers {
            builder = builder.header(name, value);
        }
        if let Some(body) = request.body {
            builder = builder.body(body);
        }
        let error = |error: reqwest::Error| request_error(&error, timeout);
        let response = builder.send().await.map_err(error)?;
        let status = response.status().as_u16();
        let body = response.bytes().await.map_err(error)?;
        Ok(Answer { status, body: body.into() })
    }
}

fn method(method: Method) -> reqwest::Method {
    match method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Patch => reqwest::Method::PATCH,
        Method::Delete => reqwest::Method::DELETE,
        Method::Head => reqwest::Method::HEAD,
        Method::Options => reqwest::Method::OPTIONS,
    }
}

fn request_error(error: &reqwest::Error, timeout: std::time::Duration) -> RequestError {
    if error.is_timeout() {
        return RequestError {
            kind: ErrorKind::Timeout,
            message: format!("no complete answer within {}", humanly(timeout)),
        };
    }
    let what = if error.is_connect() {
        "no connection"
    } else if error.is_body() || error.is_decode() {
        "the answer broke off"
    } else if error.is_redirect() {
        "redirected too often"
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

fn humanly(timeout: std::time::Duration) -> String {
    aforo_model::format_duration(timeout.as_secs_f64() * 1e6)
}

fn root_cause(error: &dyn Error) -> Option<String> {
    let mut cause = error.source()?;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    Some(cause.to_string().replace(['\n', '\r'], " "))
}
