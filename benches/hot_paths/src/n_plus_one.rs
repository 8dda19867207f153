//! Looking for statements that run once for every item.

use std::collections::BTreeMap;

use aforo_analyzers::{ProbeOptions, judge_probe};
use aforo_model::database::{ProbeBackground, ProbeReading, ProbeVerdict, StatementCalls, StatementKey};

/// Statements of the endpoint, each with a fingerprint of its own.
const STATEMENTS: usize = 1_000;
/// Pages that are asked for, each three times.
const PAGE_SIZES: [u32; 6] = [1, 3, 5, 10, 20, 40];
const REPEATS: usize = 3;

/// An endpoint that runs a thousand statements for every page, one of them once for every item, probed with eighteen requests.
pub struct ProbedEndpoint {
    readings: Vec<ProbeReading>,
    texts: BTreeMap<StatementKey, String>,
}

impl Default for ProbedEndpoint {
    /// Makes up the readings.
    fn default() -> Self {
        let texts = (0..STATEMENTS).map(|number| (key(number), text(number))).collect();
        let sizes = PAGE_SIZES.into_iter().flat_map(|size| std::iter::repeat_n(size, REPEATS));
        let readings = sizes.enumerate().map(|(place, size)| reading(place, size)).collect();
        Self { readings, texts }
    }
}

impl ProbedEndpoint {
    /// How the calls of each statement follow the items.
    pub fn judge(&self) -> Vec<ProbeVerdict> {
        let options = ProbeOptions { production_page_size: 50, catalog: None };
        judge_probe(
            &self.readings,
            &ProbeBackground { elapsed_s: 2.0, calls: Vec::new() },
            &self.texts,
            options,
        )
    }
}

fn key(number: usize) -> StatementKey {
    let query_id = i64::try_from(number).expect("a thousand fits") + 1;
    StatementKey { role_oid: 10, database_oid: 5, query_id, is_top_level: true }
}

/// Tables are told apart by letters, because numbers in their names may be those of partitions.
fn text(number: usize) -> String {
    let letters: String = number.to_string().bytes().map(|digit| char::from(digit - b'0' + b'a')).collect();
    format!("SELECT id, name FROM list_{letters} WHERE owner_id = $1 ORDER BY id LIMIT $2")
}

fn reading(place: usize, page_size: u32) -> ProbeReading {
    let items = u64::from(page_size);
    let calls = |number| if number == 0 { items } else { 1 };
    let work = |number| StatementCalls {
        key: key(number),
        calls: calls(number),
        rows: if number == 1 { items } else { calls(number) },
        blocks: 3 * calls(number),
        exec_time_ms: 0.2 * calls(number) as f64,
    };
    ProbeReading {
        step: "list".to_owned(),
        page_size: Some(page_size),
        offset: Some(100 + 40 * place as u64),
        is_fresh: true,
        status: Some(200),
        is_expected: true,
        items: vec![("$.items".to_owned(), items)],
        received_bytes: 20 + 100 * items,
        elapsed_s: 0.3,
        watched_s: 0.45,
        is_complete: true,
        calls: (0..STATEMENTS).map(work).collect(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use aforo_model::Answer;

    use super::*;

    #[test]
    fn of_a_thousand_statements_the_one_that_runs_for_every_item_is_found() {
        let verdicts = ProbedEndpoint::default().judge();
        let [verdict] = verdicts.as_slice() else { panic!("{verdicts:?}") };
        let Answer::Found(judgement) = &verdict.answer else { panic!("{verdict:?}") };
        let fingerprints: BTreeSet<_> =
            judgement.statements.iter().map(|statement| &statement.fingerprint).collect();
        assert_eq!(fingerprints.len(), STATEMENTS);
        let [found] = judgement.n_plus_ones.as_slice() else { panic!("{:?}", judgement.n_plus_ones) };
        assert_eq!(found.text.as_deref(), Some(text(0).as_str()));
        assert!((found.slope.estimate - 1.0).abs() < 0.01, "{:?}", found.slope);
    }
}
