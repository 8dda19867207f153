//! Reading caches that answer differently: replicas, nodes of a cluster, servers and users that refuse commands. All of them are
//! real servers.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, and so do its tools")]

mod cluster;
mod footprint;
mod policies;
mod refused;
mod replica;
mod server;
