//! The text that `INFO` answers with.

use std::collections::HashMap;

use thiserror::Error;

/// The fields of `INFO` that a sample is made of, counters counted from the server's own start.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Info<'text> {
    /// Changes with every start of the server; not told by every server that speaks Redis' protocol.
    pub(super) run_id: Option<&'text str>,
    pub(super) keyspace_hits: u64,
    pub(super) keyspace_misses: u64,
    pub(super) evicted_keys: u64,
    pub(super) commands_processed: u64,
    pub(super) used_memory_bytes: u64,
    pub(super) fragmentation_ratio: f64,
    pub(super) connected_clients: u32,
}

/// Why a text is not the answer to `INFO`.
#[derive(Debug, Error, PartialEq, Eq)]
pub(super) enum InfoError {
    /// A field is not there.
    #[error("its INFO has no `{0}`")]
    Missing(&'static str),
    /// A field is there and holds something else.
    #[error("its INFO has no number in `{0}`")]
    NotANumber(&'static str),
}

/// Reads the answer to `INFO`: sections of `name:value` lines, in any order; other lines are passed over.
///
/// # Errors
/// [`InfoError`] for the first field that is missing or not a number.
pub(super) fn parse_info(text: &str) -> Result<Info<'_>, InfoError> {
    let fields = fields(text);
    let whole = |name| number::<u64>(&fields, name);
    let fragmentation_ratio = number::<f64>(&fields, "mem_fragmentation_ratio")?;
    if !fragmentation_ratio.is_finite() {
        return Err(InfoError::NotANumber("mem_fragmentation_ratio"));
    }
    Ok(Info {
        run_id: fields.get("run_id").copied(),
        keyspace_hits: whole("keyspace_hits")?,
        keyspace_misses: whole("keyspace_misses")?,
        evicted_keys: whole("evicted_keys")?,
        commands_processed: whole("total_commands_processed")?,
        used_memory_bytes: whole("used_memory")?,
        fragmentation_ratio,
        connected_clients: number(&fields, "connected_clients")?,
    })
}

/// Name and version of the server, as in `7.0.15` for Redis itself and `Valkey 8.0.1` for a relative, whose
/// `redis_version` is only what it is compatible with.
pub(super) fn parse_version(text: &str) -> Option<String> {
    let fields = fields(text);
    for (field, name) in [("valkey_version", "Valkey"), ("dragonfly_version", "Dragonfly")] {
        if let Some(version) = fields.get(field) {
            return Some(format!("{name} {version}"));
        }
    }
    fields.get("redis_version").map(|version| (*version).to_owned())
}

/// The same from the answer to `HELLO`, where Valkey tells its own name and version.
pub(super) fn greeted_version(server: &str, version: &str) -> Option<String> {
    match (server, version) {
        (_, "") => None,
        ("valkey", version) => Some(format!("Valkey {version}")),
        (_, version) => Some(version.to_owned()),
    }
}

/// What changes with every start of the server; not told by every server that speaks Redis' protocol.
pub(super) fn parse_run_id(text: &str) -> Option<&str> {
    fields(text).get("run_id").copied()
}

/// A server's place among others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Role {
    pub(super) is_cluster_node: bool,
    pub(super) is_replica: bool,
    /// Host and port of the server that a replica copies.
    pub(super) primary: Option<String>,
    /// How many replicas copy it.
    pub(super) replicas: u64,
}

impl Role {
    /// What the server is, as a clause.
    pub(super) fn told(&self) -> String {
        match (&self.primary, self.is_replica) {
            (Some(primary), _) => format!("the server is a replica of {primary}"),
            (None, true) => "the server is a replica".to_owned(),
            (None, false) if self.is_cluster_node => "the server is one node of a cluster".to_owned(),
            (None, false) => "the server stands alone".to_owned(),
        }
    }
}

/// What a server tells of its place; what it does not tell is taken to be none.
pub(super) fn parse_role(text: &str) -> Role {
    let fields = fields(text);
    let is = |name: &str, said: &str| fields.get(name).is_some_and(|value| *value == said);
    let is_replica = is("role", "slave") || is("role", "replica");
    let primary = fields.get("master_host").zip(fields.get("master_port"));
    Role {
        is_cluster_node: is("cluster_enabled", "1"),
        is_replica,
        primary: primary.filter(|_| is_replica).map(|(host, port)| format!("{host}:{port}")),
        replicas: number(&fields, "connected_slaves").unwrap_or_default(),
    }
}

pub(super) fn fields(text: &str) -> HashMap<&str, &str> {
    text.lines().filter_map(|line| line.trim_end().split_once(':')).collect()
}

fn number<N: std::str::FromStr>(fields: &HashMap<&str, &str>, name: &'static str) -> Result<N, InfoError> {
    let value = fields.get(name).ok_or(InfoError::Missing(name))?;
    value.parse().map_err(|_| InfoError::NotANumber(name))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const REDIS_6: &str = include_str!("fixtures/redis-6.2.info");
    const REDIS_7: &str = include_str!("fixtures/redis-7.0.info");
    const VALKEY_8: &str = include_str!("fixtures/valkey-8.0.info");

    #[test]
    fn a_whole_answer_of_redis_7_is_read() {
        // As the server gave it, but for what names its machine.
        let info = parse_info(REDIS_7).unwrap();
        assert_eq!(info.run_id.map(str::len), Some(40));
        assert_eq!((info.keyspace_hits, info.keyspace_misses, info.evicted_keys), (1, 1, 0));
        assert_eq!((info.commands_processed, info.used_memory_bytes), (3, 966_296));
        assert_eq!((info.fragmentation_ratio, info.connected_clients), (13.9, 1));
        assert_eq!(parse_version(REDIS_7).unwrap(), "7.0.15");
    }

    #[test]
    fn answers_of_redis_6_and_of_valkey_8_are_read() {
        let redis = parse_info(REDIS_6).unwrap();
        assert_eq!((redis.keyspace_hits, redis.keyspace_misses, redis.evicted_keys), (9_000, 1_000, 3));
        assert_eq!((redis.commands_processed, redis.connected_clients), (123_456, 12));
        assert_eq!((redis.used_memory_bytes, redis.fragmentation_ratio), (7_340_032, 1.5));
        assert_eq!(parse_version(REDIS_6).unwrap(), "6.2.14");

        let valkey = parse_info(VALKEY_8).unwrap();
        assert_eq!((valkey.keyspace_hits, valkey.keyspace_misses), (150, 50));
        assert_eq!((valkey.used_memory_bytes, valkey.fragmentation_ratio), (1_048_576, 12.0));
        assert_eq!(parse_version(VALKEY_8).unwrap(), "Valkey 8.0.1");
    }

    #[test]
    fn a_greeting_names_the_version_as_info_does() {
        assert_eq!(greeted_version("redis", "7.0.15"), parse_version(REDIS_7));
        assert_eq!(greeted_version("valkey", "8.0.1"), parse_version(VALKEY_8));
        assert_eq!(greeted_version("valkey", ""), parse_version(""));
    }

    #[test]
    fn a_servers_place_among_others_is_read() {
        assert_eq!(parse_role(REDIS_7), Role::default());
        let replica = "role:slave\r\nmaster_host:10.0.0.1\r\nmaster_port:6379\r\ncluster_enabled:1\r\n";
        let primary = Some("10.0.0.1:6379".to_owned());
        assert_eq!(
            parse_role(replica),
            Role { is_cluster_node: true, is_replica: true, primary, replicas: 0 }
        );
        assert_eq!(parse_role("role:master\nconnected_slaves:2").replicas, 2);
        assert_eq!(parse_role("connected_slaves:-1\nrole"), Role::default());
    }

    #[test]
    fn lines_may_end_as_on_the_wire() {
        let on_the_wire = REDIS_6.replace('\n', "\r\n");
        assert_eq!(parse_info(&on_the_wire), parse_info(REDIS_6));
    }

    #[test]
    fn what_is_missing_or_no_number_is_named() {
        assert_eq!(parse_info(""), Err(InfoError::Missing("mem_fragmentation_ratio")));
        let without = REDIS_6.replace("evicted_keys", "expelled_keys");
        assert_eq!(parse_info(&without), Err(InfoError::Missing("evicted_keys")));
        for value in ["-1", "9000.5", "many", "", "99999999999999999999999"] {
            let broken = REDIS_6.replace("keyspace_hits:9000", &format!("keyspace_hits:{value}"));
            assert_eq!(parse_info(&broken), Err(InfoError::NotANumber("keyspace_hits")), "{value}");
        }
        for value in ["nan", "-nan", "inf", "1,5"] {
            let broken = REDIS_6.replace("ratio:1.50", &format!("ratio:{value}"));
            assert_eq!(parse_info(&broken), Err(InfoError::NotANumber("mem_fragmentation_ratio")), "{value}");
        }
    }

    #[test]
    fn a_server_that_tells_no_run_id_is_read_all_the_same() {
        let without = REDIS_6.replace("run_id", "start_id");
        assert_eq!(parse_info(&without).unwrap().run_id, None);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "(?s).{0,300}") {
            let _ = (parse_info(&text), parse_version(&text), parse_role(&text));
        }

        #[test]
        fn an_answer_cut_anywhere_is_read_without_panic(length in 0..REDIS_7.len()) {
            let _ = REDIS_7.get(..length).map(parse_info);
        }
    }
}
