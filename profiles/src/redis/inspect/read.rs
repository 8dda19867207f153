//! Everything that can be read from a cache at one time.

use std::collections::BTreeMap;
use std::time::Duration;

use aforo_model::cache::{AccessTracking, CacheEvidence, CacheServer, Durability};
use aforo_model::database::Skipped;
use chrono::Utc;

use super::counters::Facts;
use super::error::{CacheError, Refusal};
use super::place::Place;
use super::session::Session;
use super::window::CacheWatch;
use super::{compression, sample, slow_log, window};

/// Settings that are asked for.
const SETTINGS: [&str; 7] = [
    "maxmemory",
    "maxmemory-policy",
    "lfu-log-factor",
    "lfu-decay-time",
    "slowlog-log-slower-than",
    "maxclients",
    "activedefrag",
];

/// What reading a cache may cost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CacheReadOptions {
    /// Keys that are sampled at most, over all databases; none for 0.
    pub max_keys: u64,
    /// How long sampling may take.
    pub max_sample_time: Duration,
    /// Whether parts of large values are read, to see how they shrink. It makes them used just now for the server.
    pub read_values: bool,
}

impl Default for CacheReadOptions {
    /// 20,000 keys in 3 s, and no values.
    fn default() -> Self {
        Self { max_keys: 20_000, max_sample_time: Duration::from_secs(3), read_values: false }
    }
}

/// Reads everything that the user may read from the Redis at `url`, and names the rest. `watch` is the first reading of a
/// window; without it, counters are those since the server started.
///
/// # Errors
/// When the server is not reached. A part that cannot be read is no error: it is absent and in `skipped`.
pub async fn read_cache(
    url: &str,
    options: &CacheReadOptions,
    watch: Option<&CacheWatch>,
) -> Result<CacheEvidence, CacheError> {
    let read_at = Utc::now();
    let mut session = Session::open(url).await?;
    let user = session.user.clone();
    let mut skipped = Vec::new();
    // First of all: what follows is counted, too.
    let facts = window::facts(&mut session).await;
    let mut facts = kept(&mut skipped, facts, "counters", &user, "+info");
    let counters = facts.as_mut().and_then(|facts| counters(facts, watch, &mut skipped));
    let settings = settings(&mut session).await;
    let settings = kept(&mut skipped, settings, "settings", &user, "+config|get");
    let entries = kept(&mut skipped, slow_log::read(&mut session).await, "slow-log", &user, "+slowlog|get");
    let place = Place::of(&mut session, facts.as_ref()).await;
    skipped.extend(place.not_seen());
    let key_counts = key_counts(&mut session, facts.as_ref(), &mut skipped).await;
    let mut taken = None;
    if options.max_keys > 0
        && let Some(key_counts) = &key_counts
        && kept(&mut skipped, place.allow_reading(&mut session).await, "keys", &user, "+readonly").is_some()
    {
        let bounds = sample::Bounds { keys: options.max_keys, time: options.max_sample_time };
        let tracking = tracking(&place, facts.as_ref(), settings.as_ref());
        taken = sample::sample(&mut session, key_counts, bounds, tracking, &mut skipped).await;
    }
    if options.read_values
        && let Some((_, named)) = &mut taken
    {
        compression::measure(&mut session, named).await;
    }
    let since = watch.map(|watch| watch.began_at);
    Ok(CacheEvidence {
        read_at,
        server: server(&session, place),
        counters,
        memory: facts.as_ref().and_then(|facts| facts.memory.clone()),
        durability: facts.as_ref().map_or_else(Durability::default, |facts| facts.durability),
        settings,
        // Its times are whole seconds.
        slow_log: entries.map(|entries| {
            entries
                .into_iter()
                .filter(|entry| since.is_none_or(|since| entry.at.timestamp() >= since.timestamp()))
                .collect()
        }),
        key_counts: key_counts.unwrap_or_default(),
        sample: taken.map(|(mut sample, named)| {
            sample.keys = named.into_iter().map(|named| named.key).collect();
            sample
        }),
        skipped,
    })
}

/// A part, or nothing and its reason.
fn kept<T>(
    skipped: &mut Vec<Skipped>,
    part: Result<T, Refusal>,
    what: &str,
    user: &str,
    rule: &str,
) -> Option<T> {
    part.map_err(|refusal| skipped.push(refusal.into_skipped(what, user, rule))).ok()
}

fn counters(
    facts: &mut Facts,
    watch: Option<&CacheWatch>,
    skipped: &mut Vec<Skipped>,
) -> Option<aforo_model::cache::CacheCounters> {
    if facts.counters.is_none() {
        skipped.push(Skipped {
            what: "counters".to_owned(),
            why: "the server's INFO does not have Redis' counters".to_owned(),
            remedy: "use Redis 4 or newer, or Valkey".to_owned(),
        });
    }
    match watch {
        Some(watch) => watch.until(facts).or_else(|| facts.counters.take()),
        None => facts.counters.take(),
    }
}

async fn settings(session: &mut Session) -> Result<BTreeMap<String, String>, Refusal> {
    let mut settings = BTreeMap::new();
    // One by one: several at once are understood from Redis 7 on only.
    for name in SETTINGS {
        settings.extend(
            session.ask::<BTreeMap<String, String>>(redis::cmd("CONFIG").arg("GET").arg(name)).await?,
        );
    }
    Ok(settings)
}

fn server(session: &Session, place: Place) -> CacheServer {
    CacheServer {
        address: session.address.clone(),
        version: place.version,
        is_cluster_node: place.role.is_cluster_node,
        is_replica: place.role.is_replica,
    }
}

/// Keys by database: of all, else of the one that the URL names.
async fn key_counts(
    session: &mut Session,
    facts: Option<&Facts>,
    skipped: &mut Vec<Skipped>,
) -> Option<BTreeMap<u32, u64>> {
    if let Some(facts) = facts {
        return Some(facts.key_counts.clone());
    }
    let count = match session.select(session.named_database).await {
        Ok(()) => session.ask::<u64>(&redis::cmd("DBSIZE")).await,
        Err(refusal) => Err(refusal),
    };
    let count = kept(skipped, count, "key-counts", &session.user.clone(), "+info +select +dbsize")?;
    Some(BTreeMap::from([(session.named_database, count)]))
}

/// What the server tracks, and what it would under an LFU policy. A replica tracks only what is read from it: keys that are read on
/// its primary would look unused.
fn tracking(
    place: &Place,
    facts: Option<&Facts>,
    settings: Option<&BTreeMap<String, String>>,
) -> (AccessTracking, AccessTracking) {
    if place.role.is_replica {
        return (AccessTracking::Unknown, AccessTracking::Unknown);
    }
    let setting = |name: &str| settings.and_then(|settings| settings.get(name));
    let number = |name: &str| setting(name).and_then(|value| value.parse().ok());
    let frequency = AccessTracking::Frequency {
        log_factor: number("lfu-log-factor"),
        decay_time_min: number("lfu-decay-time"),
    };
    let told = facts.and_then(|facts| facts.memory.as_ref()).and_then(|memory| memory.policy.clone());
    let is_lfu =
        told.or_else(|| setting("maxmemory-policy").cloned()).is_some_and(|policy| policy.ends_with("lfu"));
    (if is_lfu { frequency } else { AccessTracking::IdleTime }, frequency)
}
