//! Getting a page of metrics over HTTP.

use std::time::Duration;

use reqwest::header::ACCEPT;
use reqwest::{Client, Response, StatusCode, redirect};
use url::Url;

use crate::Notice;

/// The source, in notices.
pub(super) const NAME: &str = "target metrics";

/// The longest a page may take. The next scrape is due a second later.
const LONGEST_FETCH: Duration = Duration::from_secs(4);

/// The largest page that is read. `node_exporter` of a large machine has about 1 MB.
const LARGEST_PAGE_BYTES: usize = 16 << 20;

/// The formats that can be read, as the client library of Prometheus asks for them.
const FORMATS: &str = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";

/// Where a service usually serves its metrics: `/metrics` below its base URL. Nothing when the base is not
/// one of HTTP.
pub fn metrics_url(base_url: &str) -> Option<Url> {
    let mut url = Url::parse(base_url).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    url.set_query(None);
    url.set_fragment(None);
    url.path_segments_mut().ok()?.pop_if_empty().push("metrics");
    Some(url)
}

/// A client for scrapes.
///
/// # Errors
/// A notice when TLS cannot be set up.
pub(super) fn client() -> Result<Client, Notice> {
    let builder = Client::builder().timeout(LONGEST_FETCH).redirect(redirect::Policy::limited(3)).gzip(true);
    builder.build().map_err(|error| {
        Notice::new(
            NAME,
            format!("no HTTP client could be made: {error}"),
            "check the certificates of this machine",
        )
    })
}

/// Gets a page.
///
/// # Errors
/// A notice when there is none, or when it is no text of a size that can be metrics.
pub(super) async fn fetch(client: &Client, url: &Url) -> Result<String, Notice> {
    let answer = client.get(url.clone()).header(ACCEPT, FORMATS).send().await;
    let answer = answer.map_err(|error| not_reached(url, error))?;
    match answer.status() {
        StatusCode::OK => read(answer, url).await,
        status @ (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => Err(Notice::new(
            NAME,
            format!("{} answered {status}", shown(url)),
            "put user and password into the metrics URL",
        )),
        status => Err(Notice::new(
            NAME,
            format!("{} answered {status}", shown(url)),
            "give the URL at which the target or its node_exporter serves metrics, or the pid of a local target",
        )),
    }
}

async fn read(mut answer: Response, url: &Url) -> Result<String, Notice> {
    let mut page = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| not_reached(url, error))? {
        if page.len() + chunk.len() > LARGEST_PAGE_BYTES {
            return Err(Notice::new(
                NAME,
                format!("{} answered with more than {} MiB", shown(url), LARGEST_PAGE_BYTES >> 20),
                "give a URL that serves the metrics of one process or one machine",
            ));
        }
        page.extend_from_slice(&chunk);
    }
    // A metric's name is ASCII; a label that is not UTF-8 costs its own line at most.
    Ok(String::from_utf8_lossy(&page).into_owned())
}

fn not_reached(url: &Url, error: reqwest::Error) -> Notice {
    let is_slow = error.is_timeout();
    // Its own text names the URL, with the password.
    let cause = error.without_url();
    let why = match std::error::Error::source(&cause) {
        _ if is_slow => format!("{} did not answer within {} s", shown(url), LONGEST_FETCH.as_secs()),
        Some(root) => format!("{} cannot be read: {cause}: {root}", shown(url)),
        None => format!("{} cannot be read: {cause}", shown(url)),
    };
    Notice::new(NAME, why, "check that the target serves metrics there, and what lies between")
}

/// A URL without what may be secret: user, password and query.
pub(super) fn shown(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}://{}{port}{}", url.scheme(), url.host_str().unwrap_or_default(), url.path())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_looked_for_below_the_base() {
        for (base, expected) in [
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/metrics"),
            ("https://hotel.example/api/?page=1#top", "https://hotel.example/api/metrics"),
        ] {
            assert_eq!(metrics_url(base).unwrap().as_str(), expected);
        }
        for no_base in ["not a URL", "postgres://db/hotel", "data:text/plain,x"] {
            assert_eq!(metrics_url(no_base), None, "{no_base}");
        }
    }

    #[tokio::test]
    async fn a_page_that_does_not_come_is_a_notice_that_names_the_url_alone() {
        let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = silent.local_addr().unwrap();
        let url = Url::parse(&format!("http://user:secret@{address}/metrics")).unwrap();
        let impatient = Client::builder().timeout(Duration::from_millis(50)).build().unwrap();
        let notice = fetch(&impatient, &url).await.unwrap_err();
        assert_eq!(notice.why, format!("http://{address}/metrics did not answer within 4 s"));
    }

    #[test]
    fn neither_password_nor_query_is_shown() {
        let url = Url::parse("https://user:secret@hotel:9100/metrics?token=secret").unwrap();
        assert_eq!(shown(&url), "https://hotel:9100/metrics");
    }
}
