//! The one entry point: evidence in, judgement out.

use aforo_model::{
    Answer, CapacityRecord, DriftRecord, Finding, LeakRecord, RecoveryRecord, SloResult, Subject,
    TrendRecord, Verdict,
};

use crate::leaks::leak_findings;
use crate::profile::{profile_failed, profile_findings, profiler_unavailable};
use crate::trends::trend_findings;
use crate::{CHECKS, Evidence, capacity, drift, judge, leaks, recovery, red_flags, trends, verdict};

/// What follows from the evidence of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// Every objective with its verdict, in the order of the scenario.
    pub slos: Vec<SloResult>,
    /// What red flags and checks found, most severe first, then by code, subject and message.
    pub findings: Vec<Finding>,
    /// What a load that rose level by level shows of the target's limits; absent for other loads.
    pub capacity: Option<CapacityRecord>,
    /// How the target got over a sudden rise of load; absent where there was none.
    pub recovery: Option<Answer<RecoveryRecord>>,
    /// What changed over a long time under the same load; absent for short runs.
    pub drift: Option<DriftRecord>,
    /// What grows without end, and what was looked at for it; empty for runs shorter than ten minutes.
    pub leaks: Vec<LeakRecord>,
    /// Where figures are heading; empty for runs shorter than ten minutes.
    pub trends: Vec<TrendRecord>,
    /// The verdict on the whole run.
    pub verdict: Verdict,
}

/// Judges a run. The same evidence gives the same judgement, byte by byte.
pub fn analyze(evidence: &Evidence<'_>) -> Judgement {
    let slos: Vec<_> = evidence.scenario.slos.iter().map(|slo| judge(slo, evidence)).collect();
    let mut findings = red_flags::raised(evidence);
    findings.extend(red_flags::unjudged(evidence));
    findings.extend(CHECKS.iter().flat_map(|check| (check.run)(evidence)));
    let (leaks, trends) = (leaks::measure(evidence), trends::measure(evidence));
    findings.extend(leak_findings(&leaks));
    findings.extend(trend_findings(&trends));
    findings.extend(profiling_findings(evidence));
    findings.sort_by(|left, right| {
        let key = |finding: &Finding| (std::cmp::Reverse(finding.severity), finding.code.clone());
        key(left)
            .cmp(&key(right))
            .then_with(|| left.subject.cmp(&right.subject))
            .then_with(|| left.message.cmp(&right.message))
    });
    let verdict = verdict::overall(&slos, &findings, evidence);
    Judgement {
        slos,
        findings,
        capacity: capacity::assess(evidence),
        recovery: recovery::measure(evidence),
        drift: drift::measure(evidence),
        leaks,
        trends,
        verdict,
    }
}

/// What the profiles of a run show, or why there is none.
fn profiling_findings(evidence: &Evidence<'_>) -> Vec<Finding> {
    let target = Subject::Part("target".to_owned());
    let shown = evidence.profiles.iter().flat_map(|record| profile_findings(record, &target));
    let hindered = profiler_unavailable(evidence.profiler_obstacles);
    shown.chain(hindered).chain(evidence.profile_failure.map(profile_failed)).collect()
}

#[cfg(test)]
mod tests;
