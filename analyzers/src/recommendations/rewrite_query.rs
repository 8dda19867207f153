//! `rewrite-query`: statements that no index and no setting makes good, one recommendation a statement, or a step where the step is at
//! fault.
//!
//! How much another form saves shows only when both are run, so that the gain is given only for a statement that is asked again with
//! the same values: those calls are simply not made.

use aforo_model::database::{DatabaseReport, PlanNode, Repetition};
use aforo_model::{
    Action, Effect, Effort, Finding, Recommendation, RecommendationKind, Risk, RunRecord, Severity, Subject,
};

use super::create_index::is_served;
use super::evidence::{carries, of_plans, reference};
use super::statement_name::statement_name;
use super::traffic::{LEAST_RATIO, Saved, Traffic, change, effect, is_certain};
use crate::wording::{percent, sentence};

pub(super) fn run(record: &RunRecord) -> Vec<Recommendation> {
    let Some(report) = &record.database else { return Vec::new() };
    let of_statements = of_plans(report)
        .filter(|(fingerprint, finding, node)| is_at_fault(record, report, fingerprint, finding, *node))
        .map(|(fingerprint, finding, _)| of_statement(record, fingerprint, finding));
    let of_steps = report.findings.iter().filter_map(|finding| of_step(record, report, finding));
    of_statements.chain(of_steps).collect()
}

/// Whether the statement's form is to blame: a sub-query for each row always; what an index would mend only where none is advised, none
/// that was turned down helps, and requests notice the statement.
fn is_at_fault(
    record: &RunRecord,
    report: &DatabaseReport,
    fingerprint: &str,
    finding: &Finding,
    node: Option<&PlanNode>,
) -> bool {
    let is_executed = node.is_some_and(|node| node.actual_loops.is_some());
    match finding.code.as_str() {
        "correlated-subplan" => true,
        "seq-scan" | "nested-loop-inner-size" => {
            let Some(advice) = report.index_advice.found() else { return false };
            let was_weighed = !advice.not_costed.iter().any(|not| not.fingerprint == fingerprint);
            let helps = |helped: &aforo_model::database::ServedStatement| helped.fingerprint == fingerprint;
            let would_help =
                advice.rejected.iter().any(|rejected| rejected.helps_most.as_ref().is_some_and(helps));
            let ratio = Traffic::of(record).ratio_of(fingerprint).unwrap_or(0.0);
            let is_noticed = ratio >= LEAST_RATIO || (is_executed && finding.severity == Severity::Critical);
            was_weighed && !would_help && !is_served(report, fingerprint) && is_noticed
        }
        _ => false,
    }
}

fn of_statement(record: &RunRecord, fingerprint: &str, finding: &Finding) -> Recommendation {
    let statement = Traffic::of(record).statement(fingerprint);
    let name = statement_name(statement.and_then(|statement| statement.text.as_deref()), fingerprint);
    let time = statement.map_or_else(String::new, |statement| {
        format!("; it takes {:.2} ms a call over {} calls", statement.mean_ms, statement.counters.calls)
    });
    let part = finding.numbers.get("self_time_ratio").map_or_else(String::new, |ratio| {
        format!(", of which this part of the plan takes {}", percent(*ratio))
    });
    let (what, action) = match finding.code.as_str() {
        "correlated-subplan" => (
            "Asks for all rows of the sub-query at once, in place of once for each row around it.",
            sentence(&finding.remedy),
        ),
        "nested-loop-inner-size" => (
            "Lets the tables be joined by an equality or on fewer rows, so that the inner side is not read again and again.",
            sentence(&finding.remedy),
        ),
        _ => (
            "Asks for fewer rows or for a figure that is kept, since no index selects what the filter keeps.",
            "Narrow the condition to what the page shows, or keep the figure in a table of its own that writes bring up to date."
                .to_owned(),
        ),
    };
    Recommendation {
        id: format!("rewrite-query:{fingerprint}"),
        kind: RecommendationKind::RewriteQuery,
        title: format!("Rewrite {name}"),
        what: what.to_owned(),
        why: sentence(&format!("{}{time}{part}", finding.message)),
        rests_on: vec![reference(finding)],
        statements: vec![fingerprint.to_owned()],
        steps: steps_of(statement),
        actions: vec![Action::Change(action)],
        effect: Effect::Unknown { why: "how much another form of a statement saves shows only when both are run".to_owned() },
        effort: Effort::Medium,
        risk: Risk::Medium,
        risk_note: "The new form must give the same rows, also where there are none, nulls, or several that are equal.".to_owned(),
        undo: vec![Action::Change("Take the change of the program back.".to_owned())],
        verify: vec![Action::Change(
            "Run both forms with EXPLAIN (ANALYZE, BUFFERS) on a copy, some thirty times in turn, and compare rows, time and buffers."
                .to_owned(),
        )],
    }
}

fn steps_of(statement: Option<&aforo_model::database::HotStatement>) -> Vec<String> {
    let steps = statement.into_iter().flat_map(|statement| &statement.steps);
    steps.filter(|step| is_certain(step)).map(|step| step.step.clone()).collect()
}

fn of_step(record: &RunRecord, report: &DatabaseReport, finding: &Finding) -> Option<Recommendation> {
    let Subject::Step(step) = &finding.subject else { return None };
    let (saved, changes) = match finding.code.as_str() {
        "repeated-statement" => asked_again(record, report, step),
        _ => (
            Err("how much another form of a statement saves shows only when both are run".to_owned()),
            Vec::new(),
        ),
    };
    let is_noticed = saved.as_ref().is_ok_and(|saved| saved.ratio >= LEAST_RATIO);
    let (title, what) = match finding.code.as_str() {
        "repeated-statement" if carries(finding) || is_noticed => (
            format!("Ask once for what {step} asks again and again"),
            "Keeps the first answer for the rest of the request.",
        ),
        "join-fan-out" if carries(finding) => (
            format!("Fetch the lists of {step} one by one, not by one join"),
            "Keeps the rows of one list from being multiplied by those of another.",
        ),
        "unpaginated" if carries(finding) => (
            format!("Give the answer of {step} a page size with an upper limit"),
            "Keeps the answer from growing with the table.",
        ),
        _ => return None,
    };
    Some(Recommendation {
        id: format!("rewrite-query:{step}/{}", finding.code),
        kind: RecommendationKind::RewriteQuery,
        title,
        what: what.to_owned(),
        why: sentence(&finding.message),
        rests_on: vec![reference(finding)],
        statements: Vec::new(),
        steps: vec![step.clone()],
        actions: vec![Action::Change(sentence(&finding.remedy))],
        effect: effect(
            saved,
            changes,
            "The time of the calls that ask with the same values again, as the proxy saw them in a typical request, over the step's \
             requests.",
        ),
        effort: Effort::Medium,
        risk: Risk::Medium,
        risk_note: match finding.code.as_str() {
            "unpaginated" => "Clients that read the whole answer must learn to ask for the next page.",
            "repeated-statement" => "The kept answer must not outlive a write to what it was read from.",
            _ => "The answer must stay the same, also where a list is empty.",
        }
        .to_owned(),
        undo: vec![Action::Change("Take the change of the program back.".to_owned())],
        verify: vec![Action::Change(format!(
            "Run `aforo analyze` with the scenario {} again: {} is not reported of {step}.",
            record.scenario.name, finding.code
        ))],
    })
}

/// What a step's requests are saved where nothing is asked twice with the same values.
fn asked_again(
    record: &RunRecord,
    report: &DatabaseReport,
    step: &str,
) -> (Result<Saved, String>, Vec<aforo_model::ExpectedChange>) {
    let traces = report.traces.iter().filter(|trace| trace.step == step);
    let lines = traces.flat_map(|trace| &trace.statements);
    let again: Vec<_> = lines.filter(|line| line.repetition == Some(Repetition::SameValues)).collect();
    let spared =
        |line: &aforo_model::database::TraceLine| line.count.saturating_sub(line.distinct_values) as f64;
    // A step may have been traced with several page sizes; the smallest counts.
    let saved_ms = again.iter().map(|line| line.elapsed_ms * spared(line) / (line.count as f64).max(1.0));
    let saved_ms = saved_ms.reduce(f64::min).unwrap_or(0.0);
    let changes = again.first().map(|line| {
        let figure =
            format!("calls of {} for a request", statement_name(Some(&line.text), &line.fingerprint));
        change(figure, "calls", line.count as f64, line.distinct_values as f64)
    });
    (Traffic::of(record).saved_by_step(step, saved_ms), changes.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{ADMIN_LIST, Fixture};
    use super::*;

    fn with_plan_finding(code: &str, severity: Severity) -> Fixture {
        let mut fixture = Fixture::hotel();
        fixture.add_plan_finding(code, ADMIN_LIST, severity, "write it as a join");
        fixture
    }

    #[test]
    fn a_sub_query_for_each_row_is_to_be_written_as_a_join() {
        let all = run(&with_plan_finding("correlated-subplan", Severity::Warning).record);
        assert_eq!(all.len(), 1, "{all:?}");
        assert_eq!(all[0].id, format!("rewrite-query:{ADMIN_LIST}"));
        assert_eq!(all[0].actions[0].text(), "Write it as a join.");
        assert_eq!(all[0].steps, ["admin_list"]);
        assert!(matches!(all[0].effect, Effect::Unknown { .. }));
        assert_eq!(run(&with_plan_finding("correlated-subplan", Severity::Info).record), []);
    }

    #[test]
    fn a_scan_is_rewritten_only_where_no_index_helps_and_requests_notice_it() {
        assert_eq!(run(&Fixture::hotel().record), [], "an index is advised");
        let mut fixture = Fixture::hotel();
        fixture.advice().indexes.clear();
        assert_eq!(run(&fixture.record).len(), 1);
        let mut rare = fixture.clone();
        rare.statement(ADMIN_LIST).mean_ms = 0.5;
        assert_eq!(run(&rare.record), [], "half a percent of the time of all requests");
        fixture.report().index_advice = aforo_model::Answer::absent("nobody asked");
        assert_eq!(run(&fixture.record), [], "whether an index helps is not known");
    }

    #[test]
    fn what_is_asked_again_saves_its_calls() {
        let mut fixture = Fixture::hotel();
        fixture.add_step_finding("repeated-statement", "admin_list", Severity::Warning, "ask once");
        fixture.trace("admin_list", 12, 6.0);
        let all = run(&fixture.record);
        assert_eq!(all[0].id, "rewrite-query:admin_list/repeated-statement");
        // 11 of 12 calls, 5.5 ms of each of 600 requests, of 60 s.
        assert!((all[0].effect.gain().unwrap().saved_ratio.unwrap() - 0.055).abs() < 1e-9, "{all:?}");
    }

    #[test]
    fn steps_without_such_findings_give_nothing() {
        assert_eq!(run(&Fixture::empty().record), []);
        let mut fixture = Fixture::hotel();
        fixture.add_step_finding("unpaginated", "admin_list", Severity::Info, "give it a page size");
        assert_eq!(run(&fixture.record), []);
    }
}
