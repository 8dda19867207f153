//! Charts of the load, from the seconds of the time line.

use aforo_model::RunRecord;

use super::columns::{Column, Merge, column};
use super::{Chart, Line, Source, line};

/// The end of each second. Users are counted there.
pub(super) fn times(record: &RunRecord) -> Column {
    let seconds = record.load.timeline.users.len();
    column((1..=seconds).map(|second| Some(second as f64)), seconds, Merge::Last)
}

/// Users, throughput, response time and errors.
pub(super) fn charts(record: &RunRecord) -> Vec<Chart> {
    let timeline = &record.load.timeline;
    let total = &timeline.total;
    let seconds = timeline.users.len();
    if seconds == 0 {
        return Vec::new();
    }
    let chart = |title, unit, lines| Chart { title, unit, source: Source::Load, lines };
    let counts =
        |counts: &[u64]| column(counts.iter().map(|&count| Some(count as f64)), seconds, Merge::Mean);
    let times = |times: &[Option<u64>]| {
        column(times.iter().map(|time| time.map(|us| us as f64)), seconds, Merge::Highest)
    };
    let users = column(timeline.users.iter().map(|&users| Some(f64::from(users))), seconds, Merge::Highest);
    let mut response = vec![
        line("P50", 1, times(&total.p50_us)),
        line("P95", 2, times(&total.p95_us)),
        line("P99", 4, times(&total.p99_us)),
    ];
    response[1].dash = Some("dashed");
    response[2].dash = Some("dotted");
    if !total.service_p95_us.is_empty() {
        response.push(line("P95 of service time", 5, times(&total.service_p95_us)));
    }
    let mut errors = vec![Line { fill: true, ..line("failed requests", 6, counts(&total.errors)) }];
    if !timeline.dropped_starts.is_empty() {
        errors.push(Line {
            dash: Some("dashed"),
            ..line("dropped starts", 7, counts(&timeline.dropped_starts))
        });
    }
    vec![
        chart("Virtual users", "count", vec![Line { fill: true, ..line("users", 5, users) }]),
        chart(
            "Throughput",
            "per_s",
            vec![Line { fill: true, ..line("requests", 3, counts(&total.requests)) }],
        ),
        chart("Response time", "us", response),
        chart("Errors", "per_s", errors),
    ]
}
