//! The system under test, and which hosts may be loaded.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use aforo_model::TargetRecord;
use miette::Diagnostic;
use thiserror::Error;
use url::Url;

/// How long a target may take to accept a connection before a run.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The system under test, as far as it is known.
#[derive(Debug, Clone)]
pub struct Target {
    /// What reports call it.
    pub name: String,
    /// Base URL.
    pub url: Url,
    /// Its Postgres.
    pub database_url: Option<String>,
    /// Its Redis.
    pub redis_url: Option<String>,
    /// Its process.
    pub pid: Option<u32>,
    /// The main process of its Postgres.
    pub postgres_pid: Option<u32>,
    /// The process of its Redis.
    pub redis_pid: Option<u32>,
    /// Where it serves its own CPU profile, when that is not `/debug/pprof/profile` of the base URL.
    pub pprof_url: Option<Url>,
    /// Where its metrics and those of its machine are served, when that is not `/metrics` of the base URL; read where its
    /// process cannot be.
    pub metrics_urls: Vec<Url>,
    /// What it says of itself.
    pub description: Option<String>,
    /// Hosts outside loopback and private networks that may be loaded.
    pub allow_hosts: Vec<String>,
}

/// Why a target cannot be loaded.
#[derive(Debug, Error, Diagnostic)]
pub enum TargetError {
    /// The URL is no URL.
    #[error("`{url}` is not a base URL: {why}")]
    #[diagnostic(help("write it with scheme and host, such as http://127.0.0.1:8080"))]
    BadUrl {
        /// As it was written.
        url: String,
        /// What is wrong.
        why: String,
    },
    /// The host's name leads nowhere.
    #[error("cannot find the host {host}: {why}")]
    #[diagnostic(help("check the spelling of the target's URL, and that this machine can resolve the name"))]
    UnknownHost {
        /// The host.
        host: String,
        /// What the system says.
        why: std::io::Error,
    },
    /// The host is a public one and was not named.
    #[error("{host} ({address}) is neither this machine nor in a private network, so it is not loaded")]
    #[diagnostic(help(
        "a load test of somebody else's host is an attack; if this one is yours to load, say so with --allow-host {host}"
    ))]
    NotAllowed {
        /// The host.
        host: String,
        /// An address of it that is public.
        address: IpAddr,
    },
    /// Nothing accepts connections there.
    #[error("the target {url} does not answer: {why}")]
    #[diagnostic(help(
        "start it, or check host and port of --target; `aforo check` shows what else is missing"
    ))]
    Unreachable {
        /// Base URL.
        url: Url,
        /// What the system says.
        why: String,
    },
}

impl Target {
    /// A target known by its base URL alone.
    ///
    /// # Errors
    /// [`TargetError::BadUrl`] when the text is no `http` or `https` URL with a host.
    pub fn parse(url_text: &str) -> Result<Self, TargetError> {
        let bad = |why: String| TargetError::BadUrl { url: mask_password(url_text), why };
        let url = Url::parse(url_text).map_err(|error| bad(error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(bad(format!(
                "its scheme is `{}`, and only http and https can be loaded",
                url.scheme()
            )));
        }
        let host =
            url.host_str().filter(|host| !host.is_empty()).ok_or_else(|| bad("it has no host".into()))?;
        Ok(Self {
            name: host.to_owned(),
            url,
            database_url: None,
            redis_url: None,
            pid: None,
            postgres_pid: None,
            redis_pid: None,
            pprof_url: None,
            metrics_urls: Vec::new(),
            description: None,
            allow_hosts: Vec::new(),
        })
    }

    /// The target as the record shows it: without passwords.
    pub fn record(&self) -> TargetRecord {
        TargetRecord {
            name: self.name.clone(),
            url: mask_password(self.url.as_str()),
            database_url: self.database_url.as_deref().map(mask_password),
            redis_url: self.redis_url.as_deref().map(mask_password),
            pid: self.pid,
            description: self.description.clone(),
        }
    }

    /// The target's addresses, when load may go to all of them: loopback and private ones, and any
    /// address of a host that the user named.
    ///
    /// # Errors
    /// [`TargetError::UnknownHost`] and [`TargetError::NotAllowed`].
    pub async fn allowed_addresses(&self) -> Result<Vec<SocketAddr>, TargetError> {
        let host = self.url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let port = self.url.port_or_known_default().unwrap_or(80);
        let addresses: Vec<SocketAddr> = tokio::net::lookup_host((host.as_str(), port))
            .await
            .map_err(|why| TargetError::UnknownHost { host: host.clone(), why })?
            .collect();
        let public = addresses.iter().map(SocketAddr::ip).find(|address| !is_near(*address));
        match public {
            Some(address) if !self.allow_hosts.iter().any(|allowed| allowed.eq_ignore_ascii_case(&host)) => {
                Err(TargetError::NotAllowed { host, address })
            }
            _ => Ok(addresses),
        }
    }

    /// Checks that the target may be loaded and accepts a connection.
    ///
    /// # Errors
    /// [`TargetError`] with what stands in the way.
    pub async fn reach(&self) -> Result<(), TargetError> {
        let addresses = self.allowed_addresses().await?;
        let unreachable = |why: String| TargetError::Unreachable { url: self.masked_url(), why };
        match tokio::time::timeout(CONNECT_TIMEOUT, tokio::net::TcpStream::connect(addresses.as_slice()))
            .await
        {
            Ok(Ok(_connection)) => Ok(()),
            Ok(Err(error)) => Err(unreachable(error.to_string())),
            Err(_elapsed) => {
                Err(unreachable(format!("no connection within {} s", CONNECT_TIMEOUT.as_secs())))
            }
        }
    }

    fn masked_url(&self) -> Url {
        Url::parse(&mask_password(self.url.as_str())).unwrap_or_else(|_| self.url.clone())
    }
}

/// Whether an address is this machine or in a private network: loopback, RFC 1918, link-local, unique local (RFC 4193).
fn is_near(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_private() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

/// A URL with its password shown as `***`, in the user part and in `password=` parameters. A text that is
/// no URL may hold a password anywhere, so nothing of it is shown.
pub fn mask_password(url_text: &str) -> String {
    let Ok(mut url) = Url::parse(url_text) else { return "***".to_owned() };
    if url.password().is_some() && url.set_password(Some("***")).is_err() {
        return "***".to_owned();
    }
    if url.query_pairs().any(|(name, _)| is_secret(&name)) {
        let pairs: Vec<(String, String)> = url
            .query_pairs()
            .map(|(name, value)| {
                let shown = if is_secret(&name) { "***".to_owned() } else { value.into_owned() };
                (name.into_owned(), shown)
            })
            .collect();
        url.query_pairs_mut().clear().extend_pairs(pairs);
    }
    url.to_string()
}

fn is_secret(parameter: &str) -> bool {
    let parameter = parameter.to_ascii_lowercase();
    ["password", "token", "secret", "key"].iter().any(|word| parameter.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_masked_wherever_a_url_can_hold_them() {
        assert_eq!(mask_password("postgres://ana:s3cret@db/hotel"), "postgres://ana:***@db/hotel");
        assert_eq!(mask_password("redis://:s3cret@127.0.0.1:6379"), "redis://:***@127.0.0.1:6379");
        assert!(!mask_password("postgres://db/hotel?user=ana&password=s3cret").contains("s3cret"));
        assert!(!mask_password("http://127.0.0.1/?api_key=s3cret").contains("s3cret"));
        assert_eq!(mask_password("not a url s3cret"), "***");
        assert_eq!(mask_password("http://127.0.0.1:8080/"), "http://127.0.0.1:8080/");
    }

    #[test]
    fn a_base_url_needs_scheme_and_host() {
        for text in ["127.0.0.1:8080", "ftp://127.0.0.1", "http://", "", "http//x"] {
            let error = Target::parse(text).unwrap_err();
            assert!(matches!(error, TargetError::BadUrl { .. }), "{text}: {error}");
        }
        assert_eq!(Target::parse("http://127.0.0.1:8080/api").unwrap().name, "127.0.0.1");
    }

    #[test]
    fn near_is_loopback_and_private_only() {
        for near in
            ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "::1", "fd00::1", "::ffff:127.0.0.1"]
        {
            assert!(is_near(near.parse().unwrap()), "{near}");
        }
        for public in ["8.8.8.8", "172.32.0.1", "2001:4860:4860::8888", "0.0.0.0", "::ffff:8.8.8.8"] {
            assert!(!is_near(public.parse().unwrap()), "{public}");
        }
    }

    #[tokio::test]
    async fn a_public_host_is_refused_unless_it_was_named() {
        let mut target = Target::parse("http://8.8.8.8/").unwrap();
        let error = target.allowed_addresses().await.unwrap_err();
        assert!(matches!(error, TargetError::NotAllowed { .. }), "{error}");
        target.allow_hosts.push("8.8.8.8".into());
        assert!(target.allowed_addresses().await.is_ok());
    }

    #[tokio::test]
    async fn a_closed_port_is_unreachable_with_the_reason() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let target = Target::parse(&format!("http://user:s3cret@{address}")).unwrap();
        let message = target.reach().await.unwrap_err().to_string();
        assert!(message.contains("refused") && !message.contains("s3cret"), "{message}");
    }
}
