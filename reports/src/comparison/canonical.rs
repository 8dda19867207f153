//! The canonical comparisons that every format is tested with.

use aforo_model::profile::{FunctionChange, ProfileDiff};
use aforo_model::{
    Answer, COMPARISON_FORMAT_VERSION, Change, ComparedFigure, ComparedRun, ComparisonMethod, Difference,
    FigureComparison, Interval, PlanChange, RunComparison, Subject, Verdict,
};

pub(crate) use crate::canonical::rendered;

/// Every canonical comparison with its name.
pub(crate) fn comparisons() -> [(&'static str, RunComparison); 4] {
    [
        ("regression", regression()),
        ("improvement", improvement()),
        ("equivalent", equivalent()),
        ("inconclusive", inconclusive()),
    ]
}

/// A flaw that was switched on makes one step slow; two runs.
pub(crate) fn regression() -> RunComparison {
    let mut comparison = between(1);
    comparison.figures = [
        total(Change::Equivalent),
        step("view", Change::Equivalent, 1.0),
        step("admin_list", Change::Regression, 2.414),
        step("login", Change::Improvement, 0.8),
    ]
    .concat();
    comparison.differences = vec![Difference {
        what: "what the target says of itself".into(),
        before: "flaws: none".into(),
        after: "flaws: n-plus-one-list".into(),
    }];
    comparison.plan_changes = vec![PlanChange {
        fingerprint: "9b1f".into(),
        text: Some("SELECT id, phone FROM guests WHERE phone = $1".into()),
        before: "Index Scan using guests_phone on guests".into(),
        after: "Seq Scan on guests".into(),
        mean_before_ms: 0.041,
        mean_after_ms: 3.2,
    }];
    comparison.profile = Answer::Found(ProfileDiff {
        before: "20261120T120000Z-baseline-aaaaaaaa".into(),
        before_cpu_ms: 812.0,
        after_cpu_ms: 1204.0,
        functions: vec![
            function("regex::Regex::new", 3.0, 390.0, true),
            function("serde_json::to_vec", 40.0, 38.0, false),
        ],
        flame_graph: Some("profiles/diff.svg".into()),
    });
    comparison.change = Change::Regression;
    comparison
}

/// Five runs a side, of which the later are faster; there are no profiles.
pub(crate) fn improvement() -> RunComparison {
    let mut comparison = between(5);
    comparison.figures =
        [total(Change::Improvement), step("view", Change::Improvement, 0.62), step("login", open(), 1.02)]
            .concat();
    comparison.change = Change::Improvement;
    comparison
}

/// Nothing changed.
pub(crate) fn equivalent() -> RunComparison {
    let mut comparison = between(5);
    comparison.figures = [total(Change::Equivalent), step("view", Change::Equivalent, 1.0)].concat();
    comparison.change = Change::Equivalent;
    comparison
}

/// Too little was seen.
pub(crate) fn inconclusive() -> RunComparison {
    let mut comparison = between(1);
    comparison.figures = [total(open()), step("view", open(), 1.3), step("login", short(), 1.0)].concat();
    for compared in comparison.figures.iter_mut().rev().take(3) {
        compared.effect = Answer::absent("too few requests");
        compared.before = None;
        compared.after = None;
    }
    comparison.change = open();
    comparison
}

fn open() -> Change {
    Change::Inconclusive { why: "the interval reaches from better to worse".into(), runs_needed: Some(7) }
}

fn short() -> Change {
    Change::Inconclusive { why: "fewer than 100 requests on a side".into(), runs_needed: None }
}

fn between(runs: usize) -> RunComparison {
    let method = match runs {
        1 => ComparisonMethod::WithinRuns { block_s: 6, resamples: 2000, run_to_run_ratio: 0.05 },
        _ => ComparisonMethod::BetweenRuns { permutations: 252, is_exact: true },
    };
    RunComparison {
        format_version: COMPARISON_FORMAT_VERSION,
        aforo_version: "0.1.0".into(),
        before: side(runs, "20261120", "flaws: none"),
        after: side(runs, "20261121", "flaws: n-plus-one-list"),
        method,
        tolerance_ratio: 0.05,
        differences: Vec::new(),
        figures: Vec::new(),
        plan_changes: Vec::new(),
        profile: Answer::absent("neither run has a CPU profile"),
        change: Change::Equivalent,
    }
}

fn side(runs: usize, day: &str, description: &str) -> Vec<ComparedRun> {
    let run = |at: usize| ComparedRun {
        id: format!(
            "{day}T12{at:02}00Z-baseline-{}",
            "abcdef".chars().nth(at).unwrap().to_string().repeat(8)
        ),
        started_at: format!("{}-{}-{}T12:{at:02}:00Z", &day[..4], &day[4..6], &day[6..]).parse().unwrap(),
        target: "hotel".into(),
        description: Some(description.into()),
        requests: 1961,
        verdict: Verdict::Met,
    };
    (0..runs).map(run).collect()
}

fn total(change: Change) -> Vec<FigureComparison> {
    let ratio = if change == Change::Improvement { 0.7 } else { 1.004 };
    let mut figures = of(&Subject::Total, &change, ratio);
    figures.push(figure(&Subject::Total, ComparedFigure::CpuPerRequest, 812.4, ratio, change.clone()));
    figures.push(figure(&Subject::Total, ComparedFigure::DatabaseTimePerRequest, 410.0, ratio, change));
    figures
}

fn step(name: &str, change: Change, ratio: f64) -> Vec<FigureComparison> {
    of(&Subject::Step(name.into()), &change, ratio)
}

fn of(subject: &Subject, change: &Change, ratio: f64) -> Vec<FigureComparison> {
    let times =
        [(ComparedFigure::P50, 3520.0), (ComparedFigure::P95, 30_200.0), (ComparedFigure::P99, 90_600.0)];
    let mut figures: Vec<FigureComparison> =
        times.map(|(name, before)| figure(subject, name, before, ratio, change.clone())).into();
    figures.push(figure(subject, ComparedFigure::Throughput, 32.7, 1.0, Change::Equivalent));
    let errors =
        if *change == Change::Regression { (change.clone(), 0.032) } else { (Change::Equivalent, 0.0) };
    figures.push(FigureComparison {
        before: Some(0.0),
        after: Some(errors.1),
        effect: Answer::Found(Interval { estimate: errors.1, low: errors.1 * 0.6, high: errors.1 * 1.4 }),
        ..figure(subject, ComparedFigure::ErrorRate, 0.0, 1.0, errors.0)
    });
    figures
}

fn figure(
    subject: &Subject,
    figure: ComparedFigure,
    before: f64,
    ratio: f64,
    change: Change,
) -> FigureComparison {
    FigureComparison {
        subject: subject.clone(),
        figure,
        before: Some(before),
        after: Some(before * ratio),
        effect: Answer::Found(Interval { estimate: ratio, low: ratio * 0.97, high: ratio * 1.03 }),
        p_value: Some(0.01),
        adjusted_p_value: Some(0.04),
        change,
    }
}

fn function(name: &str, before_cpu_ms: f64, after_cpu_ms: f64, is_significant: bool) -> FunctionChange {
    let estimate = after_cpu_ms - before_cpu_ms;
    FunctionChange {
        function: name.into(),
        before_cpu_ms,
        after_cpu_ms,
        change_ms: Interval { estimate, low: estimate - 20.0, high: estimate + 20.0 },
        is_significant,
    }
}
