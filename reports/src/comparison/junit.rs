//! A comparison as test cases: one for all steps together and one for each step.
//!
//! A case fails where a figure that decides (P95, throughput, errors) became worse, and is *skipped* where the runs cannot tell of one: the gate
//! does not hang on that.

use std::io::{self, Write};

use aforo_model::{Change, ComparedRun, FigureComparison, RunComparison, Subject};
use quick_junit::{NonSuccessKind, Property, TestCase, TestCaseStatus, TestSuite};

use super::{headline, wording};
use crate::figures;
use crate::junit;
use crate::text::one_line;

/// The suite and the class of its cases.
const NAME: &str = "comparison";

/// Writes the comparison as one test suite.
pub fn render(comparison: &RunComparison, out: &mut dyn Write) -> io::Result<()> {
    let mut suite = TestSuite::new(NAME);
    if let Some(last) = comparison.after.last() {
        suite.set_timestamp(last.started_at);
    }
    for (name, value) in [
        ("verdict", headline(comparison)),
        ("before", ids(&comparison.before)),
        ("after", ids(&comparison.after)),
        ("tolerance", figures::percent(comparison.tolerance_ratio)),
        ("aforo_version", comparison.aforo_version.clone()),
    ] {
        suite.add_property(Property::new(name, one_line(&value)));
    }
    suite.add_test_cases(cases(comparison, NAME, "no regression"));
    junit::write(suite, None, out)
}

fn ids(runs: &[ComparedRun]) -> String {
    runs.iter().map(|run| run.id.as_str()).collect::<Vec<_>>().join(", ")
}

/// The cases, each called `what` of its step.
pub(crate) fn cases(comparison: &RunComparison, class: &str, what: &str) -> Vec<TestCase> {
    let mut subjects: Vec<&Subject> = Vec::new();
    for compared in &comparison.figures {
        if !subjects.contains(&&compared.subject) {
            subjects.push(&compared.subject);
        }
    }
    if subjects.is_empty() {
        return vec![junit::case(class, &format!("{what}: all steps together"), of_the_whole(comparison))];
    }
    let case = |subject: &Subject| {
        let decisive =
            |compared: &&FigureComparison| compared.subject == *subject && compared.figure.is_decisive();
        let figures: Vec<&FigureComparison> = comparison.figures.iter().filter(decisive).collect();
        let name = match subject {
            Subject::Total => format!("{what}: all steps together"),
            subject => format!("{what}: {subject}"),
        };
        junit::case(class, &name, status(&figures))
    };
    subjects.into_iter().map(case).collect()
}

/// Where there are no figures, what is said of the runs as a whole.
fn of_the_whole(comparison: &RunComparison) -> TestCaseStatus {
    let said = headline(comparison);
    match comparison.change {
        Change::Equivalent | Change::Improvement => TestCaseStatus::success(),
        Change::Regression => junit::told(NonSuccessKind::Failure, "regression", &said, ""),
        Change::Inconclusive { .. } => skipped(said),
    }
}

fn status(figures: &[&FigureComparison]) -> TestCaseStatus {
    let worse: Vec<String> = figures
        .iter()
        .filter(|compared| compared.change == Change::Regression)
        .map(|compared| one_line(&wording::sentence(compared)))
        .collect();
    if !worse.is_empty() {
        return junit::told(NonSuccessKind::Failure, "regression", &worse.join("; "), "");
    }
    let open: Vec<String> = figures.iter().filter_map(|compared| open(compared)).collect();
    if open.is_empty() { TestCaseStatus::success() } else { skipped(open.join("; ")) }
}

/// Why nothing can be said of a figure; `None` where something can.
fn open(compared: &FigureComparison) -> Option<String> {
    let Change::Inconclusive { why, runs_needed } = &compared.change else { return None };
    let advice =
        runs_needed.map_or_else(String::new, |runs| format!(" ({runs} runs a side would probably tell)"));
    Some(format!("{}: {}{advice}", compared.figure.as_str(), one_line(why)))
}

fn skipped(why: String) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(why);
    status
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparison::canonical;

    fn counts(comparison: &RunComparison) -> [usize; 3] {
        let xml = canonical::rendered(render, comparison);
        ["testcase", "failure", "skipped"].map(|tag| xml.matches(&format!("<{tag} ")).count())
    }

    #[test]
    fn every_step_is_a_case_and_only_what_became_worse_fails() {
        assert_eq!(counts(&canonical::regression()), [4, 1, 0]);
        assert_eq!(counts(&canonical::equivalent()), [2, 0, 0]);
        assert_eq!(counts(&canonical::improvement()), [3, 0, 1], "one step is open");
        assert_eq!(counts(&canonical::inconclusive()), [3, 0, 3]);
    }

    #[test]
    fn a_figure_that_does_not_decide_fails_no_case() {
        let mut comparison = canonical::equivalent();
        for compared in comparison.figures.iter_mut().filter(|compared| !compared.figure.is_decisive()) {
            compared.change = Change::Regression;
        }
        assert_eq!(counts(&comparison), [2, 0, 0]);
    }

    #[test]
    fn without_figures_the_whole_is_one_case() {
        let mut comparison = canonical::regression();
        comparison.figures.clear();
        assert_eq!(counts(&comparison), [1, 1, 0]);
        comparison.change =
            Change::Inconclusive { why: "nothing was measured".to_owned(), runs_needed: None };
        assert_eq!(counts(&comparison), [1, 0, 1]);
    }

    #[test]
    fn what_fails_says_how_much_worse_it_is() {
        let xml = canonical::rendered(render, &canonical::regression());
        assert!(xml.contains("no regression: admin_list"), "{xml}");
        assert!(xml.contains("P95 of admin_list is 2.41 times what it was"), "{xml}");
    }
}
