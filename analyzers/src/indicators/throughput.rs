//! Requests per second that met their expectation.

use aforo_model::StepRecord;

use super::Measurement;
use crate::Evidence;
use crate::wording::seconds;

/// Shortest judged time, seconds. Below it the few requests at both ends decide.
const MIN_JUDGED_S: f64 = 10.0;

/// Throughput over the judged part. The number of requests does not matter: few requests in a long time is what a
/// low throughput is.
pub(super) fn measure(record: &StepRecord, evidence: &Evidence<'_>) -> Measurement {
    let measured = Measurement::exact(record.throughput_per_s, record.requests);
    if evidence.load.judged_s < MIN_JUDGED_S {
        let judged = seconds(evidence.load.judged_s);
        return measured
            .weakened(format!("only {judged} are judged, and throughput needs {}", seconds(MIN_JUDGED_S)));
    }
    measured
}

#[cfg(test)]
mod tests {
    use crate::fixtures::Fixture;
    use crate::indicators::{Outcome, measure};
    use aforo_model::{Expression, Subject};

    #[test]
    fn throughput_needs_ten_seconds() {
        let mut fixture = Fixture::healthy();
        let expression: Expression = "throughput > 15/s".parse().unwrap();
        let outcome = |fixture: &Fixture| {
            measure(&Subject::Total, &expression, &fixture.evidence()).outcome(&expression)
        };
        assert_eq!(outcome(&fixture), Outcome::Holds);
        fixture.load.judged_s = 9.0;
        assert!(matches!(outcome(&fixture), Outcome::Unknown(why) if why.contains("9 s")));
    }
}
