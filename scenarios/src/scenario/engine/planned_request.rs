//! A step's request: what never changes is made once for a run, the rest is filled in each time.

use std::borrow::Cow;

use aforo_model::{Body, Method, Step};
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue};
use rand::Rng;

use super::exchange::{FixedHeaders, Request};
use super::http::Origin;
use crate::template::{Scope, Template, TemplateError, Unfilled, compile_json};

/// A request with its templates compiled.
#[derive(Debug)]
pub(crate) struct PlannedRequest {
    method: http::Method,
    path: Part<PathAndQuery>,
    /// The path of the target's base URL.
    base_path: String,
    /// Header fields that are the same every time.
    headers: FixedHeaders,
    filled_headers: Vec<(HeaderName, Template)>,
    body: Part<Bytes>,
    keeps_body: bool,
    follows_redirects: bool,
}

/// A part of a request.
#[derive(Debug)]
enum Part<T> {
    Fixed(T),
    Filled(Template),
}

impl PlannedRequest {
    /// Compiles the request of `step` to `origin`.
    pub(crate) fn compile(step: &Step, origin: &Origin) -> Result<Self, TemplateError> {
        let mut headers = origin.headers();
        let mut filled_headers = Vec::new();
        let body = body(step, &mut headers)?;
        for header in &step.headers {
            let name = HeaderName::from_bytes(header.name.as_bytes())
                .map_err(|_| TemplateError::of(&header.name, "this cannot be the name of a header field"))?;
            // The lengths are those of what is sent.
            if [CONTENT_LENGTH, TRANSFER_ENCODING].contains(&name) {
                continue;
            }
            let template = Template::plain(&header.value)?;
            match template.fixed() {
                Some(value) => {
                    let value = HeaderValue::from_str(value)
                        .or_else(|_| HeaderValue::from_bytes(value.as_bytes()))
                        .map_err(|_| {
                            TemplateError::of(value, "a header field cannot hold control characters")
                        })?;
                    headers.insert(name, value);
                }
                None => {
                    headers.remove(&name);
                    filled_headers.push((name, template));
                }
            }
        }
        let base_path = origin.base_path().to_owned();
        let path = Template::path(&step.path)?;
        let path = match path.fixed() {
            Some(fixed) => Part::Fixed(
                PathAndQuery::try_from(format!("{base_path}{fixed}"))
                    .map_err(|_| TemplateError::of(&step.path, "this cannot be a path"))?,
            ),
            None => Part::Filled(path),
        };
        let expects_redirect = step.expect.statuses.iter().any(|status| (300..=399).contains(status));
        Ok(Self {
            method: method(step.method),
            path,
            base_path,
            headers: FixedHeaders::new(headers),
            filled_headers,
            body,
            keeps_body: !step.expect.checks.is_empty() || !step.extract.is_empty(),
            follows_redirects: !expects_redirect,
        })
    }

    /// The templates that are filled in.
    pub(crate) fn templates(&self) -> impl Iterator<Item = &Template> {
        let path = if let Part::Filled(template) = &self.path { Some(template) } else { None };
        let body = if let Part::Filled(template) = &self.body { Some(template) } else { None };
        path.into_iter().chain(self.filled_headers.iter().map(|(_, value)| value)).chain(body)
    }

    /// The request with everything filled in.
    pub(crate) fn fill(&self, scope: &impl Scope, rng: &mut impl Rng) -> Result<Request<'_>, Unfilled> {
        let mut filled_headers = Vec::with_capacity(self.filled_headers.len());
        for (name, template) in &self.filled_headers {
            // A line break in a value would be another header field.
            let value = HeaderValue::try_from(template.render(scope, rng)?).map_err(|_| Unfilled)?;
            filled_headers.push((name.clone(), value));
        }
        let path = match &self.path {
            Part::Fixed(path) => path.clone(),
            Part::Filled(template) => {
                let mut path = String::with_capacity(self.base_path.len() + template.usual_length());
                path.push_str(&self.base_path);
                template.render_into(&mut path, scope, rng)?;
                PathAndQuery::from_maybe_shared(Bytes::from(path)).map_err(|_| Unfilled)?
            }
        };
        let body = match &self.body {
            Part::Fixed(body) => body.clone(),
            Part::Filled(template) => template.render(scope, rng)?.into(),
        };
        Ok(Request {
            method: self.method.clone(),
            path,
            headers: Cow::Borrowed(&self.headers),
            filled_headers,
            body,
            keeps_body: self.keeps_body,
            follows_redirects: self.follows_redirects,
        })
    }
}

/// Compiles a step's body and notes what it says of itself in `headers`.
fn body(step: &Step, headers: &mut HeaderMap) -> Result<Part<Bytes>, TemplateError> {
    let template = match &step.body {
        Some(Body::Text(text)) => Template::plain(text)?,
        Some(Body::Json(value)) => {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            compile_json(value)?
        }
        None => {
            // Where a body is usual, its absence is said (RFC 9110, 8.6); some servers insist.
            if matches!(step.method, Method::Post | Method::Put | Method::Patch) {
                headers.insert(CONTENT_LENGTH, HeaderValue::from(0));
            }
            return Ok(Part::Fixed(Bytes::new()));
        }
    };
    Ok(match template.fixed() {
        Some(text) => Part::Fixed(Bytes::from(text.to_owned())),
        None => Part::Filled(template),
    })
}

fn method(method: Method) -> http::Method {
    match method {
        Method::Get => http::Method::GET,
        Method::Post => http::Method::POST,
        Method::Put => http::Method::PUT,
        Method::Patch => http::Method::PATCH,
        Method::Delete => http::Method::DELETE,
        Method::Head => http::Method::HEAD,
        Method::Options => http::Method::OPTIONS,
    }
}
