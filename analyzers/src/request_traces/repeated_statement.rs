//! `repeated-statement`
//!
//! **What:** one request asks the database the same question, with the same values, several times.
//! **Why it hurts:** each time is a way to the server and back for an answer that the application had already.
//! **Threshold:** 3 times with equal values in a typical request, and sent in more than half of the requests that were
//! recorded, so that jobs beside them do not count. Twice may be a check before and after. A warning from 10 times or 50 ms on.
//! Only queries that provably only read and that read a table: asking again for what a write may have changed is no fault,
//! and neither is what differs from call to call. An N+1 is reported as such.
//! **Remedy:** ask once and keep the answer.

use aforo_model::database::{Repetition, RequestTrace, TraceLine};
use aforo_model::{Finding, Severity, Subject};

use crate::checks::finding;
use crate::statements::title;

const CODE: &str = "repeated-statement";
/// Executions from which on a statement counts as sent again and again.
pub(super) const LEAST_REPETITIONS: u64 = 3;
/// Executions with equal values that are a warning.
const WARNING_COUNT: u64 = 10;
/// Time of all executions that is a warning, milliseconds.
const WARNING_MS: f64 = 50.0;
/// Functions that only read and yet answer differently from call to call. (`now()` does not within a transaction.)
const CHANGING: [&str; 6] =
    ["clock_timestamp", "gen_random_uuid", "random", "random_normal", "timeofday", "uuidv7"];

/// Statements that a typical request sends again with values that it has sent before.
pub fn find(traces: &[RequestTrace]) -> Vec<Finding> {
    let lines = traces.iter().flat_map(|trace| trace.statements.iter().map(move |line| (trace, line)));
    let repeated = lines.filter(|(trace, line)| is_asked_again(trace, line));
    repeated.map(|(trace, line)| finding_of(trace, line)).collect()
}

fn is_asked_again(trace: &RequestTrace, line: &TraceLine) -> bool {
    line.repetition == Some(Repetition::SameValues)
        && is_of_the_step(trace, line)
        && has_one_answer(&line.text)
        // What the request writes may change what it asks for.
        && !trace.statements.iter().any(|other| is_of_the_step(trace, other) && writes(&other.text))
}

fn is_of_the_step(trace: &RequestTrace, line: &TraceLine) -> bool {
    line.in_requests * 2 > trace.requests
}

fn has_one_answer(text: &str) -> bool {
    aforo_sql::describe(text).is_ok_and(|shape| {
        let changes = shape.functions.iter().any(|function| CHANGING.contains(&function.name.as_str()));
        !shape.tables.is_empty() && !changes && aforo_sql::is_provably_read_only(&shape, |_| false).is_ok()
    })
}

fn writes(text: &str) -> bool {
    aforo_sql::is_noise(text).is_none() && aforo_sql::describe(text).is_ok_and(|shape| shape.writes)
}

fn finding_of(trace: &RequestTrace, line: &TraceLine) -> Finding {
    let page = trace.page_size.map_or_else(String::new, |items| format!(" for a page of {items}"));
    let values = if line.distinct_values == 1 {
        "each time with the same values".to_owned()
    } else {
        format!("{} times with the same values", line.same_values)
    };
    let severity = if line.same_values >= WARNING_COUNT || line.elapsed_ms >= WARNING_MS {
        Severity::Warning
    } else {
        Severity::Info
    };
    finding(
        CODE,
        Subject::Step(trace.step.clone()),
        severity,
        format!(
            "{} is sent {} times by one request{page}, {values}: {:.1} ms in all",
            title(Some(&line.text), &line.fingerprint),
            line.count,
            line.elapsed_ms
        ),
        format!(
            "ask once and keep the answer for the rest of the request, or longer where it seldom changes; that saves {} of \
             {} calls",
            line.count - line.distinct_values,
            line.count
        ),
        &[
            ("calls", line.count as f64),
            ("same_values", line.same_values as f64),
            ("distinct_values", line.distinct_values as f64),
            ("elapsed_ms", line.elapsed_ms),
            ("requests", f64::from(trace.requests)),
            ("in_requests", f64::from(line.in_requests)),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{ROOM, lazy, statement, trace};
    use super::super::{fold_request, typical_requests};
    use super::*;
    use aforo_model::database::TracedStatement;

    const SETTING: &str = "SELECT value FROM settings WHERE name = $1";

    fn findings(requests: &[Vec<TracedStatement>]) -> Vec<Finding> {
        let requests = requests.iter().map(|sent| fold_request("list", Some(20), &trace(sent.clone())));
        find(&typical_requests(requests.collect(), &[]))
    }

    fn same(text: &str, count: usize) -> Vec<TracedStatement> {
        vec![statement(text, Some(7)); count]
    }

    #[test]
    fn the_same_question_asked_again_is_found_with_its_figures() {
        let found = findings(&[same(SETTING, 12)]);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].code.as_str(), found[0].severity), (CODE, Severity::Warning));
        assert_eq!(
            found[0].message,
            "`SELECT value FROM settings WHERE name = $1` is sent 12 times by one request for a page of 20, each time \
             with the same values: 6.0 ms in all"
        );
        assert!(found[0].remedy.ends_with("saves 11 of 12 calls"), "{}", found[0].remedy);
        assert_eq!(findings(&[same(SETTING, 3)])[0].severity, Severity::Info);
    }

    #[test]
    fn twice_is_not_found_and_neither_are_other_values() {
        assert_eq!(findings(&[same(SETTING, 2)]), []);
        assert_eq!(findings(&[lazy(20).statements]), []);
        assert_eq!(findings(&[Vec::new()]), []);
        assert_eq!(findings(&[]), []);
    }

    #[test]
    fn what_is_no_question_to_a_table_is_not_found() {
        for text in [
            "INSERT INTO visits (page) VALUES ($1)",
            "SELECT nextval($1)",
            "SELECT id FROM rooms WHERE id = $1 FOR UPDATE",
            "SELECT id FROM rooms WHERE price < random() * $1",
            "SELECT 1",
            "BEGIN",
            "SELECT set_config('app.tenant', $1, false)",
        ] {
            assert_eq!(findings(&[same(text, 9)]), [], "{text}");
        }
    }

    #[test]
    fn asking_again_after_a_write_is_no_fault() {
        let mut sent = same(ROOM, 3);
        sent.insert(1, statement("UPDATE rooms SET price = $1", Some(1)));
        assert_eq!(findings(&[sent]), []);
    }

    #[test]
    fn a_job_beside_some_requests_is_no_finding_of_theirs() {
        let mut beside = lazy(5).statements;
        beside.extend(same(SETTING, 4));
        let alone = || lazy(30).statements;
        assert_eq!(findings(&[lazy(3).statements, beside, alone()]), []);
    }
}
