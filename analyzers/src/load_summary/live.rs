//! The running view for a live line.

use std::collections::BTreeMap;

use aforo_model::{LoadSecond, TimeHistogram};

use super::SecondTotal;
use crate::indicators::MIN_REQUESTS;

/// Seconds over which the live figures are taken: long enough to be steady, short enough to be live.
const RECENT_S: u32 = 5;

/// What a live line shows. Rates and quantiles are over the last five seconds, warm-up included.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct LiveFigures {
    /// The latest second since the start of the run; 0 is the first.
    pub second: u32,
    /// Virtual users at its end.
    pub users: u32,
    /// Requests that ended, failed ones included, per second.
    pub requests_per_s: f64,
    /// 95th percentile of response time, µs; absent without a judged request.
    pub p95_us: Option<u64>,
    /// Failed requests per request, 0–1; absent without requests.
    pub error_rate: Option<f64>,
    /// Requests since the start of the run.
    pub request_count: u64,
    /// Failed requests since the start of the run.
    pub error_count: u64,
}

/// The last few seconds, and two sums over all of them.
#[derive(Debug, Default)]
pub(super) struct RecentSeconds {
    seconds: BTreeMap<u32, RecentSecond>,
    request_count: u64,
    error_count: u64,
}

#[derive(Debug)]
struct RecentSecond {
    users: u32,
    requests: u64,
    errors: u64,
    response_time: TimeHistogram,
}

impl RecentSeconds {
    pub(super) fn add(&mut self, second: &LoadSecond, all_steps: &SecondTotal) {
        self.request_count = self.request_count.saturating_add(all_steps.requests);
        self.error_count = self.error_count.saturating_add(all_steps.errors);
        let recent = RecentSecond {
            users: second.users,
            requests: all_steps.requests,
            errors: all_steps.errors,
            response_time: all_steps.response_time.clone(),
        };
        self.seconds.insert(second.second, recent);
        let latest = self.seconds.last_key_value().map_or(0, |(latest, _)| *latest);
        self.seconds.retain(|second, _| latest - second < RECENT_S);
    }

    /// 95th percentile of response time over the last five seconds, µs, where `second` is the latest of them and
    /// enough was timed to speak of one.
    pub(super) fn p95_us_at(&self, second: u32) -> Option<u64> {
        let (&latest, _) = self.seconds.last_key_value()?;
        let response_time = self.response_time();
        (latest == second && response_time.count() >= MIN_REQUESTS)
            .then(|| response_time.quantile_us(0.95))
            .flatten()
    }

    fn response_time(&self) -> TimeHistogram {
        let mut response_time = TimeHistogram::new();
        self.seconds.values().for_each(|recent| response_time.merge(&recent.response_time));
        response_time
    }

    pub(super) fn figures(&self) -> LiveFigures {
        let Some((&second, latest)) = self.seconds.last_key_value() else { return LiveFigures::default() };
        let requests: u64 = self.seconds.values().map(|recent| recent.requests).sum();
        let errors: u64 = self.seconds.values().map(|recent| recent.errors).sum();
        // The first seconds of a run have fewer than five behind them.
        let span_s = RECENT_S.min(second.saturating_add(1));
        LiveFigures {
            second,
            users: latest.users,
            requests_per_s: requests as f64 / f64::from(span_s),
            p95_us: self.response_time().quantile_us(0.95),
            error_rate: (requests > 0).then(|| errors as f64 / requests as f64),
            request_count: self.request_count,
            error_count: self.error_count,
        }
    }
}
