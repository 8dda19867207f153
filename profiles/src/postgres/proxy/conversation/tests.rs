//! Conversations written by hand, with what they mean; the same in any pieces; and noise.

use std::hash::RandomState;

use aforo_model::database::{TracedStatement, TransactionState};
use proptest::prelude::*;

use super::{Conversation, EXPECTED_KEPT, PENDING_BYTES_KEPT, Recorded};
use crate::postgres::proxy::framing::Unreadable;
use crate::postgres::proxy::wire::*;

enum Said {
    Client(Vec<Vec<u8>>),
    Server(Vec<Vec<u8>>),
}
use Said::{Client, Server};

fn begun() -> Conversation {
    let mut conversation = Conversation::new(0, RandomState::new());
    conversation.server_sent(&[message(b'R', &[0; 4]), ready(b'I')].concat(), 0.0).unwrap();
    conversation
}

/// Says one thing a second, from the first second on, in pieces of the lengths given, over and over.
fn hold(said: &[Said], piece_lengths: &[usize]) -> Recorded {
    let mut conversation = begun();
    let mut lengths = piece_lengths.iter().cycle();
    for (second, said) in (1_u32..).zip(said) {
        let (Client(messages) | Server(messages)) = said;
        let bytes = messages.concat();
        let mut left = &bytes[..];
        while !left.is_empty() {
            let (piece, rest) = left.split_at(left.len().min(*lengths.next().unwrap()));
            let read = match said {
                Client(_) => conversation.client_sent(piece, f64::from(second)),
                Server(_) => conversation.server_sent(piece, f64::from(second)),
            };
            read.unwrap();
            left = rest;
        }
    }
    conversation.end();
    conversation.take()
}

fn listen(said: &[Said]) -> Recorded {
    hold(said, &[usize::MAX])
}

fn texts(recorded: &Recorded) -> Vec<&str> {
    recorded.statements.iter().map(|statement| &*statement.text).collect()
}

fn each<T>(recorded: &Recorded, value: impl Fn(&TracedStatement) -> T) -> Vec<T> {
    recorded.statements.iter().map(value).collect()
}

fn first_value(statement: &TracedStatement) -> Option<String> {
    statement.parameters.first()?.text.clone()
}

/// An N+1 in one pipeline.
fn pipeline() -> Vec<Said> {
    let mut asked = vec![parse("by_id", "SELECT name FROM rooms WHERE id = $1", &[23])];
    let mut answered = vec![parse_complete()];
    for id in ["7", "8", "9"] {
        asked.extend([bind("", "by_id", &[id]), describe_portal(""), execute("", 0)]);
        answered.extend([bind_complete(), message(b'T', &[0, 0]), rows(1), complete("SELECT 1")]);
    }
    asked.push(sync());
    answered.push(ready(b'I'));
    vec![Client(asked), Server(answered)]
}

#[test]
fn every_execution_in_a_pipeline_has_its_own_parameters() {
    let recorded = listen(&pipeline());
    assert_eq!(texts(&recorded), ["SELECT name FROM rooms WHERE id = $1"; 3]);
    assert_eq!(each(&recorded, first_value), ["7", "8", "9"].map(|id| Some(id.to_owned())));
    assert_eq!(each(&recorded, |statement| statement.rows), [Some(1); 3]);
    // They were answered in one go: the time shows with the first.
    assert_eq!(each(&recorded, |statement| statement.elapsed_s), [Some(1.0), Some(0.0), Some(0.0)]);
    assert_eq!(each(&recorded, |statement| statement.transaction_state), [Some(TransactionState::Idle); 3]);
    assert_eq!(recorded.dropped, 0);
}

/// The second of three fails; what follows up to `Sync` does not run; what follows that does.
fn failing_pipeline() -> Vec<Said> {
    let run = |value: &str| [bind("", "s", &[value]), execute("", 0)].concat();
    vec![
        Client(vec![parse("s", "SELECT 1 / $1", &[]), run("1"), run("0"), run("2")]),
        Server(vec![parse_complete(), bind_complete(), rows(1), complete("SELECT 1"), bind_complete()]),
        Server(vec![error("22012")]),
        Client(vec![run("3"), query("SELECT 'skipped'"), sync(), run("4"), sync()]),
        Server(vec![ready(b'I'), bind_complete(), rows(1), complete("SELECT 1"), ready(b'I')]),
    ]
}

#[test]
fn what_is_skipped_after_an_error_is_not_listed() {
    let recorded = listen(&failing_pipeline());
    assert_eq!(each(&recorded, first_value), ["1", "0", "4"].map(|value| Some(value.to_owned())));
    let codes = recorded.statements.iter().map(|statement| statement.sqlstate.as_deref());
    assert_eq!(codes.collect::<Vec<_>>(), [None, Some("22012"), None]);
    assert_eq!(each(&recorded, |statement| statement.elapsed_s), [Some(1.0), Some(1.0), Some(0.0)]);
}

fn refused() -> Vec<Said> {
    vec![
        Client(vec![parse("", "SELEC 1", &[]), describe_statement(""), sync()]),
        Server(vec![error("42601"), ready(b'I')]),
        Client(vec![parse("", "SELECT $1::int", &[]), bind("", "", &["x"]), execute("", 0), sync()]),
        Server(vec![parse_complete(), error("22P02"), ready(b'I')]),
    ]
}

#[test]
fn a_statement_that_is_refused_before_it_runs_is_listed_once() {
    let recorded = listen(&refused());
    assert_eq!(texts(&recorded), ["SELEC 1", "SELECT $1::int"]);
    let codes = recorded.statements.iter().map(|statement| statement.sqlstate.as_deref());
    assert_eq!(codes.collect::<Vec<_>>(), [Some("42601"), Some("22P02")]);
    assert_eq!(each(&recorded, |statement| statement.commands), [0, 0]);
}

/// A portal of five rows, fetched two at a time.
fn cursor() -> Vec<Said> {
    let more = |fetched: usize, end: Vec<u8>| Server(vec![rows(fetched), end, ready(b'T')]);
    vec![
        Client(vec![query("BEGIN")]),
        Server(vec![complete("BEGIN"), ready(b'T')]),
        Client(vec![parse("", "SELECT $1", &[]), bind("c", "", &["x"]), execute("c", 2), sync()]),
        Server(vec![parse_complete(), bind_complete()]),
        more(2, suspended()),
        Client(vec![execute("c", 2), sync()]),
        more(2, suspended()),
        Client(vec![execute("c", 2), sync()]),
        more(1, complete("SELECT 1")),
    ]
}

#[test]
fn further_rows_of_a_portal_are_no_statement_of_their_own() {
    let recorded = listen(&cursor());
    assert_eq!(texts(&recorded), ["BEGIN", "SELECT $1", "SELECT $1", "SELECT $1"]);
    assert_eq!(each(&recorded, |statement| statement.is_continuation), [false, false, true, true]);
    assert_eq!(each(&recorded, |statement| statement.rows), [None, Some(2), Some(2), Some(1)]);
    assert_eq!(each(&recorded, |statement| statement.parameters.len()), [0, 1, 0, 0]);
}

/// `Sync` is ignored while the server takes data, whether the client waited for the server to ask or not.
fn copies() -> Vec<Said> {
    let prepare = || [parse("", "COPY rooms FROM STDIN", &[]), bind("", "", &[]), execute("", 0)].concat();
    let taken = || [complete("COPY 1"), ready(b'I')].concat();
    let begin = || [parse_complete(), bind_complete(), copy_in()].concat();
    vec![
        Client(vec![prepare(), sync()]),
        Server(vec![begin()]),
        Client(vec![copy_data("1\n"), sync(), copy_done(), sync()]),
        Server(vec![taken()]),
        Client(vec![prepare(), copy_data("1\n"), copy_done(), sync(), query("SELECT 1")]),
        Server(vec![begin(), taken(), rows(1), complete("SELECT 1"), ready(b'I')]),
        Client(vec![query("COPY rooms FROM STDIN")]),
        Server(vec![copy_in()]),
        Client(vec![copy_data("x\n")]),
        Server(vec![error("22P02"), ready(b'I')]),
        // Sent before the error was seen.
        Client(vec![copy_data("y\n"), copy_done(), query("SELECT 2")]),
        Server(vec![rows(1), complete("SELECT 1"), ready(b'I')]),
    ]
}

#[test]
fn copied_data_does_not_confuse_what_is_expected() {
    let recorded = listen(&copies());
    let copy = "COPY rooms FROM STDIN";
    assert_eq!(texts(&recorded), [copy, copy, "SELECT 1", copy, "SELECT 2"]);
    assert_eq!(each(&recorded, |statement| statement.rows), [Some(1), Some(1), Some(1), None, Some(1)]);
    assert_eq!(recorded.statements[3].sqlstate.as_deref(), Some("22P02"));
}

/// A deferred constraint fails when the transaction commits, which is at `Sync`.
fn deferred() -> Vec<Said> {
    vec![
        Client(vec![
            parse("", "INSERT INTO stays VALUES ($1)", &[]),
            bind("", "", &["1"]),
            execute("", 0),
            sync(),
        ]),
        Server(vec![parse_complete(), bind_complete(), complete("INSERT 0 1"), error("23503"), ready(b'I')]),
    ]
}

#[test]
fn a_commit_that_fails_is_the_failure_of_the_last_statement() {
    let recorded = listen(&deferred());
    assert_eq!(each(&recorded, |statement| statement.sqlstate.clone()), [Some("23503".to_owned())]);
}

/// All that may come in between.
fn asides() -> Vec<Said> {
    vec![
        Client(vec![message(b'F', &[0; 12]), query("LISTEN news; SELECT 1")]),
        Server(vec![message(b'V', &[0; 4]), message(b'N', b"\0"), ready(b'I')]),
        Server(vec![complete("LISTEN"), message(b'S', b"a\0b\0"), message(b'T', &[0, 0]), rows(1)]),
        Server(vec![complete("SELECT 1"), ready(b'I'), message(b'A', b"0000news\0\0")]),
        Client(vec![close_statement("by_id"), sync(), query("")]),
        Server(vec![message(b'3', b""), ready(b'I'), message(b'I', b""), ready(b'I')]),
        Client(vec![message(b'X', b"")]),
    ]
}

#[test]
fn what_comes_in_between_changes_nothing() {
    let recorded = listen(&asides());
    assert_eq!(texts(&recorded), ["LISTEN news; SELECT 1", ""]);
    assert_eq!(recorded.statements[0].commands, 2);
    assert_eq!(recorded.dropped, 0);
}

#[test]
fn the_server_tells_types_that_the_client_left_open() {
    let recorded = listen(&[
        Client(vec![parse("s", "SELECT $1 + 1", &[]), describe_statement("s"), sync()]),
        Server(vec![parse_complete(), parameter_description(&[23]), no_data(), ready(b'I')]),
        Client(vec![bind("", "s", &["5"]), execute("", 0), sync()]),
        Server(vec![bind_complete(), rows(1), complete("SELECT 1"), ready(b'I')]),
    ]);
    assert_eq!(recorded.statements[0].parameters[0].type_oid, Some(23));
}

#[test]
fn a_statement_nobody_saw_prepared_is_counted() {
    let recorded = listen(&[
        Client(vec![bind("", "made by PREPARE", &["5"]), execute("", 0), sync(), query("SELECT 1")]),
        Server(vec![bind_complete(), rows(1), complete("SELECT 1"), ready(b'I')]),
        Server(vec![rows(1), complete("SELECT 1"), ready(b'I')]),
    ]);
    assert_eq!((texts(&recorded), recorded.dropped), (vec!["SELECT 1"], 1));
}

#[test]
fn a_connection_that_ends_leaves_its_statements_without_an_answer() {
    let recorded = listen(&[Client(vec![query("SELECT pg_sleep(600)")]), Server(vec![error("57P01")])]);
    assert_eq!(recorded.statements[0].sqlstate.as_deref(), Some("57P01"));
    let recorded = listen(&[Client(vec![query("SELECT pg_sleep(600)"), parse("", "SELECT 1", &[])])]);
    assert_eq!(texts(&recorded), ["SELECT pg_sleep(600)"]);
    assert_eq!((recorded.statements[0].elapsed_s, recorded.statements[0].transaction_state), (None, None));
}

#[test]
fn passwords_are_not_looked_at() {
    let mut conversation = Conversation::new(0, RandomState::new());
    conversation.server_sent(&message(b'R', &[0, 0, 0, 3]), 0.0).unwrap();
    for byte in message(b'p', b"secret\0") {
        conversation.client_sent(&[byte], 0.0).unwrap();
        assert!(!format!("{conversation:?}").contains("115, 101, 99"), "kept: {conversation:?}");
    }
}

#[test]
fn an_answer_that_nobody_asked_for_ends_the_reading_and_says_so_once() {
    for answer in [complete("SELECT 1"), parse_complete(), bind_complete(), ready(b'I'), message(b'3', b"")] {
        let mut conversation = begun();
        conversation.client_sent(&query("SELECT 1"), 1.0).unwrap();
        conversation.server_sent(&[complete("SELECT 1"), ready(b'I')].concat(), 2.0).unwrap();
        assert!(conversation.server_sent(&answer, 3.0).is_err(), "{answer:?}");
        assert_eq!(conversation.client_sent(b"any garbage", 4.0), Ok(()));
        assert_eq!(conversation.server_sent(b"any garbage", 4.0), Ok(()));
        assert_eq!(conversation.take().statements.len(), 1, "what was read before is kept");
    }
}

#[test]
fn a_server_that_never_answers_costs_no_more_memory_than_is_set() {
    let mut conversation = begun();
    let long = query(&"x".repeat(60_000));
    let count = PENDING_BYTES_KEPT / 60_000 + 10;
    for _ in 0..count {
        conversation.client_sent(&long, 1.0).unwrap();
    }
    let dropped = conversation.take().dropped;
    assert!((10..20).contains(&dropped), "{dropped}");
    // What was not kept is answered like everything else.
    let answers = [complete("SELECT 1"), ready(b'I')].concat().repeat(count);
    conversation.server_sent(&answers, 2.0).unwrap();
    assert_eq!(conversation.take().statements.len() as u64 + dropped, count as u64);
    assert_eq!(conversation.progress.pending_bytes, 0);

    let mut read = Ok(());
    for _ in 0..=EXPECTED_KEPT {
        read = read.and(conversation.client_sent(&execute("unknown", 0), 3.0));
    }
    assert_eq!(read, Err(Unreadable("too many messages without an answer")));
    assert_eq!(conversation.take().dropped, 2 * EXPECTED_KEPT as u64);
}

fn everything() -> Vec<Said> {
    [pipeline(), failing_pipeline(), refused(), cursor()]
        .into_iter()
        .chain([vec![Client(vec![query("COMMIT")]), Server(vec![complete("COMMIT"), ready(b'I')])]])
        .chain([copies(), deferred(), asides()])
        .flatten()
        .collect()
}

proptest! {
    #[test]
    fn a_conversation_means_the_same_in_any_pieces(lengths in prop::collection::vec(1..40_usize, 1..60)) {
        let mut whole = listen(&everything());
        let mut pieces = hold(&everything(), &lengths);
        for statement in whole.statements.iter_mut().chain(&mut pieces.statements) {
            // Each conversation has a secret of its own.
            statement.parameters.iter_mut().for_each(|parameter| parameter.digest = None);
        }
        prop_assert!(whole.statements.len() > 15);
        prop_assert_eq!(whole.statements, pieces.statements);
        prop_assert_eq!(whole.dropped, pieces.dropped);
    }

    #[test]
    fn noise_is_survived(pieces in prop::collection::vec((any::<bool>(), prop::collection::vec(any::<u8>(), 0..60)), 0..40)) {
        let mut conversation = begun();
        let mut refusals = 0;
        for (is_client, piece) in pieces {
            let read = if is_client { conversation.client_sent(&piece, 1.0) } else { conversation.server_sent(&piece, 1.0) };
            refusals += usize::from(read.is_err());
        }
        conversation.end();
        prop_assert!(refusals <= 1);
    }

    #[test]
    fn messages_in_any_order_with_any_content_are_survived(
        messages in prop::collection::vec(
            (any::<bool>(), prop::sample::select(&b"123ACcDdEGHIKNnRSsTtVvWZBFfPpQX"[..]), prop::collection::vec(0..5_u8, 0..12)),
            0..60,
        )
    ) {
        let mut conversation = begun();
        for (is_client, kind, body) in messages {
            let bytes = message(kind, &body);
            let _ = if is_client { conversation.client_sent(&bytes, 1.0) } else { conversation.server_sent(&bytes, 1.0) };
        }
        conversation.end();
    }
}
