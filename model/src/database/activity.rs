//! What sessions waited for while a window was watched.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Client sessions of one database seen several times a second (active session history), Aforo's own left out.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ActivityWindow {
    /// Readings taken.
    pub readings: u64,
    /// Readings that were due and not taken, because the server or Aforo was late.
    pub missed_readings: u64,
    /// From the first to the last reading, in seconds.
    pub elapsed_s: f64,
    /// What active sessions were doing: running, or waiting for something. The most frequent first.
    pub waits: Vec<WaitCount>,
    /// Who blocked whom. The longest first.
    pub blocking: Vec<BlockingChain>,
    /// Sessions by state, in readings.
    pub states: Vec<SessionGroup>,
    /// The largest number of client sessions seen at once.
    pub peak_sessions: u64,
    /// The largest number of active client sessions seen at once.
    pub peak_active_sessions: u64,
    /// The largest number of sessions at once whose state the role may not see; what they did is in no other field.
    pub hidden_sessions: u64,
}

/// How often active sessions were seen doing one thing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WaitCount {
    /// `CPU` where it waited for nothing, else `Lock`, `IO`, `LWLock`, `Client`, …
    pub event_type: String,
    /// Name of the event; empty where it waited for nothing.
    pub event: String,
    /// The statement by Postgres' own identity (14 and later).
    pub query_id: Option<i64>,
    /// Sessions seen doing it, summed over readings.
    pub sightings: u64,
}

/// What active sessions were doing, all statements together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EventShare {
    /// `CPU` where they waited for nothing, else such as `Lock:transactionid`.
    pub event: String,
    /// Share of all sightings of active sessions, 0–1.
    pub ratio: f64,
}

impl ActivityWindow {
    /// What active sessions were doing, the most frequent first; empty when none was seen.
    pub fn event_shares(&self) -> Vec<EventShare> {
        let mut events: BTreeMap<String, u64> = BTreeMap::new();
        for wait in &self.waits {
            let event = match wait.event.as_str() {
                "" => wait.event_type.clone(),
                event => format!("{}:{event}", wait.event_type),
            };
            *events.entry(event).or_default() += wait.sightings;
        }
        let total: u64 = events.values().sum();
        let mut shares: Vec<EventShare> = events
            .into_iter()
            .map(|(event, sightings)| EventShare { event, ratio: sightings as f64 / total as f64 })
            .collect();
        shares.sort_by(|one, other| other.ratio.total_cmp(&one.ratio));
        shares
    }
}

/// One statement that kept another waiting for a lock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BlockingChain {
    /// The last statement of the head of the chain, by Postgres' own identity (14 and later), which finds its text in
    /// `pg_stat_statements`; a text of its own would hold private data. It may long have ended while its transaction
    /// goes on.
    pub blocker_query_id: Option<i64>,
    /// The head's state, such as `idle in transaction`.
    pub blocker_state: Option<String>,
    /// The statement that waited, by the same identity.
    pub blocked_query_id: Option<i64>,
    /// Readings in which it was seen.
    pub sightings: u64,
    /// The longest time one session was seen waiting, in seconds.
    pub longest_s: f64,
    /// Most sessions that waited for one head at once.
    pub widest: u64,
}

/// Sessions in one state, summed over readings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SessionGroup {
    /// `active`, `idle`, `idle in transaction`, …
    pub state: String,
    /// Sessions seen in it, summed over readings.
    pub sightings: u64,
}
