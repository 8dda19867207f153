//! Aggregates are held against what one run of all requests would have shown.

use aforo_model::{
    Criticality, FindingDigest, PeriodKind, RecommendationCourse, RecommendationDigest, RecommendationKind,
    Severity, Slo, SloResult, Subject, Verdict,
};
use chrono::TimeDelta;

use super::*;
use crate::history::fixtures::{begin, digest, histograms, times};

/// All that ever was.
fn always() -> Period {
    Period { kind: PeriodKind::Custom, from: None, to: begin() + TimeDelta::days(365) }
}

fn report(period: Period, runs: &[RunDigest], base_us: impl Fn(usize) -> u64) -> PeriodReport {
    let mut summary = PeriodSummary::new(period, runs);
    for run in summary.wanted() {
        let at = runs.iter().position(|each| std::ptr::eq(each, run)).unwrap();
        assert!(summary.merge(run, &histograms(base_us(at))));
    }
    summary.finish(Vec::new())
}

#[test]
fn histograms_are_merged_and_quantiles_are_never_averaged() {
    // A fast run and a slow one: the P95 of all requests lies near that of the slow one, and not in between.
    let base_us = |at: usize| if at == 0 { 1_000 } else { 1_000_000 };
    let runs = [digest(0, 1_000), digest(1, 1_000_000)];
    let report = report(always(), &runs, base_us);
    let mut oracle = times(1_000, 10_000);
    oracle.merge(&times(1_000_000, 10_000));
    let load = &report.loads[0];
    assert_eq!(load.steps[1].response_time, oracle.summary());
    assert_eq!(load.steps[0].response_time, oracle.summary());
    assert_eq!((load.runs, load.measured_runs, load.merged_runs), (2, 2, 2));
    let ranges = load.steps[0].p95_range_us.unwrap();
    assert_eq!((Some(ranges.0), Some(ranges.1)), (runs[0].run.p95_us, runs[1].run.p95_us));
    assert_eq!(load.best.as_ref().unwrap().run, "run-0");
    assert_eq!(load.worst.as_ref().unwrap().run, "run-1");
}

#[test]
fn errors_and_throughput_come_from_counts() {
    let mut runs = [digest(0, 100), digest(1, 100)];
    runs[1].judged_s = 150.0;
    runs[1].steps[0].throughput_per_s = 0.0;
    runs[1].steps[0].requests = 100;
    let report = report(always(), &runs, |_| 100);
    let total = &report.loads[0].steps[0];
    assert_eq!((total.requests, total.error_count), (10_200, 200));
    assert_eq!(total.error_rate, Some(200.0 / 10_200.0));
    assert_eq!(total.throughput_per_s, Some(200.0 * 50.0 / 200.0));
}

#[test]
fn runs_that_are_spoilt_or_of_another_load_stay_out_of_the_figures() {
    let mut runs = [digest(0, 100), digest(1, 100), digest(2, 100)];
    runs[1].spoilt = Some("cut short before their time".to_owned());
    runs[2].load.hash = "other".to_owned();
    let report = report(always(), &runs, |_| 100);
    assert_eq!(report.runs.len(), 3);
    assert_eq!(report.loads.len(), 2);
    let first = report.loads.iter().find(|load| load.load.hash != "other").unwrap();
    assert_eq!((first.runs, first.measured_runs, first.merged_runs), (2, 1, 1));
    assert_eq!(first.steps[0].requests, 10_100);
}

#[test]
fn runs_of_one_load_on_targets_that_say_otherwise_of_themselves_stay_apart() {
    let mut runs = [digest(0, 100), digest(1, 100), digest(2, 900), digest(3, 900)];
    for (run, says) in
        runs.iter_mut().zip([None, Some("flaws: all"), Some("flaws: none"), Some("flaws: all")])
    {
        run.run.description = says.map(str::to_owned);
    }
    let report = report(always(), &runs, |at| if at < 2 { 100 } else { 900 });
    let told: Vec<(Option<&str>, u64, u64)> =
        report.loads.iter().map(|load| (load.description.as_deref(), load.runs, load.merged_runs)).collect();
    assert_eq!(told, [(None, 1, 1), (Some("flaws: all"), 2, 2), (Some("flaws: none"), 1, 1)]);
    assert_eq!(report.loads[2].steps[0].response_time, times(900, 10_000).summary());
}

#[test]
fn what_was_advised_of_another_target_is_not_gone() {
    let mut runs = [digest(0, 100), digest(1, 100)];
    runs[0].run.description = Some("flaws: all".to_owned());
    runs[0].looked_at.database = true;
    runs[0].recommendations.push(RecommendationDigest {
        id: "create-index:a".to_owned(),
        kind: RecommendationKind::CreateIndex,
        title: "Create an index".to_owned(),
    });
    runs[1].run.description = Some("flaws: none".to_owned());
    runs[1].looked_at.database = true;
    let report = report(always(), &runs, |_| 100);
    assert_eq!(report.loads[0].recommendations[0].course, RecommendationCourse::Stands);
    assert_eq!(report.loads[1].recommendations, []);
}

#[test]
fn histograms_that_hold_only_a_part_are_refused() {
    let runs = [digest(0, 100)];
    let mut summary = PeriodSummary::new(always(), &runs);
    assert!(!summary.merge(&runs[0], &BTreeMap::from([("search".to_owned(), times(100, 9_999))])));
    assert!(!summary.merge(&runs[0], &BTreeMap::new()));
    let load = &summary.finish(Vec::new()).loads[0];
    assert_eq!((load.merged_runs, &load.steps[0].response_time), (0, &TimeSummary::default()));
    assert_eq!(load.steps[0].requests, 10_100, "what is counted is still there");
}

#[test]
fn an_empty_period_has_no_loads_and_looks_only_at_its_own_runs() {
    let runs = [digest(0, 100), digest(1, 100)];
    let empty = Period { kind: PeriodKind::Custom, from: Some(begin() + TimeDelta::days(9)), ..always() };
    let report = report(empty, &runs, |_| 100);
    assert!(report.runs.is_empty() && report.loads.is_empty() && report.findings.is_empty());
    let second =
        Period { kind: PeriodKind::Custom, from: Some(begin() + TimeDelta::minutes(30)), ..always() };
    let report = self::report(second, &runs, |_| 100);
    assert_eq!(report.runs.iter().map(|run| run.id.as_str()).collect::<Vec<_>>(), ["run-1"]);
}

fn objective(measured: Option<f64>, verdict: Verdict) -> SloResult {
    SloResult {
        slo: Slo {
            subject: Subject::Total,
            expect: "p95 < 3s".parse().unwrap(),
            criticality: Criticality::High,
            abort: false,
        },
        measured,
        sample_count: 100,
        verdict,
        helped_by: None,
    }
}

#[test]
fn compliance_is_of_the_runs_that_could_be_judged_and_names_the_worst() {
    let mut runs = [digest(0, 100), digest(1, 100), digest(2, 100), digest(3, 100)];
    runs[0].slos = vec![objective(Some(1e6), Verdict::Met)];
    runs[1].slos = vec![objective(Some(4e6), Verdict::Violated)];
    runs[2].slos = vec![objective(Some(5e6), Verdict::Violated)];
    runs[3].slos = vec![objective(None, Verdict::inconclusive("no data"))];
    let report = report(always(), &runs, |_| 100);
    let objective = &report.loads[0].objectives[0];
    assert_eq!(objective.verdicts, VerdictCounts { met: 1, violated: 2, inconclusive: 1 });
    assert_eq!(objective.compliance_ratio, Some(1.0 / 3.0));
    assert_eq!((objective.worst.measured, objective.worst_run.as_str()), (Some(5e6), "run-2"));
}

#[test]
fn findings_are_told_by_code_with_the_first_and_the_last_run() {
    let found = |code: &str, step: &str, severity| FindingDigest {
        code: code.to_owned(),
        subject: Subject::Step(step.to_owned()),
        severity,
    };
    let mut runs = [digest(0, 100), digest(1, 100), digest(2, 100)];
    runs[0].findings =
        vec![found("n-plus-one", "a", Severity::Warning), found("n-plus-one", "b", Severity::Critical)];
    runs[1].findings = vec![found("cpu-high", "a", Severity::Info)];
    runs[2].findings = vec![found("n-plus-one", "a", Severity::Warning)];
    let report = report(always(), &runs, |_| 100);
    assert_eq!(
        report.findings.iter().map(|each| each.code.as_str()).collect::<Vec<_>>(),
        ["n-plus-one", "cpu-high"]
    );
    let first = &report.findings[0];
    assert_eq!((first.severity, first.runs, first.subjects.len()), (Severity::Critical, 2, 2));
    assert_eq!((first.first_run.as_str(), first.last_run.as_str()), ("run-0", "run-2"));
}
