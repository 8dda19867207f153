//! What CI is given: annotations and a job summary in GitHub Actions, and files that its views read.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use crate::aforo::{Finished, Workplace};
use crate::gate::scenario;
use crate::target::{Answer, TestTarget};

/// A run that violates its only objective, as a step of GitHub Actions whose summary goes to this file.
fn violated_in_github(workplace: &Workplace, summary: &Path, options: &[&str]) -> Finished {
    let target = TestTarget::start(Answer { delay: Duration::from_millis(3), ..Answer::default() });
    workplace.write("look.toml", &scenario("p95 < 1ms", ""));
    let url = target.url();
    let arguments = [&["run", "./look.toml", "--target", &url], options].concat();
    let mut command = workplace.command(&arguments);
    command.env("GITHUB_ACTIONS", "true").env("GITHUB_STEP_SUMMARY", summary);
    Finished::from(command.output().unwrap())
}

#[test]
fn in_github_actions_a_violated_slo_is_an_annotation_and_the_job_has_a_summary_while_json_stays_json() {
    let workplace = Workplace::new();
    let summary = workplace.write("step-summary.md", "# A step before\n");
    let run = violated_in_github(&workplace, &summary, &["--json"]).expect_code(1);
    let record: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(record, workplace.record());
    assert!(run.stderr.contains("\n::error title=SLO total p95 < 1 ms::measured "), "{}", run.stderr);
    let summary = std::fs::read_to_string(summary).unwrap();
    assert!(summary.starts_with("# A step before\n# VIOLATED: total p95 "), "{summary}");

    let junit = std::fs::read_to_string(workplace.run_folder().join("junit.xml")).unwrap();
    assert!(junit.contains("tests=\"1\" failures=\"1\" errors=\"0\""), "{junit}");
    let metrics = std::fs::read_to_string(workplace.run_folder().join("openmetrics.txt")).unwrap();
    assert!(metrics.contains("aforo_run_met{scenario=\"look\"} 0\n"), "{metrics}");
    assert!(metrics.contains("\naforo_cpu_per_request_seconds{scenario=\"look\"} "), "{metrics}");
}

#[test]
fn a_summary_that_cannot_be_written_is_told_and_changes_nothing() {
    let workplace = Workplace::new();
    let run = violated_in_github(&workplace, workplace.path(), &[]).expect_code(1);
    assert!(run.stderr.contains("the summary of the job was not written"), "{}", run.stderr);
    assert!(run.stdout.starts_with("VIOLATED") && !run.stdout.contains("::error"), "{}", run.stdout);
    let report = run.stdout.lines().find_map(|line| line.strip_prefix("Report: ")).unwrap();
    assert!(workplace.path().join(report).is_file(), "{report}");
}
