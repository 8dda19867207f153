//! The canonical reports over a period: a week of runs, one without any, and one of hostile names.

use aforo_model::{
    Answer, FindingSeen, HISTORY_FORMAT_VERSION, LeftOut, LoadAggregate, ObjectiveCompliance, Period,
    PeriodKind, PeriodReport, RecommendationCourse, RecommendationSeen, RunEntry, Severity, StepAggregate,
    Subject, VerdictCounts,
};

use crate::canonical;
use crate::history::canonical::{load, point};

/// A week of five runs of one load.
pub(super) fn report() -> PeriodReport {
    let record = canonical::record("met");
    let run = RunEntry::from(&record);
    let counts = VerdictCounts { met: 3, violated: 1, inconclusive: 1 };
    let (first, last) = (point(0, 0.0), point(3, 0.0));
    PeriodReport {
        format_version: HISTORY_FORMAT_VERSION,
        period: Period::holding(PeriodKind::Weekly, record.started_at),
        runs: vec![run; 5],
        verdicts: counts,
        left_out: vec![LeftOut { why: "that cannot be read".to_owned(), runs: 1 }],
        loads: vec![of_load(counts)],
        findings: vec![FindingSeen {
            code: "n-plus-one".to_owned(),
            severity: Severity::Critical,
            subjects: ["a", "b", "c", "d", "e"].map(|name| Subject::Step(name.to_owned())).into(),
            runs: 3,
            first_run: first.run,
            first_seen_at: first.started_at,
            last_run: last.run,
            last_seen_at: last.started_at,
        }],
    }
}

fn of_load(verdicts: VerdictCounts) -> LoadAggregate {
    let record = canonical::record("met");
    let step = |subject, step: &aforo_model::StepRecord| StepAggregate {
        subject,
        requests: step.requests * 4,
        error_count: step.error_count() * 4,
        error_rate: step.error_rate,
        throughput_per_s: Some(step.throughput_per_s),
        response_time: step.response_time.clone(),
        p95_range_us: step.response_time.p95_us.map(|p95_us| (p95_us, p95_us * 2)),
    };
    let steps = record.load.steps.iter().map(|each| step(Subject::Step(each.name.clone()), each));
    let seen = |title: &str, course| RecommendationSeen {
        id: title.to_owned(),
        title: title.to_owned(),
        runs: 2,
        course,
    };
    LoadAggregate {
        load: load(),
        description: Some("flaws: n-plus-one-list".to_owned()),
        runs: 5,
        measured_runs: 4,
        merged_runs: 3,
        verdicts,
        objectives: record
            .slos
            .iter()
            .map(|worst| ObjectiveCompliance {
                worst: worst.clone(),
                worst_run: record.id.clone(),
                verdicts,
                compliance_ratio: verdicts.compliance_ratio(),
            })
            .collect(),
        steps: std::iter::once(step(Subject::Total, &record.load.total)).chain(steps).collect(),
        best: Some(point(1, 12_000.0)),
        worst: Some(point(2, 15_000.0)),
        recommendations: vec![
            seen(
                "Create an index on public.reservations (phone)",
                RecommendationCourse::Disappeared { run: point(3, 0.0).run },
            ),
            seen("Ask for all rooms at once", RecommendationCourse::Stands),
        ],
        changes: Answer::absent(
            "a change of level is looked for in 15 runs of one load or more, and there are 4",
        ),
    }
}

/// A week in which nothing was run.
pub(super) fn empty() -> PeriodReport {
    PeriodReport {
        runs: Vec::new(),
        verdicts: VerdictCounts::default(),
        left_out: Vec::new(),
        loads: Vec::new(),
        findings: Vec::new(),
        ..report()
    }
}

/// The week with names that would do harm if they were let.
pub(super) fn hostile() -> PeriodReport {
    let mut report = report();
    let markup = "<script>alert(\"1\")</script>'🙂\u{1b}[2J|`".repeat(250);
    let load = &mut report.loads[0];
    load.load.scenario.clone_from(&markup);
    load.load.target.clone_from(&markup);
    load.description = Some(markup.clone());
    load.steps[1].subject = Subject::Step(markup.clone());
    load.objectives[0].worst.slo.subject = Subject::Step(markup.clone());
    load.recommendations[0].title.clone_from(&markup);
    report.findings[0].code.clone_from(&markup);
    report.findings[0].subjects = vec![Subject::Step(markup)];
    report
}
