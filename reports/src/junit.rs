//! `junit.xml`: one test case an objective, for the test views of CI.
//!
//! An objective that could not be judged is an *error*, as JUnit calls a test that could not be carried out. As *skipped* it would be
//! green in GitLab, GitHub and Jenkins, while the exit code is 3 and the job fails: an objective without a verdict is not met. Skipped is
//! only what the gate does not hang on: a comparison with a baseline that says nothing.

use std::io::{self, Write};
use std::time::Duration;

use aforo_model::{Change, Environment, RunEnd, RunRecord, SloResult, Verdict};
use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};

use crate::comparison;
use crate::figures;
use crate::headline::{banner, headline, word};
use crate::recommendations::{effect, help, price};
use crate::text::one_line;

/// Writes the run as one test suite.
pub(crate) fn render(record: &RunRecord, out: &mut dyn Write) -> io::Result<()> {
    let mut suite = TestSuite::new(&record.scenario.name);
    suite.set_timestamp(record.started_at).set_time(duration(record.elapsed_s));
    for (name, value) in properties(record) {
        suite.add_property(Property::new(name, one_line(&value)));
    }
    suite.add_test_cases(record.slos.iter().map(|result| objective(record, result)));
    suite.add_test_cases(whole_run(record));
    suite.add_test_cases(baseline(record));
    let mut report = Report::new("aforo");
    report.set_time(duration(record.elapsed_s)).add_test_suite(suite);
    // It leaves out every character that XML 1.0 does not know but these two.
    let xml = report.to_string().map_err(io::Error::other)?.replace(['\u{fffe}', '\u{ffff}'], "");
    out.write_all(without_skipped_of_all(&xml).as_bytes())
}

/// The schema of Jenkins knows `skipped` of a suite, and not of all suites.
fn without_skipped_of_all(xml: &str) -> String {
    // The first one is of the root: within a value, quotation marks are escaped.
    const ATTRIBUTE: &str = " skipped=\"";
    let Some((before, after)) = xml.split_once(ATTRIBUTE) else { return xml.to_owned() };
    after.split_once('"').map_or_else(|| xml.to_owned(), |(_count, rest)| format!("{before}{rest}"))
}

fn duration(span_s: f64) -> Duration {
    Duration::try_from_secs_f64(span_s).unwrap_or_default()
}

/// What run it was, and where it was measured.
fn properties(record: &RunRecord) -> Vec<(&'static str, String)> {
    let Environment { aforo_version, debug_build, os, cpu, core_count, memory_bytes, .. } =
        &record.environment;
    let mut properties = vec![
        ("run", record.id.clone()),
        ("scenario", record.scenario.name.clone()),
        ("target", record.target.name.clone()),
        ("target_url", record.target.url.clone()),
        ("verdict", headline(record)),
        ("requests", record.load.total.requests.to_string()),
        ("aforo_version", aforo_version.clone()),
        ("debug_build", debug_build.to_string()),
        ("os", os.clone()),
        ("cpu", cpu.clone()),
        ("core_count", core_count.to_string()),
        ("memory_bytes", memory_bytes.to_string()),
    ];
    let known = [
        ("target_description", &record.target.description),
        ("postgres_version", &record.environment.postgres_version),
        ("redis_version", &record.environment.redis_version),
    ];
    properties.extend(known.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))));
    properties.extend(banner(record).map(|banner| ("cut_short", banner)));
    properties
}

fn objective(record: &RunRecord, result: &SloResult) -> TestCase {
    let name = format!("{} {}", figures::indicator(result), figures::demand(result));
    let measured = format!(
        "measured {}, objective {}; criticality {}, over {}",
        figures::measured(result),
        figures::demand(result),
        figures::criticality(result.slo.criticality),
        figures::rests_on(result)
    );
    let status = match &result.verdict {
        Verdict::Met => TestCaseStatus::success(),
        Verdict::Violated => {
            let help = advice(record, result).map_or_else(String::new, |advice| format!("\n\n{advice}"));
            told(NonSuccessKind::Failure, word(&result.verdict), &measured, &help)
        }
        Verdict::Inconclusive { why } => {
            let why = format!("not judged: {}", one_line(why));
            told(NonSuccessKind::Error, word(&result.verdict), &why, &format!("\n\n{measured}"))
        }
    };
    case(record, &name, status)
}

/// What would help it most: what, why, and what to type.
fn advice(record: &RunRecord, result: &SloResult) -> Option<String> {
    let (number, advice) = help(record, result)?;
    let mut text =
        format!("What would help most, number {number} of what to do: {}\n", one_line(&advice.title));
    text += &format!("{} {}\n", one_line(&advice.what), one_line(&advice.why));
    text += &format!("{}. {}.", effect(&advice.effect), price(advice));
    for action in &advice.actions {
        text += &format!("\n{}", action.text());
    }
    Some(text)
}

/// A case for the run itself, where its verdict follows from no objective: a red flag, a run that was void.
fn whole_run(record: &RunRecord) -> Option<TestCase> {
    let is_said = |of: fn(&Verdict) -> bool| record.slos.iter().any(|result| of(&result.verdict));
    let is_open = |verdict: &Verdict| matches!(verdict, Verdict::Inconclusive { .. });
    let (kind, is_said) = match &record.verdict {
        Verdict::Met => return None,
        Verdict::Violated => (NonSuccessKind::Failure, is_said(|verdict| *verdict == Verdict::Violated)),
        Verdict::Inconclusive { .. } => (NonSuccessKind::Error, is_said(is_open)),
    };
    // That nothing answers any more is said even where objectives were judged by what had been seen.
    let has_failed = matches!(record.end, RunEnd::TargetDied { .. } | RunEnd::Failed { .. });
    if is_said && !has_failed {
        return None;
    }
    let more = banner(record).map_or_else(String::new, |banner| format!("\n\n{banner}"));
    Some(case(record, "the whole run", told(kind, word(&record.verdict), &headline(record), &more)))
}

/// A case for the comparison with the baseline, where the run was compared with one.
fn baseline(record: &RunRecord) -> Option<TestCase> {
    let compared = record.comparison.as_deref()?;
    let said = comparison::headline(compared);
    let status = match compared.change {
        Change::Equivalent | Change::Improvement => TestCaseStatus::success(),
        Change::Regression => told(NonSuccessKind::Failure, "regression", &said, ""),
        Change::Inconclusive { .. } => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(said);
            status
        }
    };
    Some(case(record, "no regression against the baseline", status))
}

/// GitLab shows the text and not the message, Jenkins both: the text has all of it.
fn told(kind: NonSuccessKind, word: &str, message: &str, more: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(word).set_message(message).set_description(format!("{message}{more}"));
    status
}

fn case(record: &RunRecord, name: &str, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(one_line(name), status);
    case.set_classname(one_line(&record.scenario.name));
    case
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical;

    fn count(xml: &str, tag: &str) -> usize {
        xml.matches(&format!("<{tag} ")).count()
    }

    #[test]
    fn the_canonical_runs_look_like_this() {
        for (name, record) in canonical::records() {
            insta::assert_snapshot!(format!("junit-{name}"), canonical::rendered(render, &record));
        }
    }

    #[test]
    fn every_objective_is_a_case_and_only_those_that_were_met_pass() {
        for (name, record) in canonical::records() {
            let xml = canonical::rendered(render, &record);
            let of = |verdict: fn(&Verdict) -> bool| {
                record.slos.iter().filter(|result| verdict(&result.verdict)).count()
            };
            assert!(count(&xml, "testcase") >= record.slos.len(), "{name}");
            assert_eq!(count(&xml, "failure"), of(|verdict| *verdict == Verdict::Violated), "{name}");
            assert!(count(&xml, "error") >= of(|verdict| matches!(verdict, Verdict::Inconclusive { .. })));
            assert_eq!(count(&xml, "skipped"), 0, "{name}");
        }
    }

    #[test]
    fn a_run_that_no_objective_fails_is_a_case_of_its_own() {
        let mut record = canonical::record("met");
        assert!(!canonical::rendered(render, &record).contains("the whole run"));
        record.verdict = Verdict::Violated;
        let xml = canonical::rendered(render, &record);
        assert_eq!((count(&xml, "failure"), xml.matches("the whole run").count()), (1, 1), "{xml}");
        record.verdict = Verdict::inconclusive("the generator was saturated");
        record.slos.clear();
        let xml = canonical::rendered(render, &record);
        assert!(xml.contains("errors=\"1\"") && xml.contains("the generator was saturated"), "{xml}");
    }

    #[test]
    fn a_regression_fails_and_a_comparison_that_says_nothing_is_skipped() {
        let mut record = canonical::record("met");
        let mut compared = crate::comparison::canonical::regression();
        record.comparison = Some(Box::new(compared.clone()));
        assert_eq!(count(&canonical::rendered(render, &record), "failure"), 1);
        compared.change = Change::Inconclusive { why: "too few".to_owned(), runs_needed: None };
        record.comparison = Some(Box::new(compared.clone()));
        let xml = canonical::rendered(render, &record);
        assert_eq!((count(&xml, "failure"), count(&xml, "skipped")), (0, 1), "{xml}");
        assert!(xml.lines().nth(1).is_some_and(|root| !root.contains("skipped")), "{xml}");
        compared.change = Change::Equivalent;
        record.comparison = Some(Box::new(compared));
        assert_eq!(count(&canonical::rendered(render, &record), "skipped"), 0);
    }
}
