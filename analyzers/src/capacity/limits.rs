//! Which limit was reached at the lowest load.

use aforo_model::{Answer, FirstLimit, Limit};

use super::SeenLevel;
use super::readings::Readings;
use crate::wording::percent;

/// Share of all cores that one part uses when CPU is its limit: from here on queueing makes response times grow much
/// faster than load. The critical threshold of `cpu-high`.
const CPU_RATIO: f64 = 0.85;
/// Share of the cores from which a machine has none left to give. What uses them most is then at its limit too.
const FULL_HOST_RATIO: f64 = 0.90;
/// Share of all cores below which a part is not what filled the machine.
const NOTABLE_RATIO: f64 = 0.20;
/// The critical threshold of `connections-near-limit`: the last connections are kept for superusers.
const CONNECTION_USE: f64 = 0.95;
/// Backends that wait for a lock on average, at the least, …
const LOCK_WAITING: f64 = 1.0;
/// … and as a share of those that run a statement. A tenth of the sessions waiting for locks is where Postgres
/// operations look for the session that holds them; a quarter is a limit.
const LOCK_WAITING_RATIO: f64 = 0.25;

/// The limit that was reached at the lowest load, with what was seen there.
pub(super) fn first(levels: &[SeenLevel<'_>]) -> Answer<FirstLimit> {
    for seen in levels {
        let mut reached = reached(&seen.readings);
        if reached.is_empty() {
            continue;
        }
        let (limit, what) = reached.remove(0);
        return Answer::Found(FirstLimit {
            limit,
            demand: seen.level.demand,
            seen: what,
            also: reached.into_iter().map(|(limit, _)| limit).collect(),
        });
    }
    let watched = levels.iter().any(|seen| !seen.readings.samples.is_empty());
    Answer::absent(if watched {
        "none of CPU, Postgres connections and lock waits came to its limit; where throughput stopped growing all the \
         same, the target waits for something that is not watched, such as its connection pool, a lock of its own or \
         another service"
    } else {
        "no resources were watched"
    })
}

/// Every limit reached, the most telling first: connections and locks, then CPU by how much is used.
fn reached(readings: &Readings<'_>) -> Vec<(Limit, String)> {
    let mut reached = Vec::new();
    if let Some(used) = readings.connection_use.filter(|used| *used >= CONNECTION_USE) {
        reached.push((
            Limit::PostgresConnections,
            format!("Postgres had {} of its connections in use", percent(used)),
        ));
    }
    let lock_waits = readings.lock_waiting_mean.zip(readings.active_mean);
    if let Some((waiting, active)) = lock_waits
        && waiting >= LOCK_WAITING
        && waiting >= LOCK_WAITING_RATIO * active
    {
        reached.push((
            Limit::LockWaits,
            format!("{waiting:.1} of {active:.1} working connections waited for a lock"),
        ));
    }
    reached.extend(cpu(readings));
    reached
}

/// CPU of one part.
struct Part {
    limit: Limit,
    name: &'static str,
    cores: f64,
    /// What it may use: a quota, or the cores of its machine.
    allowed_cores: f64,
    /// Its share of this machine, 0–1; nothing of a part that is elsewhere.
    machine_ratio: f64,
}

impl Part {
    fn ratio(&self) -> f64 {
        self.cores / self.allowed_cores
    }
}

/// The parts whose CPU is at its limit, the one that uses most of what it may first.
fn cpu(readings: &Readings<'_>) -> Vec<(Limit, String)> {
    let of_machine = |cores: Option<f64>| cores.unwrap_or(0.0) / readings.core_count;
    let part = |limit, name, cores: Option<f64>| Part {
        limit,
        name,
        cores: cores.unwrap_or(0.0),
        allowed_cores: readings.core_count,
        machine_ratio: of_machine(cores),
    };
    let target = part(Limit::TargetCpu, "the target", readings.target_cores);
    let target = Part {
        allowed_cores: readings.target_allowed_cores.unwrap_or(readings.core_count),
        machine_ratio: if readings.is_elsewhere { 0.0 } else { target.machine_ratio },
        ..target
    };
    let mut parts = [
        target,
        part(Limit::PostgresCpu, "Postgres", readings.postgres_cores),
        part(Limit::Generator, "Aforo itself", readings.generator_cores),
    ];
    parts.sort_by(|left, right| right.ratio().total_cmp(&left.ratio()));
    let host = readings.host_ratio.unwrap_or(0.0);
    let rivals = [of_machine(readings.redis_cores), of_machine(readings.other_cores())];
    let largest = parts.iter().map(|part| part.machine_ratio).chain(rivals).fold(NOTABLE_RATIO, f64::max);
    // On a full machine only the largest part is its limit; the others would use less without it. Where programs
    // that are not watched filled it, no part of the target is.
    let fills_host = |part: &Part| host >= FULL_HOST_RATIO && part.machine_ratio >= largest;
    let at_limit = parts.iter().filter(|part| part.ratio() >= CPU_RATIO || fills_host(part));
    at_limit
        .map(|part| {
            let full = if part.ratio() >= CPU_RATIO {
                String::new()
            } else {
                format!(" of a machine that was {} busy, more than any other part", percent(host))
            };
            let seen = format!("{} used {:.2} of {} cores{full}", part.name, part.cores, part.allowed_cores);
            (part.limit, seen)
        })
        .collect()
}
