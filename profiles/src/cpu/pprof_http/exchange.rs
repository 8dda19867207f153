//! One request and its answer, bounded in time and size.

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

/// Why there is no body.
#[derive(Debug)]
pub(super) enum Fault {
    /// Another status than success, and how the answer begins.
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
        client.get(url).timeout(timeout).send().await.map_err(|error| transport(error, timeout))?;
    let status = response.status();
    if !status.is_success() {
        // Whatever could be read says more than nothing.
        let mut begin = Vec::new();
        read(&mut response, &mut begin, SHOWN_BYTES, timeout).await.ok();
        return Err(Fault::Status(status.as_u16(), shown(&begin)));
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
fn shown(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(SHOWN_CHARS).collect()
}
