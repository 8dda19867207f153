//! Objectives judged.

use aforo_model::{Indicator, Load, RunEnd, Slo, SloResult, Verdict};

use crate::Evidence;
use crate::indicators::{Outcome, measure};
use crate::wording::seconds;

/// Judges one objective. What the evidence does not carry is `Inconclusive` and says why.
///
/// In a run that was cut short nothing is `Met`: the worst may have been to come. What was seen to be missed is
/// `Violated` all the same, except throughput, which the users who had not started yet would have raised.
pub fn judge(slo: &Slo, evidence: &Evidence<'_>) -> SloResult {
    let measurement = measure(&slo.subject, &slo.expect, evidence);
    let cut_short = cut_short(evidence.end, &evidence.scenario.load);
    let verdict = match (measurement.outcome(&slo.expect), cut_short) {
        (Outcome::Unknown(why), _) => Verdict::inconclusive(why),
        (Outcome::Holds, Some(why)) => Verdict::inconclusive(why),
        (Outcome::Fails, Some(why)) if slo.expect.indicator == Indicator::Throughput => {
            Verdict::inconclusive(why)
        }
        (Outcome::Holds, None) => Verdict::Met,
        (Outcome::Fails, _) => Verdict::Violated,
    };
    SloResult {
        slo: slo.clone(),
        measured: measurement.value,
        sample_count: measurement.sample_count,
        verdict,
        // What would help is told once the recommendations are there.
        helped_by: None,
    }
}

/// How a run that ended before its time is spoken of; `None` of a complete one.
pub(crate) fn cut_short(end: &RunEnd, load: &Load) -> Option<String> {
    let whole = seconds(load.duration_s);
    match end {
        RunEnd::Completed => None,
        RunEnd::Running => Some(format!("the run had not ended; it was to last {whole}")),
        RunEnd::Interrupted { at_s }
        | RunEnd::Aborted { at_s, .. }
        | RunEnd::TargetDied { at_s, .. }
        | RunEnd::Failed { at_s, .. }
        | RunEnd::Killed { at_s } => {
            Some(format!("the run was cut short after {} of {whole}", seconds(*at_s)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{Fixture, slo};
    use aforo_model::Subject;

    fn verdict(fixture: &Fixture, expression: &str) -> Verdict {
        judge(&slo(expression), &fixture.evidence()).verdict
    }

    #[test]
    fn a_complete_run_is_judged_with_what_was_measured() {
        let fixture = Fixture::healthy();
        let result = judge(&slo("p95 < 3s"), &fixture.evidence());
        assert_eq!(result.verdict, Verdict::Met);
        assert_eq!(result.sample_count, 1200);
        let measured_us = result.measured.unwrap();
        assert!((measured_us - 100_000.0).abs() <= 100.0, "{measured_us}");
        assert_eq!(verdict(&fixture, "p95 < 50ms"), Verdict::Violated);
    }

    #[test]
    fn a_run_cut_short_meets_nothing_and_still_violates() {
        let mut fixture = Fixture::healthy();
        fixture.end = RunEnd::Interrupted { at_s: 12.0 };
        let why = "the run was cut short after 12 s of 60 s";
        assert_eq!(verdict(&fixture, "p95 < 3s"), Verdict::inconclusive(why));
        assert_eq!(verdict(&fixture, "p95 < 50ms"), Verdict::Violated);
        assert_eq!(verdict(&fixture, "throughput > 500/s"), Verdict::inconclusive(why));
    }

    #[test]
    fn a_step_that_is_not_there_is_inconclusive() {
        let fixture = Fixture::healthy();
        let unknown = Slo { subject: Subject::Step("no-such-step".to_owned()), ..slo("p95 < 3s") };
        let verdict = judge(&unknown, &fixture.evidence()).verdict;
        assert!(matches!(verdict, Verdict::Inconclusive { why } if why.contains("no-such-step")));
    }
}
