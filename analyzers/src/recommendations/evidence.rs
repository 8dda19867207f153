//! The findings of a run, and which of them carry an action.

use aforo_model::database::{DatabaseReport, PlanNode};
use aforo_model::{Finding, FindingReference, RunRecord, Severity, Subject};

/// Every finding of a run: of the load, of its database and of its cache.
pub(super) fn findings(record: &RunRecord) -> impl Iterator<Item = &Finding> {
    let database = record.database.iter().flat_map(|report| &report.findings);
    let cache = record.cache.iter().flat_map(|report| &report.findings);
    record.findings.iter().chain(database).chain(cache)
}

/// Whether a run has a finding with a code.
pub(super) fn has(record: &RunRecord, code: &str) -> bool {
    findings(record).any(|finding| finding.code == code)
}

/// Whether memory is short where Postgres runs. A limit of the target's own control group says nothing of it.
pub(super) fn is_memory_short(record: &RunRecord) -> bool {
    let is_there = |finding: &Finding| matches!(&finding.subject, Subject::Part(part) if part == "host" || part == "postgres");
    findings(record).any(|finding| finding.code == "memory-high" && is_there(finding))
}

/// Whether something is to be done about a finding whatever the run's traffic: what is only worth knowing is no ground to act.
pub(super) fn carries(finding: &Finding) -> bool {
    finding.severity >= Severity::Warning
}

/// A finding, by what tells it from others.
pub(super) fn reference(finding: &Finding) -> FindingReference {
    FindingReference { code: finding.code.clone(), subject: finding.subject.clone() }
}

/// How severe a referenced finding is; the worst where several have the same code and subject, nothing where there is none.
pub(super) fn severity(record: &RunRecord, reference: &FindingReference) -> Option<Severity> {
    let referenced = findings(record)
        .filter(|finding| finding.code == reference.code && finding.subject == reference.subject);
    referenced.map(|finding| finding.severity).max()
}

/// Findings about plans that carry an action, each with its statement and the node it speaks of.
pub(super) fn of_plans(report: &DatabaseReport) -> impl Iterator<Item = (&str, &Finding, Option<&PlanNode>)> {
    report.plan_findings.iter().filter_map(|(at, found)| {
        let Subject::Statement(fingerprint) = &found.finding.subject else { return None };
        let plan = report.explained.get(*at).and_then(|explained| match &explained.outcome {
            aforo_model::database::ExplainOutcome::Planned(plan) => Some(plan),
            aforo_model::database::ExplainOutcome::NotExplained(_) => None,
        });
        let node = plan.and_then(|plan| plan.node(&found.node));
        carries(&found.finding).then_some((fingerprint.as_str(), &found.finding, node))
    })
}
