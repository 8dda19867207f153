//! Several URLs of one target: its own metrics from one, those of its machine from another.

use aforo_model::RemoteSample;
use tokio::time;
use url::Url;

use super::fetch::{self, NAME};
use super::scraper::Scraper;
use crate::Notice;

/// Scrapes every URL of a target, and puts together what each has.
pub(crate) struct Scrapers {
    scrapers: Vec<Scraper>,
    /// Which of them have answered or failed once.
    have_answered: Vec<bool>,
    /// Which of them tells of the process, for good: two are not mixed in one run. It is the first that does of all that were named, whoever
    /// answers first: none is taken before those named earlier have answered or failed once.
    of_process: Option<usize>,
    /// Which of them tells of the machine, in the same way.
    of_host: Option<usize>,
}

/// What the scrapes gave that came by a deadline.
#[derive(Debug, Default)]
pub(crate) struct Scraped {
    /// Nothing where none came.
    pub(crate) reading: Option<RemoteSample>,
    /// What there is to say of each URL.
    pub(crate) notices: Vec<Notice>,
}

impl Scrapers {
    /// Nothing is asked yet. A URL that is named twice is asked once.
    ///
    /// # Errors
    /// A notice when no HTTP client can be made.
    pub(crate) fn new(urls: &[Url]) -> Result<Self, Notice> {
        let mut scrapers = Vec::new();
        for (index, url) in urls.iter().enumerate() {
            if !urls[..index].contains(url) {
                scrapers.push(Scraper::new(url.clone())?);
            }
        }
        let have_answered = vec![false; scrapers.len()];
        Ok(Self { scrapers, have_answered, of_process: None, of_host: None })
    }

    /// Starts the scrapes that are due, all at once, and gives what came by the deadline.
    pub(crate) async fn read(&mut self, deadline: time::Instant) -> Scraped {
        for scraper in &mut self.scrapers {
            scraper.start_if_due();
        }
        let mut scraped = Scraped::default();
        for index in 0..self.scrapers.len() {
            let answer = self.scrapers[index].take_by(deadline).await;
            self.have_answered[index] |= answer.reading.is_some() || answer.notice.is_some();
            scraped.notices.extend(answer.notice);
            if let Some(sample) = answer.reading {
                self.merge(index, sample, &mut scraped);
            }
        }
        scraped
    }

    fn merge(&mut self, index: usize, sample: RemoteSample, scraped: &mut Scraped) {
        let (has_process, has_host) = (sample.process.is_some(), sample.host.is_some());
        let is_next = self.have_answered[..index].iter().all(|has| *has);
        if has_process && is_taken(&mut self.of_process, index, is_next) {
            scraped.reading.get_or_insert_default().process = sample.process;
        }
        if has_host && is_taken(&mut self.of_host, index, is_next) {
            scraped.reading.get_or_insert_default().host = sample.host;
        }
        let told = [(has_process, self.of_process, "process"), (has_host, self.of_host, "machine")];
        for (_, first, what) in told.into_iter().filter(|(has, ..)| *has) {
            if let Some(first) = first.filter(|first| *first != index) {
                scraped.notices.push(self.told_twice(index, first, what));
            }
        }
    }

    fn told_twice(&self, index: usize, first: usize, what: &str) -> Notice {
        let [url, first] = [index, first].map(|index| fetch::shown(self.scrapers[index].url()));
        Notice::new(
            NAME,
            format!("{url} tells of a {what} as well as {first}, whose is taken"),
            "name one URL for the target's process, and one for its machine",
        )
    }
}

/// Whether this URL is the one that is taken. It becomes so where none is yet and nothing is to be waited for.
fn is_taken(taken: &mut Option<usize>, index: usize, is_next: bool) -> bool {
    if taken.is_none() && is_next {
        *taken = Some(index);
    }
    *taken == Some(index)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use aforo_model::{HostSample, ProcessSample};

    use super::super::served::{self, ok};
    use super::*;

    const HOTEL: &str = include_str!("fixtures/hotel.metrics");
    const NODE: &str = include_str!("fixtures/node.metrics");
    const POSTGRES: &str = include_str!("fixtures/postgres_exporter.metrics");

    async fn read(scrapers: &mut Scrapers) -> Scraped {
        scrapers.read(time::Instant::now() + Duration::from_secs(60)).await
    }

    async fn scrapers(answers: &[Vec<u8>]) -> (Scrapers, Vec<String>) {
        let mut urls = Vec::new();
        for answer in answers {
            urls.push(served::url(answer.clone()).await);
        }
        let shown = urls.iter().map(fetch::shown).collect();
        (Scrapers::new(&urls).unwrap(), shown)
    }

    #[tokio::test]
    async fn the_process_is_of_one_url_and_the_machine_of_another() {
        for pages in [[HOTEL, NODE], [NODE, HOTEL]] {
            let (mut scrapers, _) = scrapers(&pages.map(ok)).await;
            let scraped = read(&mut scrapers).await;
            let sample = scraped.reading.unwrap();
            assert_eq!(sample.process.unwrap().rss_bytes, 43_761_664, "not that of node_exporter itself");
            assert_eq!(sample.host.unwrap().core_count, 2);
            assert_eq!(scraped.notices, []);
        }
    }

    #[tokio::test]
    async fn an_exporter_of_a_server_is_passed_over_and_said_to_be_one() {
        let (mut scrapers, urls) = scrapers(&[ok(POSTGRES), ok(HOTEL)]).await;
        let scraped = read(&mut scrapers).await;
        assert_eq!(scraped.reading.unwrap().process.unwrap().rss_bytes, 43_761_664);
        let [notice] = &scraped.notices[..] else { panic!("{:?}", scraped.notices) };
        assert!(notice.why.starts_with(&urls[0]) && notice.why.contains("postgres_exporter"), "{notice}");
    }

    #[tokio::test]
    async fn a_url_that_gives_nothing_is_named_and_costs_the_others_nothing() {
        let missing = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_vec();
        let (mut scrapers, urls) = scrapers(&[missing, ok(NODE), ok("<html>")]).await;
        let scraped = read(&mut scrapers).await;
        let sample = scraped.reading.unwrap();
        assert!(sample.process.is_none() && sample.host.is_some());
        let told: Vec<_> = scraped.notices.iter().map(|notice| notice.why.as_str()).collect();
        assert!(told[0].starts_with(&urls[0]) && told[0].contains("404"), "{told:?}");
        assert!(told[1].starts_with(&urls[2]) && told[1].contains("HTML"), "{told:?}");
        assert_eq!(told.len(), 2);
    }

    #[tokio::test]
    async fn of_two_that_tell_of_a_process_the_first_is_taken_and_stays() {
        let other = HOTEL.replace("43761664", "1000000");
        let (mut scrapers, urls) = scrapers(&[ok(HOTEL), ok(&other)]).await;
        let scraped = read(&mut scrapers).await;
        assert_eq!(scraped.reading.unwrap().process.unwrap().rss_bytes, 43_761_664);
        let [notice] = &scraped.notices[..] else { panic!("{:?}", scraped.notices) };
        assert!(notice.why.starts_with(&urls[1]) && notice.why.contains("as well"), "{notice}");
    }

    /// What is merged of a page that tells of a process and a machine, both of so many bytes.
    fn merged(scrapers: &mut Scrapers, index: usize, bytes: u64) -> (Option<(u64, u64)>, Vec<Notice>) {
        let sample = RemoteSample {
            process: Some(ProcessSample { rss_bytes: bytes, ..ProcessSample::default() }),
            host: Some(HostSample { memory_used_bytes: bytes, ..HostSample::default() }),
        };
        let mut scraped = Scraped::default();
        scrapers.have_answered[index] = true;
        scrapers.merge(index, sample, &mut scraped);
        let of = |reading: RemoteSample| {
            (reading.process.unwrap().rss_bytes, reading.host.unwrap().memory_used_bytes)
        };
        (scraped.reading.map(of), scraped.notices)
    }

    #[tokio::test]
    async fn the_one_that_is_named_first_is_taken_though_the_other_answers_first() {
        let (mut scrapers, urls) = scrapers(&[ok(HOTEL), ok(HOTEL)]).await;
        assert_eq!(merged(&mut scrapers, 1, 2_000), (None, Vec::new()), "the first is late");
        assert_eq!(merged(&mut scrapers, 0, 1_000), (Some((1_000, 1_000)), Vec::new()));
        let (reading, notices) = merged(&mut scrapers, 1, 2_000);
        assert_eq!(reading, None);
        assert!(
            notices.len() == 2 && notices.iter().all(|notice| notice.why.starts_with(&urls[1])),
            "{notices:?}"
        );
    }

    #[tokio::test]
    async fn one_that_failed_at_first_is_not_mixed_with_the_one_that_is_taken() {
        let (mut scrapers, urls) = scrapers(&[ok(HOTEL), ok(HOTEL)]).await;
        scrapers.have_answered[0] = true;
        assert_eq!(merged(&mut scrapers, 1, 2_000), (Some((2_000, 2_000)), Vec::new()));
        let (reading, notices) = merged(&mut scrapers, 0, 1_000);
        assert_eq!(reading, None);
        assert!(notices.iter().all(|notice| notice.why.starts_with(&urls[0])), "{notices:?}");
    }

    #[tokio::test]
    async fn a_url_named_twice_is_asked_once() {
        let url = served::url(ok(HOTEL)).await;
        let mut scrapers = Scrapers::new(&[url.clone(), url]).unwrap();
        assert_eq!(read(&mut scrapers).await.notices, []);
        assert_eq!(scrapers.scrapers.len(), 1);
        assert!(read(&mut Scrapers::new(&[]).unwrap()).await.reading.is_none());
    }

    #[tokio::test]
    async fn a_page_that_is_late_does_not_hold_up_the_others() {
        let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let silent_url = Url::parse(&format!("http://{}/metrics", silent.local_addr().unwrap())).unwrap();
        let mut scrapers = Scrapers::new(&[silent_url, served::url(ok(HOTEL)).await]).unwrap();
        // It may take a while to answer on a busy machine, but the silent one never does.
        let mut reading = None;
        while reading.is_none() {
            let soon = time::Instant::now() + Duration::from_millis(50);
            reading = scrapers.read(soon).await.reading;
        }
        assert!(reading.unwrap().process.is_some());
    }
}
