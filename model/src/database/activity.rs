//! What sessions waited for while a window was watched.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Sessions seen several times a second (active session history).
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

/// One statement that kept another waiting for a lock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BlockingChain {
    /// The statement at the head of the chain, constants removed, as far as it may be read. It may long have ended
    /// while its transaction goes on.
    pub blocker: Option<String>,
    /// The head's state, such as `idle in transaction`.
    pub blocker_state: Option<String>,
    /// The statement that waited.
    pub blocked: Option<String>,
    /// Times it was seen.
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
