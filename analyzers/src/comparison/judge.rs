//! What follows from a change of a figure, and from those of all figures.

use aforo_model::{Change, ComparedFigure, FigureComparison, Subject};

use super::ComparisonOptions;
use super::effect::Effect;
use crate::wording::percent;

/// Chance, over all steps of a figure, of calling a change where there is none.
const SIGNIFICANT: f64 = 0.05;
/// Runs a side for 80 % power at 5 %: 2 · (1.96 + 0.84)² times the variance by the square of the change.
const PLANNING_FACTOR: f64 = 15.7;
/// With fewer runs a side not even all exchanges tell a difference.
const FEWEST_RUNS: u32 = 4;
/// Nobody repeats a run more often; the tolerance is below what such runs can tell.
const MOST_RUNS: f64 = 200.0;

/// Judges one change: worse or better only where chance does not explain it and it is larger than tolerated; equivalent only where
/// all of the interval is tolerated.
pub(super) fn judge(
    figure: ComparedFigure,
    effect: &Effect,
    adjusted_chance: f64,
    runs: usize,
    options: &ComparisonOptions,
) -> Change {
    let (center, tolerated) = if figure.is_difference() {
        (0.0, options.error_rate_tolerance)
    } else {
        (1.0, options.tolerance_ratio)
    };
    let interval = effect.interval;
    let change = interval.estimate - center;
    let is_significant = adjusted_chance <= SIGNIFICANT;
    if is_significant && change.abs() > tolerated {
        let is_better = (change > 0.0) == figure.is_better_high();
        return if is_better { Change::Improvement } else { Change::Regression };
    }
    if interval.low >= center - tolerated && interval.high <= center + tolerated {
        return Change::Equivalent;
    }
    let limit = if figure.is_difference() {
        format!("{} of the requests", percent(tolerated))
    } else {
        percent(tolerated)
    };
    let excludes_none = interval.low > center || interval.high < center;
    let why = if is_significant {
        format!("it changed, but by more than {limit} or less is open")
    } else if excludes_none {
        "over all steps together chance may explain it".to_owned()
    } else {
        format!("a change by more than {limit} is neither shown nor ruled out")
    };
    Change::Inconclusive { why, runs_needed: runs_needed(figure, effect.deviation, runs, options) }
}

/// Runs a side with which a change of the tolerated size would show in four of five comparisons.
fn runs_needed(
    figure: ComparedFigure,
    deviation: f64,
    runs: usize,
    options: &ComparisonOptions,
) -> Option<u32> {
    let change =
        if figure.is_difference() { options.error_rate_tolerance } else { options.tolerance_ratio.ln_1p() };
    let needed = (PLANNING_FACTOR * (deviation / change).powi(2)).ceil();
    // As many as there were are not enough, as was just seen.
    (needed <= MOST_RUNS).then(|| (needed as u32).max(FEWEST_RUNS).max(u32::try_from(runs).unwrap_or(0) + 1))
}

/// The worst of the figures that count. One step that became worse is enough; better is only where nothing became worse;
/// equivalent where all steps together are so in every figure that counts.
pub(super) fn overall(figures: &[FigureComparison]) -> Change {
    let counting = || figures.iter().filter(|figure| figure.figure.is_decisive());
    for change in [Change::Regression, Change::Improvement] {
        if counting().any(|figure| figure.change == change) {
            return change;
        }
    }
    let total: Vec<_> = counting().filter(|figure| figure.subject == Subject::Total).collect();
    let open = total.iter().find_map(|figure| match &figure.change {
        Change::Inconclusive { why, .. } => Some(format!("{} of all steps: {why}", figure.figure.as_str())),
        _ => None,
    });
    let needed = total.iter().filter_map(|figure| match figure.change {
        Change::Inconclusive { runs_needed, .. } => runs_needed,
        _ => None,
    });
    match open {
        Some(why) => Change::Inconclusive { why, runs_needed: needed.max() },
        None if total.is_empty() => {
            Change::Inconclusive { why: "nothing was measured".to_owned(), runs_needed: None }
        }
        None => Change::Equivalent,
    }
}

#[cfg(test)]
mod tests {
    use aforo_model::{Answer, Interval};

    use super::*;

    fn judged(figure: ComparedFigure, (low, estimate, high): (f64, f64, f64), chance: f64) -> Change {
        let effect = Effect { interval: Interval { estimate, low, high }, chance, deviation: 0.05 };
        judge(figure, &effect, chance, 5, &ComparisonOptions::default())
    }

    #[test]
    fn only_what_is_large_and_not_chance_is_called() {
        let p95 = |interval, chance| judged(ComparedFigure::P95, interval, chance);
        assert_eq!(p95((1.02, 1.2, 1.4), 0.01), Change::Regression);
        assert_eq!(p95((0.7, 0.8, 0.97), 0.01), Change::Improvement);
        assert_eq!(p95((0.97, 1.01, 1.049), 0.6), Change::Equivalent);
        // Told from chance and within what is tolerated.
        assert_eq!(p95((1.01, 1.02, 1.03), 0.001), Change::Equivalent);
        assert!(matches!(p95((1.01, 1.04, 1.07), 0.01), Change::Inconclusive { .. }));
        assert!(matches!(p95((1.02, 1.2, 1.4), 0.07), Change::Inconclusive { .. }));
    }

    #[test]
    fn more_throughput_is_better_and_more_failures_are_worse() {
        assert_eq!(judged(ComparedFigure::Throughput, (1.1, 1.2, 1.3), 0.01), Change::Improvement);
        assert_eq!(judged(ComparedFigure::Throughput, (0.7, 0.8, 0.9), 0.01), Change::Regression);
        assert_eq!(judged(ComparedFigure::ErrorRate, (0.005, 0.01, 0.02), 0.01), Change::Regression);
        assert_eq!(judged(ComparedFigure::ErrorRate, (-0.0005, 0.0, 0.0005), 1.0), Change::Equivalent);
    }

    /// The planning formula by hand: 15.7 · (0.05 / ln 1.05)² = 16.5.
    #[test]
    fn what_is_open_says_how_many_runs_would_tell() {
        let Change::Inconclusive { runs_needed, .. } = judged(ComparedFigure::P95, (0.9, 1.1, 1.3), 0.3)
        else {
            panic!("it is open");
        };
        assert_eq!(runs_needed, Some(17));
        let options = ComparisonOptions { tolerance_ratio: 0.2, ..ComparisonOptions::default() };
        assert_eq!(super::runs_needed(ComparedFigure::P95, 0.05, 5, &options), Some(6));
        assert_eq!(super::runs_needed(ComparedFigure::P95, 5.0, 5, &options), None);
    }

    fn figure(subject: Subject, figure: ComparedFigure, change: Change) -> FigureComparison {
        FigureComparison {
            subject,
            figure,
            before: None,
            after: None,
            effect: Answer::absent("not needed here"),
            p_value: None,
            adjusted_p_value: None,
            change,
        }
    }

    #[test]
    fn the_worst_of_what_counts_is_what_is_said() {
        let step = || Subject::Step("search".to_owned());
        let open = || Change::Inconclusive { why: "too little".to_owned(), runs_needed: Some(7) };
        let decisive = ComparedFigure::EVERY.into_iter().filter(|each| each.is_decisive());
        let mut figures: Vec<FigureComparison> =
            decisive.map(|each| figure(Subject::Total, each, Change::Equivalent)).collect();
        assert_eq!(overall(&figures), Change::Equivalent);
        figures.push(figure(Subject::Total, ComparedFigure::P99, Change::Regression));
        figures.push(figure(step(), ComparedFigure::P95, open()));
        assert_eq!(overall(&figures), Change::Equivalent);
        figures[0].change = open();
        let why = "P95 of all steps: too little".to_owned();
        assert_eq!(overall(&figures), Change::Inconclusive { why, runs_needed: Some(7) });
        figures.push(figure(step(), ComparedFigure::Throughput, Change::Improvement));
        assert_eq!(overall(&figures), Change::Improvement);
        figures.push(figure(step(), ComparedFigure::ErrorRate, Change::Regression));
        assert_eq!(overall(&figures), Change::Regression);
        assert!(matches!(overall(&[]), Change::Inconclusive { .. }));
    }
}
