//! What the server says of itself before and after a trace.

use std::collections::HashMap;
use std::time::Duration;

use aforo_model::cache::{RecordingCost, ServerCounters, ServerPace, TracedServer};
use redis::AsyncConnectionConfig;
use redis::Client;
use redis::aio::MultiplexedConnection;
use tokio::time::Instant;

use crate::redis::info::{Role, parse_role};

/// The longest that a question may take.
const ANSWER_LIMIT: Duration = Duration::from_secs(2);
/// Fewer commands say nothing of what one costs.
const FEWEST_COMMANDS: f64 = 100.0;

/// One answer to `INFO`, with its time.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    at: Instant,
    role: Role,
    fields: HashMap<String, String>,
}

/// Asks a server. What it does not tell is absent: a trace goes without.
pub(super) struct ServerFigures {
    connection: MultiplexedConnection,
    /// As the server sees this connection.
    pub(super) own_address: Option<String>,
}

impl ServerFigures {
    pub(super) async fn connect(client: &Client) -> Option<Self> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(ANSWER_LIMIT))
            .set_response_timeout(Some(ANSWER_LIMIT));
        let mut connection = client.get_multiplexed_async_connection_with_config(&config).await.ok()?;
        // From Redis 6.2; older ones do not tell, and nothing that is asked here names a key.
        let own: Option<String> = redis::cmd("CLIENT").arg("INFO").query_async(&mut connection).await.ok();
        let address =
            |text: String| Some(text.split(' ').find_map(|field| field.strip_prefix("addr="))?.to_owned());
        Some(Self { connection, own_address: own.and_then(address) })
    }

    pub(super) async fn read(&mut self) -> Option<Reading> {
        let text: String = redis::cmd("INFO").query_async(&mut self.connection).await.ok()?;
        let pair = |line: &str| {
            let (name, value) = line.trim_end().split_once(':')?;
            Some((name.to_owned(), value.to_owned()))
        };
        let role = parse_role(&text);
        Some(Reading { at: Instant::now(), role, fields: text.lines().filter_map(pair).collect() })
    }
}

impl Reading {
    fn number(&self, name: &str) -> Option<f64> {
        self.fields.get(name)?.parse().ok().filter(|number: &f64| number.is_finite())
    }

    /// By how much a counter grew; absent when the server restarted or its counters were reset in between.
    fn growth(&self, since: &Self, name: &str) -> Option<f64> {
        let is_same_start = self.fields.get("run_id") == since.fields.get("run_id");
        let growth = self.number(name)? - since.number(name)?;
        (is_same_start && growth >= 0.0).then_some(growth)
    }

    fn pace(&self, since: &Self) -> Option<ServerPace> {
        let duration_s = (self.at - since.at).as_secs_f64();
        let commands = self.growth(since, "total_commands_processed")?;
        let cpu_s = self.growth(since, "used_cpu_sys")? + self.growth(since, "used_cpu_user")?;
        (duration_s > 0.0).then(|| ServerPace {
            duration_s,
            commands_per_s: commands / duration_s,
            cpu_cores: cpu_s / duration_s,
            cpu_us_per_command: (commands >= FEWEST_COMMANDS).then(|| cpu_s * 1e6 / commands),
        })
    }

    fn counters(&self, since: &Self) -> Option<ServerCounters> {
        let count = |name| self.growth(since, name).map(|growth| growth as u64);
        Some(ServerCounters {
            keyspace_hits: count("keyspace_hits")?,
            keyspace_misses: count("keyspace_misses")?,
            evicted_keys: count("evicted_keys")?,
            expired_keys: count("expired_keys")?,
        })
    }
}

/// What three readings tell: before the quiet time, at the start of the trace and at its end.
pub(super) fn traced_server(
    before: Option<&Reading>,
    start: Option<&Reading>,
    end: Option<&Reading>,
) -> TracedServer {
    let Some(start) = start else { return TracedServer::default() };
    let bytes = |name| start.number(name).map(|bytes| bytes as u64);
    let during = end.and_then(|end| end.pace(start));
    TracedServer {
        is_cluster_node: start.role.is_cluster_node,
        is_replica: start.role.is_replica,
        maxmemory_bytes: bytes("maxmemory").filter(|limit| *limit > 0),
        maxmemory_policy: start.fields.get("maxmemory_policy").cloned(),
        startup_memory_bytes: bytes("used_memory_startup"),
        used_memory_bytes: bytes("used_memory"),
        counters: end.and_then(|end| end.counters(start)),
        cost: before
            .and_then(|before| start.pace(before))
            .zip(during)
            .map(|(before, during)| RecordingCost { before, during }),
    }
}
