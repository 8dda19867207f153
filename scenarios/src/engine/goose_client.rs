//! The HTTP client that Goose gives each of its users: reqwest with cookies, redirects and gzip.

use std::error::Error;

use aforo_model::{ErrorKind, Method};
use goose::goose::GooseUser;

use super::exchange::{Answer, Exchange, Request, RequestError};

/// A handle to a Goose user's client.
#[derive(Debug, Clone)]
pub(crate) struct GooseClient {
    client: reqwest::Client,
}

impl GooseClient {
    /// The client of `user`.
    pub(crate) fn of(user: &GooseUser) -> Self {
        Self { client: user.client.clone() }
    }
}

impl Exchange for GooseClient {
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
