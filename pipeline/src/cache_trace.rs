//! A trace of the cache, recorded and replayed.

use aforo_analyzers::{ReplayOptions, replay_trace};
use aforo_model::cache::CacheReplay;
pub use aforo_profiles::TraceProgress;
use aforo_profiles::record_cache_trace;
use aforo_profiles::{TraceError, TraceLimits};
use tokio_util::sync::CancellationToken;

/// Records what the Redis at `url` is asked to do, within `limits` or until `cancel` says so, and replays it through caches of several
/// policies and sizes. Recording costs the server throughput; how much is in the answer.
///
/// # Errors
/// [`TraceError`] when the recording cannot begin.
pub(crate) async fn record_and_replay(
    url: &str,
    limits: &TraceLimits,
    cancel: &CancellationToken,
    on_progress: impl FnMut(TraceProgress),
) -> Result<CacheReplay, TraceError> {
    let trace = record_cache_trace(url, limits, cancel, on_progress).await?;
    Ok(replay_trace(&trace, &ReplayOptions::default()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use aforo_model::cache::{CachePolicy, TraceEnd};
    use aforo_profiles::connect_redis;
    use aforo_sandbox::{Redis, RedisOptions};
    use redis::aio::MultiplexedConnection;
    use tokio::sync::mpsc::unbounded_channel;

    use super::*;

    /// A server that evicts by LRU.
    const MAXMEMORY_BYTES: u64 = 2_500_000;
    const LOOK_UPS: u32 = 12_000;

    /// Cache-aside look-ups of 3,000 keys by a skewed law, the same every time.
    async fn look_up_many(connection: &mut MultiplexedConnection) {
        let mut state = 12_345u32;
        for _ in 0..LOOK_UPS {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let unit = f64::from(state >> 8) / f64::from(1 << 24);
            let key = format!("room:{}", (unit.powi(3) * 3_000.0) as u32);
            let found: Option<String> = redis::cmd("GET").arg(&key).query_async(connection).await.unwrap();
            if found.is_none() {
                let value = "x".repeat(900);
                let () =
                    redis::cmd("SETEX").arg(&key).arg(600).arg(value).query_async(connection).await.unwrap();
            }
        }
    }

    /// The replay of a trace that has all look-ups and nothing else.
    async fn replay_of_look_ups(url: &str) -> CacheReplay {
        let (sender, mut progress) = unbounded_channel();
        let cancel = CancellationToken::new();
        let limits = TraceLimits { duration: Duration::from_secs(120), ..TraceLimits::default() };
        let recording = tokio::spawn({
            let (url, cancel) = (url.to_owned(), cancel.clone());
            async move {
                record_and_replay(&url, &limits, &cancel, |step| sender.send(step).unwrap_or_default()).await
            }
        });
        progress.recv().await.unwrap();
        look_up_many(&mut connect_redis(url).await.unwrap()).await;
        // Progress is told twice a second: once it stands still, the recorder has read all there is.
        let mut seen = 0;
        loop {
            let accesses = progress.recv().await.unwrap().accesses;
            if accesses == seen && accesses >= u64::from(LOOK_UPS) {
                break;
            }
            seen = accesses;
        }
        cancel.cancel();
        recording.await.unwrap().unwrap()
    }

    fn present_ratio(replay: &CacheReplay, policy: CachePolicy) -> f64 {
        let curve = replay.policies.iter().find(|curve| curve.policy == policy).unwrap();
        let present = curve.points.iter().find(|point| point.capacity_bytes == replay.present.capacity_bytes);
        present.unwrap().hit_ratio
    }

    #[tokio::test]
    async fn the_replay_of_the_present_cache_has_the_hits_of_the_real_one() {
        let server = Redis::start(RedisOptions::default()).await.unwrap();
        let url = server.url();
        let replay = replay_of_look_ups(&url).await;
        let trace = &replay.trace;
        assert_eq!((trace.end, trace.reads), (TraceEnd::Cancelled, u64::from(LOOK_UPS)));
        let counters = trace.counters.unwrap();
        assert_eq!(counters.keyspace_hits + counters.keyspace_misses, trace.reads);
        // Everything fits: what the trace tells, what the server counted and what the replay finds are the same.
        assert_eq!((trace.fills, trace.writes), (counters.keyspace_misses, 0));
        assert_eq!(trace.inferred_hit_ratio, trace.server_hit_ratio);
        assert_eq!(Some(present_ratio(&replay, CachePolicy::Lru)), trace.server_hit_ratio);
        assert!(replay.best.found().is_none());

        let mut connection = connect_redis(&url).await.unwrap();
        let () = redis::cmd("FLUSHALL").query_async(&mut connection).await.unwrap();
        for (name, value) in
            [("maxmemory", MAXMEMORY_BYTES.to_string()), ("maxmemory-policy", "allkeys-lru".into())]
        {
            let () = redis::cmd("CONFIG")
                .arg("SET")
                .arg(name)
                .arg(value)
                .query_async(&mut connection)
                .await
                .unwrap();
        }
        let replay = replay_of_look_ups(&url).await;
        let counters = replay.trace.counters.unwrap();
        assert!(counters.evicted_keys > 100, "{counters:?}");
        let (replayed, real) =
            (present_ratio(&replay, CachePolicy::Lru), replay.trace.server_hit_ratio.unwrap());
        // A cache this small holds less than the replay thinks: buffers of clients and what the allocator rounds up take a good
        // part of 2.5 MB, and Redis samples five keys for its LRU.
        assert!(
            replayed >= real - 0.02 && replayed - real < 0.2,
            "{replayed} replayed, {real} by the server"
        );
        let best = replay.best.found().unwrap();
        assert!(best.hit_ratio >= replayed, "{best:?}");
        server.stop().await;
    }
}
