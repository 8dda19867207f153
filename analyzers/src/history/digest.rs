//! What is kept of a run to look over many.

use aforo_model::{
    Finding, FindingDigest, LoadIdentity, LookedAt, RecommendationDigest, RunDigest, RunEntry, RunRecord,
    StepDigest, StepRecord, Subject,
};

use crate::comparison::voiding;
use crate::verdict::spoiling;

/// What reports over many runs need of this one.
pub fn digest_run(record: &RunRecord) -> RunDigest {
    let load = &record.load;
    let steps = load.steps.iter().map(|step| step_digest(Subject::Step(step.name.clone()), step));
    RunDigest {
        run: RunEntry::from(record),
        load: LoadIdentity::of(record),
        judged_s: load.judged_s,
        spoilt: spoilt(record),
        looked_at: looked_at(record),
        steps: std::iter::once(step_digest(Subject::Total, &load.total)).chain(steps).collect(),
        slos: record.slos.clone(),
        findings: findings(record),
        recommendations: record
            .recommendations
            .iter()
            .map(|each| RecommendationDigest {
                id: each.id.clone(),
                kind: each.kind,
                title: each.title.clone(),
            })
            .collect(),
    }
}

fn step_digest(subject: Subject, step: &StepRecord) -> StepDigest {
    StepDigest {
        subject,
        requests: step.requests,
        errors: step.errors.clone(),
        throughput_per_s: step.throughput_per_s,
        response_time: step.response_time.clone(),
    }
}

/// Why the figures cannot be put beside those of other runs. The same words for the same reason: they are counted.
fn spoilt(record: &RunRecord) -> Option<String> {
    if record.end.is_cut_short() {
        return Some("cut short before their time".to_owned());
    }
    let in_doubt =
        spoiling(&record.findings).or_else(|| voiding(&record.findings).map(|(finding, _)| finding));
    in_doubt.map(|finding| format!("with a measurement in doubt ({})", finding.code))
}

fn looked_at(record: &RunRecord) -> LookedAt {
    let database = record.database.as_deref();
    LookedAt {
        database: database.is_some(),
        endpoints: database.is_some_and(|report| !report.probes.is_empty() || !report.traces.is_empty()),
        profile: !record.profiles.is_empty(),
        cache: record.cache.is_some(),
    }
}

/// Those of the run, of its database report and of its cache report, each code and subject once.
fn findings(record: &RunRecord) -> Vec<FindingDigest> {
    let database = record.database.iter().flat_map(|report| &report.findings);
    let cache = record.cache.iter().flat_map(|report| &report.findings);
    let mut kept: Vec<FindingDigest> = Vec::new();
    for Finding { code, subject, severity, .. } in record.findings.iter().chain(database).chain(cache) {
        match kept.iter_mut().find(|known| known.code == *code && known.subject == *subject) {
            Some(known) => known.severity = known.severity.max(*severity),
            None => {
                kept.push(FindingDigest {
                    code: code.clone(),
                    subject: subject.clone(),
                    severity: *severity,
                });
            }
        }
    }
    kept
}
