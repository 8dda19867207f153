//! Puts the record of a run together.

use aforo_analyzers::{Evidence, analyze, summarize_resources};
use aforo_model::database::DatabaseReport;
use aforo_model::{
    Environment, LoadRecord, RUN_FORMAT_VERSION, ResourceSample, ResourceSummary, RunEnd, RunRecord,
    Scenario, Verdict,
};
use chrono::{DateTime, Utc};

use crate::target::Target;

/// The record as it stands when the load begins.
pub(crate) fn begin(
    scenario: &Scenario,
    target: &Target,
    environment: Environment,
    started_at: DateTime<Utc>,
) -> RunRecord {
    // Eight hex digits of randomness: two runs of one scenario in one second stay apart.
    let short_id = &uuid::Uuid::new_v4().simple().to_string()[..8];
    RunRecord {
        format_version: RUN_FORMAT_VERSION,
        id: format!("{}-{}-{short_id}", started_at.format("%Y%m%dT%H%M%SZ"), scenario.name),
        started_at,
        elapsed_s: 0.0,
        end: RunEnd::Running,
        scenario: scenario.clone(),
        target: target.record(),
        environment,
        load: LoadRecord::default(),
        resources: Vec::new(),
        resource_summary: ResourceSummary::default(),
        capacity: None,
        recovery: None,
        drift: None,
        database: None,
        slos: Vec::new(),
        findings: Vec::new(),
        verdict: Verdict::inconclusive("the run has not ended"),
    }
}

/// The record once everything has been seen: judged, with its findings.
pub(crate) fn conclude(
    begun: RunRecord,
    load: LoadRecord,
    resources: Vec<ResourceSample>,
    database: Option<DatabaseReport>,
    end: RunEnd,
    elapsed_s: f64,
) -> RunRecord {
    let judgement = analyze(&Evidence {
        scenario: &begun.scenario,
        environment: &begun.environment,
        load: &load,
        resources: &resources,
        end: &end,
    });
    RunRecord {
        elapsed_s,
        end,
        load,
        resource_summary: summarize_resources(&resources),
        resources,
        capacity: judgement.capacity,
        recovery: judgement.recovery,
        drift: judgement.drift,
        database: database.map(Box::new),
        slos: judgement.slos,
        findings: judgement.findings,
        verdict: judgement.verdict,
        ..begun
    }
}
