//! From everything that was sent during one request to its different statements.

use std::collections::BTreeMap;

use aforo_model::database::{RequestTrace, StatementTrace, TraceLine, TracedStatement};

use crate::statements::noise_of;

/// What makes two executions ask the same: the text, each parameter's length and digest. Of a text that was cut the rest is
/// not known, so that it equals no other: its place tells it apart.
type Values<'a> = (&'a str, Vec<(Option<u64>, Option<u64>)>, Option<usize>);

#[derive(Default)]
struct Group<'a> {
    statements: Vec<&'a TracedStatement>,
    values: BTreeMap<Values<'a>, u64>,
}

/// The statements of one request, those that differ in constants only as one. Nothing of the user's data is left in it:
/// texts are normalized, and of values it is known only how many are different.
pub fn fold_request(step: &str, page_size: Option<u32>, trace: &StatementTrace) -> RequestTrace {
    let executed = || trace.statements.iter().filter(|statement| !statement.is_continuation);
    let mut fingerprints = BTreeMap::<&str, String>::new();
    let mut order = Vec::<String>::new();
    let mut groups = BTreeMap::<String, Group<'_>>::new();
    for (place, statement) in executed().enumerate() {
        let fingerprint = fingerprints
            .entry(&statement.text)
            .or_insert_with(|| aforo_sql::fingerprint(&statement.text).to_string());
        let group = groups.entry(fingerprint.clone()).or_insert_with(|| {
            order.push(fingerprint.clone());
            Group::default()
        });
        *group.values.entry(values(place, statement)).or_default() += 1;
        group.statements.push(statement);
    }
    let lines = order.into_iter().filter_map(|fingerprint| {
        let group = groups.remove(&fingerprint)?;
        Some(line(fingerprint, &group))
    });
    RequestTrace {
        step: step.to_owned(),
        page_size,
        requests: 1,
        executions: executed().count() as u64,
        transactions: executed().filter(|statement| begins_transaction(&statement.text)).count() as u64,
        statements: lines.collect(),
        dropped: trace.dropped,
        unreadable: trace.unreadable,
    }
}

fn values(place: usize, statement: &TracedStatement) -> Values<'_> {
    let parameters = statement.parameters.iter().map(|parameter| (parameter.bytes, parameter.digest));
    (&statement.text, parameters.collect(), statement.is_text_cut.then_some(place))
}

fn line(fingerprint: String, group: &Group<'_>) -> TraceLine {
    let text = &group.statements[0].text;
    let elapsed_s: f64 = group.statements.iter().filter_map(|statement| statement.elapsed_s).sum();
    TraceLine {
        fingerprint,
        text: aforo_sql::normalize(text),
        noise: noise_of(text).map(str::to_owned),
        count: group.statements.len() as u64,
        distinct_values: group.values.len() as u64,
        same_values: group.values.values().copied().max().unwrap_or_default(),
        in_requests: 1,
        rows: group.statements.iter().filter_map(|statement| statement.rows).sum(),
        elapsed_ms: elapsed_s * 1e3,
        repetition: None,
    }
}

fn begins_transaction(text: &str) -> bool {
    let mut words =
        text.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    match words.next() {
        Some(first) if first.eq_ignore_ascii_case("begin") => true,
        Some(first) if first.eq_ignore_ascii_case("start") => {
            words.next().is_some_and(|second| second.eq_ignore_ascii_case("transaction"))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{HOTELS, ROOM, lazy, statement, trace};
    use super::*;
    use proptest::prelude::*;

    fn folded(statements: Vec<TracedStatement>) -> Vec<TraceLine> {
        fold_request("list", None, &trace(statements)).statements
    }

    #[test]
    fn statements_are_listed_once_in_the_order_in_which_they_were_first_sent() {
        let request = fold_request("list", Some(20), &lazy(20));
        let counts: Vec<(&str, u64, u64, u64)> = request
            .statements
            .iter()
            .map(|line| (line.text.as_str(), line.count, line.distinct_values, line.same_values))
            .collect();
        assert_eq!(counts, [("BEGIN", 1, 1, 1), (HOTELS, 1, 1, 1), (ROOM, 20, 20, 1), ("COMMIT", 1, 1, 1)]);
        assert_eq!((request.executions, request.transactions), (23, 1));
        let rooms = &request.statements[2];
        assert_eq!(rooms.rows, 40);
        assert!((rooms.elapsed_ms - 10.0).abs() < 1e-9, "{rooms:?}");
        assert_eq!(request.statements[0].noise.as_deref(), Some("transaction"));
        assert_eq!(rooms.noise, None);
    }

    #[test]
    fn executions_with_the_same_value_are_counted() {
        let mut statements = vec![statement(ROOM, Some(7)); 5];
        statements.push(statement(ROOM, Some(8)));
        let line = &folded(statements)[0];
        assert_eq!((line.count, line.distinct_values, line.same_values), (6, 2, 5));
    }

    #[test]
    fn constants_in_the_text_are_values_as_well() {
        let texts = (1..=4).map(|id| statement(&format!("SELECT * FROM rooms WHERE id = {id}"), None));
        let lines = folded(texts.collect());
        assert_eq!((lines.len(), lines[0].count, lines[0].distinct_values), (1, 4, 4));
        assert_eq!(lines[0].text, "SELECT * FROM rooms WHERE id = $1");
    }

    #[test]
    fn texts_that_were_cut_are_not_taken_for_equal() {
        let cut =
            TracedStatement { is_text_cut: true, ..statement("SELECT * FROM rooms WHERE id IN (1, 2", None) };
        let line = &folded(vec![cut; 4])[0];
        assert_eq!((line.count, line.distinct_values, line.same_values), (4, 4, 1));
    }

    #[test]
    fn further_rows_of_one_execution_are_no_repetition() {
        let more = TracedStatement { is_continuation: true, ..statement(ROOM, None) };
        let request = fold_request("list", None, &trace([statement(ROOM, Some(1)), more.clone(), more]));
        assert_eq!((request.executions, request.statements[0].count), (1, 1));
    }

    #[test]
    fn nothing_sent_is_nothing_listed() {
        let request = fold_request("list", None, &StatementTrace { dropped: 3, ..StatementTrace::default() });
        assert_eq!((request.statements.len(), request.executions, request.dropped), (0, 0, 3));
    }

    #[test]
    fn transactions_are_counted_where_they_begin() {
        let texts =
            ["begin", "/* x */ START TRANSACTION READ ONLY", "COMMIT", "SELECT start FROM begin", "START"];
        let begun: Vec<bool> = texts.iter().map(|text| begins_transaction(text)).collect();
        assert_eq!(begun, [true, false, false, false, false]);
        assert!(begins_transaction("Start  Transaction isolation level serializable"));
    }

    proptest! {
        /// However a client writes its data into a statement, and wherever the statement is cut.
        #[test]
        fn no_value_survives(before in "[ -~]{0,20}", after in "[ -~]{0,20}", is_cut: bool, is_doubled: bool) {
            let quote = if is_doubled { "'O''Zebra-1773177317" } else { "'Zebra-1773177317" };
            let end = if is_cut { "" } else { "'" };
            let text = format!("SELECT {} FROM guests WHERE name = {quote}{end}", "1");
            let noisy = format!("{text} {} {}", before.replace('\'', ""), after.replace('\'', ""));
            let mut sent = statement(&noisy, Some(1_773_177_317));
            sent.is_text_cut = is_cut;
            let request = fold_request("list", Some(1), &trace([sent]));
            let saved = serde_json::to_string(&request).unwrap();
            // So many digits are in no fingerprint by chance.
            prop_assert!(!saved.contains("Zebra") && !saved.contains("1773177317") && !saved.contains("secret"), "{saved}");
        }
    }
}
