//! A scrape every five seconds, in the background of the watch.

use std::time::{Duration, Instant};

use aforo_model::RemoteSample;
use reqwest::Client;
use tokio::time::{self, timeout_at};
use tokio_util::task::AbortOnDropHandle;
use url::Url;

use super::exposition::parse_metrics;
use super::fetch::{self, NAME};
use super::node::RemoteHost;
use super::process::RemoteProcess;
use crate::Notice;
use crate::link::Answer;

/// Between the starts of two scrapes. A page costs the target some milliseconds.
const PERIOD: Duration = Duration::from_secs(5);

/// The families that are read.
const PREFIXES: [&str; 2] = ["process_", "node_"];

type Page = (Instant, Result<String, Notice>);

/// Scrapes one URL.
pub(crate) struct Scraper {
    client: Client,
    url: Url,
    due_at: time::Instant,
    under_way: Option<AbortOnDropHandle<Page>>,
    process: RemoteProcess,
    host: RemoteHost,
}

impl Scraper {
    /// Nothing is asked yet.
    ///
    /// # Errors
    /// A notice when no HTTP client can be made.
    pub(crate) fn new(url: Url) -> Result<Self, Notice> {
        Ok(Self {
            client: fetch::client()?,
            url,
            due_at: time::Instant::now(),
            under_way: None,
            process: RemoteProcess::default(),
            host: RemoteHost::default(),
        })
    }

    /// Starts a scrape when one is due, and gives what came by the deadline. A scrape that takes longer goes
    /// on, and is given at a later reading.
    pub(crate) async fn read(&mut self, deadline: time::Instant) -> Answer<RemoteSample> {
        let now = time::Instant::now();
        if self.under_way.is_none() && now >= self.due_at {
            self.due_at = now + PERIOD;
            let (client, url) = (self.client.clone(), self.url.clone());
            let scrape = async move {
                let page = fetch::fetch(&client, &url).await;
                (Instant::now(), page)
            };
            self.under_way = Some(AbortOnDropHandle::new(tokio::spawn(scrape)));
        }
        let Some(mut scrape) = self.under_way.take() else { return Answer::nothing() };
        match timeout_at(deadline, &mut scrape).await {
            Ok(Ok((at, page))) => self.take(at, page),
            // It broke off; the next one may not.
            Ok(Err(_)) => Answer::nothing(),
            Err(_) => {
                self.under_way = Some(scrape);
                Answer::nothing()
            }
        }
    }

    fn take(&mut self, at: Instant, page: Result<String, Notice>) -> Answer<RemoteSample> {
        let metrics = page.and_then(|page| {
            parse_metrics(&page, &PREFIXES).map_err(|error| {
                Notice::new(
                    NAME,
                    format!("{}: {error}", fetch::shown(&self.url)),
                    "give the URL at which the target or its node_exporter serves metrics",
                )
            })
        });
        let metrics = match metrics {
            Ok(metrics) => metrics,
            Err(notice) => return Answer { reading: None, notice: Some(notice) },
        };
        let process = self.process.advance(at, &metrics);
        let host = self.host.advance(at, &metrics);
        if process.is_none() && host.is_none() {
            return Answer { reading: None, notice: Some(nothing_known(&self.url)) };
        }
        Answer { reading: Some(RemoteSample { process, host }), notice: None }
    }
}

fn nothing_known(url: &Url) -> Notice {
    Notice::new(
        NAME,
        format!("{} tells neither of one process nor of its machine", fetch::shown(url)),
        "let the target serve process_cpu_seconds_total and process_resident_memory_bytes, as client libraries of \
         Prometheus do, or name its node_exporter",
    )
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
    use tokio::net::TcpListener;

    use super::*;

    const FAR_TOO_LONG: Duration = Duration::from_secs(60);

    /// Answers every request of one test with the same.
    async fn served(answer: Vec<u8>) -> Scraper {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let answer = answer.clone();
                tokio::spawn(async move {
                    let mut connection = BufReader::new(connection);
                    let mut line = String::new();
                    // The request ends with an empty line.
                    while connection.read_line(&mut line).await.is_ok_and(|length| length > 2) {}
                    connection.write_all(&answer).await.ok();
                    connection.shutdown().await.ok();
                });
            }
        });
        Scraper::new(Url::parse(&format!("http://user:secret@{address}/metrics")).unwrap()).unwrap()
    }

    fn ok(body: &str) -> Vec<u8> {
        format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{body}").into_bytes()
    }

    async fn read(scraper: &mut Scraper) -> Answer<RemoteSample> {
        scraper.read(time::Instant::now() + FAR_TOO_LONG).await
    }

    #[tokio::test]
    async fn a_service_that_tells_of_its_process_and_machine_is_read() {
        let page = concat!(include_str!("fixtures/node.metrics"), include_str!("fixtures/hotel.metrics"));
        let mut scraper = served(ok(page)).await;
        let sample = read(&mut scraper).await.reading.unwrap();
        assert_eq!(sample.process.unwrap().rss_bytes, 43_761_664);
        assert_eq!(sample.host.unwrap().core_count, 2);
        let second = read(&mut scraper).await;
        assert!(second.reading.is_none() && second.notice.is_none(), "the next is due in five seconds");
    }

    #[tokio::test]
    async fn what_is_no_page_of_metrics_is_a_notice() {
        let huge = format!("x {}", "1".repeat(17 << 20));
        for (answer, expected) in [
            (ok("<html>hello</html>"), "HTML"),
            (ok("{}"), "not metrics"),
            (ok("up 1\n"), "neither"),
            (ok(&huge), "16 MiB"),
            (b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_vec(), "404"),
            (b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n".to_vec(), "401"),
            (b"garbage".to_vec(), "cannot be read"),
            (Vec::new(), "cannot be read"),
        ] {
            let answer = read(&mut served(answer).await).await;
            let notice = answer.notice.unwrap();
            assert!(answer.reading.is_none() && notice.why.contains(expected), "{notice}");
            assert!(!notice.to_string().contains("secret"), "{notice}");
        }
    }

    #[tokio::test]
    async fn a_slow_scrape_is_given_later_and_holds_up_nobody() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}/metrics", listener.local_addr().unwrap())).unwrap();
        let mut scraper = Scraper::new(url).unwrap();
        let soon = time::Instant::now() + Duration::from_millis(20);
        assert!(scraper.read(soon).await.reading.is_none());
        let (mut connection, _) = listener.accept().await.unwrap();
        connection.write_all(&ok(include_str!("fixtures/hotel.metrics"))).await.unwrap();
        connection.shutdown().await.unwrap();
        assert!(read(&mut scraper).await.reading.is_some());
    }
}
