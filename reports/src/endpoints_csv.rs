//! `endpoints.csv`: one row a step, and one of all together.

use std::io::{self, Write};

use aforo_model::{ErrorKind, RunRecord, StepRecord};

use crate::csv_rows::{name, or_empty, write_csv};

/// Times are response times in µs unless the column says otherwise.
const HEADER: [&str; 19] = [
    "name",
    "requests",
    "errors",
    "error_rate",
    "throughput_per_s",
    "mean_us",
    "min_us",
    "p50_us",
    "p90_us",
    "p95_us",
    "p99_us",
    "p999_us",
    "max_us",
    "service_p50_us",
    "service_p95_us",
    "service_p99_us",
    "service_max_us",
    "received_bytes",
    "busy_time_s",
];

/// The columns after these: failed requests by kind.
const ERROR_COLUMNS: [(&str, ErrorKind); 12] = [
    ("status_errors", ErrorKind::Status),
    ("server_status_errors", ErrorKind::ServerStatus),
    ("expectation_errors", ErrorKind::Expectation),
    ("timeout_errors", ErrorKind::Timeout),
    ("connection_errors", ErrorKind::Connection),
    ("reset_errors", ErrorKind::Reset),
    ("dns_errors", ErrorKind::Dns),
    ("tls_errors", ErrorKind::Tls),
    ("protocol_errors", ErrorKind::Protocol),
    ("too_large_errors", ErrorKind::TooLarge),
    ("redirect_loop_errors", ErrorKind::RedirectLoop),
    ("descriptors_errors", ErrorKind::Descriptors),
];

/// Writes one row a step, `total` last.
pub(crate) fn render(record: &RunRecord, out: &mut dyn Write) -> io::Result<()> {
    let header = HEADER.into_iter().chain(ERROR_COLUMNS.map(|(name, _)| name));
    write_csv(out, header, record.load.steps.iter().chain([&record.load.total]).map(row))
}

fn row(step: &StepRecord) -> Vec<String> {
    let (times, service) = (&step.response_time, &step.service_time);
    let mut fields = vec![
        name(&step.name),
        step.requests.to_string(),
        step.error_count().to_string(),
        or_empty(step.error_rate),
        step.throughput_per_s.to_string(),
        or_empty(times.mean_us),
        or_empty(times.min_us),
        or_empty(times.p50_us),
        or_empty(times.p90_us),
        or_empty(times.p95_us),
        or_empty(times.p99_us),
        or_empty(times.p999_us),
        or_empty(times.max_us),
        or_empty(service.p50_us),
        or_empty(service.p95_us),
        or_empty(service.p99_us),
        or_empty(service.max_us),
        step.received_bytes.to_string(),
        step.busy_time_s.to_string(),
    ];
    let errors = |kind: ErrorKind| step.errors.get(&kind).copied().unwrap_or_default().to_string();
    fields.extend(ERROR_COLUMNS.map(|(_, kind)| errors(kind)));
    fields
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical;

    #[test]
    fn the_canonical_runs_look_like_this() {
        for (name, record) in canonical::records() {
            insta::assert_snapshot!(format!("endpoints-{name}"), canonical::rendered(render, &record));
        }
    }

    #[test]
    fn a_name_with_a_comma_stays_one_field() {
        let mut record = canonical::record("met");
        record.load.steps[0].name = "find, then \"book\"".to_owned();
        let csv = canonical::rendered(render, &record);
        let mut reader = csv::Reader::from_reader(csv.as_bytes());
        let first = reader.records().next().unwrap().unwrap();
        assert_eq!(&first[0], "find, then \"book\"");
        assert_eq!(first[1], record.load.steps[0].requests.to_string());
    }
}
