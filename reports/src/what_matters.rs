//! The few things of a run that a reader must not miss.

use aforo_model::{Finding, FindingReference, Recommendation, RunRecord, Severity};

use crate::database::subject_of;
use crate::headline::findings_beside_banner;

/// How many there are at most.
const MOST: usize = 3;

/// What to do first, and what was found that no advice covers.
pub(crate) struct WhatMatters<'a> {
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
    let is_critical = findings.first().is_some_and(|first| first.finding.severity == Severity::Critical);
    let most = MOST - usize::from(is_critical);
    let recommendations = &record.recommendations[..record.recommendations.len().min(most)];
    findings.truncate(MOST - recommendations.len());
    WhatMatters { recommendations, findings }
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
        record.findings[1].severity = Severity::Critical;
        let matters = what_matters(&record);
        assert_eq!((matters.recommendations.len(), codes(&matters)), (2, vec!["errors-by-kind"]));
    }

    #[test]
    fn without_advice_the_worst_findings_of_all_parts_stand_in_its_place() {
        let mut record = canonical::record("violated");
        record.recommendations.clear();
        let matters = what_matters(&record);
        assert!(matters.recommendations.is_empty());
        assert_eq!(codes(&matters), ["connections-near-limit", "missing-index", "missing-index"]);
    }

    #[test]
    fn a_run_with_nothing_to_say_says_nothing() {
        let mut record = canonical::record("met");
        (record.findings, record.database, record.cache) = (Vec::new(), None, None);
        let matters = what_matters(&record);
        assert!(matters.recommendations.is_empty() && matters.findings.is_empty());
    }
}
