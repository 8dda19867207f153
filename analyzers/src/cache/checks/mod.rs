//! One file a check, one line a check.

mod evictions;
mod fragmentation;
mod hit_ratio;
mod keys_without_ttl;
mod large_values;
mod linear_commands;
mod memory_near_limit;
mod never_hit;
mod no_memory_limit;
mod noeviction_cache;
mod rejected_connections;
mod slow_commands;

use super::check::CacheCheck;

/// Every check of a cache, by code.
pub(super) const CHECKS: &[CacheCheck] = &[
    evictions::CHECK,
    fragmentation::CHECK,
    hit_ratio::CHECK,
    keys_without_ttl::CHECK,
    large_values::CHECK,
    linear_commands::CHECK,
    memory_near_limit::CHECK,
    never_hit::CHECK,
    no_memory_limit::CHECK,
    noeviction_cache::CHECK,
    rejected_connections::CHECK,
    slow_commands::CHECK,
];

#[cfg(test)]
mod tests;
