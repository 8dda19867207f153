//! Commands become a trace: keys become numbers, and their names are forgotten.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, RandomState};

use aforo_model::cache::{
    CacheOperation, CacheTrace, Lifetime, TraceEnd, TraceEvent, TracedKey, TracedServer,
};

use super::commands::{Effect, Expiry, command_name, effects};
use super::key_pattern::key_pattern;
use super::monitor_line::{Argument, Client, MonitorLine};

/// Unknown commands that are told apart, and patterns.
const MOST_UNKNOWN: usize = 50;
const MOST_PATTERNS: usize = 2_000;
/// What stands for every further pattern.
const OTHER_PATTERN: &str = "(others)";

/// A trace that is being recorded.
#[derive(Debug, Default)]
pub(super) struct Tracer {
    /// The address of Aforo's own connection, whose commands are left out.
    own_address: Option<String>,
    first_us: Option<u64>,
    last_us: u64,
    commands: u64,
    accesses: u64,
    events: Vec<TraceEvent>,
    keys: Vec<TracedKey>,
    patterns: Vec<String>,
    tags: Vec<String>,
    /// Keys are told apart by a hash that is another one each time; neither name nor hash is kept.
    hasher: RandomState,
    key_numbers: HashMap<u64, u32>,
    pattern_numbers: HashMap<String, u32>,
    tag_numbers: HashMap<u64, u32>,
    client_numbers: HashMap<String, u32>,
    /// Who sent the last command that was not a script's: the commands of a script follow those that call it.
    last_client: u32,
    unknown_commands: BTreeMap<String, u64>,
    unread_lines: u64,
}

impl Tracer {
    pub(super) fn new(own_address: Option<String>) -> Self {
        Self { own_address, ..Self::default() }
    }

    /// Keys read, written or deleted so far.
    pub(super) fn accesses(&self) -> u64 {
        self.accesses
    }

    /// By the server's clock, how long after the first command the last one came.
    pub(super) fn elapsed_us(&self) -> u64 {
        self.last_us
    }

    /// Takes one line.
    pub(super) fn take(&mut self, line: &MonitorLine) {
        let Some(command) = line.command() else {
            self.unread_lines += 1;
            return;
        };
        match command.client {
            Client::Address(address) if self.own_address.as_deref() == Some(address) => return,
            Client::Address(address) => self.last_client = self.client_number(address),
            Client::Script => {}
        }
        self.commands += 1;
        let first_us = *self.first_us.get_or_insert(command.time_us);
        // The wall clock of the server may be set back.
        self.last_us = self.last_us.max(command.time_us.saturating_sub(first_us));
        let Some(effects) = effects(command.arguments) else {
            self.unknown(&command.arguments[0]);
            return;
        };
        let mut deleted = Vec::new();
        for effect in effects {
            self.accesses += 1;
            let operation = match effect {
                Effect::Read(key) => CacheOperation::Read { key: self.key_number(command.database, key) },
                Effect::Write { key, value_bytes, is_whole, expiry } => CacheOperation::Write {
                    key: self.key_number(command.database, key),
                    value_bytes,
                    is_whole,
                    lifetime: lifetime(expiry, command.time_us),
                },
                Effect::Expire { key, expiry } => CacheOperation::Expire {
                    key: self.key_number(command.database, key),
                    lifetime: lifetime(expiry, command.time_us),
                },
                Effect::Delete(key) => {
                    deleted.push(self.key_number(command.database, key));
                    continue;
                }
                Effect::FlushDatabase => CacheOperation::Flush { database: Some(command.database) },
                Effect::FlushAll => CacheOperation::Flush { database: None },
            };
            // A deletion and what follows from one command stay in their order.
            self.delete(&mut deleted);
            self.add(operation);
        }
        self.delete(&mut deleted);
    }

    /// The trace, so far as it was recorded.
    pub(super) fn finish(self, duration_s: f64, end: TraceEnd, server: TracedServer) -> CacheTrace {
        CacheTrace {
            duration_s,
            end,
            commands: self.commands,
            events: self.events,
            keys: self.keys,
            patterns: self.patterns,
            tags: self.tags,
            clients: self.client_numbers.len() as u32,
            unknown_commands: self.unknown_commands,
            unread_lines: self.unread_lines,
            server,
        }
    }

    fn add(&mut self, operation: CacheOperation) {
        self.events.push(TraceEvent { time_us: self.last_us, client: self.last_client, operation });
    }

    fn delete(&mut self, keys: &mut Vec<u32>) {
        if !keys.is_empty() {
            self.add(CacheOperation::Delete { keys: std::mem::take(keys) });
        }
    }

    fn unknown(&mut self, name: &Argument) {
        let name = command_name(name);
        if self.unknown_commands.len() < MOST_UNKNOWN || self.unknown_commands.contains_key(&name) {
            *self.unknown_commands.entry(name).or_default() += 1;
        }
    }

    /// Connections of one machine are one client: their ports say nothing of processes.
    fn client_number(&mut self, address: &str) -> u32 {
        let host = match address.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
            _ => address,
        };
        if let Some(number) = self.client_numbers.get(host) {
            return *number;
        }
        let number = self.client_numbers.len() as u32;
        self.client_numbers.insert(host.to_owned(), number);
        number
    }

    fn key_number(&mut self, database: u32, key: &Argument) -> u32 {
        let hash = self.hasher.hash_one((database, key.bytes, &key.kept));
        if let Some(number) = self.key_numbers.get(&hash) {
            return *number;
        }
        let found = key_pattern(&key.kept);
        let pattern = self.pattern_number(found.pattern);
        let tag = found.tag.map(|tag| {
            let shared = &key.kept[..tag.shared_bytes];
            let hash = self.hasher.hash_one((database, pattern, shared));
            let number = self.tags.len() as u32;
            let number = *self.tag_numbers.entry(hash).or_insert(number);
            if number as usize == self.tags.len() {
                self.tags.push(tag.label);
            }
            number
        });
        let number = self.keys.len() as u32;
        let name_bytes = u32::try_from(key.bytes).unwrap_or(u32::MAX);
        self.keys.push(TracedKey { database, name_bytes, pattern, tag });
        self.key_numbers.insert(hash, number);
        number
    }

    fn pattern_number(&mut self, pattern: String) -> u32 {
        if let Some(number) = self.pattern_numbers.get(&pattern) {
            return *number;
        }
        if self.patterns.len() >= MOST_PATTERNS && pattern != OTHER_PATTERN {
            return self.pattern_number(OTHER_PATTERN.to_owned());
        }
        let number = self.patterns.len() as u32;
        self.patterns.push(pattern.clone());
        self.pattern_numbers.insert(pattern, number);
        number
    }
}

fn lifetime(expiry: Expiry, now_us: u64) -> Lifetime {
    match expiry {
        Expiry::Unchanged => Lifetime::Unchanged,
        Expiry::Never => Lifetime::Forever,
        Expiry::AfterMs(millis) => Lifetime::Millis(millis),
        Expiry::AtMs(at_ms) => Lifetime::Millis(at_ms.saturating_sub(now_us / 1_000)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::monitor_line::LineReader;
    use super::*;

    fn traced(lines: &str) -> CacheTrace {
        let mut tracer = Tracer::new(Some("127.0.0.1:9".to_owned()));
        LineReader::default().read(lines.as_bytes(), |line| {
            tracer.take(line);
            true
        });
        tracer.finish(1.0, TraceEnd::Duration, TracedServer::default())
    }

    #[test]
    fn keys_become_numbers_with_pattern_tag_and_database() {
        let trace = traced(
            "+5.000000 [0 10.0.0.1:1] \"GET\" \"availability:17:a1\"\n\
             +5.000100 [0 10.0.0.1:2] \"SETEX\" \"availability:17:a2\" \"60\" \"12345\"\n\
             +5.000200 [1 10.0.0.2:1] \"GET\" \"availability:17:a1\"\n\
             +5.000300 [0 10.0.0.2:1] \"DEL\" \"availability:17:a1\" \"availability:17:a2\" \"availability:18:a1\"\n",
        );
        assert_eq!(trace.patterns, ["availability:*:*"]);
        assert_eq!(trace.tags, ["availability:{id}:*"; 3]);
        let tags: Vec<Option<u32>> = trace.keys.iter().map(|key| key.tag).collect();
        assert_eq!(tags, [Some(0), Some(0), Some(1), Some(2)], "another database is another group");
        assert_eq!((trace.clients, trace.commands), (2, 4));
        let operations: Vec<CacheOperation> =
            trace.events.iter().map(|event| event.operation.clone()).collect();
        let written = CacheOperation::Write {
            key: 1,
            value_bytes: 5,
            is_whole: true,
            lifetime: Lifetime::Millis(60_000),
        };
        assert_eq!(
            operations,
            [
                CacheOperation::Read { key: 0 },
                written,
                CacheOperation::Read { key: 2 },
                CacheOperation::Delete { keys: vec![0, 1, 3] },
            ]
        );
        assert_eq!(trace.events[3].time_us, 300);
    }

    #[test]
    fn a_script_is_the_client_that_called_it_and_aforo_itself_is_left_out() {
        let trace = traced(
            "+5.0 [0 10.0.0.1:1] \"GET\" \"a\"\n+5.1 [0 10.0.0.2:1] \"EVAL\" \"...\" \"1\" \"b\"\n\
             +5.2 [0 lua] \"GET\" \"b\"\n+5.3 [0 127.0.0.1:9] \"GET\" \"c\"\nrubbish\n+5.4 [0 10.0.0.1:1] \"FT.SEARCH\" \"x\"\n",
        );
        assert_eq!(trace.events.iter().map(|event| event.client).collect::<Vec<_>>(), [0, 1]);
        assert_eq!((trace.keys.len(), trace.unread_lines, trace.commands), (2, 1, 4));
        assert_eq!(trace.unknown_commands.get("ft.search"), Some(&1));
    }

    #[test]
    fn a_time_of_day_becomes_a_time_to_live() {
        let trace = traced("+5.0 [0 10.0.0.1:1] \"SET\" \"a\" \"1\" \"PXAT\" \"7000\"\n");
        let CacheOperation::Write { lifetime, .. } = trace.events[0].operation else { panic!("{trace:?}") };
        assert_eq!(lifetime, Lifetime::Millis(2_000));
    }

    #[test]
    fn patterns_without_end_are_summed_up() {
        let letters = |number: usize| -> String {
            number.to_string().bytes().map(|digit| char::from(digit + b'g' - b'0')).collect()
        };
        let lines: String = (0..MOST_PATTERNS + 50)
            .map(|at| format!("+5.0 [0 10.0.0.1:1] \"GET\" \"{}\"\n", letters(at)))
            .collect();
        let trace = traced(&lines);
        assert_eq!((trace.patterns.len(), trace.keys.len()), (MOST_PATTERNS + 1, MOST_PATTERNS + 50));
        assert_eq!(trace.patterns.last().unwrap(), OTHER_PATTERN);
    }
}
