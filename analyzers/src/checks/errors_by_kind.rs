//! `errors-by-kind`
//!
//! **What:** the failures of a step that fails too often: which kind most of them are, and what was seen.
//! **Why it hurts:** users meet them; and a failed request is often a fast one, so that times look better.
//! **Threshold:** the strictest objective on errors, or on the target's own errors, that covers the step, and 1 %
//! (the hotel's critical SLO) at the most; critical above 5 % of 20 requests or more (the error rate the hotel's operations alert on).
//! **Remedy:** by kind.

use aforo_model::{Comparison, ErrorKind, Finding, Indicator, Severity, StepRecord, Subject};

use super::{Check, finding};
use crate::Evidence;
use crate::indicators::MIN_REQUESTS;
use crate::wording::percent;

const DEFAULT_OBJECTIVE: f64 = 0.01;
const CRITICAL_RATE: f64 = 0.05;

pub(super) const CHECK: Check =
    Check { code: "errors-by-kind", summary: "what most failures of a failing step are", run };

fn run(evidence: &Evidence<'_>) -> Vec<Finding> {
    evidence.load.steps.iter().filter_map(|step| failing(step, evidence)).collect()
}

fn failing(step: &StepRecord, evidence: &Evidence<'_>) -> Option<Finding> {
    let rate = step.error_rate?;
    let server_errors: u64 = kinds(step, true).map(|(_, count)| count).sum();
    let server_rate = server_errors as f64 / step.requests as f64;
    let too_many = rate > objective(Indicator::ErrorRate, &step.name, evidence).min(DEFAULT_OBJECTIVE);
    let too_many_of_server = server_rate > objective(Indicator::ServerErrorRate, &step.name, evidence);
    if !too_many && !too_many_of_server {
        return None;
    }
    // Of equal counts the first kind, so that the answer does not depend on chance.
    let (kind, count) = kinds(step, !too_many).rev().max_by_key(|(_, count)| **count)?;
    let errors = step.error_count();
    let critical = rate > CRITICAL_RATE && step.requests >= MIN_REQUESTS;
    let example = step
        .error_examples
        .iter()
        .find(|example| example.kind == *kind)
        .map_or(String::new(), |example| format!("; most often: {}", example.message));
    let (what, remedy) = explained(*kind);
    Some(finding(
        CHECK.code,
        Subject::Step(step.name.clone()),
        if critical { Severity::Critical } else { Severity::Warning },
        format!(
            "{errors} of {} requests failed ({}), {count} of them {what}{example}",
            step.requests,
            percent(rate)
        ),
        remedy.to_owned(),
        &[
            ("error_rate", rate),
            ("errors", errors as f64),
            ("errors_of_kind", *count as f64),
            ("requests", step.requests as f64),
        ],
    ))
}

/// Failures by kind, all or only those on the target's side.
fn kinds(step: &StepRecord, only_server_side: bool) -> impl DoubleEndedIterator<Item = (&ErrorKind, &u64)> {
    step.errors.iter().filter(move |(kind, _)| !only_server_side || kind.is_server_side())
}

/// The strictest objective on an error rate that covers a step; infinite where there is none.
fn objective(indicator: Indicator, step: &str, evidence: &Evidence<'_>) -> f64 {
    let covers = |subject: &Subject| match subject {
        Subject::Total => true,
        Subject::Step(name) => name == step,
        Subject::Part(_) | Subject::Statement(_) => false,
    };
    evidence
        .scenario
        .slos
        .iter()
        .filter(|slo| covers(&slo.subject) && slo.expect.indicator == indicator)
        .filter(|slo| matches!(slo.expect.comparison, Comparison::Less | Comparison::LessOrEqual))
        .map(|slo| slo.expect.objective.value)
        .fold(f64::INFINITY, f64::min)
}

/// How a kind is called in a sentence, and what to do about it.
fn explained(kind: ErrorKind) -> (&'static str, &'static str) {
    match kind {
        ErrorKind::Status => (
            "by an unexpected status below 500",
            "see what the answer complains of: the step's data may be wrong, or the target refuses under load (409, 429)",
        ),
        ErrorKind::ServerStatus => (
            "by a status of 500 or above",
            "look into the target's log at that time; exhausted pools and lock time-outs are usual under load",
        ),
        ErrorKind::Expectation => (
            "by a body that was not what the step expects",
            "compare an answer with the step's expectation: one of the two is wrong",
        ),
        ErrorKind::Timeout => (
            "by no answer in time",
            "find what the target waits for (locks, pool, CPU) before you raise the time-out",
        ),
        ErrorKind::Connection => (
            "by a connection refused or broken",
            "check the target's limits of open files and of waiting connections, and whether it restarted",
        ),
        ErrorKind::Reset => (
            "by a connection that was reset",
            "see whether the target or a proxy before it crashed, restarted, or sheds load by resetting connections",
        ),
        ErrorKind::Dns => (
            "because the target's name could not be resolved",
            "check the host in the base URL and the name servers of this machine",
        ),
        ErrorKind::Tls => (
            "by TLS",
            "check the target's certificate: its names, its dates, and whether this machine trusts its issuer",
        ),
        ErrorKind::Protocol => (
            "by an answer that is not HTTP/1.1",
            "check that the base URL leads to an HTTP/1.1 server; wrong lengths and garbage are bugs of the target",
        ),
        ErrorKind::TooLarge => {
            ("by an answer that was too large to be read", "ask for less, for instance by a page size")
        }
        ErrorKind::RedirectLoop => (
            "by redirects without an end",
            "see where the target redirects to, and whether it expects a cookie or HTTPS",
        ),
        ErrorKind::Descriptors => (
            "because the load generator had no file descriptor left",
            "raise the limit of the shell that starts Aforo, as in `ulimit -n 65536`, or use fewer users",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{Fixture, healthy_second, step_second, summarized};

    /// A minute in which `errors` of the 600 requests of `book` fail.
    fn failing_book(errors: u64) -> Fixture {
        let mut fixture = Fixture::healthy();
        let mut seconds: Vec<_> = (0..60).map(healthy_second).collect();
        for (index, second) in seconds.iter_mut().enumerate() {
            let share = errors / 60 + u64::from((index as u64) < errors % 60);
            second.steps.insert("book".to_owned(), step_second(10, share, 100_000));
        }
        fixture.load = summarized(&fixture.scenario, &seconds);
        fixture
    }

    #[test]
    fn the_kind_and_the_top_message_of_a_failing_step_are_quoted() {
        let findings = run(&failing_book(60).evidence());
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].subject, Subject::Step("book".to_owned()));
        assert_eq!(findings[0].severity, Severity::Critical);
        assert_eq!(
            findings[0].message,
            "60 of 600 requests failed (10%), 60 of them by a status of 500 or above; \
             most often: 503 Service Unavailable: pool exhausted"
        );
    }

    #[test]
    fn failures_within_the_objective_are_not_found() {
        assert_eq!(run(&failing_book(6).evidence()), []);
        assert_eq!(run(&failing_book(7).evidence())[0].severity, Severity::Warning);
        assert_eq!(run(&Fixture::empty().evidence()), []);
    }

    #[test]
    fn a_stricter_objective_of_the_scenario_is_the_threshold() {
        let strict = failing_book(6).with_slos(&["error_rate < 0.5%"]);
        assert_eq!(run(&strict.evidence()).len(), 1);
    }

    #[test]
    fn one_failure_of_the_target_is_explained_where_none_may_be() {
        let none_allowed = failing_book(1).with_slos(&["server_error_rate <= 0"]);
        assert_eq!(run(&none_allowed.evidence()).len(), 1);
        assert_eq!(run(&failing_book(0).with_slos(&["server_error_rate <= 0"]).evidence()), []);
    }
}
