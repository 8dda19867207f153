//! The verdict on the whole run.

use aforo_model::{Finding, RunEnd, Severity, SloResult, Subject, Verdict};

use crate::{Evidence, red_flags};

/// Parts of the measurement itself. A critical finding about one of them spoils what was measured.
const MEASURING_PARTS: [&str; 2] = ["generator", "record"];

/// `Violated` when an objective was missed or a red flag raised, or the run was ended early for such a reason; else `Inconclusive` when anything is missing or
/// the measurement itself is in doubt; else `Met`.
///
/// A doubtful measurement does not excuse a violation. It only voids what would have been met.
pub(crate) fn overall(slos: &[SloResult], findings: &[Finding], evidence: &Evidence<'_>) -> Verdict {
    let violated = slos.iter().any(|result| result.verdict == Verdict::Violated);
    let was_lost = matches!(evidence.end, RunEnd::Aborted { .. });
    if violated || was_lost || findings.iter().any(|finding| finding.code == red_flags::CODE) {
        return Verdict::Violated;
    }
    if evidence.load.total.requests == 0 {
        return Verdict::inconclusive("not one request ended in the judged part of the run");
    }
    if slos.is_empty() {
        return Verdict::inconclusive("the scenario has no SLO; without one there is nothing to judge");
    }
    let unjudged: Vec<_> = slos
        .iter()
        .filter_map(|result| match &result.verdict {
            Verdict::Inconclusive { why } => Some((result, why)),
            Verdict::Met | Verdict::Violated => None,
        })
        .collect();
    if let Some((first, why)) = unjudged.first() {
        return Verdict::inconclusive(format!(
            "{} of {} objectives could not be judged; {} {}: {why}",
            unjudged.len(),
            slos.len(),
            first.slo.subject,
            first.slo.expect
        ));
    }
    match spoiling(findings) {
        Some(finding) => Verdict::inconclusive(finding.message.clone()),
        None => Verdict::Met,
    }
}

/// The first finding that puts the measurement itself in doubt.
pub(crate) fn spoiling(findings: &[Finding]) -> Option<&Finding> {
    findings.iter().find(|finding| {
        finding.severity == Severity::Critical
            && matches!(&finding.subject, Subject::Part(part) if MEASURING_PARTS.contains(&part.as_str()))
    })
}
