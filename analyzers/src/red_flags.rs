//! What must not happen while a scenario runs, and when it did.

use aforo_model::{
    Comparison, Expression, Finding, Indicator, Quantity, RedFlag, Series, Severity, Subject, Unit,
};

use crate::Evidence;
use crate::checks::finding;
use crate::indicators::{MIN_REQUESTS, Outcome, measure, samples_needed};
use crate::wording::seconds;

/// Code of the findings about flags that were raised.
pub(crate) const CODE: &str = "red-flag";
/// Code of the findings about flags that nobody could see raised.
const UNJUDGED_CODE: &str = "red-flag-unjudged";

/// Seconds of the windows that are looked at one by one: long enough that a single slow second raises nothing.
const WINDOW_S: usize = 10;

/// One critical finding for every flag that was raised: in any window of ten judged seconds (quantiles of response
/// time and error rate, where a flag is raised by going above), or over the judged part as a whole. All other
/// indicators are judged only as a whole, `server_error_rate` among them: the time line keeps no failures by kind.
pub(crate) fn raised(evidence: &Evidence<'_>) -> Vec<Finding> {
    evidence.scenario.red_flags.iter().filter_map(|flag| raised_flag(flag, evidence)).collect()
}

/// One warning for every flag that was not raised only because there was too little to see. Where the run was cut
/// short or nothing was asked of the target, that is said already.
pub(crate) fn unjudged(evidence: &Evidence<'_>) -> Vec<Finding> {
    if evidence.end.is_cut_short() || evidence.load.total.requests == 0 {
        return Vec::new();
    }
    evidence.scenario.red_flags.iter().filter_map(|flag| unjudged_flag(flag, evidence)).collect()
}

fn unjudged_flag(flag: &RedFlag, evidence: &Evidence<'_>) -> Option<Finding> {
    let measurement = measure(&flag.subject, &flag.when, evidence);
    let Outcome::Unknown(why) = measurement.outcome(&flag.when) else { return None };
    if raised_window_end(flag, evidence).is_some() {
        return None;
    }
    Some(finding(
        UNJUDGED_CODE,
        flag.subject.clone(),
        Severity::Warning,
        format!("whether the red flag `{}` on {} was raised is not known: {why}", flag.when, flag.subject),
        "give it what it needs and run again, or take the flag out of the scenario".to_owned(),
        &[("objective", flag.when.objective.value)],
    ))
}

fn raised_flag(flag: &RedFlag, evidence: &Evidence<'_>) -> Option<Finding> {
    let measurement = measure(&flag.subject, &flag.when, evidence);
    let over_all = measurement.outcome(&flag.when) == Outcome::Holds;
    let raised_at_s = raised_window_end(flag, evidence);
    let when = match raised_at_s {
        Some(at_s) => {
            format!("in the {} that ended at {}", seconds(WINDOW_S as f64), seconds(at_s as f64))
        }
        None if over_all => "over the judged part of the run".to_owned(),
        None => return None,
    };
    let measured = measurement.value.map_or(String::new(), |value| {
        let measured = Quantity::new(value, flag.when.objective.unit);
        format!("; over the judged part {} was {measured}", flag.when.indicator)
    });
    let mut numbers = vec![("objective", flag.when.objective.value)];
    numbers.extend(measurement.value.map(|value| (number_name(&flag.when), value)));
    numbers.extend(raised_at_s.map(|at_s| ("at_s", at_s as f64)));
    Some(finding(
        CODE,
        flag.subject.clone(),
        Severity::Critical,
        format!("the red flag `{}` on {} was raised {when}{measured}", flag.when, flag.subject),
        "look at the time line from there on: what changed first names the limit that was hit".to_owned(),
        &numbers,
    ))
}

fn number_name(expression: &Expression) -> &'static str {
    match expression.objective.unit {
        Unit::Microseconds => "measured_us",
        Unit::Ratio => "measured_ratio",
        Unit::PerSecond => "measured_per_s",
        Unit::Number => "measured",
    }
}

/// The second at whose start the first window that raises the flag has ended.
fn raised_window_end(flag: &RedFlag, evidence: &Evidence<'_>) -> Option<usize> {
    if !matches!(flag.when.comparison, Comparison::Greater | Comparison::GreaterOrEqual) {
        return None;
    }
    let series = match &flag.subject {
        Subject::Step(name) => evidence.load.timeline.steps.get(name)?,
        Subject::Total | Subject::Part(_) | Subject::Statement(_) => &evidence.load.timeline.total,
    };
    let load = &evidence.scenario.load;
    let from = load.warm_up_s.ceil() as usize;
    let to = series.requests.len().min(load.duration_s.ceil() as usize);
    let raises = |end: &usize| match flag.when.indicator {
        Indicator::ErrorRate => error_rate_raises(&flag.when, series, end - WINDOW_S..*end),
        Indicator::Quantile(quantile) => quantile_raises(&flag.when, quantile, series, end - WINDOW_S..*end),
        _ => false,
    };
    (from.saturating_add(WINDOW_S)..=to).find(raises)
}

fn error_rate_raises(when: &Expression, series: &Series, window: std::ops::Range<usize>) -> bool {
    let (requests, errors) = sums(series, window);
    requests >= MIN_REQUESTS && when.holds(errors as f64 / requests as f64)
}

/// Whether the quantile of a window is above the objective for certain. The record keeps three quantiles a second
/// and no histograms, and quantiles do not add up; but of `n` requests with a P95 above the objective, those from
/// rank `ceil(0.95 n)` up are above it too. The quantile of the window is, when enough of these come together.
fn quantile_raises(
    when: &Expression,
    quantile: f64,
    series: &Series,
    window: std::ops::Range<usize>,
) -> bool {
    let above: u64 = window.clone().map(|second| certainly_above(when, series, second)).sum();
    let (requests, _) = sums(series, window);
    // The value at rank ceil(q n) is above as soon as fewer than that many are not.
    let rank = (quantile * requests as f64).ceil().max(1.0) as u64;
    requests >= samples_needed(quantile) && requests.saturating_sub(above) < rank
}

/// How many requests of one second fulfil the flag's expression at the least.
fn certainly_above(when: &Expression, series: &Series, second: usize) -> u64 {
    // Failed requests other than time-outs have no time in the quantiles: count as if all failures were such.
    let timed = at(&series.requests, second).saturating_sub(at(&series.errors, second)).max(1);
    [(0.5, &series.p50_us), (0.95, &series.p95_us), (0.99, &series.p99_us)]
        .into_iter()
        .filter(|(_, column)| {
            column.get(second).copied().flatten().is_some_and(|time_us| when.holds(time_us as f64))
        })
        .map(|(known, _)| timed - ((known * timed as f64).ceil() as u64).clamp(1, timed) + 1)
        .max()
        .unwrap_or(0)
}

fn sums(series: &Series, window: std::ops::Range<usize>) -> (u64, u64) {
    window.fold((0u64, 0u64), |(requests, errors), second| {
        (
            requests.saturating_add(at(&series.requests, second)),
            errors.saturating_add(at(&series.errors, second)),
        )
    })
}

fn at(column: &[u64], second: usize) -> u64 {
    column.get(second).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{Fixture, healthy_second, step_second, summarized};
    use aforo_model::{RunEnd, TimeHistogram};
    use proptest::prelude::*;

    /// A healthy minute whose seconds 30 to 44 are `bad`, under one flag on all steps together.
    fn findings(flag: &str, bad: impl Fn() -> aforo_model::StepSecond) -> Vec<Finding> {
        let mut fixture = Fixture::healthy();
        let seconds: Vec<_> = (0..60)
            .map(|index| {
                let mut second = healthy_second(index);
                if (30..45).contains(&index) {
                    second.steps.insert("search".to_owned(), bad());
                }
                second
            })
            .collect();
        fixture.load = summarized(&fixture.scenario, &seconds);
        fixture.scenario.red_flags = vec![RedFlag { subject: Subject::Total, when: flag.parse().unwrap() }];
        raised(&fixture.evidence())
    }

    #[test]
    fn errors_in_a_few_seconds_raise_a_flag_and_say_when() {
        let found = findings("error_rate > 10%", || step_second(10, 5, 100_000));
        assert_eq!(found.len(), 1);
        // Five of twenty fail from second 30 on; over ten seconds that is above 10 % with the fifth bad one.
        assert_eq!(found[0].numbers["at_s"], 35.0);
        assert!(found[0].message.contains("`error_rate > 10%`") && found[0].message.contains("35 s"));
    }

    #[test]
    fn slow_answers_in_a_few_seconds_raise_a_flag_on_the_p95() {
        let found = findings("p95 > 10s", || step_second(10, 0, 11_000_000));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(findings("p95 > 12s", || step_second(10, 0, 11_000_000)).is_empty());
    }

    #[test]
    fn a_healthy_run_raises_nothing_and_an_empty_one_neither() {
        for flag in ["error_rate > 5%", "p95 > 10s", "memory_growth > 20%", "connection_use > 90%"] {
            assert_eq!(findings(flag, || step_second(10, 0, 100_000)), []);
            let mut empty = Fixture::empty();
            empty.scenario.red_flags = vec![RedFlag { subject: Subject::Total, when: flag.parse().unwrap() }];
            assert_eq!(raised(&empty.evidence()), []);
        }
    }

    #[test]
    fn a_flag_that_cannot_be_judged_is_told_and_no_other() {
        let unjudged_of = |fixture: &Fixture| unjudged(&fixture.evidence());
        let mut fixture = Fixture::healthy();
        fixture.scenario.red_flags = ["p95 > 10s", "p95 > 1ms", "connection_use > 90%"]
            .map(|when| RedFlag { subject: Subject::Total, when: when.parse().unwrap() })
            .to_vec();
        assert_eq!(unjudged_of(&fixture), []);
        fixture.resources.iter_mut().for_each(|sample| sample.postgres = None);
        let found = unjudged_of(&fixture);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(
            found[0].message,
            "whether the red flag `connection_use > 90%` on total was raised is not known: \
             the target's Postgres was not watched; name its URL"
        );
        fixture.end = RunEnd::Interrupted { at_s: 50.0 };
        assert_eq!(unjudged_of(&fixture), [], "the run says so itself");
    }

    #[test]
    fn a_flag_on_a_resource_is_raised_over_the_whole_even_when_cut_short() {
        let mut fixture = Fixture::healthy();
        fixture.end = RunEnd::Interrupted { at_s: 50.0 };
        fixture.resources[7].postgres.as_mut().unwrap().connection_count = 99;
        fixture.scenario.red_flags =
            vec![RedFlag { subject: Subject::Total, when: "connection_use > 90%".parse().unwrap() }];
        assert_eq!(raised(&fixture.evidence()).len(), 1);
    }

    proptest! {
        /// The oracle merges the histograms, which the record does not keep.
        #[test]
        fn a_window_never_raises_a_flag_that_its_merged_histogram_would_not(
            seconds in prop::collection::vec(prop::collection::vec(1u64..2000, 1..40), WINDOW_S),
            objective_us in 1u64..2000,
        ) {
            let when: Expression = format!("p95 > {objective_us}us").parse().unwrap();
            let mut series = Series::default();
            let mut merged = TimeHistogram::new();
            for times_us in &seconds {
                let mut histogram = TimeHistogram::new();
                times_us.iter().for_each(|&time_us| histogram.record_us(time_us));
                merged.merge(&histogram);
                series.requests.push(histogram.count());
                series.errors.push(0);
                series.p50_us.push(histogram.quantile_us(0.5));
                series.p95_us.push(histogram.quantile_us(0.95));
                series.p99_us.push(histogram.quantile_us(0.99));
            }
            if quantile_raises(&when, 0.95, &series, 0..WINDOW_S) {
                prop_assert!(when.holds(merged.quantile_us(0.95).unwrap() as f64));
            }
        }
    }
}
