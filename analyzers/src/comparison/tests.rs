//! Whole comparisons.

use aforo_model::{
    Change, ComparedFigure, ComparisonMethod, FigureComparison, RunComparison, RunEnd, RunRecord, Subject,
};

use super::fixtures::{SHAPE, Shape, run};
use super::{ComparisonOptions, RunSeconds, RunUnderComparison, compare_runs};

type Run = (RunRecord, RunSeconds);

const OPTIONS: ComparisonOptions = ComparisonOptions {
    tolerance_ratio: 0.05,
    error_rate_tolerance: 0.001,
    run_to_run_ratio: 0.05,
    resamples: 300,
    seed: 1,
};

fn borrowed(runs: &[Run]) -> Vec<RunUnderComparison<'_>> {
    runs.iter().map(|(record, seconds)| RunUnderComparison { record, seconds }).collect()
}

fn compared(before: &[Run], after: &[Run]) -> RunComparison {
    compare_runs(&borrowed(before), &borrowed(after), OPTIONS).unwrap()
}

/// Several runs with medians that differ by a percent or two.
fn several(median_us: f64, seed: u64) -> Vec<Run> {
    let wobble = [1.0, 1.01, 0.99, 1.02, 0.98];
    let one = |(place, wobble): (u64, f64)| {
        run(Shape { median_us: median_us * wobble, seed: seed + place, ..SHAPE })
    };
    (0..).zip(wobble).map(one).collect()
}

fn of(comparison: &RunComparison, subject: Subject, figure: ComparedFigure) -> &FigureComparison {
    let is_meant = |other: &&FigureComparison| other.subject == subject && other.figure == figure;
    comparison.figures.iter().find(is_meant).unwrap()
}

fn step(name: &str) -> Subject {
    Subject::Step(name.to_owned())
}

fn why(change: &Change) -> &str {
    match change {
        Change::Inconclusive { why, .. } => why,
        other => panic!("{other:?} is conclusive"),
    }
}

#[test]
fn a_run_against_itself_is_no_change_whatever_is_allowed_for() {
    let one = [run(SHAPE)];
    let comparison = compared(&one, &one);
    assert!(matches!(comparison.change, Change::Inconclusive { .. }), "{:?}", comparison.change);
    let p95 = of(&comparison, Subject::Total, ComparedFigure::P95);
    let interval = p95.effect.found().unwrap();
    assert_eq!(interval.estimate, 1.0);
    assert!(interval.low < 0.9 && interval.high > 1.1, "runs differ by themselves: {interval:?}");
    assert_eq!(
        comparison.method,
        ComparisonMethod::WithinRuns { block_s: 6, resamples: 300, run_to_run_ratio: 0.05 }
    );
}

#[test]
fn a_step_twice_as_slow_is_called_by_one_run_a_side_and_its_neighbour_is_not() {
    let before = run(SHAPE);
    let mut slow = run(Shape { median_us: 20_000.0, seed: 2, ..SHAPE });
    let comparison = compared(&[before], std::slice::from_ref(&slow));
    assert_eq!(comparison.change, Change::Regression);
    let search = of(&comparison, step("search"), ComparedFigure::P95);
    assert_eq!(search.change, Change::Regression);
    let interval = search.effect.found().unwrap();
    assert!(interval.low < 2.0 && 2.0 < interval.high && interval.low > 1.6, "{interval:?}");
    // A run that cannot be relied on is shown and not called.
    slow.0.end = RunEnd::Interrupted { at_s: 50.0 };
    let comparison = compared(&[run(SHAPE)], &[slow]);
    assert!(why(&comparison.change).contains("cut short"));
    assert!(of(&comparison, step("search"), ComparedFigure::P95).effect.found().is_some());
}

#[test]
fn cpu_that_was_read_in_a_part_of_the_seconds_is_not_cut_into_blocks_of_all() {
    for read_s in [1.0, 5.0, 7.0, 30.0] {
        let mut runs = [run(SHAPE), run(Shape { seed: 2, ..SHAPE })];
        for (record, _) in &mut runs {
            record.resources.retain(|sample| sample.at_s <= read_s);
        }
        let [before, after] = runs;
        let comparison = compared(&[before], &[after]);
        let cpu = of(&comparison, Subject::Total, ComparedFigure::CpuPerRequest);
        assert!(why(&cpu.change).contains("of 60 judged seconds"), "{read_s}: {cpu:?}");
    }
    let read = compared(&[run(SHAPE)], &[run(Shape { seed: 2, ..SHAPE })]);
    assert!(of(&read, Subject::Total, ComparedFigure::CpuPerRequest).effect.found().is_some());
}

#[test]
fn failures_that_were_not_there_are_a_regression() {
    let comparison = compared(&[run(SHAPE)], &[run(Shape { errors_per_s: 1, seed: 2, ..SHAPE })]);
    let rate = of(&comparison, step("search"), ComparedFigure::ErrorRate);
    assert_eq!((rate.before, rate.after, &rate.change), (Some(0.0), Some(0.05), &Change::Regression));
    assert_eq!(comparison.change, Change::Regression);
}

#[test]
fn several_runs_tell_twenty_percent_and_equivalence() {
    let (base, slow) = (several(10_000.0, 10), several(12_000.0, 20));
    let comparison = compared(&base, &slow);
    assert_eq!(comparison.method, ComparisonMethod::BetweenRuns { permutations: 252, is_exact: true });
    let p95 = of(&comparison, Subject::Total, ComparedFigure::P95);
    assert_eq!(p95.change, Change::Regression);
    assert!((p95.effect.found().unwrap().estimate - 1.2).abs() < 0.05, "{:?}", p95.effect);
    let ratio = p95.after.unwrap() / p95.before.unwrap();
    assert!((ratio - p95.effect.found().unwrap().estimate).abs() < 1e-9);
    let same = compared(&base, &several(10_000.0, 30));
    assert_eq!(same.change, Change::Equivalent);
    let back = compared(&slow, &base);
    assert_eq!(back.change, Change::Improvement);
}

#[test]
fn a_new_run_is_held_against_five_of_a_baseline() {
    let slow = run(Shape { median_us: 15_000.0, seed: 40, ..SHAPE });
    let base = several(10_000.0, 10);
    let comparison = compared(&base, &[slow]);
    assert_eq!(comparison.method, ComparisonMethod::BetweenRuns { permutations: 0, is_exact: false });
    assert_eq!(of(&comparison, step("book"), ComparedFigure::P95).change, Change::Regression);
    let same = compared(&base, &[run(Shape { seed: 41, ..SHAPE })]);
    assert!(!matches!(same.change, Change::Regression | Change::Improvement), "{:?}", same.change);
}

#[test]
fn runs_too_short_or_with_too_few_requests_say_what_they_lack() {
    let short = [run(Shape { duration_s: 15, ..SHAPE })];
    assert!(why(&compared(&short, &short).change).contains("15 judged seconds are too few"));
    let sparse = [run(Shape { requests_per_s: 1, ..SHAPE })];
    let comparison = compared(&sparse, &sparse);
    let p95 = of(&comparison, step("search"), ComparedFigure::P95);
    assert!(why(&p95.change).contains("60 requests in a run are too few for P95; 400 are the least"));
    assert!(p95.before.is_some() && p95.effect.found().is_none());
}

#[test]
fn figures_come_step_by_step_with_the_total_first() {
    let one = [run(SHAPE)];
    let comparison = compared(&one, &one);
    let subjects: Vec<String> = comparison.figures.iter().map(|figure| figure.subject.to_string()).collect();
    let expected = [vec!["total"; 7], vec!["search"; 5], vec!["book"; 5]].concat();
    assert_eq!(subjects, expected);
    let of_total: Vec<_> = comparison.figures[..7].iter().map(|figure| figure.figure).collect();
    assert_eq!(of_total, ComparedFigure::EVERY);
}

#[test]
fn what_is_no_same_load_is_refused_in_words() {
    let mut other = run(SHAPE);
    other.0.scenario.load.duration_s = 90.0;
    let refused = compare_runs(&borrowed(&[run(SHAPE)]), &borrowed(&[other]), OPTIONS).unwrap_err();
    assert!(refused.to_string().contains("duration: 60 s before, 90 s after"), "{refused}");
    let nothing = compare_runs(&[], &borrowed(&[run(SHAPE)]), OPTIONS).unwrap_err();
    assert!(nothing.to_string().contains("runs: 0 before, 1 after"), "{nothing}");
}

#[test]
fn the_same_runs_give_the_same_bytes() {
    let pair = || ([run(SHAPE)], [run(Shape { seed: 2, ..SHAPE })]);
    let bytes =
        |(before, after): ([Run; 1], [Run; 1])| serde_json::to_string(&compared(&before, &after)).unwrap();
    assert_eq!(bytes(pair()), bytes(pair()));
}
