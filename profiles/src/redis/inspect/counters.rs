//! Counters, memory and durability from the answer to `INFO all`.

use std::collections::{BTreeMap, HashMap};
use std::str::FromStr;

use aforo_model::cache::{CacheCounters, CacheMemory, CommandCounters, Durability};

use crate::redis::info::{Role, fields, parse_role, parse_version};

/// An answer to `INFO all`. What a server does not tell is absent.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    pub(super) version: Option<String>,
    pub(super) run_id: Option<String>,
    pub(super) role: Role,
    pub(super) counters: Option<CacheCounters>,
    pub(super) memory: Option<CacheMemory>,
    pub(super) durability: Durability,
    pub(super) key_counts: BTreeMap<u32, u64>,
}

/// Reads the answer to `INFO all`.
pub(super) fn parse(text: &str) -> Facts {
    let fields = fields(text);
    let said = |name: &str, good: &str| fields.get(name).map(|value| *value == good);
    Facts {
        version: parse_version(text),
        run_id: fields.get("run_id").map(|id| (*id).to_owned()),
        role: parse_role(text),
        counters: counters(&fields),
        memory: memory(&fields),
        durability: Durability {
            snapshot_succeeded: said("rdb_last_bgsave_status", "ok"),
            append_succeeded: said("aof_last_write_status", "ok"),
            is_linked_to_primary: said("master_link_status", "up"),
        },
        key_counts: fields.iter().filter_map(|(name, value)| key_count(name, value)).collect(),
    }
}

fn number<N: FromStr>(fields: &HashMap<&str, &str>, name: &str) -> Option<N> {
    fields.get(name)?.parse().ok()
}

fn counters(fields: &HashMap<&str, &str>) -> Option<CacheCounters> {
    let mut commands: Vec<CommandCounters> =
        fields.iter().filter_map(|(name, value)| command(fields, name, value)).collect();
    sort(&mut commands);
    let errors: BTreeMap<String, u64> = fields
        .iter()
        .filter_map(|(name, value)| {
            Some((name.strip_prefix("errorstat_")?.to_owned(), part(value, "count")?))
        })
        .collect();
    Some(CacheCounters {
        covered_s: number::<u64>(fields, "uptime_in_seconds")? as f64,
        is_window: false,
        keyspace_hits: number(fields, "keyspace_hits")?,
        keyspace_misses: number(fields, "keyspace_misses")?,
        evicted_keys: number(fields, "evicted_keys")?,
        expired_keys: number(fields, "expired_keys")?,
        commands_processed: number(fields, "total_commands_processed")?,
        rejected_connections: number(fields, "rejected_connections")?,
        // It came with 6.2, as this counter did.
        errors: fields.contains_key("total_error_replies").then_some(errors),
        commands,
    })
}

/// The one that took most time first.
pub(super) fn sort(commands: &mut [CommandCounters]) {
    commands.sort_by(|one, other| {
        other.exec_time_us.cmp(&one.exec_time_us).then_with(|| one.command.cmp(&other.command))
    });
}

fn command(fields: &HashMap<&str, &str>, name: &str, value: &str) -> Option<CommandCounters> {
    let command = name.strip_prefix("cmdstat_")?;
    let latencies = fields.get(format!("latency_percentiles_usec_{command}").as_str());
    Some(CommandCounters {
        command: command.to_ascii_lowercase(),
        calls: part(value, "calls")?,
        exec_time_us: part(value, "usec")?,
        rejected_calls: part(value, "rejected_calls").unwrap_or_default(),
        failed_calls: part(value, "failed_calls").unwrap_or_default(),
        p99_us: latencies.and_then(|value| part(value, "p99")).filter(|p99: &f64| p99.is_finite()),
    })
}

fn memory(fields: &HashMap<&str, &str>) -> Option<CacheMemory> {
    Some(CacheMemory {
        used_bytes: number(fields, "used_memory")?,
        peak_bytes: number(fields, "used_memory_peak"),
        rss_bytes: number(fields, "used_memory_rss"),
        fragmentation_ratio: number(fields, "mem_fragmentation_ratio")
            .filter(|ratio: &f64| ratio.is_finite())?,
        limit_bytes: number(fields, "maxmemory"),
        policy: fields.get("maxmemory_policy").map(|policy| (*policy).to_owned()),
    })
}

/// `db0` and `keys=12,expires=3,avg_ttl=0`.
fn key_count(name: &str, value: &str) -> Option<(u32, u64)> {
    Some((name.strip_prefix("db")?.parse().ok()?, part(value, "keys")?))
}

/// The value of `name` in `name=value,…`.
fn part<N: FromStr>(text: &str, name: &str) -> Option<N> {
    text.split(',').find_map(|part| part.split_once('=').filter(|(key, _)| *key == name))?.1.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const REDIS_7: &str = include_str!("../fixtures/redis-7.0.info");
    const MORE: &str = "# Commandstats\r\n\
        cmdstat_get:calls=10,usec=50,usec_per_call=5.00,rejected_calls=1,failed_calls=2\r\n\
        cmdstat_config|get:calls=1,usec=90,usec_per_call=90.00,rejected_calls=0,failed_calls=0\r\n\
        # Errorstats\r\nerrorstat_OOM:count=7\r\ntotal_error_replies:7\r\n\
        # Latencystats\r\nlatency_percentiles_usec_get:p50=1.003,p99=9.023,p99.9=11.007\r\n\
        # Keyspace\r\ndb0:keys=12,expires=3,avg_ttl=0\r\ndb3:keys=2,expires=0,avg_ttl=0\r\n";

    #[test]
    fn every_section_is_read() {
        let facts = parse(&format!("{REDIS_7}\r\n{MORE}"));
        let counters = facts.counters.unwrap();
        assert_eq!((counters.keyspace_hits, counters.keyspace_misses), (1, 1));
        assert_eq!(counters.errors.unwrap()["OOM"], 7);
        let commands: Vec<_> =
            counters.commands.iter().map(|line| (line.command.as_str(), line.calls, line.p99_us)).collect();
        assert_eq!(commands[..2], [("config|get", 1, None), ("get", 10, Some(9.023))]);
        assert_eq!((counters.commands[1].rejected_calls, counters.commands[1].failed_calls), (1, 2));
        assert_eq!(facts.key_counts, BTreeMap::from([(0, 12), (3, 2)]));
        assert_eq!(facts.memory.unwrap().used_bytes, 966_296);
    }

    #[test]
    fn what_is_not_told_is_absent_and_never_zero() {
        let facts = parse("");
        assert!(facts.counters.is_none() && facts.memory.is_none() && facts.version.is_none());
        assert_eq!(facts.durability, Durability::default());
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "(?s)((cmdstat_|errorstat_|db|used_memory)?.{0,9}[:=,\n]){0,40}") {
            parse(&text);
        }
    }
}
