//! Every finding, the most severe first, with what to do about it.

use std::collections::BTreeMap;

use aforo_model::{Finding, FindingReference, Recommendation, RunRecord, Severity, Subject};
use minijinja::Value;
use minijinja::value::Serde;
use serde::Serialize;

use super::Section;
use crate::database::statements;
use crate::figures;

pub(super) const SECTION: Section = Section {
    id: "findings",
    title: "Findings",
    view,
    template: include_str!("findings.html"),
    style: include_str!("findings.css"),
    script: "",
};

#[derive(Serialize)]
struct View {
    groups: Vec<Group>,
}

/// The findings of one severity.
#[derive(Serialize)]
struct Group {
    severity: &'static str,
    /// Whether they are shown at once: notes are folded away.
    is_open: bool,
    findings: Vec<Shown>,
}

#[derive(Serialize)]
struct Shown {
    /// Its own anchor.
    anchor: String,
    code: String,
    subject: String,
    /// Where the subject is shown; absent where nowhere.
    subject_anchor: Option<String>,
    message: String,
    remedy: String,
    numbers: Vec<(String, String)>,
    recommendations: Vec<Link>,
}

/// A recommendation that rests on a finding.
#[derive(Serialize)]
struct Link {
    anchor: String,
    title: String,
}

fn view(record: &RunRecord) -> Option<Value> {
    let findings = every(record);
    let groups: Vec<Group> = [Severity::Critical, Severity::Warning, Severity::Info]
        .into_iter()
        .map(|severity| Group {
            severity: figures::severity(severity),
            is_open: severity > Severity::Info,
            findings: findings
                .iter()
                .enumerate()
                .filter(|(_, finding)| finding.severity == severity)
                .map(|(at, finding)| shown(record, at, finding))
                .collect(),
        })
        .filter(|group| !group.findings.is_empty())
        .collect();
    (!groups.is_empty()).then(|| Value::from(Serde(View { groups })))
}

/// The run's own findings, then those of its database and of its cache that are not among them.
pub(super) fn every(record: &RunRecord) -> Vec<&Finding> {
    let database = record.database.iter().flat_map(|report| &report.findings);
    let cache = record.cache.iter().flat_map(|report| &report.findings);
    let mut seen: BTreeMap<(&str, &Subject), Vec<&str>> = BTreeMap::new();
    let mut findings = Vec::new();
    for finding in record.findings.iter().chain(database).chain(cache) {
        let messages = seen.entry((&finding.code, &finding.subject)).or_default();
        if !messages.contains(&finding.message.as_str()) {
            messages.push(&finding.message);
            findings.push(finding);
        }
    }
    findings
}

/// Where the finding is shown that a recommendation rests on.
pub(super) fn anchor(record: &RunRecord, reference: &FindingReference) -> Option<String> {
    every(record).into_iter().position(|finding| is_it(finding, reference)).map(anchor_at)
}

fn anchor_at(at: usize) -> String {
    format!("findings-{}", at + 1)
}

fn shown(record: &RunRecord, at: usize, finding: &Finding) -> Shown {
    let (subject, subject_anchor) = match (&finding.subject, &record.database) {
        (Subject::Statement(fingerprint), Some(report)) => (
            statements::name(report, fingerprint),
            statements::number(report, fingerprint).map(|number| format!("statements-{number}")),
        ),
        (subject, _) => (subject.to_string(), None),
    };
    Shown {
        anchor: anchor_at(at),
        code: finding.code.clone(),
        subject,
        subject_anchor,
        message: finding.message.clone(),
        remedy: finding.remedy.clone(),
        numbers: finding
            .numbers
            .iter()
            .map(|(name, number)| (name.clone(), figures::significant(*number)))
            .collect(),
        recommendations: (1..)
            .zip(&record.recommendations)
            .filter(|(_, recommendation)| rests_on(recommendation, finding))
            .map(|(rank, recommendation)| Link {
                anchor: format!("recommendations-{rank}"),
                title: recommendation.title.clone(),
            })
            .collect(),
    }
}

fn rests_on(recommendation: &Recommendation, finding: &Finding) -> bool {
    recommendation.rests_on.iter().any(|reference| is_it(finding, reference))
}

fn is_it(finding: &Finding, reference: &FindingReference) -> bool {
    reference.code == finding.code && reference.subject == finding.subject
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical;
    use crate::html::evidence;

    #[test]
    fn a_finding_that_two_parts_tell_of_is_listed_once() {
        let mut record = evidence::record();
        let count = every(&record).len();
        record.findings.push(record.database.as_ref().unwrap().findings[0].clone());
        assert_eq!(every(&record).len(), count);
    }

    #[test]
    fn a_run_in_which_nothing_stands_out_has_no_section() {
        let mut record = canonical::record("met");
        record.findings.clear();
        assert!(view(&record).is_none());
    }

    #[test]
    fn a_finding_leads_to_what_rests_on_it() {
        let record = evidence::record();
        let reference = &record.recommendations[0].rests_on[0];
        let finding = every(&record).into_iter().find(|finding| is_it(finding, reference)).unwrap();
        assert_eq!(shown(&record, 0, finding).recommendations[0].title, record.recommendations[0].title);
    }
}
