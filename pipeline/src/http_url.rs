//! A URL that something is read from, and that may hold a secret.

use thiserror::Error;
use url::{ParseError, Url};

/// Why a text is no URL that can be read. What is no URL may hold a password anywhere, so none of it is shown: not even what
/// stands before the first colon, which of `user:password@host` is the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum HttpUrlError {
    /// It is no URL at all.
    #[error("this is no URL ({0}); write it with scheme and host, such as http://10.0.0.7:9100/metrics")]
    NoUrl(ParseError),
    /// It is a URL of something else.
    #[error(
        "this URL's scheme is neither http nor https; write it with scheme and host, such as http://10.0.0.7:9100/metrics"
    )]
    OtherScheme,
}

/// Reads a URL of `http` or `https`.
///
/// # Errors
/// [`HttpUrlError`], which shows nothing of the text.
pub fn parse_http_url(text: &str) -> Result<Url, HttpUrlError> {
    let url = Url::parse(text).map_err(HttpUrlError::NoUrl)?;
    if matches!(url.scheme(), "http" | "https") { Ok(url) } else { Err(HttpUrlError::OtherScheme) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_url_of_http_is_told_without_what_may_be_secret() {
        for (wrong, expected) in [
            ("s3cret", "no URL"),
            ("http://", "no URL"),
            ("http://user:s3cret@:9100/", "no URL"),
            ("ftp://user:s3cret@a/", "neither http nor https"),
            ("s3cret:password@a:9100/metrics", "neither http nor https"),
        ] {
            let why = parse_http_url(wrong).unwrap_err().to_string();
            assert!(why.contains(expected) && !why.contains("s3cret"), "{wrong}: {why}");
        }
        assert_eq!(parse_http_url("https://user:s3cret@a/x").unwrap().as_str(), "https://user:s3cret@a/x");
    }
}
