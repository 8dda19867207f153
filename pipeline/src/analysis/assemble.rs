//! From what was read and watched to one report.

use std::collections::BTreeMap;
use std::time::Instant;

use aforo_analyzers::{
    ProbeOptions, attribute, check_database, checklist_findings, confirm_n_plus_ones, hot_statements,
    judge_probe, probe_findings, statement_findings, trace_findings, typical_requests,
};
use aforo_model::database::{
    ActivityWindow, Attribution, Checklist, DATABASE_FORMAT_VERSION, DatabaseEvidence, DatabaseReport,
    HotStatement, IndexFacts, ProbeVerdict, ReadSummary, RequestTrace, StatementKey,
};
use aforo_model::{Answer, Finding, Subject};
use chrono::{DateTime, Utc};

use super::explaining::Explained;
use super::indexes::Indexes;
use super::{AnalysisPlan, Watched};

/// What follows from the evidence alone.
pub(super) struct Judged {
    /// Work of the application's own, by execution time.
    pub(super) hot: Vec<HotStatement>,
    /// Different statements, noise included.
    statement_count: u64,
    attribution: Answer<Attribution>,
    probes: Vec<ProbeVerdict>,
    traces: Vec<RequestTrace>,
    checklist: Checklist,
    findings: Vec<Finding>,
}

pub(super) fn judge(evidence: &DatabaseEvidence, watched: &Watched, plan: &AnalysisPlan) -> Judged {
    let texts = texts(evidence);
    let attribution = if watched.slices.is_empty() {
        Answer::absent("no load was watched, so statements cannot be compared with requests")
    } else {
        attribute(&watched.slices, &texts)
    };
    let statements = evidence.statements.as_ref();
    let mut hot = statements
        .map(|window| hot_statements(window, watched.requests, attribution.found()))
        .unwrap_or_default();
    let statement_count = hot.len() as u64;
    hot.retain(|statement| statement.noise.is_none());
    let options = ProbeOptions {
        production_page_size: watched.production_page_size,
        catalog: evidence.catalog.as_ref(),
    };
    let mut probes = judge_probe(&watched.readings, &watched.background, &texts, options);
    let traces = typical_requests(watched.traces.clone(), &probes);
    confirm_n_plus_ones(&mut probes, &traces);
    let checklist = check_database(evidence);
    let mut findings = statement_findings(&hot);
    findings.extend(probe_findings(&probes));
    findings.extend(trace_findings(&traces));
    findings.extend(checklist_findings(&checklist));
    hot.truncate(plan.hot_statements);
    Judged { hot, statement_count, attribution, probes, traces, checklist, findings }
}

/// The texts of the statements as far as they may be read.
pub(super) fn texts(evidence: &DatabaseEvidence) -> BTreeMap<StatementKey, String> {
    let statements = evidence.statements.iter().flat_map(|window| &window.statements);
    statements.filter_map(|statement| Some((statement.key, statement.text.clone()?))).collect()
}

pub(super) fn report(
    (began, began_at): (Instant, DateTime<Utc>),
    evidence: DatabaseEvidence,
    watched: Watched,
    judged: Judged,
    explained: Explained,
    indexes: Indexes,
) -> DatabaseReport {
    let read = read(&evidence, &watched, &judged);
    let mut findings = judged.findings;
    findings.extend(explained.plan_findings.iter().map(|(_, found)| found.finding.clone()));
    findings.extend(indexes.findings);
    // The most severe first; among equals in the order in which they were found.
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    let indexes_found = indexes_with_findings(&evidence, &findings);
    let mut skipped = evidence.skipped;
    skipped.extend(watched.skipped);
    DatabaseReport {
        format_version: DATABASE_FORMAT_VERSION,
        aforo_version: env!("CARGO_PKG_VERSION").to_owned(),
        began_at,
        elapsed_s: began.elapsed().as_secs_f64(),
        server: evidence.server,
        read,
        hot: judged.hot,
        explained: explained.statements,
        plan_findings: explained.plan_findings,
        probes: judged.probes,
        traces: judged.traces,
        not_probed: watched.not_probed,
        attribution: judged.attribution,
        index_advice: indexes.advice,
        indexes: indexes_found,
        checklist: judged.checklist,
        waits: evidence.activity.as_ref().map(ActivityWindow::event_shares).unwrap_or_default(),
        activity: evidence.activity,
        findings,
        skipped,
    }
}

/// The indexes that findings are about, in the order of the catalog.
fn indexes_with_findings(evidence: &DatabaseEvidence, findings: &[Finding]) -> Vec<IndexFacts> {
    let indexes = evidence.catalog.iter().flat_map(|catalog| &catalog.indexes);
    let is_subject = |index: &&IndexFacts| {
        let subject = Subject::Part(format!("index {}.{}", index.name.schema, index.name.name));
        findings.iter().any(|finding| finding.subject == subject)
    };
    indexes.filter(is_subject).cloned().collect()
}

fn read(evidence: &DatabaseEvidence, watched: &Watched, judged: &Judged) -> ReadSummary {
    let window = evidence.statements.as_ref();
    let statements = window.map(|window| window.statements.as_slice()).unwrap_or_default();
    let catalog = evidence.catalog.as_ref();
    ReadSummary {
        window_s: window.and_then(|window| window.elapsed_s),
        since: window.and_then(|window| window.from),
        statements: judged.statement_count,
        calls: statements.iter().map(|statement| statement.counters.calls).sum(),
        exec_time_ms: statements
            .iter()
            .filter(|statement| statement.key.is_top_level)
            .map(|statement| statement.counters.exec_time_ms)
            .sum(),
        gaps: window.map(|window| window.gaps.clone()).unwrap_or_default(),
        tables: catalog.map_or(0, |catalog| catalog.tables.len() as u64),
        indexes: catalog.map_or(0, |catalog| catalog.indexes.len() as u64),
        settings: evidence.settings.len() as u64,
        probe_requests: if watched.readings.is_empty() {
            0
        } else {
            watched.requests.unwrap_or(watched.readings.len() as u64)
        },
    }
}
