//! Sampling keys with `SCAN`, within bounds on keys, time and round trips.
//!
//! None of the commands changes when a key was last used: `SCAN`, `TYPE`, `PTTL`, `MEMORY USAGE` and `OBJECT` do not touch
//! it. `TYPE`, `PTTL` and `OBJECT` do count as look-ups of the server, so its counters are read before.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use aforo_model::cache::{AccessTracking, KeySample, SampleEnd, SampledKey};
use aforo_model::database::Skipped;
use redis::{Pipeline, RedisError, RedisResult, Value};
use tokio::time::{Instant, sleep};

use super::error::{Refusal, refuses_command};
use super::key_name::readable;
use super::session::Session;

/// Keys asked for at a time, so that the server is held for a fraction of a millisecond.
const BATCH: usize = 100;
/// Round trips, each with its pause; a database of few keys in a large table needs many.
const MOST_ROUND_TRIPS: u32 = 2_000;
/// Keys that every database may give, however small it is beside the others.
const FEWEST_KEYS: u64 = 200;

/// What sampling may cost.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) keys: u64,
    pub(super) time: Duration,
}

/// A key with its name as it is.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) raw: Vec<u8>,
    pub(super) key: SampledKey,
}

/// A sample in the making.
struct Sampler<'a> {
    session: &'a mut Session,
    deadline: Instant,
    round_trips: u32,
    tracking: AccessTracking,
    /// The tracking of the LFU policy, should it turn out to be the one.
    frequency: AccessTracking,
    asks_bytes: bool,
    refused_keys: u64,
    /// What the server said of the first of them.
    refused_key: Option<RedisError>,
    /// Databases that may not be turned to, and what the server said of the first of them.
    refused_databases: Vec<u32>,
    refused_database: Option<Refusal>,
    seen: HashSet<(u32, Vec<u8>)>,
    keys: Vec<Named>,
    skipped: Vec<Skipped>,
}

/// Samples keys of all databases. The names as they are come along, for values that are to be read.
pub(super) async fn sample(
    session: &mut Session,
    key_counts: &BTreeMap<u32, u64>,
    bounds: Bounds,
    (tracking, frequency): (AccessTracking, AccessTracking),
    skipped: &mut Vec<Skipped>,
) -> Option<(KeySample, Vec<Named>)> {
    let began = Instant::now();
    let counted_keys: u64 = key_counts.values().sum();
    let mut sampler = Sampler {
        session,
        deadline: began + bounds.time,
        round_trips: 0,
        tracking,
        frequency,
        asks_bytes: true,
        refused_keys: 0,
        refused_key: None,
        refused_databases: Vec::new(),
        refused_database: None,
        seen: HashSet::new(),
        keys: Vec::new(),
        skipped: Vec::new(),
    };
    let mut ended_by = SampleEnd::AllSeen;
    let mut refusal = None;
    for (database, count) in key_counts {
        let share = *count as f64 / counted_keys.max(1) as f64;
        let quota = ((bounds.keys as f64 * share) as u64).max(FEWEST_KEYS.min(bounds.keys));
        match sampler.select_and_sample(*database, quota).await {
            Ok(SampleEnd::AllSeen) => {}
            Ok(end) => ended_by = end,
            Err(refused) => {
                refusal = Some(refused);
                ended_by = SampleEnd::Interrupted;
                break;
            }
        }
        if matches!(ended_by, SampleEnd::TimeOver | SampleEnd::RoundTripsOver) {
            break;
        }
    }
    let total_keys = sampler.readable_keys(key_counts, ended_by);
    let is_empty_handed = sampler.conclude(refusal, ended_by);
    skipped.append(&mut sampler.skipped);
    let (tracking, named) = (sampler.tracking, sampler.keys);
    (!is_empty_handed).then(|| {
        let elapsed_s = began.elapsed().as_secs_f64();
        (KeySample { keys: Vec::new(), total_keys, elapsed_s, ended_by, tracking }, named)
    })
}

impl Sampler<'_> {
    /// Passes over a database that may not be turned to.
    async fn select_and_sample(&mut self, database: u32, quota: u64) -> Result<SampleEnd, Refusal> {
        match self.session.select(database).await {
            Ok(()) => self.database(database, quota).await,
            Err(refusal) if refusal.is_of_connection() => Err(refusal),
            Err(refusal) => {
                self.refused_databases.push(database);
                self.refused_database.get_or_insert(refusal);
                Ok(SampleEnd::AllSeen)
            }
        }
    }

    async fn database(&mut self, database: u32, quota: u64) -> Result<SampleEnd, Refusal> {
        let (mut cursor, mut taken) = (0_u64, 0_u64);
        loop {
            if Instant::now() >= self.deadline {
                return Ok(SampleEnd::TimeOver);
            }
            if self.round_trips >= MOST_ROUND_TRIPS {
                return Ok(SampleEnd::RoundTripsOver);
            }
            let began = Instant::now();
            let (next, found): (u64, Vec<Vec<u8>>) =
                self.session.ask(redis::cmd("SCAN").arg(cursor).arg("COUNT").arg(BATCH)).await?;
            let fresh: Vec<Vec<u8>> =
                found.into_iter().filter(|raw| self.seen.insert((database, raw.clone()))).collect();
            taken += fresh.len() as u64;
            self.round_trips += 1;
            // A server may answer with more than was asked for.
            for batch in fresh.chunks(BATCH) {
                self.round_trips += 1;
                self.describe(database, batch).await?;
            }
            cursor = next;
            if cursor == 0 {
                return Ok(SampleEnd::AllSeen);
            }
            if taken >= quota {
                return Ok(SampleEnd::EnoughKeys);
            }
            // As long a rest as the work took: others get at least half of the server's one thread.
            sleep(began.elapsed().min(self.deadline.saturating_duration_since(Instant::now()))).await;
        }
    }

    /// What is known of each key. A key that is gone meanwhile, or may not be asked about, is left out.
    async fn describe(&mut self, database: u32, names: &[Vec<u8>]) -> Result<(), Refusal> {
        let mut pipeline = Pipeline::new();
        let (tracking, asks_bytes) = (self.tracking, self.asks_bytes);
        for name in names {
            pipeline.cmd("TYPE").arg(name).cmd("PTTL").arg(name);
            if asks_bytes {
                pipeline.cmd("MEMORY").arg("USAGE").arg(name);
            }
            match tracking {
                AccessTracking::IdleTime => pipeline.cmd("OBJECT").arg("IDLETIME").arg(name),
                AccessTracking::Frequency { .. } => pipeline.cmd("OBJECT").arg("FREQ").arg(name),
                AccessTracking::Unknown => &mut pipeline,
            };
        }
        let mut answers = self.session.ask_all(&mut pipeline).await?.into_iter();
        for raw in names {
            let (kind, ttl) = (answers.next(), answers.next());
            let bytes = asks_bytes.then(|| answers.next()).flatten();
            let access = (tracking != AccessTracking::Unknown).then(|| answers.next()).flatten();
            let (Some(kind), Some(ttl)) = (kind, ttl) else { break };
            let (kind, ttl) = match (kind, ttl) {
                (Ok(kind), Ok(ttl)) => (kind, ttl),
                (Err(error), _) | (_, Err(error)) if refuses_command(&error) => {
                    return Err(Refusal::Said(error));
                }
                (Err(error), _) | (_, Err(error)) => {
                    self.refused_keys += 1;
                    self.refused_key.get_or_insert(error);
                    continue;
                }
            };
            let bytes = bytes.and_then(|answer| self.bytes(answer));
            let access = access.and_then(|answer| self.access(answer));
            let (Some(kind), Some(ttl_ms)) = (text(&kind), whole(&ttl)) else { continue };
            // No key, or one that has just expired.
            if kind == "none" || ttl_ms == -2 {
                continue;
            }
            let is_idle = tracking == AccessTracking::IdleTime;
            let key = SampledKey {
                database,
                name: readable(raw),
                kind,
                bytes,
                ttl_ms: u64::try_from(ttl_ms).ok(),
                idle_s: access.filter(|_| is_idle),
                frequency: access.filter(|_| !is_idle).and_then(|counter| u8::try_from(counter).ok()),
                compression: None,
            };
            self.keys.push(Named { raw: raw.clone(), key });
        }
        Ok(())
    }

    fn bytes(&mut self, answer: RedisResult<Value>) -> Option<u64> {
        match answer {
            Ok(value) => whole(&value).and_then(|bytes| u64::try_from(bytes).ok()),
            Err(error) => {
                if refuses_command(&error) && self.asks_bytes {
                    self.asks_bytes = false;
                    self.skip("key-sizes", error, "+memory|usage");
                }
                None
            }
        }
    }

    /// Idle time or counter. Which of them there is depends on a policy that may not be known before the first answer.
    fn access(&mut self, answer: RedisResult<Value>) -> Option<u64> {
        match answer {
            Ok(value) => whole(&value).and_then(|access| u64::try_from(access).ok()),
            Err(error) => {
                if error.to_string().contains("LFU maxmemory policy") {
                    let is_lfu = !error.to_string().contains("not selected");
                    self.tracking = if is_lfu { self.frequency } else { AccessTracking::IdleTime };
                } else if refuses_command(&error) && self.tracking != AccessTracking::Unknown {
                    self.tracking = AccessTracking::Unknown;
                    self.skip("key-accesses", error, "+object|idletime +object|freq");
                }
                None
            }
        }
    }

    fn skip(&mut self, what: &str, error: RedisError, rule: &str) {
        let skipped = Refusal::Said(error).into_skipped(what, &self.session.user, rule);
        self.skipped.push(skipped);
    }

    /// How many keys there are that the user may read. The sample stands for these, and for none that were refused: they need not
    /// be alike.
    fn readable_keys(&self, key_counts: &BTreeMap<u32, u64>, ended_by: SampleEnd) -> u64 {
        let sampled = self.keys.len() as u64;
        if ended_by == SampleEnd::AllSeen {
            return sampled;
        }
        let is_open = |database: &u32| !self.refused_databases.contains(database);
        let counted: u64 =
            key_counts.iter().filter(|(database, _)| is_open(database)).map(|(_, count)| count).sum();
        let share = sampled as f64 / (sampled + self.refused_keys).max(1) as f64;
        ((counted as f64 * share).round() as u64).max(sampled)
    }

    /// Says what was refused: one entry a command. Whether there is no sample is the answer.
    fn conclude(&mut self, refusal: Option<Refusal>, ended_by: SampleEnd) -> bool {
        let is_partial = refusal.is_some() || self.refused_keys > 0 || !self.refused_databases.is_empty();
        let is_empty_handed = self.keys.is_empty() && (is_partial || ended_by != SampleEnd::AllSeen);
        // Under this name, what rests on a sample finds the reason why there is none.
        let named = |what: &'static str| if is_empty_handed { "keys" } else { what };
        if let Some(refusal) = refusal {
            let rules = "+scan +type +pttl +memory|usage +object|idletime +object|freq %R~*";
            self.skipped.push(refusal.into_skipped("keys", &self.session.user, rules));
        } else if is_empty_handed && !is_partial {
            self.skipped.push(Skipped {
                what: "keys".to_owned(),
                why: "no key was seen within the bounds on time and round trips".to_owned(),
                remedy: "allow the sampling more time, or read it again when the server is less busy"
                    .to_owned(),
            });
        }
        if let Some(refusal) = self.refused_database.take() {
            let refused = refusal.into_skipped(named("databases-refused"), &self.session.user, "+select");
            let numbers: Vec<String> = self.refused_databases.iter().map(u32::to_string).collect();
            let why = format!("{}; not sampled: database {}", refused.why, numbers.join(", "));
            self.skipped.push(Skipped { why, ..refused });
        }
        if let Some(error) = self.refused_key.take() {
            let refused =
                Refusal::Said(error).into_skipped(named("keys-refused"), &self.session.user, "%R~*");
            let why = format!(
                "the server did not tell about {} of {} keys that it listed: {}",
                self.refused_keys,
                self.refused_keys + self.keys.len() as u64,
                refused.why
            );
            self.skipped.push(Skipped { why, ..refused });
        }
        is_empty_handed
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::SimpleString(text) => Some(text.clone()),
        Value::BulkString(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        _ => None,
    }
}

fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Int(number) => Some(*number),
        _ => None,
    }
}
