//! The target as the client sees it: parsed once for a run, shared by all of its users.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::header::{ACCEPT, AUTHORIZATION, HOST, USER_AGENT};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue};
use percent_encoding::percent_decode_str;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use url::Url;

use super::names::Names;
use super::wire::Wire;
use super::{fault, tls};
use crate::scenario::engine::EngineError;
use crate::scenario::engine::exchange::RequestError;

/// Where requests go and what they have in common.
pub(crate) struct Origin {
    /// The base URL; its path is put before that of every step.
    pub(super) url: Url,
    /// How long an exchange may take.
    pub(crate) timeout: Duration,
    names: Names,
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

impl std::fmt::Debug for Origin {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The URL may hold a password.
        formatter.debug_struct("Origin").field("host", &self.url.host_str()).finish_non_exhaustive()
    }
}

impl Origin {
    /// The origin of `base_url`.
    pub(crate) fn new(base_url: &Url, timeout: Duration) -> Result<Self, EngineError> {
        let unusable = |why: &str| EngineError::BaseUrl {
            base_url: shown(base_url),
            problem: format!("{why}; write it like `http://127.0.0.1:8080`"),
        };
        let host = base_url.host_str().ok_or_else(|| unusable("it names no host"))?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let tls = match base_url.scheme() {
            "http" => None,
            "https" => {
                let name = ServerName::try_from(host.clone())
                    .map_err(|_| unusable("no certificate can be made out to its host"))?;
                let connector = tls::connector().map_err(|error| EngineError::Tls(error.to_string()))?;
                Some((connector, name))
            }
            _ => return Err(unusable("it is neither http nor https")),
        };
        let port = base_url.port_or_known_default().ok_or_else(|| unusable("it names no port"))?;
        Ok(Self { url: base_url.clone(), timeout, names: Names::new(host, port), tls })
    }

    /// The same, trusting one certificate and no other.
    #[cfg(test)]
    pub(super) fn trusting(mut self, certificate: rustls::pki_types::CertificateDer<'_>) -> Self {
        if let Some((connector, _)) = &mut self.tls {
            *connector = tls::trusting(certificate);
        }
        self
    }

    /// The path of the base URL, without a slash at the end.
    pub(crate) fn base_path(&self) -> &str {
        self.url.path().trim_end_matches('/')
    }

    /// `scheme://host:port`, without user and path.
    pub(crate) fn root(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// The whole URL of a request.
    pub(crate) fn url_of(&self, path: &PathAndQuery) -> Url {
        let mut url = self.url.clone();
        url.set_path(path.path());
        url.set_query(path.query());
        url
    }

    /// Whether requests go over TLS.
    pub(crate) fn is_secure(&self) -> bool {
        self.tls.is_some()
    }

    /// The header fields that every request has unless its step says otherwise.
    pub(crate) fn headers(&self) -> HeaderMap {
        let host = self.url.host_str().unwrap_or_default();
        let authority = match self.url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        let mut headers = HeaderMap::from_iter([
            (USER_AGENT, HeaderValue::from_static(concat!("aforo/", env!("CARGO_PKG_VERSION")))),
            (ACCEPT, HeaderValue::from_static("*/*")),
        ]);
        headers.insert(HOST, authority.parse().expect("the host of a URL is ASCII without controls"));
        if !self.url.username().is_empty() || self.url.password().is_some() {
            let decoded = |part| percent_decode_str(part).collect::<Vec<u8>>();
            let user = decoded(self.url.username());
            let password = decoded(self.url.password().unwrap_or_default());
            let encoded = BASE64_STANDARD.encode([user.as_slice(), b":", &password].concat());
            let mut value = HeaderValue::from_str(&format!("Basic {encoded}")).expect("base64 is ASCII");
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        headers
    }

    /// Connects. Of several addresses they are tried in the system's order until one accepts.
    pub(super) async fn connect(&self) -> Result<Wire, RequestError> {
        let addresses = self.names.addresses().await?;
        let stream = TcpStream::connect(&*addresses).await.map_err(|error| fault::connecting(&error))?;
        // A request is written at once; Nagle's algorithm would hold back the rest of a long one.
        stream.set_nodelay(true).map_err(|error| fault::connecting(&error))?;
        let Some((connector, name)) = &self.tls else { return Ok(Wire::Plain(stream)) };
        let stream =
            connector.connect(name.clone(), stream).await.map_err(|error| fault::securing(&error))?;
        Ok(Wire::Tls(Box::new(stream)))
    }
}

/// A URL without its password.
fn shown(url: &Url) -> String {
    let mut url = url.clone();
    // Refused only by URLs that cannot have one.
    let _ = url.set_password(None);
    url.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(url: &str) -> Result<Origin, EngineError> {
        Origin::new(&url.parse().unwrap(), Duration::from_secs(1))
    }

    #[test]
    fn a_base_url_is_taken_apart() {
        let with_all = origin("http://us%40er:pass@[::1]:8080/api/").unwrap();
        assert_eq!((with_all.base_path(), with_all.root().as_str()), ("/api", "http://[::1]:8080"));
        let headers = with_all.headers();
        assert_eq!(headers[HOST], "[::1]:8080");
        assert_eq!(headers[AUTHORIZATION], "Basic dXNAZXI6cGFzcw==");
        let plain = origin("https://example.com").unwrap();
        assert_eq!((plain.base_path(), plain.root().as_str()), ("", "https://example.com"));
        assert_eq!(plain.headers()[HOST], "example.com");
        assert!(!plain.headers().contains_key(AUTHORIZATION));
    }

    #[test]
    fn a_base_url_that_leads_nowhere_is_refused_without_its_password() {
        let error = origin("ftp://me:secret@example.com/").unwrap_err().to_string();
        assert!(
            error.contains("neither http nor https") && error.contains("ftp://me@example.com/"),
            "{error}"
        );
        assert!(origin("data:text/plain,x").unwrap_err().to_string().contains("names no host"));
        let debug = format!("{:?}", origin("http://me:secret@example.com/").unwrap());
        assert!(!debug.contains("secret"), "{debug}");
    }
}
