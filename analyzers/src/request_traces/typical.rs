//! One request that stands for all of its step, and what its repetitions are.

use std::collections::BTreeMap;

use aforo_model::Answer;
use aforo_model::database::{ProbeVerdict, Repetition, RequestTrace, SeenOnWire, TraceLine};

use super::repeated_statement::LEAST_REPETITIONS;

/// Of each step the request for the largest page with the median number of statements, by step. Where there is no page size
/// to ask for, chance decides how many items an answer holds, and most may be empty: there it is the request with the most.
pub fn typical_requests(requests: Vec<RequestTrace>, verdicts: &[ProbeVerdict]) -> Vec<RequestTrace> {
    let mut by_step = BTreeMap::<String, Vec<RequestTrace>>::new();
    for request in requests {
        by_step.entry(request.step.clone()).or_default().push(request);
    }
    by_step.into_values().filter_map(|requests| typical(requests, verdicts)).collect()
}

fn typical(mut requests: Vec<RequestTrace>, verdicts: &[ProbeVerdict]) -> Option<RequestTrace> {
    let largest = requests.iter().map(|request| request.page_size).max()?;
    requests.retain(|request| request.page_size == largest);
    requests.sort_by_key(|request| request.executions);
    let last = requests.len() - 1;
    let mut chosen = requests[if largest.is_some() { last / 2 } else { last }].clone();
    chosen.requests = u32::try_from(requests.len()).unwrap_or(u32::MAX);
    for line in &mut chosen.statements {
        let has_it =
            |other: &&RequestTrace| other.statements.iter().any(|each| each.fingerprint == line.fingerprint);
        line.in_requests = u32::try_from(requests.iter().filter(has_it).count()).unwrap_or(u32::MAX);
        line.repetition = repetition(line, &chosen.step, verdicts);
    }
    Some(chosen)
}

fn repetition(line: &TraceLine, step: &str, verdicts: &[ProbeVerdict]) -> Option<Repetition> {
    let is_n_plus_one = verdicts
        .iter()
        .filter(|verdict| verdict.step == step)
        .filter_map(|verdict| verdict.answer.found())
        .flat_map(|judged| &judged.n_plus_ones)
        .any(|found| found.is_top_level && found.fingerprint == line.fingerprint);
    if is_n_plus_one && line.count > 1 {
        Some(Repetition::NPlusOne)
    } else if line.count < LEAST_REPETITIONS || line.noise.is_some() {
        None
    } else if line.same_values >= LEAST_REPETITIONS {
        Some(Repetition::SameValues)
    } else {
        Some(Repetition::OtherValues)
    }
}

/// Writes to each N+1 that was found by its slope how often a request was seen to send it.
pub fn confirm_n_plus_ones(verdicts: &mut [ProbeVerdict], traces: &[RequestTrace]) {
    for verdict in verdicts {
        let Some(trace) = traces.iter().find(|trace| trace.step == verdict.step) else { continue };
        let Answer::Found(judged) = &mut verdict.answer else { continue };
        for found in judged.n_plus_ones.iter_mut().filter(|found| found.is_top_level) {
            let line = trace.statements.iter().find(|line| line.fingerprint == found.fingerprint);
            found.seen_on_wire = line
                .filter(|line| line.repetition == Some(Repetition::NPlusOne))
                .map(|line| SeenOnWire { count: line.count, distinct_values: line.distinct_values });
        }
    }
}

#[cfg(test)]
mod tests {
    use aforo_model::database::{NPlusOne, ProbeJudgement, StatementTrace};
    use aforo_model::{Interval, Severity};

    use super::super::fixtures::{HOTELS, ROOM, lazy, statement, trace};
    use super::super::fold_request;
    use super::*;

    fn n_plus_one(text: &str) -> ProbeVerdict {
        let found = NPlusOne {
            step: "list".into(),
            fingerprint: aforo_sql::fingerprint(text).to_string(),
            text: Some(text.into()),
            is_top_level: true,
            is_write: false,
            parent: None,
            item_path: "$.items[]".into(),
            seen_on_wire: None,
            slope: Interval { estimate: 1.0, low: 1.0, high: 1.0 },
            intercept: 0.0,
            r_squared: 1.0,
            rows_per_call: 1.0,
            mean_ms: 1.0,
            production_page_size: 50,
            projected_calls: 50.0,
            projected_time_ms: 50.0,
            severity: Severity::Warning,
            fix_sql: None,
            fix_words: Vec::new(),
        };
        ProbeVerdict {
            step: "list".into(),
            reading_count: 18,
            left_out: Vec::new(),
            pages: Vec::new(),
            answer: Answer::Found(ProbeJudgement {
                item_path: "$.items[]".into(),
                is_first_touch: true,
                statements: Vec::new(),
                n_plus_ones: vec![found],
            }),
        }
    }

    fn request(page_size: u32, trace: &StatementTrace) -> RequestTrace {
        fold_request("list", Some(page_size), trace)
    }

    #[test]
    fn the_largest_page_with_the_median_number_of_statements_is_shown() {
        let job = statement("DELETE FROM holds WHERE expires_at < now()", None);
        let mut beside = lazy(40);
        beside.statements.push(job);
        let requests =
            vec![request(1, &lazy(1)), request(40, &lazy(38)), request(40, &beside), request(40, &lazy(40))];
        let found = typical_requests(requests, &[]);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].page_size, found[0].requests, found[0].executions), (Some(40), 3, 43));
    }

    #[test]
    fn of_a_step_without_a_page_size_the_fullest_answer_is_shown() {
        let requests = [0, 7, 0, 0].map(|items| fold_request("view", None, &lazy(items)));
        let found = typical_requests(requests.into(), &[]);
        assert_eq!((found[0].requests, found[0].executions), (4, 10));
    }

    #[test]
    fn what_runs_beside_requests_is_told_by_how_few_have_it() {
        let with_job = || {
            let mut beside = lazy(2);
            beside.statements.push(statement("DELETE FROM holds", None));
            beside
        };
        let requests = vec![request(2, &lazy(1)), request(2, &with_job()), request(2, &lazy(9))];
        let found = typical_requests(requests, &[]);
        let seen: Vec<u32> = found[0].statements.iter().map(|line| line.in_requests).collect();
        assert_eq!(seen, [3, 3, 3, 3, 1]);
    }

    #[test]
    fn a_slope_is_confirmed_by_what_was_seen() {
        let mut verdicts = [n_plus_one(ROOM)];
        let traces = typical_requests(vec![request(40, &lazy(40))], &verdicts);
        let repetitions: Vec<_> = traces[0].statements.iter().map(|line| line.repetition).collect();
        assert_eq!(repetitions, [None, None, Some(Repetition::NPlusOne), None]);
        confirm_n_plus_ones(&mut verdicts, &traces);
        let seen = verdicts[0].answer.found().unwrap().n_plus_ones[0].seen_on_wire;
        assert_eq!(seen, Some(SeenOnWire { count: 40, distinct_values: 40 }));
    }

    #[test]
    fn what_was_not_seen_confirms_nothing() {
        let mut verdicts = [n_plus_one("SELECT * FROM guests WHERE id = $1"), n_plus_one(HOTELS)];
        let traces = typical_requests(vec![request(40, &lazy(40))], &verdicts);
        confirm_n_plus_ones(&mut verdicts, &traces);
        for verdict in verdicts {
            assert_eq!(verdict.answer.found().unwrap().n_plus_ones[0].seen_on_wire, None);
        }
    }

    #[test]
    fn repetitions_are_told_apart_by_their_values() {
        let of = |values: &[u64]| {
            let statements = values.iter().map(|value| statement(ROOM, Some(*value)));
            typical_requests(vec![request(9, &trace(statements))], &[])[0].statements[0].repetition
        };
        assert_eq!(of(&[1, 2, 3]), Some(Repetition::OtherValues));
        assert_eq!(of(&[1, 1, 2, 2]), Some(Repetition::OtherValues));
        assert_eq!(of(&[1, 2, 1, 1]), Some(Repetition::SameValues));
        assert_eq!(of(&[1, 1]), None);
        let pings = trace(vec![statement("BEGIN", None); 5]);
        assert_eq!(typical_requests(vec![request(9, &pings)], &[])[0].statements[0].repetition, None);
    }

    #[test]
    fn no_request_gives_no_trace() {
        assert_eq!(typical_requests(Vec::new(), &[]), []);
    }
}
