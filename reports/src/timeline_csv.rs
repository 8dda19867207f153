//! `timeline.csv`: every second, all steps together and each.

use std::io::{self, Write};

use aforo_model::{RunRecord, Series};

use crate::csv_rows::{self, or_empty, write_csv};

/// Times are response times in µs unless the column says otherwise, empty in seconds without a judged request. Starts
/// are dropped by an open workload before they have a step: they stand in the rows of `total`. The last column is the part of the second
/// in which the target was profiled, 0–1.
const HEADER: [&str; 11] = [
    "second",
    "users",
    "step",
    "requests",
    "errors",
    "p50_us",
    "p95_us",
    "p99_us",
    "service_p95_us",
    "dropped_starts",
    "profiled_ratio",
];

/// Writes a row a second and step, `total` first.
pub(crate) fn render(record: &RunRecord, out: &mut dyn Write) -> io::Result<()> {
    let timeline = &record.load.timeline;
    let rows = timeline.users.iter().enumerate().flat_map(|(second, users)| {
        let steps = timeline.steps.iter().map(|(name, series)| (name.as_str(), series));
        let all = std::iter::once(("total", &timeline.total)).chain(steps);
        let dropped = timeline.dropped_starts.get(second);
        let profiled = profiled_ratio(record, second);
        all.map(move |(name, series)| {
            row(second, *users, name, series, dropped.filter(|_| name == "total"), profiled)
        })
    });
    write_csv(out, HEADER, rows)
}

/// How much of a second lies within the windows of profiles: where a mark on the time line goes.
fn profiled_ratio(record: &RunRecord, second: usize) -> f64 {
    let within = record.profiles.iter().map(|profile| profile.profile.window.ratio_of_second(second));
    // The sum of nothing would be minus zero.
    within.fold(0.0, |ratio, more| ratio + more).min(1.0)
}

fn row(
    second: usize,
    users: u32,
    name: &str,
    series: &Series,
    dropped: Option<&u64>,
    profiled_ratio: f64,
) -> [String; 11] {
    // In a closed workload both times are the same, and only one is kept.
    let service_p95_us =
        if series.service_p95_us.is_empty() { &series.p95_us } else { &series.service_p95_us };
    let time = |column: &[Option<u64>]| or_empty(column.get(second).copied().flatten());
    [
        second.to_string(),
        users.to_string(),
        csv_rows::name(name),
        or_empty(series.requests.get(second)),
        or_empty(series.errors.get(second)),
        time(&series.p50_us),
        time(&series.p95_us),
        time(&series.p99_us),
        time(service_p95_us),
        or_empty(dropped),
        format!("{profiled_ratio:.2}"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical;

    #[test]
    fn the_canonical_runs_look_like_this() {
        for (name, record) in canonical::records() {
            insta::assert_snapshot!(format!("timeline-{name}"), canonical::rendered(render, &record));
        }
    }

    #[test]
    fn columns_that_are_too_short_leave_fields_empty() {
        let mut record = canonical::record("met");
        record.load.timeline.total.p95_us.clear();
        record.load.timeline.total.requests.truncate(1);
        let csv = canonical::rendered(render, &record);
        let mut reader = csv::Reader::from_reader(csv.as_bytes());
        let of_total = reader.records().map(Result::unwrap).filter(|row| &row[2] == "total").nth(1).unwrap();
        assert_eq!((&of_total[0], &of_total[3], &of_total[6]), ("1", "", ""));
    }
}
