//! Which findings are listed one by one, and which are told in full elsewhere.

use aforo_model::database::DatabaseReport;
use aforo_model::{Finding, Severity, Subject};

use super::terminal::n_plus_ones;
use crate::figures;

/// Has a section of its own, with the statement, its slope and the fix.
const N_PLUS_ONE: &str = "n-plus-one";
/// Has a section of its own, with what each index costs and how to undo it.
const MISSING_INDEX: &str = "missing-index";

/// What is listed, the most severe first.
pub(super) fn listed(report: &DatabaseReport) -> Vec<&Finding> {
    report.findings.iter().filter(|finding| !is_told_above(report, finding)).collect()
}

/// How many of which code are not listed, since sections of their own tell them.
pub(super) fn not_listed(report: &DatabaseReport) -> Option<String> {
    let told: Vec<&Finding> =
        report.findings.iter().filter(|finding| is_told_above(report, finding)).collect();
    let counted: Vec<String> =
        [N_PLUS_ONE, MISSING_INDEX].iter().filter_map(|code| counted(&told, code)).collect();
    (!counted.is_empty()).then(|| format!("Told above: {}.", counted.join("; ")))
}

/// `5 n-plus-one, 2 of them critical`.
fn counted(told: &[&Finding], code: &str) -> Option<String> {
    let of_it = || told.iter().filter(|finding| finding.code == code);
    let critical = of_it().filter(|finding| finding.severity == Severity::Critical).count();
    let all = figures::count(of_it().count() as u64);
    match (of_it().count(), critical) {
        (0, _) => None,
        (_, 0) => Some(format!("{all} {code}")),
        (count, critical) if count == critical => Some(format!("{all} {code}, critical")),
        (_, critical) => Some(format!("{all} {code}, {} of them critical", figures::count(critical as u64))),
    }
}

fn is_told_above(report: &DatabaseReport, finding: &Finding) -> bool {
    match (finding.code.as_str(), &finding.subject) {
        (N_PLUS_ONE, Subject::Step(step)) => n_plus_ones(report).any(|found| found.step == *step),
        (MISSING_INDEX, _) => report
            .index_advice
            .found()
            .is_some_and(|advice| advice.indexes.iter().any(|index| index.create_sql == finding.remedy)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::canonical;

    #[test]
    fn an_n_plus_one_is_told_once_and_one_without_a_section_is_listed() {
        let mut report = canonical::report();
        assert!(report.findings.iter().any(|finding| finding.code == N_PLUS_ONE));
        assert!(listed(&report).iter().all(|finding| finding.code != N_PLUS_ONE));
        report.probes.clear();
        assert!(listed(&report).iter().any(|finding| finding.code == N_PLUS_ONE));
    }

    #[test]
    fn an_advised_index_is_told_once_and_one_that_is_not_in_the_advice_is_listed() {
        let mut report = canonical::report();
        assert!(report.findings.iter().any(|finding| finding.code == MISSING_INDEX));
        assert!(listed(&report).iter().all(|finding| finding.code != MISSING_INDEX));
        report.index_advice = aforo_model::Answer::absent("no statement could be weighed");
        assert!(listed(&report).iter().any(|finding| finding.code == MISSING_INDEX));
    }

    #[test]
    fn what_is_not_listed_is_counted_by_code_with_how_many_are_critical() {
        let mut report = canonical::report();
        report.findings.retain(|finding| finding.code == N_PLUS_ONE);
        report.findings.truncate(3);
        for (finding, severity) in
            report.findings.iter_mut().zip([Severity::Warning, Severity::Critical, Severity::Info])
        {
            finding.severity = severity;
        }
        assert_eq!(not_listed(&report).unwrap(), "Told above: 3 n-plus-one, 1 of them critical.");
        report.findings.remove(1);
        assert_eq!(not_listed(&report).unwrap(), "Told above: 2 n-plus-one.");
        report.findings.clear();
        assert_eq!(not_listed(&report), None);
    }
}
