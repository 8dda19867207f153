//! What takes a run out of judgement, though its figures are shown.

use aforo_model::{Finding, Role, RunRecord};

use crate::verdict::spoiling;

/// Findings that void what is compared, whatever their severity: times got longer or shorter for a reason outside the target. Each with
/// what it says of the run.
const VOIDING: [(&str, &str); 2] = [
    ("steal-high", "other virtual machines took its CPU"),
    ("machine-busy", "other programs kept its machine busy"),
];

/// Why a run cannot speak for its target, as a sentence without a full stop; nothing of a sound one.
pub fn doubt(record: &RunRecord) -> Option<String> {
    let of = |what: &str| format!("run {} cannot be relied on: {what}", record.id);
    if record.end.is_cut_short() {
        return Some(of("it was cut short"));
    }
    if has_restarted(record) {
        return Some(of("its target was gone for a while, and may have been started again"));
    }
    if let Some((finding, words)) = voiding(&record.findings) {
        return Some(of(&format!("{words} (`{}`)", finding.code)));
    }
    // As in a run's own verdict: what is critical about the measurement voids it.
    let spoilt = spoiling(&record.findings)?;
    Some(of(&format!("the measurement itself is in doubt (`{}`)", spoilt.code)))
}

/// The finding that takes a run out of judgement because something outside the target and outside Aforo did it, if there is one, and what
/// it says of the run.
pub(crate) fn voiding(findings: &[Finding]) -> Option<(&Finding, &'static str)> {
    let words =
        |finding: &Finding| VOIDING.iter().find(|(code, _)| *code == finding.code).map(|(_, words)| *words);
    findings.iter().find_map(|finding| Some((finding, words(finding)?)))
}

/// Whether the target's process was there, was gone, and was there again.
fn has_restarted(record: &RunRecord) -> bool {
    let is_there: Vec<bool> = record
        .resources
        .iter()
        .filter(|sample| sample.remote.is_none() && !sample.processes.is_empty())
        .map(|sample| sample.process(Role::Target).is_some())
        .collect();
    let first = is_there.iter().position(|there| *there);
    let last = is_there.iter().rposition(|there| *there);
    first.zip(last).is_some_and(|(first, last)| is_there[first..=last].contains(&false))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use aforo_model::{RunEnd, Severity, Subject};

    use super::super::fixtures::record;
    use super::*;

    fn with_finding(code: &str, part: &str, severity: Severity) -> RunRecord {
        let mut record = record(20);
        record.findings.push(Finding {
            code: code.to_owned(),
            subject: Subject::Part(part.to_owned()),
            severity,
            message: String::new(),
            remedy: String::new(),
            numbers: BTreeMap::new(),
        });
        record
    }

    #[test]
    fn a_sound_run_is_not_doubted() {
        assert_eq!(doubt(&record(20)), None);
        assert_eq!(doubt(&with_finding("cpu-high", "target", Severity::Critical)), None);
        assert_eq!(doubt(&with_finding("generator-late", "generator", Severity::Warning)), None);
    }

    #[test]
    fn what_spoils_a_measurement_is_named() {
        let busy = with_finding("machine-busy", "host", Severity::Warning);
        assert!(doubt(&busy).unwrap().ends_with("kept its machine busy (`machine-busy`)"));
        let late = with_finding("generator-late", "generator", Severity::Critical);
        assert!(doubt(&late).unwrap().ends_with("(`generator-late`)"));
        let mut cut = record(20);
        cut.end = RunEnd::Interrupted { at_s: 5.0 };
        assert!(doubt(&cut).unwrap().contains("cut short"));
    }

    #[test]
    fn a_target_that_was_gone_for_a_while_is_seen() {
        let mut record = record(20);
        record.resources[10].processes.retain(|process| process.role != Role::Target);
        assert!(doubt(&record).unwrap().contains("started again"));
        // Gone at the end is gone, and told elsewhere.
        let mut ended = super::super::fixtures::record(20);
        ended.resources[20].processes.retain(|process| process.role != Role::Target);
        assert_eq!(doubt(&ended), None);
    }
}
