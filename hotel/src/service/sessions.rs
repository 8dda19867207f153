//! What the bot remembers of a conversation, per phone, in Redis; and the copy of it that leaks.

use std::sync::{Mutex, PoisonError};

use chrono::NaiveDate;
use redis::aio::ConnectionManager;
use serde::{Deserialize, Serialize};

use crate::nlu::Understanding;

/// A conversation that was silent for half an hour starts anew.
const SESSION_TTL_SECONDS: u64 = 30 * 60;
/// What the leak keeps of each message, in bytes.
const TRANSCRIPT_BYTES: usize = 4096;

/// What a guest said before.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Session {
    pub(crate) messages: u32,
    pub(crate) check_in: Option<NaiveDate>,
    pub(crate) check_out: Option<NaiveDate>,
    pub(crate) guests: Option<u8>,
}

impl Session {
    /// Adds a message: what it says replaces what was said before, what it leaves open stays.
    pub(crate) fn hear(&mut self, understood: &Understanding) {
        self.messages = self.messages.saturating_add(1);
        if understood.check_in.is_some() {
            self.check_in = understood.check_in;
            self.check_out = understood.check_out;
        } else if understood.check_out.is_some() {
            self.check_out = understood.check_out;
        }
        self.guests = understood.guests.or(self.guests);
    }
}

/// All sessions.
pub(crate) struct Sessions {
    redis: ConnectionManager,
    transcripts: Transcripts,
}

/// Whether a copy of every message stays in memory.
enum Transcripts {
    /// Tuned: Redis has the session, nothing else is kept.
    Dropped,
    /// Flaw `memory-leak`: kept for ever.
    Kept(Mutex<Vec<Vec<u8>>>),
}

impl Sessions {
    pub(crate) fn new(redis: ConnectionManager, memory_leak: bool) -> Self {
        let transcripts =
            if memory_leak { Transcripts::Kept(Mutex::default()) } else { Transcripts::Dropped };
        Self { redis, transcripts }
    }

    /// The session of a phone. Without Redis every message is the first one: the bot still answers.
    pub(crate) async fn load(&self, phone: &str) -> Session {
        let stored: redis::RedisResult<Option<String>> =
            redis::cmd("GET").arg(key(phone)).query_async(&mut self.redis.clone()).await;
        match stored {
            Ok(json) => json.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default(),
            Err(error) => {
                tracing::warn!(%error, "a session could not be read");
                Session::default()
            }
        }
    }

    /// Keeps the session of a phone for the next message.
    pub(crate) async fn store(&self, phone: &str, session: &Session) {
        let json = serde_json::to_string(session).unwrap_or_default();
        self.transcripts.keep(phone, &json);
        let stored: redis::RedisResult<()> = redis::cmd("SET")
            .arg(key(phone))
            .arg(json)
            .arg("EX")
            .arg(SESSION_TTL_SECONDS)
            .query_async(&mut self.redis.clone())
            .await;
        if let Err(error) = stored {
            tracing::warn!(%error, "a session could not be stored");
        }
    }
}

impl Transcripts {
    fn keep(&self, phone: &str, session: &str) {
        let Transcripts::Kept(kept) = self else { return };
        let mut transcript = format!("{phone} {session}").into_bytes();
        transcript.resize(TRANSCRIPT_BYTES, b' ');
        kept.lock().unwrap_or_else(PoisonError::into_inner).push(transcript);
    }
}

fn key(phone: &str) -> String {
    format!("session:{phone}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nlu::Intent;

    fn understood(
        check_in: Option<NaiveDate>,
        check_out: Option<NaiveDate>,
        guests: Option<u8>,
    ) -> Understanding {
        Understanding { intent: Intent::CheckAvailability, confidence: 1.0, check_in, check_out, guests }
    }

    #[test]
    fn a_later_message_fills_in_what_an_earlier_one_left_open() {
        let [arrival, departure, later] = [2, 5, 9].map(|day| NaiveDate::from_ymd_opt(2027, 1, day));
        let mut session = Session::default();
        session.hear(&understood(arrival, None, None));
        session.hear(&understood(None, None, Some(3)));
        assert_eq!(session, Session { messages: 2, check_in: arrival, check_out: None, guests: Some(3) });
        session.hear(&understood(None, departure, None));
        assert_eq!((session.check_in, session.check_out), (arrival, departure), "the end that was asked for");
        session.hear(&understood(later, None, None));
        assert_eq!((session.check_in, session.check_out), (later, None), "another stay");
    }

    #[test]
    fn only_the_leak_keeps_transcripts() {
        let leaking = Transcripts::Kept(Mutex::default());
        for _ in 0..10 {
            leaking.keep("+34600000001", "{}");
            Transcripts::Dropped.keep("+34600000001", "{}");
        }
        let Transcripts::Kept(kept) = leaking else { unreachable!() };
        let kept = kept.into_inner().unwrap();
        assert_eq!(kept.iter().map(Vec::len).sum::<usize>(), 10 * TRANSCRIPT_BYTES);
    }
}
