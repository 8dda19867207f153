//! One request and its answer, bounded in time and size.

use std::cmp::Reverse;
use std::error::Error;
use std::time::Duration;

use reqwest::redirect::Policy;
use url::Url;

/// How long a connection may take.
const TIME_TO_CONNECT: Duration = Duration::from_secs(5);
/// Redirects in a row that are followed.
const MOST_REDIRECTS: usize = 5;
/// Bytes of an answer that is shown.
const SHOWN_BYTES: usize = 4 << 10;
/// Characters of an answer that are shown.
const SHOWN_CHARS: usize = 120;
/// The parameters that are not the user's.
const OURS: [&str; 2] = ["seconds", "frequency"];

/// Why there is no body.
#[derive(Debug)]
pub(super) enum Fault {
    /// Another status than success, and how the answer begins, without parameters of the request that it repeats.
    Status(u16, String),
    /// More bytes than this.
    TooLarge(usize),
    /// No connection, as a clause.
    Unreachable(String),
    /// No answer, or only a part of one, as a clause.
    Broken(String),
}

/// A client that asks the target and nobody else: no proxy of the environment, no redirect to another origin. It unpacks nothing,
/// so that a body has the size in which it comes.
///
/// # Errors
/// When TLS cannot be set up.
pub(super) fn client() -> Result<reqwest::Client, reqwest::Error> {
    let policy = Policy::custom(|attempt| {
        let origin = attempt.previous().first().map(Url::origin);
        if attempt.previous().len() > MOST_REDIRECTS || origin != Some(attempt.url().origin()) {
            attempt.stop()
        } else {
            attempt.follow()
        }
    });
    reqwest::Client::builder().no_proxy().no_gzip().redirect(policy).connect_timeout(TIME_TO_CONNECT).build()
}

/// Gets the body of a successful answer.
///
/// # Errors
/// [`Fault`]; a body of more than `most_bytes` is not read to its end.
pub(super) async fn fetch(
    client: &reqwest::Client,
    url: Url,
    timeout: Duration,
    most_bytes: usize,
) -> Result<Vec<u8>, Fault> {
    let mut response =
        client.get(url.clone()).timeout(timeout).send().await.map_err(|error| transport(error, timeout))?;
    let status = response.status();
    if !status.is_success() {
        // Whatever could be read says more than nothing.
        let mut begin = Vec::new();
        read(&mut response, &mut begin, SHOWN_BYTES, timeout).await.ok();
        return Err(Fault::Status(status.as_u16(), shown(&begin, &url)));
    }
    let is_too_large = |length: u64| usize::try_from(length).is_ok_and(|length| length > most_bytes);
    if response.content_length().is_some_and(is_too_large) {
        return Err(Fault::TooLarge(most_bytes));
    }
    let mut body = Vec::new();
    read(&mut response, &mut body, most_bytes, timeout).await?;
    Ok(body)
}

async fn read(
    response: &mut reqwest::Response,
    body: &mut Vec<u8>,
    most_bytes: usize,
    timeout: Duration,
) -> Result<(), Fault> {
    while let Some(chunk) = response.chunk().await.map_err(|error| transport(error, timeout))? {
        let room = most_bytes - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if chunk.len() > room {
            return Err(Fault::TooLarge(most_bytes));
        }
    }
    Ok(())
}

/// What happened, without the URL, which may hold a password.
fn transport(error: reqwest::Error, timeout: Duration) -> Fault {
    let error = error.without_url();
    if error.is_timeout() && !error.is_connect() {
        return Fault::Broken(format!("no whole answer within {} s", timeout.as_secs()));
    }
    let mut cause = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        cause = inner.to_string();
        source = inner.source();
    }
    if error.is_connect() {
        return Fault::Unreachable(format!("it could not be reached ({cause})"));
    }
    Fault::Broken(format!(
        "the connection broke before the answer was complete ({cause}); the target may have restarted"
    ))
}

/// How an answer begins, on one line.
fn shown(body: &[u8], url: &Url) -> String {
    let text = without_parameters(&String::from_utf8_lossy(body), url);
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(SHOWN_CHARS).collect()
}

/// Without what an answer repeats of the request's parameters, which may be secrets: the query as it was sent, and each value that the
/// user gave, which a page may hold decoded or with other signs between.
fn without_parameters(text: &str, url: &Url) -> String {
    let Some(query) = url.query() else { return text.to_owned() };
    let as_sent = query.split('&').filter_map(|pair| pair.split_once('='));
    let as_sent = as_sent.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let decoded = url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned()));
    let is_given = |(name, value): &(String, String)| !OURS.contains(&name.as_str()) && !value.is_empty();
    let mut values: Vec<String> = as_sent.chain(decoded).filter(is_given).map(|(_, value)| value).collect();
    // One value may be a part of another.
    values.sort_by_key(|value| Reverse(value.len()));
    values.iter().fold(text.replace(query, ""), |text, value| text.replace(value, "***"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_of_an_answer_has_no_parameter_of_the_request() {
        let url = Url::parse("http://h/cpu?token=s3cret%2B&half=s3c&flag=&seconds=0&frequency=99").unwrap();
        for (body, expected) in [
            ("no /cpu?token=s3cret%2B&half=s3c&flag=&seconds=0&frequency=99 here", "no /cpu? here"),
            ("no /cpu?token=s3cret%2B&amp;seconds=0", "no /cpu?token=***&amp;seconds=0"),
            (r#"{"token": "s3cret+", "half": "s3c"}"#, r#"{"token": "***", "half": "***"}"#),
            ("seconds must be 1 to 60", "seconds must be 1 to 60"),
        ] {
            assert_eq!(shown(body.as_bytes(), &url), expected);
        }
        // The end of a text that is cut off is not left of a secret.
        let long = format!("{} s3cret+", "x".repeat(SHOWN_CHARS - 4));
        assert!(!shown(long.as_bytes(), &url).contains("s3c"));
        assert_eq!(
            shown(b"404 page\n not found", &Url::parse("http://h/cpu").unwrap()),
            "404 page not found"
        );
    }
}
