//! What each indicator is in the evidence, and whether the evidence carries it.

mod cache;
mod connection_use;
mod error_rate;
mod measurement;
mod memory_growth;
mod p95_drift;
mod response_time;
mod throughput;

use aforo_model::{Expression, Indicator, StepRecord, Subject};

pub(crate) use connection_use::of_samples as connection_use_of;
pub(crate) use measurement::{Measurement, Outcome};
pub(crate) use response_time::{quantile as quantile_of, samples_needed};

use crate::Evidence;

/// Fewest times or requests on which any judgement rests. Below it one odd request decides.
pub(crate) const MIN_REQUESTS: u64 = 20;

/// Measures what `expression` asks of `subject`.
pub(crate) fn measure(subject: &Subject, expression: &Expression, evidence: &Evidence<'_>) -> Measurement {
    let indicator = expression.indicator;
    if !indicator.is_per_step() && matches!(subject, Subject::Step(_)) {
        return Measurement::nothing(format!("{indicator} describes the whole run and not a step"));
    }
    let of_requests = |measure: &dyn Fn(&StepRecord) -> Measurement| match evidence.requests_of(subject) {
        None => Measurement::nothing(format!("the run has no step `{subject}`")),
        Some(record) if record.requests == 0 => {
            Measurement::nothing("not one request ended in the judged part of the run")
        }
        Some(record) => measure(record),
    };
    match indicator {
        Indicator::Quantile(_)
        | Indicator::Mean
        | Indicator::Max
        | Indicator::ErrorRate
        | Indicator::ServerErrorRate => of_requests(&|record| {
            measure_requests(record, expression)
                .unwrap_or_else(|| Measurement::nothing(format!("{indicator} is not asked of requests")))
        }),
        Indicator::Throughput => of_requests(&|record| throughput::measure(record, evidence)),
        Indicator::P95Drift => of_requests(&|_| p95_drift::measure(subject, evidence)),
        Indicator::MemoryGrowth => memory_growth::measure(evidence),
        Indicator::CacheHitRatio => cache::hit_ratio(evidence),
        Indicator::CacheFragmentation => cache::fragmentation(evidence),
        Indicator::ConnectionUse => connection_use::measure(evidence),
    }
}

/// Measures what `expression` asks of requests, whatever part of a run `record` speaks of; `None` where it asks about
/// something else, or about the whole run.
pub(crate) fn measure_requests(record: &StepRecord, expression: &Expression) -> Option<Measurement> {
    let objective = expression.objective.value;
    match expression.indicator {
        Indicator::Quantile(quantile) => Some(response_time::quantile(&record.response_time, quantile)),
        Indicator::Mean => Some(response_time::mean(&record.response_time)),
        Indicator::Max => Some(response_time::max(&record.response_time)),
        Indicator::ErrorRate => Some(error_rate::all(record, objective)),
        Indicator::ServerErrorRate => Some(error_rate::server_side(record, objective)),
        Indicator::Throughput
        | Indicator::P95Drift
        | Indicator::MemoryGrowth
        | Indicator::CacheHitRatio
        | Indicator::CacheFragmentation
        | Indicator::ConnectionUse => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::Fixture;

    #[test]
    fn what_describes_the_run_is_not_asked_of_a_step() {
        let fixture = Fixture::healthy();
        let expression = "memory_growth < 20%".parse().unwrap();
        let measurement = measure(&Subject::Step("search".to_owned()), &expression, &fixture.evidence());
        assert!(
            matches!(measurement.outcome(&expression), Outcome::Unknown(why) if why.contains("whole run"))
        );
    }

    #[test]
    fn every_indicator_is_measured_in_a_healthy_run_and_unknown_in_an_empty_one() {
        let (healthy, empty) = (Fixture::healthy(), Fixture::empty());
        for text in [
            "p50 < 1s",
            "p95 < 1s",
            "p99 < 1s",
            "mean < 1s",
            "max < 1s",
            "error_rate < 1%",
            "server_error_rate <= 0",
            "throughput > 1/s",
            "memory_growth < 20%",
            "p95_drift < 30%",
            "cache_hit_ratio > 50%",
            "cache_fragmentation < 1.5",
            "connection_use < 80%",
        ] {
            let expression = text.parse().unwrap();
            let outcome = |fixture: &Fixture| {
                measure(&Subject::Total, &expression, &fixture.evidence()).outcome(&expression)
            };
            assert_eq!(outcome(&healthy), Outcome::Holds, "{text}");
            assert!(matches!(outcome(&empty), Outcome::Unknown(_)), "{text}");
        }
    }
}
