//! The figures of a run that are compared.

use aforo_model::{ComparedFigure, Role, RunRecord, StepRecord, Subject};

use crate::target_place::TargetPlace;

/// A figure of a run, as its own report shows it.
pub(super) fn figure_of(record: &RunRecord, subject: &Subject, figure: ComparedFigure) -> Option<f64> {
    let step = step_of(record, subject)?;
    let time = |time_us: Option<u64>| time_us.map(|time_us| time_us as f64);
    let value = match figure {
        ComparedFigure::P50 => time(step.response_time.p50_us),
        ComparedFigure::P95 => time(step.response_time.p95_us),
        ComparedFigure::P99 => time(step.response_time.p99_us),
        ComparedFigure::Throughput => Some(step.throughput_per_s),
        ComparedFigure::ErrorRate => step.error_rate,
        ComparedFigure::CpuPerRequest => cpu_per_request_us(record),
        ComparedFigure::DatabaseTimePerRequest => database_time_per_request_us(record),
    };
    value.filter(|value| value.is_finite() && (*value > 0.0 || figure.is_difference() && *value >= 0.0))
}

/// What a run counted of a subject.
pub(super) fn step_of<'a>(record: &'a RunRecord, subject: &Subject) -> Option<&'a StepRecord> {
    match subject {
        Subject::Total => Some(&record.load.total),
        Subject::Step(name) => record.load.step(name),
        Subject::Part(_) | Subject::Statement(_) => None,
    }
}

/// The quantile a figure is, where it is one.
pub(super) fn quantile_of(figure: ComparedFigure) -> Option<f64> {
    match figure {
        ComparedFigure::P50 => Some(0.5),
        ComparedFigure::P95 => Some(0.95),
        ComparedFigure::P99 => Some(0.99),
        _ => None,
    }
}

/// Whether a figure is of all steps together only.
pub(super) fn is_of_all_steps(figure: ComparedFigure) -> bool {
    matches!(figure, ComparedFigure::CpuPerRequest | ComparedFigure::DatabaseTimePerRequest)
}

/// CPU time of the target in each judged second from `from_s` on, s, as long as it was read: between two readings it is taken for
/// even.
pub(super) fn cpu_of_seconds(record: &RunRecord, from_s: u32, count: usize) -> Vec<Option<f64>> {
    let place = TargetPlace::of(&record.resources);
    let readings: Vec<(f64, f64)> = record
        .resources
        .iter()
        .filter_map(|sample| Some((sample.at_s, place.process(sample, Role::Target)?.cpu_time_s)))
        .collect();
    let at = |at_s: f64| -> Option<f64> {
        let later = readings.partition_point(|(reading_s, _)| *reading_s < at_s);
        let (to_s, to) = *readings.get(later)?;
        if later == 0 {
            return (to_s <= at_s).then_some(to);
        }
        let (from_s, from) = readings[later - 1];
        Some(from + (to - from) * (at_s - from_s) / (to_s - from_s))
    };
    let second = |place: usize| {
        let begin_s = f64::from(from_s) + place as f64;
        // A target that began anew counts from zero.
        Some(at(begin_s + 1.0)? - at(begin_s)?).filter(|cpu_s| *cpu_s >= 0.0)
    };
    (0..count).map(second).collect()
}

/// CPU time of the target over the judged seconds in which it was read, by the requests that ended in them, µs. Absent where neither is known.
pub fn cpu_per_request_us(record: &RunRecord) -> Option<f64> {
    let from_s = record.scenario.load.warm_up_s.ceil() as u32;
    let stop_s = record.scenario.load.duration_s.floor() as usize;
    let requests: Vec<u64> =
        record.load.timeline.total.requests.iter().take(stop_s).skip(from_s as usize).copied().collect();
    let cpu_s = cpu_of_seconds(record, from_s, requests.len());
    let (cpu_s, requests) = cpu_s
        .iter()
        .zip(&requests)
        .filter_map(|(cpu_s, requests)| Some(((*cpu_s)?, *requests)))
        .fold((0.0, 0u64), |sums, (cpu_s, requests)| (sums.0 + cpu_s, sums.1 + requests));
    (requests > 0).then(|| cpu_s * 1e6 / requests as f64)
}

/// Execution time of the statements by the requests of the window they were counted over, µs. How many requests these were is in
/// the statements' calls per request.
fn database_time_per_request_us(record: &RunRecord) -> Option<f64> {
    let database = record.database.as_deref()?;
    database.read.window_s?;
    let calls_of = |statement: &aforo_model::database::HotStatement| {
        let per_request = statement.calls_per_request.filter(|per_request| *per_request > 0.0)?;
        Some((statement.counters.calls as f64, per_request))
    };
    // The statement with the most calls tells the number of requests with the fewest digits lost.
    let (calls, per_request) =
        database.hot.iter().filter_map(calls_of).max_by(|one, other| one.0.total_cmp(&other.0))?;
    Some(database.read.exec_time_ms * 1e3 / (calls / per_request))
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::record;
    use super::*;

    #[test]
    fn cpu_is_divided_by_the_requests_of_the_same_seconds() {
        // Half a core busy, twenty requests a second: 25 ms each.
        let value = figure_of(&record(60), &Subject::Total, ComparedFigure::CpuPerRequest).unwrap();
        assert!((value - 25_000.0).abs() < 1e-6, "{value}");
        let mut unread = record(60);
        unread.resources.clear();
        assert_eq!(figure_of(&unread, &Subject::Total, ComparedFigure::CpuPerRequest), None);
    }

    #[test]
    fn cpu_between_readings_is_even_and_before_the_first_unknown() {
        let mut record = record(10);
        record.resources.retain(|sample| (2.0..=4.0).contains(&sample.at_s) && sample.at_s != 3.0);
        let cpu_s = cpu_of_seconds(&record, 0, 6);
        assert_eq!(cpu_s, [None, None, Some(0.5), Some(0.5), None, None]);
    }

    #[test]
    fn a_step_without_requests_and_a_run_without_database_have_no_figure() {
        let record = record(10);
        let nobody = Subject::Step("nobody".to_owned());
        assert_eq!(figure_of(&record, &nobody, ComparedFigure::P95), None);
        assert_eq!(figure_of(&record, &Subject::Total, ComparedFigure::DatabaseTimePerRequest), None);
        assert_eq!(figure_of(&record, &Subject::Total, ComparedFigure::ErrorRate), Some(0.0));
    }
}
