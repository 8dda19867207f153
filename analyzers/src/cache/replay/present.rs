//! The cache as it is now, in the words of the replay.

use aforo_model::cache::{CachePolicy, PresentCache, TracedServer};

/// The server's cache, for a trace whose keys take so many bytes together.
pub(super) fn present_cache(server: &TracedServer, distinct_bytes: u64) -> PresentCache {
    let own_bytes = server.startup_memory_bytes.unwrap_or_default();
    let for_keys = server.maxmemory_bytes.map(|bytes| bytes.saturating_sub(own_bytes));
    PresentCache {
        maxmemory_bytes: server.maxmemory_bytes,
        maxmemory_policy: server.maxmemory_policy.clone(),
        capacity_bytes: for_keys.map_or(distinct_bytes, |bytes| bytes.min(distinct_bytes)),
        policy: server.maxmemory_policy.as_deref().and_then(stands_for),
    }
}

/// Which policy of the replay behaves as one of Redis does.
fn stands_for(maxmemory_policy: &str) -> Option<CachePolicy> {
    match maxmemory_policy {
        "allkeys-lru" | "volatile-lru" => Some(CachePolicy::Lru),
        "allkeys-lfu" | "volatile-lfu" => Some(CachePolicy::Lfu),
        "volatile-ttl" => Some(CachePolicy::Ttl),
        // Where reads are independent of each other, random eviction has the hit ratio of FIFO (Gelenbe 1973).
        "allkeys-random" | "volatile-random" => Some(CachePolicy::Fifo),
        _ => None,
    }
}

/// The setting that gives a policy; there is none for FIFO.
pub(super) fn setting(policy: CachePolicy) -> Option<&'static str> {
    match policy {
        CachePolicy::Lru => Some("allkeys-lru"),
        CachePolicy::Lfu => Some("allkeys-lfu"),
        CachePolicy::Ttl => Some("volatile-ttl"),
        CachePolicy::Fifo | CachePolicy::Optimum => None,
    }
}
