//! The few things of a run that a reader must not miss.

use aforo_model::{Finding, FindingReference, Recommendation, RunRecord, Severity};

use crate::database::subject_of;
use crate::headline::{findings_beside_banner, is_in_headline};

/// How many there are at most.
const MOST: usize = 3;

/// Caveats that stand at the verdict; more are among the findings.
const MOST_CAVEATS: usize = 2;

/// What to know before anything else, what to do first, and what was found that no advice covers.
pub(crate) struct WhatMatters<'a> {
    /// Critical findings of the run itself: of the machine, of the measurement, of the target as a whole.
    pub(crate) caveats: Vec<Found<'a>>,
    pub(crate) recommendations: &'a [Recommendation],
    pub(crate) findings: Vec<Found<'a>>,
}

/// A finding, and what it is about.
pub(crate) struct Found<'a> {
    /// What it is about, in words.
    pub(crate) subject: String,
    pub(crate) finding: &'a Finding,
}

/// The first recommendations, and in what room they leave the most severe of the other findings. One that is critical has its place.
pub(crate) fn what_matters(record: &RunRecord) -> WhatMatters<'_> {
    let mut findings = every_finding(record);
    findings.retain(|found| found.finding.severity > Severity::Info && !is_covered(record, found.finding));
    let is_caveat = |found: &Found<'_>| {
        let is_of_run = record.findings.iter().any(|finding| std::ptr::eq(finding, found.finding));
        is_of_run && found.finding.severity == Severity::Critical && !is_in_headline(record, found.finding)
    };
    let (mut caveats, mut findings): (Vec<_>, Vec<_>) = findings.into_iter().partition(is_caveat);
    let others = caveats.split_off(caveats.len().min(MOST_CAVEATS));
    findings.splice(..0, others);
    let is_critical = findings.first().is_some_and(|first| first.finding.severity == Severity::Critical);
    let most = MOST - usize::from(is_critical);
    let recommendations = &record.recommendations[..record.recommendations.len().min(most)];
    findings.truncate(MOST - recommendations.len());
    WhatMatters { caveats, recommendations, findings }
}

/// Every finding of the run, its database and its cache, the most severe first.
pub(crate) fn every_finding(record: &RunRecord) -> Vec<Found<'_>> {
    let of_run =
        findings_beside_banner(record).map(|finding| Found { subject: finding.subject.to_string(), finding });
    let of_database = record.database.iter().flat_map(|report| {
        report.findings.iter().map(|finding| Found { subject: subject_of(report, finding), finding })
    });
    let of_cache = record.cache.iter().flat_map(|report| {
        report.findings.iter().map(|finding| Found { subject: finding.subject.to_string(), finding })
    });
    let mut all: Vec<Found<'_>> = of_run.chain(of_database).chain(of_cache).collect();
    all.sort_by_key(|each| std::cmp::Reverse(each.finding.severity));
    all
}

fn is_covered(record: &RunRecord, finding: &Finding) -> bool {
    let is_it =
        |reference: &FindingReference| reference.code == finding.code && reference.subject == finding.subject;
    record.recommendations.iter().any(|recommendation| recommendation.rests_on.iter().any(is_it))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical;

    fn codes<'a>(matters: &'a WhatMatters<'_>) -> Vec<&'a str> {
        matters.findings.iter().map(|found| found.finding.code.as_str()).collect()
    }

    #[test]
    fn a_critical_finding_that_no_advice_covers_keeps_its_place() {
        let mut record = canonical::record("violated");
        let matters = what_matters(&record);
        assert_eq!((matters.recommendations.len(), codes(&matters)), (3, vec![]));
        let database = record.database.as_mut().unwrap();
        let finding =
            aforo_model::Finding { code: "checksums-off".to_owned(), ..database.findings[0].clone() };
        database.findings = vec![finding];
        let matters = what_matters(&record);
        assert_eq!((matters.recommendations.len(), codes(&matters)), (2, vec!["checksums-off"]));
    }

    #[test]
    fn what_is_critical_about_the_run_itself_stands_at_the_verdict_and_not_among_the_findings() {
        let mut record = canonical::record("violated");
        record.findings[1].severity = Severity::Critical;
        let matters = what_matters(&record);
        assert_eq!(
            matters.caveats.iter().map(|found| &*found.finding.code).collect::<Vec<_>>(),
            ["errors-by-kind"]
        );
        assert_eq!((matters.recommendations.len(), codes(&matters)), (3, vec![]));
        record.findings = vec![record.findings[1].clone(); 5];
        let matters = what_matters(&record);
        assert_eq!((matters.caveats.len(), matters.recommendations.len(), matters.findings.len()), (2, 2, 1));
    }

    #[test]
    fn what_the_headline_says_is_not_said_again() {
        let mut record = canonical::record("violated");
        (record.recommendations, record.slos) = (Vec::new(), Vec::new());
        assert!(what_matters(&record).caveats.is_empty());
    }

    #[test]
    fn without_advice_the_worst_findings_of_all_parts_stand_in_its_place() {
        let mut record = canonical::record("violated");
        record.recommendations.clear();
        let matters = what_matters(&record);
        assert!(matters.recommendations.is_empty());
        assert_eq!(matters.caveats[0].finding.code, "connections-near-limit");
        assert_eq!(codes(&matters)[..2], ["missing-index", "missing-index"]);
    }

    #[test]
    fn a_run_with_nothing_to_say_says_nothing() {
        let mut record = canonical::record("met");
        (record.findings, record.database, record.cache) = (Vec::new(), None, None);
        let matters = what_matters(&record);
        assert!(matters.recommendations.is_empty() && matters.findings.is_empty());
    }
}
