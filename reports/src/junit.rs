//! `junit.xml`: one test case an objective, for the test views of CI.
//!
//! An objective that could not be judged is an *error*, as JUnit calls a test that could not be carried out. As *skipped* it would be
//! green in GitLab, GitHub and Jenkins, while the exit code is 3 and the job fails: an objective without a verdict is not met. Skipped is
//! only what the gate does not hang on: what a comparison with a baseline cannot tell of a step.

use std::io::{self, Write};
use std::time::Duration;

use aforo_model::{Environment, RunEnd, RunRecord, SloResult, Verdict};
use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};

use crate::comparison;
use crate::figures;
use crate::headline::{banner, headline, word};
use crate::recommendations::{effect, help, price};
use crate::text::{one_line, turns_text};

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
    write(suite, Some(record.elapsed_s), out)
}

/// Writes a document of one suite.
pub(crate) fn write(suite: TestSuite, elapsed_s: Option<f64>, out: &mut dyn Write) -> io::Result<()> {
    let mut report = Report::new("aforo");
    if let Some(elapsed_s) = elapsed_s {
        report.set_time(duration(elapsed_s));
    }
    report.add_test_suite(suite);
    // It leaves out every character that XML 1.0 does not know but these two.
    let is_kept = |&c: &char| !matches!(c, '\u{fffe}' | '\u{ffff}') && !turns_text(c);
    let xml: String = report.to_string().map_err(io::Error::other)?.chars().filter(is_kept).collect();
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
    case(&record.scenario.name, &name, status)
}

/// What would help it most: what, why, and what to type.
fn advice(record: &RunRecord, result: &SloResult) -> Option<String> {
    let (number, advice) = help(record, result)?;
    let mut text =
        format!("What would help most, number {number} of what to do: {}\n", one_line(&advice.title));
    text += &format!("{} {}\n", one_line(&advice.what), one_line(&advice.why));
    text += &format!("{}. {}.", effect(advice), price(advice));
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
    let status = told(kind, word(&record.verdict), &headline(record), &more);
    Some(case(&record.scenario.name, "the whole run", status))
}

/// A case for each step in the comparison with the baseline, where the run was compared with one.
fn baseline(record: &RunRecord) -> Vec<TestCase> {
    let cases = |compared| {
        comparison::test_cases(compared, &record.scenario.name, "no regression against the baseline")
    };
    record.comparison.as_deref().map(cases).unwrap_or_default()
}

/// GitLab shows the text and not the message, Jenkins both: the text has all of it.
pub(crate) fn told(kind: NonSuccessKind, word: &str, message: &str, more: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(word).set_message(message).set_description(format!("{message}{more}"));
    status
}

/// A case of a class: in a run, its scenario.
pub(crate) fn case(class: &str, name: &str, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(one_line(name), status);
    case.set_classname(one_line(class));
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
    fn each_step_that_was_compared_is_a_case_that_fails_or_is_skipped() {
        use crate::comparison::canonical::{equivalent, inconclusive, regression};
        let objectives = canonical::record("met").slos.len();
        for (compared, cases, failures, skipped) in
            [(regression(), 4, 1, 0), (inconclusive(), 3, 0, 3), (equivalent(), 2, 0, 0)]
        {
            let mut record = canonical::record("met");
            record.comparison = Some(Box::new(compared));
            let xml = canonical::rendered(render, &record);
            assert_eq!(count(&xml, "testcase"), objectives + cases, "{xml}");
            assert_eq!((count(&xml, "failure"), count(&xml, "skipped")), (failures, skipped), "{xml}");
            assert!(xml.lines().nth(1).is_some_and(|root| !root.contains("skipped")), "{xml}");
            assert!(xml.contains("no regression against the baseline: view"), "{xml}");
        }
    }
}
