//! Recording a trace.

use std::time::Duration;

use aforo_model::cache::{CacheTrace, TraceEnd};
use redis::IntoConnectionInfo;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use super::TraceError;
use super::monitor_stream::MonitorStream;
use super::server_figures::{Reading, ServerFigures, traced_server};
use super::tracer::Tracer;
use crate::redis::server::client;

/// Watched before the trace, to see what it costs: a fifth of its time, but not longer.
const LONGEST_BEFORE: Duration = Duration::from_secs(2);
/// Further behind the server, it would have to keep much in its own memory.
const MOST_BEHIND_US: u64 = 2_000_000;
/// How often progress is told.
const PROGRESS_EVERY: Duration = Duration::from_millis(500);

/// Where a recording ends, whichever comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceLimits {
    /// How long it may take.
    pub duration: Duration,
    /// Keys read, written or deleted.
    pub accesses: u64,
    /// Bytes received from the server, values included.
    pub bytes: u64,
}

impl Default for TraceLimits {
    fn default() -> Self {
        Self { duration: Duration::from_secs(60), accesses: 200_000, bytes: 512 << 20 }
    }
}

/// How far a recording is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TraceProgress {
    /// Time since its start.
    pub elapsed_s: f64,
    /// Keys read, written or deleted.
    pub accesses: u64,
}

/// Records what the Redis at `url` is asked to do, with `MONITOR`, until a limit is reached or `cancel` says so. The server writes every
/// command to the recorder as well, which costs it throughput: what it cost is in the trace.
///
/// # Errors
/// [`TraceError`] when it cannot begin. A server that goes away ends the trace.
pub async fn record_cache_trace(
    url: &str,
    limits: &TraceLimits,
    cancel: &CancellationToken,
    mut on_progress: impl FnMut(TraceProgress),
) -> Result<CacheTrace, TraceError> {
    let bad_url = |error: redis::RedisError| TraceError::BadUrl(error.to_string());
    let info = url.into_connection_info().map_err(bad_url)?;
    let client = client(url).map_err(bad_url)?;
    // Opened first, and closed again, so that a right that is missing is told before anybody waits.
    drop(MonitorStream::open(&info).await?);
    let mut figures = ServerFigures::connect(&client).await;
    let before = read(&mut figures).await;
    tokio::select! {
        () = sleep((limits.duration / 5).min(LONGEST_BEFORE)) => {}
        () = cancel.cancelled() => {}
    }
    let start = read(&mut figures).await;
    let mut stream = MonitorStream::open(&info).await?;
    let mut tracer = Tracer::new(figures.as_ref().and_then(|figures| figures.own_address.clone()));
    let started = Instant::now();
    let end = receive(&mut stream, &mut tracer, limits, cancel, &mut on_progress).await;
    let duration_s = started.elapsed().as_secs_f64();
    drop(stream);
    let after = read(&mut figures).await;
    Ok(tracer.finish(duration_s, end, traced_server(before.as_ref(), start.as_ref(), after.as_ref())))
}

async fn read(figures: &mut Option<ServerFigures>) -> Option<Reading> {
    match figures {
        Some(figures) => figures.read().await,
        None => None,
    }
}

async fn receive(
    stream: &mut MonitorStream,
    tracer: &mut Tracer,
    limits: &TraceLimits,
    cancel: &CancellationToken,
    on_progress: &mut impl FnMut(TraceProgress),
) -> TraceEnd {
    let started = Instant::now();
    let mut progress_due = started + PROGRESS_EVERY;
    let mut first_at = None;
    let mut bytes = 0;
    loop {
        let (piece, reader) = tokio::select! {
            () = cancel.cancelled() => return TraceEnd::Cancelled,
            () = sleep_until(started + limits.duration) => return TraceEnd::Duration,
            () = sleep_until(progress_due) => {
                progress_due += PROGRESS_EVERY;
                on_progress(TraceProgress {
                    elapsed_s: started.elapsed().as_secs_f64(),
                    accesses: tracer.accesses(),
                });
                continue;
            }
            piece = stream.next() => match piece {
                Ok((piece, reader)) if !piece.is_empty() => (piece, reader),
                Ok(_) | Err(_) => return TraceEnd::Disconnected,
            },
        };
        bytes += piece.len() as u64;
        let mut has_line = false;
        reader.read(piece, |line| {
            has_line = true;
            tracer.take(line);
            tracer.accesses() < limits.accesses
        });
        if tracer.accesses() >= limits.accesses {
            return TraceEnd::Accesses;
        }
        if bytes >= limits.bytes {
            return TraceEnd::Bytes;
        }
        let first_at = *first_at.get_or_insert_with(Instant::now);
        let elapsed_us = u64::try_from(first_at.elapsed().as_micros()).unwrap_or(u64::MAX);
        if has_line && elapsed_us.saturating_sub(tracer.elapsed_us()) > MOST_BEHIND_US {
            return TraceEnd::Behind;
        }
    }
}

#[cfg(test)]
mod tests {
    use aforo_model::cache::{CacheOperation, Lifetime};
    use aforo_sandbox::{Redis, RedisOptions};
    use redis::aio::MultiplexedConnection;

    use super::*;
    use crate::redis::server::connect;

    async fn connected(url: &str) -> MultiplexedConnection {
        // Without time limits, which a busy machine would not keep.
        connect(&client(url).unwrap()).await.unwrap()
    }

    /// Cache-aside: a read, and after a miss a write with a time to live.
    async fn look_up(connection: &mut MultiplexedConnection, key: &str) {
        let found: Option<String> = redis::cmd("GET").arg(key).query_async(connection).await.unwrap();
        if found.is_none() {
            let fill = redis::cmd("SETEX").arg(key).arg(600).arg("x".repeat(200)).clone();
            let () = fill.query_async(connection).await.unwrap();
        }
    }

    async fn use_until(url: String, done: CancellationToken) {
        let mut connection = connected(&url).await;
        let mut at = 0u32;
        while !done.is_cancelled() {
            // Few keys often, many seldom, and the same every time.
            at = at.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let unit = f64::from(at >> 8) / f64::from(1 << 24);
            look_up(&mut connection, &format!("room:{}:price:{}", (unit.powi(3) * 300.0) as u32, at % 2))
                .await;
        }
    }

    async fn record_while_used(url: &str, limits: &TraceLimits) -> CacheTrace {
        let done = CancellationToken::new();
        let user = tokio::spawn(use_until(url.to_owned(), done.clone()));
        let trace = record_cache_trace(url, limits, &CancellationToken::new(), |_| ()).await;
        done.cancel();
        user.await.unwrap();
        trace.unwrap()
    }

    #[tokio::test]
    async fn what_a_real_server_is_asked_is_recorded_without_names() {
        let server = Redis::start(RedisOptions::default()).await.unwrap();
        let limits =
            TraceLimits { duration: Duration::from_secs(30), accesses: 3_000, ..TraceLimits::default() };
        let trace = record_while_used(&server.url(), &limits).await;
        assert_eq!((trace.end, trace.unread_lines, trace.clients), (TraceEnd::Accesses, 0, 1));
        assert_eq!(trace.patterns, ["room:*:price:*"]);
        assert!(trace.keys.iter().all(|key| key.tag.is_some()) && trace.keys.len() > 50);
        let counters = trace.server.counters.unwrap();
        let reads =
            trace.events.iter().filter(|event| matches!(event.operation, CacheOperation::Read { .. }));
        let counted = counters.keyspace_hits + counters.keyspace_misses;
        // A few more may come before the trace begins and after it ends.
        assert!(counted >= reads.count() as u64, "{counters:?}");
        assert!(trace.server.maxmemory_bytes.is_none() && trace.server.maxmemory_policy.is_some());
        let cost = trace.server.cost.unwrap();
        assert!(cost.before.commands_per_s > 0.0 && cost.during.cpu_us_per_command.is_some(), "{cost:?}");
        assert!(!format!("{trace:?}").contains("room:1"), "no name is kept");
        let short = TraceLimits { duration: Duration::from_millis(300), ..TraceLimits::default() };
        assert_eq!(record_while_used(&server.url(), &short).await.end, TraceEnd::Duration);
        let small = TraceLimits { bytes: 20_000, ..limits };
        assert_eq!(record_while_used(&server.url(), &small).await.end, TraceEnd::Bytes);
        server.stop().await;
    }

    #[tokio::test]
    async fn scripts_transactions_large_and_binary_values_are_recorded() {
        let server = Redis::start(RedisOptions::default()).await.unwrap();
        let url = server.url();
        let limits = TraceLimits { duration: Duration::from_secs(30), accesses: 5, ..TraceLimits::default() };
        let cancel = CancellationToken::new();
        let recording = tokio::spawn({
            let url = url.clone();
            async move { record_cache_trace(&url, &limits, &cancel, |_| ()).await }
        });
        let mut connection = connected(&url).await;
        let is_watched = async |connection: &mut MultiplexedConnection| {
            let list: String = redis::cmd("CLIENT").arg("LIST").query_async(connection).await.unwrap();
            list.contains("cmd=monitor")
        };
        // The trace begins after the quiet time; before it a probe of MONITOR comes and goes.
        tokio::time::sleep(LONGEST_BEFORE).await;
        while !is_watched(&mut connection).await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let value = vec![0u8; 1_000_000];
        let () = redis::cmd("SET")
            .arg(b"bin:\xff\n\"1")
            .arg(value)
            .arg("PX")
            .arg(9_000)
            .query_async(&mut connection)
            .await
            .unwrap();
        let script = "return redis.call('GET', KEYS[1])";
        let _: redis::Value =
            redis::cmd("EVAL").arg(script).arg(1).arg("a1").query_async(&mut connection).await.unwrap();
        let _: redis::Value = redis::pipe()
            .atomic()
            .cmd("GET")
            .arg("a2")
            .cmd("DEL")
            .arg("a1")
            .arg("a2")
            .query_async(&mut connection)
            .await
            .unwrap();
        let trace = recording.await.unwrap().unwrap();
        let operations: Vec<CacheOperation> = trace.events.into_iter().map(|event| event.operation).collect();
        let write = CacheOperation::Write {
            key: 0,
            value_bytes: 1_000_000,
            is_whole: true,
            lifetime: Lifetime::Millis(9_000),
        };
        assert_eq!(
            operations,
            [
                write,
                CacheOperation::Read { key: 1 },
                CacheOperation::Read { key: 2 },
                CacheOperation::Delete { keys: vec![1, 2] }
            ]
        );
        server.stop().await;
    }

    #[tokio::test]
    async fn a_server_that_goes_away_ends_the_trace_and_one_that_refuses_gives_a_remedy() {
        let server = Redis::start(RedisOptions::default()).await.unwrap();
        let mut connection = connected(&server.url()).await;
        let rights = ["SETUSER", "reader", "on", ">secret", "~*", "+@read", "+info"];
        let () = redis::cmd("ACL").arg(&rights).query_async(&mut connection).await.unwrap();
        let url = server.url();
        let limits = TraceLimits { duration: Duration::from_secs(30), ..TraceLimits::default() };
        let never = CancellationToken::new();
        let record = async |user: &str| {
            let url = url.replace("redis://", &format!("redis://{user}@"));
            record_cache_trace(&url, &limits, &never, |_| ()).await.unwrap_err().to_string()
        };
        let denied = record("reader:secret").await;
        assert!(denied.contains("ACL SETUSER <user> +monitor") && !denied.contains("secret"), "{denied}");
        let wrong = record("reader:wrong").await;
        assert!(wrong.contains("user or password"), "{wrong}");

        let (sender, mut progress) = tokio::sync::mpsc::unbounded_channel();
        let recording = tokio::spawn({
            let url = url.clone();
            async move {
                record_cache_trace(&url, &limits, &CancellationToken::new(), |_| {
                    assert!(sender.send(()).is_ok());
                })
                .await
            }
        });
        progress.recv().await.unwrap();
        server.stop().await;
        let trace = recording.await.unwrap().unwrap();
        assert_eq!((trace.end, trace.server.counters), (TraceEnd::Disconnected, None));
        assert!(trace.server.maxmemory_policy.is_some(), "what was read before stays");
    }

    #[tokio::test]
    async fn a_server_that_is_not_there_and_a_url_that_is_none_are_told() {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let never = CancellationToken::new();
        let limits = TraceLimits::default();
        let record =
            async |url: &str| record_cache_trace(url, &limits, &never, |_| ()).await.unwrap_err().to_string();
        assert!(record(&format!("redis://{free}")).await.contains("port"));
        assert!(record("http://127.0.0.1").await.contains("redis://"));
    }
}
