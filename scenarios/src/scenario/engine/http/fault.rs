//! What went wrong with an exchange: a kind for the record and one line for people, without the URL.

use std::error::Error;
use std::io;

use aforo_model::{ErrorKind, format_duration};
use nix::errno::Errno;

use super::descriptors;
use crate::scenario::engine::exchange::RequestError;

/// No connection could be made.
pub(super) fn connecting(error: &io::Error) -> RequestError {
    let is_exhausted = [Errno::EMFILE, Errno::ENFILE]
        .iter()
        .any(|exhausted| error.raw_os_error() == Some(*exhausted as i32));
    if is_exhausted {
        return RequestError { kind: ErrorKind::Descriptors, message: descriptors::exhausted() };
    }
    let kind = if is_reset(error) { ErrorKind::Reset } else { ErrorKind::Connection };
    RequestError { kind, message: format!("no connection: {}", in_one_line(error)) }
}

/// The connection stands, and TLS on it does not.
pub(super) fn securing(error: &io::Error) -> RequestError {
    match of_rustls(error) {
        Some(cause) => RequestError { kind: ErrorKind::Tls, message: format!("no TLS connection: {cause}") },
        None => {
            let kind = if is_reset(error) { ErrorKind::Reset } else { ErrorKind::Tls };
            RequestError { kind, message: format!("no TLS connection: {}", in_one_line(error)) }
        }
    }
}

/// The exchange failed on a connection that stood, and on which nothing had come if it was silent.
pub(super) fn exchanging(error: &io::Error, is_silent: bool) -> RequestError {
    let kind = match error.kind() {
        _ if of_rustls(error).is_some() => ErrorKind::Tls,
        _ if is_reset(error) => ErrorKind::Reset,
        _ => ErrorKind::Connection,
    };
    let why = match kind {
        ErrorKind::Reset => "the server reset the connection".to_owned(),
        _ => in_one_line(error),
    };
    RequestError { kind, message: format!("{}: {why}", broken(is_silent)) }
}

/// The connection was closed before the answer was complete.
pub(super) fn closed(is_silent: bool) -> RequestError {
    let message = format!("{}: the server closed the connection", broken(is_silent));
    RequestError { kind: ErrorKind::Connection, message }
}

/// What came is not an answer. `beginning` is how it begins.
pub(super) fn malformed(why: &str, beginning: &[u8]) -> RequestError {
    // An HTTP/2 server begins with a SETTINGS frame, type 4, of the whole connection (RFC 9113, 3.4).
    let is_http2 = matches!(beginning, [0, _, _, 4, _, 0, 0, 0, 0, ..]);
    let message = if is_http2 {
        "the server speaks HTTP/2 only; Aforo sends HTTP/1.1".to_owned()
    } else {
        format!("the answer is not HTTP/1.1: {why}")
    };
    RequestError { kind: ErrorKind::Protocol, message }
}

/// There was no complete answer in time.
pub(in crate::scenario::engine) fn timeout(timeout: std::time::Duration) -> RequestError {
    RequestError {
        kind: ErrorKind::Timeout,
        message: format!("no complete answer within {}", format_duration(timeout.as_secs_f64() * 1e6)),
    }
}

/// An answer is larger than is read.
pub(super) fn too_large(limit_bytes: u64) -> RequestError {
    RequestError {
        kind: ErrorKind::TooLarge,
        message: format!("the answer is larger than the {} MiB that are read", limit_bytes >> 20),
    }
}

/// A server leads its clients on and on.
pub(in crate::scenario::engine) fn redirect_loop(redirects: usize, path: &str) -> RequestError {
    RequestError {
        kind: ErrorKind::RedirectLoop,
        message: format!("redirected {redirects} times, at last to `{path}`"),
    }
}

fn broken(is_silent: bool) -> &'static str {
    if is_silent { "the connection broke before an answer" } else { "the answer broke off" }
}

fn is_reset(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
    matches!(error.kind(), ConnectionReset | BrokenPipe | ConnectionAborted)
}

fn of_rustls(error: &io::Error) -> Option<String> {
    error.get_ref()?.downcast_ref::<rustls::Error>().map(|error| in_one_line(error))
}

/// The error in one line. It may quote what the server sent, and it may go to a terminal, where control characters
/// are orders.
fn in_one_line(error: &dyn Error) -> String {
    error.to_string().replace(|character: char| character.is_control(), " ")
}
