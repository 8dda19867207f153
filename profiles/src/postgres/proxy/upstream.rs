//! Where the server is, and the URL that leads through the proxy instead.

use std::net::SocketAddr;

use url::Url;

use super::ProxyError;

/// Postgres' own port.
const DEFAULT_PORT: u16 = 5432;

/// A database URL, taken apart.
#[cfg_attr(test, derive(Debug))]
pub(super) struct Upstream {
    url: Url,
    pub(super) host: String,
    pub(super) port: u16,
}

impl Upstream {
    pub(super) fn parse(url: &str) -> Result<Self, ProxyError> {
        let url: Url = url.parse().map_err(|error: url::ParseError| unclear(&error.to_string()))?;
        if !matches!(url.scheme(), "postgres" | "postgresql") {
            return Err(unclear("it does not begin with postgres://"));
        }
        let mut is_plain_asked_for = false;
        for (key, value) in url.query_pairs() {
            match key.as_ref() {
                "sslmode" | "ssl-mode" if value == "disable" => is_plain_asked_for = true,
                "host" | "hostaddr" | "port" => {
                    return Err(unclear(&format!("the option {key} names a server in another place")));
                }
                "sslmode" | "ssl-mode"
                    if matches!(value.as_ref(), "require" | "verify-ca" | "verify-full") =>
                {
                    return Err(ProxyError::Encrypted { mode: value.into_owned() });
                }
                _ => {}
            }
        }
        // An address of six groups is written in brackets in a URL, and without them elsewhere.
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        if host.is_empty() {
            return Err(unclear("it names no host"));
        }
        if host.to_ascii_lowercase().starts_with("%2f") {
            return Err(unclear("its host is the path of a socket"));
        }
        let is_this_machine = host == "localhost"
            || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
        if !is_this_machine && !is_plain_asked_for {
            return Err(ProxyError::OtherMachine { host });
        }
        let port = url.port().unwrap_or(DEFAULT_PORT);
        Ok(Self { url, host, port })
    }

    /// The same user, password, database and options at another address.
    pub(super) fn at(mut self, address: SocketAddr) -> Result<String, ProxyError> {
        let moved = self.url.set_ip_host(address.ip()).and_then(|()| self.url.set_port(Some(address.port())));
        moved.map_err(|()| unclear("it has no place for a host and a port"))?;
        Ok(self.url.into())
    }
}

fn unclear(why: &str) -> ProxyError {
    ProxyError::Url { why: why.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn through_proxy(url: &str) -> String {
        Upstream::parse(url).unwrap().at("127.0.0.1:7777".parse().unwrap()).unwrap()
    }

    #[test]
    fn everything_but_the_address_stays() {
        assert_eq!(
            through_proxy(
                "postgres://ada:s%40cret@db.example:6543/hotel?options=-c%20jit%3Doff&sslmode=disable"
            ),
            "postgres://ada:s%40cret@127.0.0.1:7777/hotel?options=-c%20jit%3Doff&sslmode=disable"
        );
        assert_eq!(through_proxy("postgresql://localhost/hotel"), "postgresql://127.0.0.1:7777/hotel");
        assert_eq!(through_proxy("postgres://ada@[::1]:5433/hotel"), "postgres://ada@127.0.0.1:7777/hotel");
    }

    #[test]
    fn host_and_port_are_where_the_url_says() {
        let upstream = Upstream::parse("postgres://ada@[::1]/hotel").unwrap();
        assert_eq!((upstream.host.as_str(), upstream.port), ("::1", 5432));
        let refused = Upstream::parse("postgres://db.example:6543/hotel").unwrap_err();
        assert!(refused.to_string().contains("without encryption"), "{refused}");
        let upstream = Upstream::parse("postgres://db.example:6543/hotel?sslmode=disable").unwrap();
        assert_eq!((upstream.host.as_str(), upstream.port), ("db.example", 6543));
    }

    #[test]
    fn a_url_that_names_no_host_is_refused_without_its_password() {
        for url in [
            "postgres:///hotel",
            "postgres://%2Fvar%2Frun%2Fpostgresql/hotel",
            "postgres://ada:secret@/hotel?host=/var/run/postgresql",
            "postgres://ada:secret@localhost/hotel?port=5433",
            "mysql://ada:secret@localhost/hotel",
            "localhost:5432",
            "",
        ] {
            let error = Upstream::parse(url).unwrap_err();
            assert!(matches!(error, ProxyError::Url { .. }), "{url}: {error}");
            assert!(error.to_string().contains("postgres://user") && !error.to_string().contains("secret"));
        }
    }

    #[test]
    fn a_url_that_insists_on_encryption_is_refused() {
        let error = Upstream::parse("postgres://localhost/hotel?sslmode=verify-full").unwrap_err();
        assert!(matches!(error, ProxyError::Encrypted { .. }), "{error}");
        assert!(error.to_string().contains("sslmode=prefer"), "{error}");
    }
}
