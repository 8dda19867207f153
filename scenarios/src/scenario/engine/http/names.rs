//! Where the target's name leads.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aforo_model::ErrorKind;
use tokio::sync::Mutex;

use crate::scenario::engine::exchange::RequestError;

/// How long addresses are used before the name is looked up again, so that a run follows a target that moves
/// and does not ask once for every connection.
const VALID: Duration = Duration::from_secs(30);
/// How long a failure stands in for another try.
const FAILURE_VALID: Duration = Duration::from_secs(1);

/// The target's host and port, and their addresses as far as known. Shared by all users of a run.
#[derive(Debug)]
pub(super) struct Names {
    /// A name, or an address without brackets.
    host: String,
    port: u16,
    known: Mutex<Option<Known>>,
}

#[derive(Debug)]
struct Known {
    since: Instant,
    addresses: Result<Arc<[SocketAddr]>, String>,
}

impl Known {
    fn is_valid(&self) -> bool {
        self.since.elapsed() < if self.addresses.is_ok() { VALID } else { FAILURE_VALID }
    }
}

impl Names {
    /// The addresses of this host, still to be found out.
    pub(super) fn new(host: String, port: u16) -> Self {
        Self { host, port, known: Mutex::default() }
    }

    /// The target's addresses, at least one. While one user asks, the others wait for the answer.
    pub(super) async fn addresses(&self) -> Result<Arc<[SocketAddr]>, RequestError> {
        let mut known = self.known.lock().await;
        let known = match known.take().filter(Known::is_valid) {
            Some(valid) => known.insert(valid),
            None => known.insert(Known { addresses: self.look_up().await, since: Instant::now() }),
        };
        known.addresses.clone().map_err(|message| RequestError { kind: ErrorKind::Dns, message })
    }

    async fn look_up(&self) -> Result<Arc<[SocketAddr]>, String> {
        let unknown = |why: &str| format!("the name `{}` leads to no address: {why}", self.host);
        let found = tokio::net::lookup_host((self.host.as_str(), self.port))
            .await
            .map_err(|error| unknown(&error.to_string()))?;
        let addresses: Arc<[SocketAddr]> = found.collect();
        if addresses.is_empty() { Err(unknown("the answer was empty")) } else { Ok(addresses) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_is_its_own_name_and_a_name_without_one_is_told() {
        let loopback = Names::new("::1".to_owned(), 80).addresses().await.unwrap();
        assert_eq!(*loopback, ["[::1]:80".parse().unwrap()]);
        let error = Names::new("nobody.invalid".to_owned(), 80).addresses().await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Dns);
        assert!(error.message.starts_with("the name `nobody.invalid` leads to no address: "), "{error:?}");
    }

    #[tokio::test]
    async fn a_failure_is_remembered_for_a_moment_only() {
        let names = Names::new("127.0.0.1".to_owned(), 80);
        let failed = |since| Some(Known { since, addresses: Err("gone".to_owned()) });
        *names.known.lock().await = failed(Instant::now());
        assert_eq!(names.addresses().await.unwrap_err().message, "gone");
        *names.known.lock().await = failed(Instant::now() - FAILURE_VALID);
        assert!(names.addresses().await.is_ok());
    }
}
