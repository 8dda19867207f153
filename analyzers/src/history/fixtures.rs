//! Made-up runs of one load.

use std::collections::BTreeMap;

use aforo_model::{
    ErrorKind, Load, LoadIdentity, LoadSecond, LookedAt, RunDigest, RunEntry, Scenario, StepDigest,
    StepSecond, Subject, TimeHistogram, Verdict,
};
use chrono::{DateTime, TimeDelta, Utc};

use crate::fixtures::Fixture;

/// The start of the first run.
pub(super) fn begin() -> DateTime<Utc> {
    DateTime::from_timestamp(1_793_491_200, 0).expect("a moment of 2026")
}

/// A scenario of this length.
pub(super) fn scenario(duration_s: f64, warm_up_s: f64) -> Scenario {
    let scenario = Fixture::healthy().scenario;
    Scenario { load: Load { duration_s, warm_up_s, ..scenario.load }, ..scenario }
}

/// A second of both steps with times around `base_us`.
pub(super) fn second(at: u32, base_us: u64) -> LoadSecond {
    let steps = ["search", "book"].map(|name| {
        let response_time = times(base_us, 20);
        (name.to_owned(), StepSecond { requests: 20, response_time, ..StepSecond::default() })
    });
    LoadSecond { second: at, users: 10, steps: BTreeMap::from(steps), ..LoadSecond::default() }
}

/// `count` times from `base_us` on.
pub(super) fn times(base_us: u64, count: u64) -> TimeHistogram {
    let mut times = TimeHistogram::new();
    (0..count).for_each(|each| times.record_us(base_us + each));
    times
}

/// The histogram of the only step of [`digest`].
pub(super) fn histograms(base_us: u64) -> BTreeMap<String, TimeHistogram> {
    BTreeMap::from([("search".to_owned(), times(base_us, 10_000))])
}

/// The `at`th run, an hour after the one before; it met its objectives, with times from `base_us` on.
pub(super) fn digest(at: u32, base_us: u64) -> RunDigest {
    let response_time = times(base_us, 10_000).summary();
    let step = |subject| StepDigest {
        subject,
        requests: 10_100,
        errors: BTreeMap::from([(ErrorKind::Status, 100)]),
        throughput_per_s: 200.0,
        response_time: response_time.clone(),
    };
    let load = scenario(60.0, 10.0).load;
    RunDigest {
        run: RunEntry {
            id: format!("run-{at}"),
            started_at: begin() + TimeDelta::hours(at.into()),
            scenario: "made-up".to_owned(),
            target: "hotel".to_owned(),
            description: None,
            elapsed_s: Some(60.0),
            peak_users: Some(10),
            verdict: Verdict::Met,
            is_cut_short: false,
            requests: 10_100,
            p95_us: response_time.p95_us,
            error_rate: Some(100.0 / 10_100.0),
        },
        load: LoadIdentity {
            scenario: "made-up".to_owned(),
            target: "hotel".to_owned(),
            load,
            is_debug_build: false,
            hash: "0123456789abcdef".to_owned(),
        },
        judged_s: 50.0,
        spoilt: None,
        looked_at: LookedAt::default(),
        steps: vec![step(Subject::Total), step(Subject::Step("search".to_owned()))],
        slos: Vec::new(),
        findings: Vec::new(),
        recommendations: Vec::new(),
    }
}
