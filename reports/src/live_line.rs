//! The line on stderr while a run goes on.

use crate::counted::counted;
use crate::figures::{self, ABSENT};
use crate::text::truncated;

/// One less than the narrowest usual terminal: a full line would wrap in some.
const COLUMNS: usize = 79;

/// What is shown while a run goes on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LiveView {
    /// Since the start of the run.
    pub elapsed_s: u64,
    /// How long the run is to take.
    pub duration_s: u64,
    /// Virtual users running.
    pub users: u32,
    /// Requests per second of late.
    pub requests_per_s: f64,
    /// 95th percentile of response time of late, µs; absent without requests.
    pub p95_us: Option<u64>,
    /// Failed requests per request, 0–1; absent without requests.
    pub error_rate: Option<f64>,
}

/// The line, of at most 79 columns and without a line end.
pub fn live_line(view: &LiveView) -> String {
    let line = format!(
        "{} of {} · {} · {:.1} req/s · P95 {} · {} errors",
        clock(view.elapsed_s),
        clock(view.duration_s),
        counted(view.users.into(), "user"),
        view.requests_per_s,
        view.p95_us.map_or(ABSENT.to_owned(), figures::time_us),
        view.error_rate.map_or(ABSENT.to_owned(), figures::percent),
    );
    truncated(&line, COLUMNS)
}

/// `0:23`, `12:05`, `1:00:00`.
fn clock(span_s: u64) -> String {
    let (hours, minutes, seconds) = (span_s / 3600, span_s / 60 % 60, span_s % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tabled::grid::util::string::get_line_width;

    #[test]
    fn the_line_reads_well() {
        let view = LiveView {
            elapsed_s: 23,
            duration_s: 300,
            users: 100,
            requests_per_s: 214.62,
            p95_us: Some(231_000),
            error_rate: Some(0.0021),
        };
        assert_eq!(live_line(&view), "0:23 of 5:00 · 100 users · 214.6 req/s · P95 231 ms · 0.21% errors");
        let start = LiveView { elapsed_s: 0, requests_per_s: 0.0, p95_us: None, error_rate: None, ..view };
        assert_eq!(live_line(&start), "0:00 of 5:00 · 100 users · 0.0 req/s · P95 – · – errors");
    }

    #[test]
    fn the_line_never_wraps() {
        let view = LiveView {
            elapsed_s: u64::MAX,
            duration_s: u64::MAX,
            users: u32::MAX,
            requests_per_s: f64::MAX,
            p95_us: Some(u64::MAX),
            error_rate: Some(f64::NAN),
        };
        assert!(get_line_width(&live_line(&view)) <= 79);
    }
}
