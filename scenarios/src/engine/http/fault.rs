//! What went wrong with an exchange: a kind for the record and one line for people, without the URL.

use std::error::Error;
use std::io;

use aforo_model::{ErrorKind, format_duration};
use nix::errno::Errno;

use super::descriptors;
use super::wire::Traffic;
use crate::engine::exchange::RequestError;

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

/// The exchange failed on a connection that stood.
pub(super) fn exchanging(error: &hyper::Error, traffic: &Traffic) -> RequestError {
    let broken = broken(traffic);
    let (kind, message) = match find::<io::Error>(error) {
        Some(io) if of_rustls(io).is_some() => (ErrorKind::Tls, format!("{broken}: {}", in_one_line(io))),
        Some(io) if is_reset(io) => (ErrorKind::Reset, format!("{broken}: the server reset the connection")),
        Some(io) if is_malformed(io) => return malformed(&in_one_line(io), traffic),
        Some(io) => (ErrorKind::Connection, format!("{broken}: {}", in_one_line(io))),
        None if error.is_parse() => return malformed(&in_one_line(error), traffic),
        None => return closed(traffic),
    };
    RequestError { kind, message }
}

/// The connection was closed before the answer was complete.
pub(super) fn closed(traffic: &Traffic) -> RequestError {
    let message = format!("{}: the server closed the connection", broken(traffic));
    RequestError { kind: ErrorKind::Connection, message }
}

/// What came is not an answer.
pub(super) fn malformed(why: &str, traffic: &Traffic) -> RequestError {
    let message = if traffic.begins_as_http2() {
        "the server speaks HTTP/2 only; Aforo sends HTTP/1.1".to_owned()
    } else {
        format!("the answer is not HTTP/1.1: {why}")
    };
    RequestError { kind: ErrorKind::Protocol, message }
}

/// There was no complete answer in time.
pub(in crate::engine) fn timeout(timeout: std::time::Duration) -> RequestError {
    RequestError {
        kind: ErrorKind::Timeout,
        message: format!("no complete answer within {}", format_duration(timeout.as_secs_f64() * 1e6)),
    }
}

/// An answer is larger than is read.
pub(super) fn too_large(limit_bytes: usize) -> RequestError {
    RequestError {
        kind: ErrorKind::TooLarge,
        message: format!("the answer is larger than the {} MiB that are read", limit_bytes >> 20),
    }
}

/// A server leads its clients on and on.
pub(in crate::engine) fn redirect_loop(redirects: usize, path: &str) -> RequestError {
    RequestError {
        kind: ErrorKind::RedirectLoop,
        message: format!("redirected {redirects} times, at last to `{path}`"),
    }
}

/// Whether bytes came on an idle connection that belong to no answer.
pub(super) fn is_surplus(error: &hyper::Error) -> bool {
    find::<io::Error>(error).is_none() && !error.is_incomplete_message() && !error.is_closed()
}

fn broken(traffic: &Traffic) -> &'static str {
    if traffic.is_silent() { "the connection broke before an answer" } else { "the answer broke off" }
}

fn is_reset(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
    matches!(error.kind(), ConnectionReset | BrokenPipe | ConnectionAborted)
}

/// Whether hyper could not make sense of a body; it reports that as an error of input.
fn is_malformed(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData)
}

fn of_rustls(error: &io::Error) -> Option<String> {
    error.get_ref()?.downcast_ref::<rustls::Error>().map(|error| in_one_line(error))
}

/// An error and its causes, down to the root.
fn causes<'error>(
    error: &'error (dyn Error + 'static),
) -> impl Iterator<Item = &'error (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error: &&'error (dyn Error + 'static)| error.source())
}

/// The first error of this type in the chain of causes.
fn find<'error, E: Error + 'static>(error: &'error (dyn Error + 'static)) -> Option<&'error E> {
    causes(error).find_map(|error| error.downcast_ref())
}

/// The cause at the root, in one line. It may quote what the server sent, and it may go to a terminal, where control
/// characters are orders.
fn in_one_line(error: &(dyn Error + 'static)) -> String {
    let root = causes(error).last().unwrap_or(error);
    root.to_string().replace(|character: char| character.is_control(), " ")
}
