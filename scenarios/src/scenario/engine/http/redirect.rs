//! Where an answer sends its client next.

use std::borrow::Cow;

use bytes::Bytes;
use http::Method;
use http::header::{CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_LOCATION, CONTENT_TYPE};
use http::uri::PathAndQuery;
use url::{Position, Url};

use crate::scenario::engine::exchange::{FixedHeaders, Request};

/// Redirects in a row that are followed, as many as reqwest does.
pub(in crate::scenario::engine) const MAX_REDIRECTS: usize = 10;

/// The request that an answer to `request`, which went to `url`, asks for. None when the answer is no
/// redirect, leads to another origin, or nowhere.
pub(in crate::scenario::engine) fn next<'plan>(
    request: &Request<'plan>,
    url: &Url,
    status: u16,
    location: Option<&str>,
) -> Option<Request<'plan>> {
    if !matches!(status, 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = url.join(location?).ok()?;
    if location.origin() != url.origin() {
        return None;
    }
    let path: PathAndQuery = location[Position::BeforePath..Position::AfterQuery].parse().ok()?;
    let mut next = Request { path, ..request.clone() };
    // As every browser does (Fetch, 4.4): after 301 and 302 a POST becomes a GET, after 303 everything does.
    let becomes_get = match status {
        301 | 302 => request.method == Method::POST,
        303 => !matches!(request.method, Method::GET | Method::HEAD),
        _ => false,
    };
    if becomes_get {
        next.method = Method::GET;
        next.body = Bytes::new();
        let mut headers = next.headers.map().clone();
        for name in [CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_LOCATION, CONTENT_TYPE] {
            headers.remove(&name);
            next.filled_headers.retain(|(filled, _)| *filled != name);
        }
        next.headers = Cow::Owned(FixedHeaders::new(headers));
    }
    Some(next)
}

#[cfg(test)]
mod tests {
    use http::header::ACCEPT;
    use http::{HeaderMap, HeaderValue};

    use super::*;

    fn post() -> Request<'static> {
        let headers = [(CONTENT_LENGTH, HeaderValue::from(4)), (ACCEPT, HeaderValue::from_static("*/*"))];
        Request {
            method: Method::POST,
            path: PathAndQuery::from_static("/orders/new?x=1"),
            headers: Cow::Owned(FixedHeaders::new(HeaderMap::from_iter(headers))),
            filled_headers: vec![(CONTENT_TYPE, HeaderValue::from_static("text/plain"))],
            body: Bytes::from("body"),
            keeps_body: true,
            follows_redirects: true,
        }
    }

    fn redirected(status: u16, location: Option<&str>) -> Option<Request<'static>> {
        next(&post(), &"http://target:8080/orders/new?x=1".parse().unwrap(), status, location)
    }

    #[test]
    fn a_location_is_relative_to_the_request() {
        for (location, path) in [
            ("/login", "/login"),
            ("done?id=7#top", "/orders/done?id=7"),
            ("../a b", "/a%20b"),
            ("?y=2", "/orders/new?y=2"),
            ("http://target:8080/x", "/x"),
            ("//target:8080/y", "/y"),
        ] {
            assert_eq!(redirected(302, Some(location)).unwrap().path, path, "{location}");
        }
    }

    #[test]
    fn another_origin_and_what_is_no_redirect_stand() {
        for location in
            ["http://other:8080/", "https://target:8080/", "http://target/", "mailto:a@b", "http://"]
        {
            assert_eq!(redirected(302, Some(location)), None, "{location}");
        }
        assert_eq!(redirected(304, Some("/x")), None);
        assert_eq!(redirected(302, None), None);
    }

    #[test]
    fn a_post_becomes_a_get_without_a_body_but_after_307_and_308() {
        for status in [301, 302, 303] {
            let next = redirected(status, Some("/x")).unwrap();
            assert_eq!((next.method, next.body), (Method::GET, Bytes::new()), "{status}");
            assert!(next.filled_headers.is_empty() && next.headers.lines() == b"accept: */*\r\n", "{status}");
        }
        for status in [307, 308] {
            let next = redirected(status, Some("/x")).unwrap();
            assert_eq!((next.method, next.body), (Method::POST, Bytes::from("body")), "{status}");
            assert_eq!((next.filled_headers.len(), next.headers.map().len()), (1, 2), "{status}");
        }
    }
}
