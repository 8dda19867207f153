//! Which recommendation would help a violated objective most.

use std::collections::BTreeMap;

use aforo_model::{ErrorKind, Indicator, Recommendation, RunRecord, Slo, StepRecord, Subject, Verdict};

use super::traffic::LEAST_RATIO;

/// Names for every violated objective of a run the recommendation that would help it most.
///
/// Response time and throughput: the one that saves most of the subject's own time, from a hundredth on. Errors: a larger pool, where
/// requests waited for a connection and most errors are requests that the target did not take or did not answer in time. Hits of a
/// cache and the use of connections: what rests on a finding about just that. Nothing is named that is not known to help.
pub fn name_best_help(record: &mut RunRecord) {
    let named: Vec<Option<String>> = record
        .slos
        .iter()
        .map(|result| match result.verdict {
            Verdict::Violated => best_help(record, &result.slo).map(|best| best.id.clone()),
            Verdict::Met | Verdict::Inconclusive { .. } => None,
        })
        .collect();
    for (result, helped_by) in record.slos.iter_mut().zip(named) {
        result.helped_by = helped_by;
    }
}

fn best_help<'r>(record: &'r RunRecord, slo: &Slo) -> Option<&'r Recommendation> {
    match slo.expect.indicator {
        Indicator::Quantile(_) | Indicator::Mean | Indicator::Max | Indicator::Throughput => {
            saves_most(record, &slo.subject)
        }
        Indicator::ErrorRate | Indicator::ServerErrorRate => against_errors(record, &slo.subject),
        Indicator::CacheHitRatio => first_on(record, &["hit-ratio", "evictions"]),
        Indicator::ConnectionUse => first_on(record, &["connections-near-limit"]),
        // What grows or drifts has its cause elsewhere than in the time of statements.
        Indicator::MemoryGrowth | Indicator::P95Drift | Indicator::CacheFragmentation => None,
    }
}

/// The one that saves the largest share of the subject's time; of equals, the first in the order of the report.
fn saves_most<'r>(record: &'r RunRecord, subject: &Subject) -> Option<&'r Recommendation> {
    let saved = |recommendation: &Recommendation| {
        let gain = recommendation.effect.gain()?;
        match subject {
            Subject::Total => gain.saved_ratio,
            Subject::Step(step) => gain.saved_by_step.get(step).copied(),
            Subject::Part(_) | Subject::Statement(_) => None,
        }
    };
    let helping = record.recommendations.iter().rev().filter_map(|each| Some((saved(each)?, each)));
    let notable = helping.filter(|(ratio, _)| *ratio >= LEAST_RATIO);
    notable.max_by(|one, other| one.0.total_cmp(&other.0)).map(|(_, best)| best)
}

/// Errors of a target whose requests wait for a connection are helped by a larger pool; where it was only too slow, by what makes it
/// faster. Answers with a wrong status or body are no matter of performance.
fn against_errors<'r>(record: &'r RunRecord, subject: &Subject) -> Option<&'r Recommendation> {
    let step = match subject {
        Subject::Total => &record.load.total,
        Subject::Step(name) => record.load.step(name)?,
        Subject::Part(_) | Subject::Statement(_) => return None,
    };
    match most_frequent(&step.errors, step)? {
        ErrorKind::Timeout => saves_most(record, subject).or_else(|| first_on(record, ROOM)),
        ErrorKind::Connection | ErrorKind::Reset | ErrorKind::ServerStatus => first_on(record, ROOM),
        _ => None,
    }
}

/// What a larger pool rests on. More of a machine is not known to help against errors.
const ROOM: &[&str] = &["pool-saturated"];

/// The kind that makes up most of the errors.
fn most_frequent(errors: &BTreeMap<ErrorKind, u64>, step: &StepRecord) -> Option<ErrorKind> {
    let (kind, count) = errors.iter().max_by_key(|(_, count)| **count)?;
    (count.saturating_mul(2) > step.error_count()).then_some(*kind)
}

/// The first recommendation that rests on the first of these findings that there is one for. The kind alone does not say which way it
/// goes: a pool is made larger or smaller, a time to live longer or shorter.
fn first_on<'r>(record: &'r RunRecord, codes: &[&str]) -> Option<&'r Recommendation> {
    let rests_on = |each: &Recommendation, code: &str| each.rests_on.iter().any(|found| found.code == code);
    codes.iter().find_map(|code| record.recommendations.iter().find(|each| rests_on(each, code)))
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{Fixture, recommendation};
    use super::*;
    use aforo_model::SloResult;

    fn helped(
        subject: Subject,
        expression: &str,
        verdict: Verdict,
        change: impl FnOnce(&mut RunRecord),
    ) -> Option<String> {
        let mut record = Fixture::hotel().record;
        let mut list = recommendation("helps-list", "missing-index", Some(0.02));
        let mut total = recommendation("helps-total", "missing-index", Some(0.30));
        list.effect = with_step(&list, "admin_list", 0.5);
        total.effect = with_step(&total, "admin_list", 0.1);
        let pool = recommendation("pool", "pool-saturated", None);
        record.recommendations = vec![total, list, pool];
        let slo = Slo { subject, ..crate::fixtures::slo(expression) };
        record.slos = vec![SloResult { slo, measured: None, sample_count: 0, verdict, helped_by: None }];
        change(&mut record);
        name_best_help(&mut record);
        record.slos[0].helped_by.clone()
    }

    fn with_step(recommendation: &Recommendation, step: &str, ratio: f64) -> aforo_model::Effect {
        let mut effect = recommendation.effect.clone();
        if let aforo_model::Effect::Estimated { gain, .. } = &mut effect {
            gain.saved_by_step.insert(step.to_owned(), ratio);
        }
        effect
    }

    fn step(name: &str) -> Subject {
        Subject::Step(name.to_owned())
    }

    #[test]
    fn a_slow_step_is_helped_by_what_saves_most_of_its_own_time() {
        let violated = |subject| helped(subject, "p95 < 100ms", Verdict::Violated, |_| ());
        assert_eq!(violated(step("admin_list")).as_deref(), Some("helps-list"));
        assert_eq!(violated(Subject::Total).as_deref(), Some("helps-total"));
        assert_eq!(violated(step("health")), None, "nothing is known to help it");
    }

    #[test]
    fn what_is_met_or_inconclusive_needs_no_help() {
        assert_eq!(helped(Subject::Total, "p95 < 100ms", Verdict::Met, |_| ()), None);
        assert_eq!(helped(Subject::Total, "p95 < 100ms", Verdict::inconclusive("short"), |_| ()), None);
    }

    #[test]
    fn throughput_is_helped_like_time_and_growth_is_not() {
        assert_eq!(
            helped(Subject::Total, "throughput > 9/s", Verdict::Violated, |_| ()).as_deref(),
            Some("helps-total")
        );
        assert_eq!(helped(Subject::Total, "memory_growth < 5%", Verdict::Violated, |_| ()), None);
    }

    #[test]
    fn errors_are_helped_by_their_kind() {
        let with = |kind| {
            helped(Subject::Total, "error_rate < 1%", Verdict::Violated, move |record| {
                record.load.total.errors = BTreeMap::from([(kind, 9), (ErrorKind::Status, 1)]);
            })
        };
        assert_eq!(with(ErrorKind::Connection).as_deref(), Some("pool"));
        assert_eq!(with(ErrorKind::Timeout).as_deref(), Some("helps-total"));
        assert_eq!(with(ErrorKind::Expectation), None);
    }

    #[test]
    fn the_opposite_of_what_would_help_is_not_named() {
        let with = |expression: &str, codes: &[&str]| {
            helped(Subject::Total, expression, Verdict::Violated, |record| {
                record.load.total.errors = BTreeMap::from([(ErrorKind::Connection, 1)]);
                record.recommendations = codes.iter().map(|code| recommendation(code, code, None)).collect();
            })
        };
        assert_eq!(with("error_rate < 1%", &["connections-near-limit", "cpu-high"]), None);
        assert_eq!(with("connection_use < 80%", &["pool-saturated"]), None);
        assert_eq!(
            with("connection_use < 80%", &["connections-near-limit"]).as_deref(),
            Some("connections-near-limit")
        );
        assert_eq!(with("cache_hit_ratio > 90%", &["never-hit", "memory-near-limit"]), None);
        assert_eq!(
            with("cache_hit_ratio > 90%", &["never-hit", "evictions", "hit-ratio"]).as_deref(),
            Some("hit-ratio")
        );
    }

    #[test]
    fn a_hundredth_is_the_least_that_helps() {
        let little = helped(step("admin_list"), "p95 < 100ms", Verdict::Violated, |record| {
            record.recommendations.retain(|each| each.id == "helps-list");
            let effect = with_step(&record.recommendations[0], "admin_list", 0.009);
            record.recommendations[0].effect = effect;
        });
        assert_eq!(little, None);
        assert_eq!(
            helped(step("admin_list"), "p95 < 100ms", Verdict::Violated, |record| record
                .recommendations
                .clear()),
            None
        );
    }
}
