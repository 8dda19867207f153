//! Messages written by hand, for tests. Formats: "Message Formats" in Postgres' documentation of its protocol.

use std::iter::once;

pub(super) fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind], &u32::try_from(body.len() + 4).unwrap().to_be_bytes()[..], body].concat()
}

fn z(text: &str) -> Vec<u8> {
    text.bytes().chain(once(0)).collect()
}

fn count(count: usize) -> [u8; 2] {
    u16::try_from(count).unwrap().to_be_bytes()
}

pub(super) fn query(text: &str) -> Vec<u8> {
    message(b'Q', &z(text))
}

pub(super) fn parse(name: &str, text: &str, type_oids: &[u32]) -> Vec<u8> {
    let oids: Vec<u8> = type_oids.iter().flat_map(|oid| oid.to_be_bytes()).collect();
    message(b'P', &[z(name), z(text), count(type_oids.len()).to_vec(), oids].concat())
}

/// Values in text form, answers too.
pub(super) fn bind(portal: &str, statement: &str, values: &[&str]) -> Vec<u8> {
    let mut body = [z(portal), z(statement), count(0).to_vec(), count(values.len()).to_vec()].concat();
    for value in values {
        body.extend(u32::try_from(value.len()).unwrap().to_be_bytes());
        body.extend(value.bytes());
    }
    body.extend(count(0));
    message(b'B', &body)
}

pub(super) fn describe_statement(name: &str) -> Vec<u8> {
    message(b'D', &[b"S".to_vec(), z(name)].concat())
}

pub(super) fn describe_portal(name: &str) -> Vec<u8> {
    message(b'D', &[b"P".to_vec(), z(name)].concat())
}

/// `most_rows` of 0 is all.
pub(super) fn execute(portal: &str, most_rows: u32) -> Vec<u8> {
    message(b'E', &[z(portal), most_rows.to_be_bytes().to_vec()].concat())
}

pub(super) fn close_statement(name: &str) -> Vec<u8> {
    message(b'C', &[b"S".to_vec(), z(name)].concat())
}

pub(super) fn sync() -> Vec<u8> {
    message(b'S', &[])
}

pub(super) fn copy_data(line: &str) -> Vec<u8> {
    message(b'd', line.as_bytes())
}

pub(super) fn copy_done() -> Vec<u8> {
    message(b'c', &[])
}

pub(super) fn parse_complete() -> Vec<u8> {
    message(b'1', &[])
}

pub(super) fn bind_complete() -> Vec<u8> {
    message(b'2', &[])
}

pub(super) fn parameter_description(type_oids: &[u32]) -> Vec<u8> {
    let oids: Vec<u8> = type_oids.iter().flat_map(|oid| oid.to_be_bytes()).collect();
    message(b't', &[count(type_oids.len()).to_vec(), oids].concat())
}

pub(super) fn no_data() -> Vec<u8> {
    message(b'n', &[])
}

pub(super) fn rows(rows: usize) -> Vec<u8> {
    message(b'D', &[0, 1, 0, 0, 0, 1, b'x']).repeat(rows)
}

pub(super) fn complete(tag: &str) -> Vec<u8> {
    message(b'C', &z(tag))
}

pub(super) fn suspended() -> Vec<u8> {
    message(b's', &[])
}

pub(super) fn copy_in() -> Vec<u8> {
    message(b'G', &[0, 0, 0])
}

pub(super) fn error(sqlstate: &str) -> Vec<u8> {
    message(b'E', &[z("SERROR"), z(&format!("C{sqlstate}")), z("Mno"), vec![0]].concat())
}

/// `I`, `T` or `E`.
pub(super) fn ready(state: u8) -> Vec<u8> {
    message(b'Z', &[state])
}
