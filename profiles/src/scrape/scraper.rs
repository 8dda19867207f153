//! A scrape every five seconds, in the background of the watch.

use std::time::{Duration, Instant};

use aforo_model::RemoteSample;
use reqwest::Client;
use tokio::time::{self, timeout_at};
use tokio_util::task::AbortOnDropHandle;
use url::Url;

use super::exposition::{exporter_of, parse_metrics};
use super::fetch::{self, NAME};
use super::node::RemoteHost;
use super::process::RemoteProcess;
use crate::Notice;
use crate::link::Answer;

/// Between the starts of two scrapes. A page costs the target some milliseconds.
const PERIOD: Duration = Duration::from_secs(5);

/// Whether a family is read.
fn is_wanted(name: &str) -> bool {
    name.starts_with("process_") || name.starts_with("node_") || exporter_of(name).is_some()
}

type Page = (Instant, Result<String, Notice>);

/// Scrapes one URL.
pub(super) struct Scraper {
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
    pub(super) fn new(url: Url) -> Result<Self, Notice> {
        Ok(Self {
            client: fetch::client()?,
            url,
            due_at: time::Instant::now(),
            under_way: None,
            process: RemoteProcess::default(),
            host: RemoteHost::default(),
        })
    }

    /// Where it asks.
    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    /// Starts a scrape when one is due and none is under way.
    pub(super) fn start_if_due(&mut self) {
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
    }

    /// Gives what came by the deadline. A scrape that takes longer goes on, and is given at a later reading.
    pub(super) async fn take_by(&mut self, deadline: time::Instant) -> Answer<RemoteSample> {
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
            parse_metrics(&page, is_wanted).map_err(|error| {
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
        let exporter = metrics.exporter();
        // An exporter tells of its own process, which is not the target's.
        let process = if exporter.is_none() { self.process.advance(at, &metrics) } else { None };
        let host = self.host.advance(at, &metrics);
        if process.is_none() && host.is_none() {
            return Answer { reading: None, notice: Some(nothing_known(&self.url, exporter)) };
        }
        Answer { reading: Some(RemoteSample { process, host }), notice: None }
    }
}

fn nothing_known(url: &Url, exporter: Option<&str>) -> Notice {
    if let Some(exporter) = exporter {
        return Notice::new(
            NAME,
            format!(
                "{} is served by {exporter}, which tells neither of the target's process nor of its machine",
                fetch::shown(url)
            ),
            "leave it out; Postgres and Redis are asked themselves, by --database-url and --redis-url",
        );
    }
    Notice::new(
        NAME,
        format!("{} tells neither of one process nor of its machine", fetch::shown(url)),
        "let the target serve process_cpu_seconds_total and process_resident_memory_bytes, as client libraries of \
         Prometheus do, or name its node_exporter",
    )
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpListener;

    use super::super::served::{self, ok};
    use super::*;

    const FAR_TOO_LONG: Duration = Duration::from_secs(60);

    async fn served(answer: Vec<u8>) -> Scraper {
        Scraper::new(served::url(answer).await).unwrap()
    }

    /// So many zeros, packed.
    fn bomb(size: usize) -> Vec<u8> {
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(&vec![b'0'; size]).unwrap();
        let head = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-encoding: gzip\r\n\r\n";
        [head.as_slice(), &packed.finish().unwrap()].concat()
    }

    async fn read(scraper: &mut Scraper) -> Answer<RemoteSample> {
        scraper.start_if_due();
        scraper.take_by(time::Instant::now() + FAR_TOO_LONG).await
    }

    #[tokio::test]
    async fn a_service_that_tells_of_its_process_and_machine_is_read() {
        // Of its machine by itself, and not by an exporter.
        let node = include_str!("fixtures/node.metrics").lines();
        let node: Vec<_> =
            node.filter(|line| line.starts_with("node_") && !line.contains("build_info")).collect();
        let page = node.join("\n") + "\n" + include_str!("fixtures/hotel.metrics");
        let mut scraper = served(ok(&page)).await;
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
            (bomb(64 << 20), "16 MiB"),
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
    async fn a_page_of_an_exporter_tells_of_no_process() {
        let node = include_str!("fixtures/node.metrics");
        let sample = read(&mut served(ok(node)).await).await.reading.unwrap();
        assert!(node.contains("process_resident_memory_bytes") && sample.process.is_none());
        for (page, name) in [
            (include_str!("fixtures/postgres_exporter.metrics"), "postgres_exporter"),
            (include_str!("fixtures/redis_exporter.metrics"), "redis_exporter"),
        ] {
            let answer = read(&mut served(ok(page)).await).await;
            let notice = answer.notice.unwrap();
            assert!(answer.reading.is_none() && notice.why.contains(name), "{notice}");
        }
    }

    #[tokio::test]
    async fn an_agent_within_the_target_tells_of_the_target_and_cadvisor_of_itself() {
        let process = include_str!("fixtures/hotel.metrics");
        let agent = "jmx_exporter_build_info{version=\"1.0.1\",name=\"jmx_prometheus_javaagent\",} 1.0\n";
        let sample = read(&mut served(ok(&format!("{agent}{process}"))).await).await.reading.unwrap();
        assert_eq!(sample.process.unwrap().rss_bytes, 43_761_664);
        let cadvisor = "cadvisor_version_info{cadvisorVersion=\"v0.49.1\",kernelVersion=\"6.1\"} 1\n";
        let answer = read(&mut served(ok(&format!("{cadvisor}{process}"))).await).await;
        let notice = answer.notice.unwrap();
        assert!(answer.reading.is_none() && notice.why.contains("cAdvisor"), "{notice}");
    }

    #[tokio::test]
    async fn a_slow_scrape_is_given_later_and_holds_up_nobody() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}/metrics", listener.local_addr().unwrap())).unwrap();
        let mut scraper = Scraper::new(url).unwrap();
        let soon = time::Instant::now() + Duration::from_millis(20);
        scraper.start_if_due();
        assert!(scraper.take_by(soon).await.reading.is_none());
        let (mut connection, _) = listener.accept().await.unwrap();
        connection.write_all(&ok(include_str!("fixtures/hotel.metrics"))).await.unwrap();
        connection.shutdown().await.unwrap();
        assert!(read(&mut scraper).await.reading.is_some());
    }
}
