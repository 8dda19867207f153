//! The standard `process_*` metrics, which client libraries of Prometheus serve for their own process.

use std::time::Instant;

use aforo_model::{ProcessSample, Role};

use super::counter::{Counter, Elapsed};
use super::exposition::Metrics;

/// What the start time of one process may seem to move by: some libraries work it out from the machine's
/// clock, which is set now and then.
const START_TIME_SLACK_S: f64 = 2.0;

/// A process that tells of itself, over its restarts.
#[derive(Debug, Default)]
pub(super) struct RemoteProcess {
    start_time_s: Option<f64>,
    cpu: Counter,
    cpu_before_s: f64,
    elapsed: Elapsed,
}

impl RemoteProcess {
    /// The process now; nothing when the page tells neither of its CPU nor of its memory, or of several.
    pub(super) fn advance(&mut self, now: Instant, metrics: &Metrics) -> Option<ProcessSample> {
        let cpu_s = metrics.only("process_cpu_seconds_total")?;
        let rss_bytes = metrics.only("process_resident_memory_bytes")?;
        let whole = |name| metrics.only(name).map(|value| value as u64);
        let start_time_s = metrics.only("process_start_time_seconds");
        if let (Some(before_s), Some(now_s)) = (self.start_time_s, start_time_s)
            && (now_s - before_s).abs() > START_TIME_SLACK_S
        {
            // Another process, whose counter may already be past where the last one's was.
            self.cpu.restart();
        }
        self.start_time_s = start_time_s.or(self.start_time_s);
        let cpu_time_s = self.cpu.advance_s(cpu_s);
        let grown_s = cpu_time_s - std::mem::replace(&mut self.cpu_before_s, cpu_time_s);
        let (open_fd_count, open_fd_limit) = (whole("process_open_fds"), whole("process_max_fds"));
        // Without a limit, the metric is infinite, or the highest number there is.
        let open_fd_limit = open_fd_limit.filter(|&limit| limit > 0 && limit < u64::from(u32::MAX));
        let open_fds = open_fd_count.zip(open_fd_limit);
        Some(ProcessSample {
            role: Role::Target,
            process_count: 1,
            cpu_time_s,
            cpu_cores: self.elapsed.advance(now).map(|elapsed_s| grown_s / elapsed_s),
            rss_bytes: rss_bytes as u64,
            thread_count: whole("process_threads"),
            open_fd_count,
            open_fd_limit,
            open_fd_ratio: open_fds.map(|(count, limit)| count as f64 / limit as f64),
            ..ProcessSample::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::exposition::parse_metrics;
    use super::*;

    fn page(cpu_s: f64, start_time_s: f64) -> Metrics {
        let page = format!(
            "process_cpu_seconds_total {cpu_s}\nprocess_resident_memory_bytes 5e7\nprocess_open_fds 32\n\
             process_max_fds 1024\nprocess_threads 9\nprocess_start_time_seconds {start_time_s}\n"
        );
        parse_metrics(&page, |_| true).unwrap()
    }

    #[test]
    fn cpu_is_counted_from_the_first_scrape_and_over_restarts() {
        let mut process = RemoteProcess::default();
        let began = Instant::now();
        let at = |after_s| began + Duration::from_secs(after_s);
        let first = process.advance(began, &page(100.0, 1_000.0)).unwrap();
        assert_eq!((first.cpu_time_s, first.cpu_cores, first.rss_bytes), (0.0, None, 50_000_000));
        assert_eq!((first.open_fd_limit, first.open_fd_ratio), (Some(1_024), Some(0.03125)));
        let second = process.advance(at(5), &page(110.0, 1_000.5)).unwrap();
        assert_eq!((second.cpu_time_s, second.cpu_cores), (10.0, Some(2.0)));
        // The new process has used more already than the old one since the last scrape.
        let restarted = process.advance(at(10), &page(112.0, 5_000.0)).unwrap();
        assert_eq!(restarted.cpu_time_s, 122.0);
        let reset = process.advance(at(15), &page(5.0, 5_000.0)).unwrap();
        assert_eq!((reset.cpu_time_s, reset.cpu_cores), (127.0, Some(1.0)));
    }

    #[test]
    fn a_page_that_tells_of_several_processes_or_of_none_has_none() {
        let several = "process_cpu_seconds_total{pod=\"a\"} 1\nprocess_cpu_seconds_total{pod=\"b\"} 2\n\
            process_resident_memory_bytes 1\n";
        let several = parse_metrics(several, |_| true).unwrap();
        assert_eq!(RemoteProcess::default().advance(Instant::now(), &several), None);
        assert_eq!(RemoteProcess::default().advance(Instant::now(), &Metrics::default()), None);
    }

    #[test]
    fn no_limit_on_descriptors_is_absent() {
        for unlimited in ["+Inf", "1.8446744073709552e+19", "-1"] {
            let page = format!(
                "process_cpu_seconds_total 1\nprocess_resident_memory_bytes 1\nprocess_open_fds 3\nprocess_max_fds {unlimited}\n"
            );
            let metrics = parse_metrics(&page, |_| true).unwrap();
            let sample = RemoteProcess::default().advance(Instant::now(), &metrics).unwrap();
            assert_eq!((sample.open_fd_limit, sample.open_fd_ratio), (None, None), "{unlimited}");
        }
    }
}
