//! The cookies of one virtual user.

use cookie_store::{CookieStore, RawCookie};
use http::HeaderValue;
use url::Url;

/// A jar as RFC 6265 wants it. A user has one from the first cookie it is given.
#[derive(Debug, Default)]
pub(super) struct CookieJar {
    store: CookieStore,
}

impl CookieJar {
    /// Keeps what an answer from `url` sets. Cookies that cannot be read are left out, as browsers do.
    pub(super) fn keep(&mut self, cookies: Vec<String>, url: &Url) {
        let cookies = cookies.into_iter().filter_map(|cookie| RawCookie::parse(cookie).ok());
        self.store.store_response_cookies(cookies, url);
    }

    /// What is sent to `url`.
    pub(super) fn header(&self, url: &Url) -> Option<HeaderValue> {
        let pairs: Vec<String> =
            self.store.get_request_values(url).map(|(name, value)| format!("{name}={value}")).collect();
        if pairs.is_empty() { None } else { HeaderValue::try_from(pairs.join("; ")).ok() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(path: &str) -> Url {
        format!("http://target.example:8080{path}").parse().unwrap()
    }

    #[test]
    fn cookies_are_sent_where_they_belong_until_they_are_taken_back() {
        let mut jar = CookieJar::default();
        let answer = |cookies: &[&str]| cookies.iter().map(|cookie| (*cookie).to_owned()).collect();
        jar.keep(answer(&["id=1; Path=/", "admin=x; Path=/admin", "tls=y; Secure", "=;="]), &url("/"));
        assert_eq!(jar.header(&url("/rooms")).unwrap(), "id=1");
        let admin = jar.header(&url("/admin/list")).unwrap();
        let mut pairs: Vec<&str> = admin.to_str().unwrap().split("; ").collect();
        pairs.sort_unstable();
        assert_eq!(pairs, ["admin=x", "id=1"]);
        jar.keep(answer(&["id=; Max-Age=0; Path=/"]), &url("/"));
        assert_eq!(jar.header(&url("/rooms")), None);
    }
}
