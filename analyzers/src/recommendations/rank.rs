//! The order of recommendations: what a day of work brings most comes first.

use std::cmp::Reverse;

use aforo_model::{Effort, Recommendation, RunRecord};

use super::evidence;

/// Efforts compare as minutes, hours and days do to somebody who waits for the fix: each step costs about three times as much
/// attention as the one below. Taken as the ratio of the work itself (1, 60, 500), no change of code would ever come before an index.
const LOW_COST: f64 = 1.0;
const MEDIUM_COST: f64 = 3.0;
const HIGH_COST: f64 = 9.0;

/// Sorted: those that save requests time by what they save for their effort; then the others by how severe what they rest on is,
/// then by risk, then by kind. What rests on no finding of the run is left out.
pub(super) fn ranked(record: &RunRecord, mut advised: Vec<Recommendation>) -> Vec<Recommendation> {
    advised.retain(|recommendation| worst(record, recommendation).is_some());
    advised.sort_by(|one, other| {
        let gains = gain_per_effort(other).total_cmp(&gain_per_effort(one));
        let key = |each: &Recommendation| (Reverse(worst(record, each)), each.risk, each.kind);
        gains.then_with(|| key(one).cmp(&key(other))).then_with(|| one.id.cmp(&other.id))
    });
    advised
}

/// Share of the time of all requests saved for a unit of effort; zero where no time is known to be saved.
fn gain_per_effort(recommendation: &Recommendation) -> f64 {
    let saved = recommendation.effect.gain().and_then(|gain| gain.saved_ratio).unwrap_or(0.0);
    let cost = match recommendation.effort {
        Effort::Low => LOW_COST,
        Effort::Medium => MEDIUM_COST,
        Effort::High => HIGH_COST,
    };
    saved.max(0.0) / cost
}

fn worst(record: &RunRecord, recommendation: &Recommendation) -> Option<aforo_model::Severity> {
    recommendation.rests_on.iter().filter_map(|reference| evidence::severity(record, reference)).max()
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{Fixture, recommendation};
    use super::*;
    use aforo_model::{Risk, Severity};

    fn order(advised: Vec<Recommendation>) -> Vec<String> {
        let record =
            Fixture::with_findings(&[("bad", Severity::Warning), ("worse", Severity::Critical)]).record;
        ranked(&record, advised).into_iter().map(|each| each.id).collect()
    }

    #[test]
    fn a_third_of_the_gain_for_a_third_of_the_effort_is_as_good() {
        let mut large = recommendation("large", "bad", Some(0.30));
        large.effort = Effort::Medium;
        let small = recommendation("small", "bad", Some(0.11));
        let smaller = recommendation("smaller", "bad", Some(0.09));
        assert_eq!(order(vec![smaller, large, small]), ["small", "large", "smaller"]);
    }

    #[test]
    fn without_a_gain_in_time_severity_decides_then_risk_then_kind_and_id() {
        let mut risky = recommendation("a-risky", "bad", None);
        risky.risk = Risk::High;
        let mut setting = recommendation("a-setting", "bad", None);
        setting.kind = aforo_model::RecommendationKind::PostgresSetting;
        let all = vec![
            setting,
            recommendation("c", "bad", None),
            recommendation("b", "bad", None),
            risky,
            recommendation("z", "worse", None),
            recommendation("saves", "bad", Some(0.001)),
        ];
        assert_eq!(order(all), ["saves", "z", "b", "c", "a-setting", "a-risky"]);
    }

    #[test]
    fn what_rests_on_nothing_is_left_out() {
        assert_eq!(order(vec![recommendation("a", "unheard-of", Some(0.5))]), Vec::<String>::new());
        assert_eq!(order(Vec::new()), Vec::<String>::new());
    }
}
