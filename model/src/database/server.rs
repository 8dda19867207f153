//! The server, its settings and its counters.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The server and the role that asked it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ServerFacts {
    /// As the server writes it, such as `15.18 (Debian 15.18-0+deb12u1)`.
    pub version: String,
    /// `server_version_num`, such as 150018.
    pub version_number: u32,
    /// When it was started; absent behind servers that do not tell.
    pub started_at: Option<DateTime<Utc>>,
    /// Whether it is a standby, which counts statements and index scans of its own only.
    pub is_standby: bool,
    /// Whether something other than Postgres answers (a pooler such as pgbouncer), as far as it shows.
    pub pooler: Option<String>,
    /// Name of the database.
    pub database: String,
    /// Its size.
    pub database_bytes: Option<u64>,
    /// The role that asked.
    pub role: String,
    /// Whether that role is a superuser.
    pub is_superuser: bool,
    /// Schemas in which that role looks for names, in order, `pg_catalog` left out.
    pub search_path: Vec<String>,
    /// Extensions installed in the database, with their versions.
    pub extensions: std::collections::BTreeMap<String, String>,
    /// Extensions the server could install, with their versions.
    pub available_extensions: std::collections::BTreeMap<String, String>,
    /// Memory of the machine, where the server runs on this one.
    pub host_memory_bytes: Option<u64>,
    /// Cores of the machine, where the server runs on this one.
    pub host_core_count: Option<u32>,
}

/// One row of `pg_settings`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Setting {
    /// In `unit`.
    pub value: String,
    /// `kB`, `8kB`, `ms`, …
    pub unit: Option<String>,
    /// The value Postgres has by itself.
    pub boot_value: Option<String>,
    /// Where it was set: `default`, `configuration file`, …
    pub source: String,
}

/// Counters of one database since the last reset (`pg_stat_database`).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DatabaseCounters {
    /// When they were last reset; absent if never.
    pub reset_at: Option<DateTime<Utc>>,
    /// Transactions committed.
    pub commits: u64,
    /// Transactions rolled back.
    pub rollbacks: u64,
    /// Blocks found in shared buffers.
    pub hit_blocks: u64,
    /// Blocks read from outside shared buffers.
    pub read_blocks: u64,
    /// Temporary files written.
    pub temp_files: u64,
    /// Their size, summed.
    pub temp_bytes: u64,
    /// Deadlocks.
    pub deadlocks: u64,
    /// Statements cancelled on a standby because of conflicts with recovery.
    pub conflicts: u64,
    /// Pages whose checksum was wrong; absent where checksums are off.
    pub checksum_failures: Option<u64>,
    /// Age of the oldest transaction id that is not frozen (`age(datfrozenxid)`).
    pub frozen_xid_age: u64,
    /// Age of the oldest multixact (`mxid_age(datminmxid)`).
    pub min_multixact_age: u64,
    /// Prepared transactions that have not ended.
    pub prepared_transactions: u64,
    /// Age of the oldest of them in seconds.
    pub oldest_prepared_s: Option<f64>,
}

/// Checkpoints and the background writer, server-wide (`pg_stat_bgwriter`, from 17 on `pg_stat_checkpointer`), and
/// what else is counted once for the server.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CheckpointCounters {
    /// When they were last reset.
    pub reset_at: Option<DateTime<Utc>>,
    /// Checkpoints because `checkpoint_timeout` had passed.
    pub timed: u64,
    /// Checkpoints because `max_wal_size` was reached, or asked for.
    pub requested: u64,
    /// Buffers written by checkpoints.
    pub checkpoint_buffers: u64,
    /// Buffers written by the background writer.
    pub background_buffers: u64,
    /// Buffers that sessions had to write themselves; absent from 17 on.
    pub backend_buffers: Option<u64>,
    /// Times the WAL buffers were full; absent before 14.
    pub wal_buffers_full: Option<u64>,
    /// WAL segments that could not be archived; absent where archiving is off.
    pub archive_failures: Option<u64>,
}

/// One client session at the time of reading. Without the text of its statement, which may hold private data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SessionFacts {
    /// Its process.
    pub pid: i32,
    /// Role.
    pub role: Option<String>,
    /// What it calls itself.
    pub application_name: Option<String>,
    /// `active`, `idle`, `idle in transaction`, …
    pub state: Option<String>,
    /// Kind of what it waits for, such as `Lock`.
    pub wait_event_type: Option<String>,
    /// What it waits for.
    pub wait_event: Option<String>,
    /// Since it connected, in seconds.
    pub connected_s: f64,
    /// Since its transaction began, in seconds.
    pub transaction_s: Option<f64>,
    /// Since its state last changed, in seconds.
    pub state_s: Option<f64>,
    /// Since its statement began, in seconds.
    pub statement_s: Option<f64>,
    /// Whether it holds back what vacuum may remove (`age(backend_xmin)`).
    pub xmin_age: Option<u64>,
    /// Sessions it waits for.
    pub blocked_by: Vec<i32>,
}

/// A standby that is connected (`pg_stat_replication`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReplicaFacts {
    /// What it calls itself.
    pub application_name: String,
    /// `streaming`, `catchup`, …
    pub state: Option<String>,
    /// Write-ahead log it has yet to apply.
    pub lag_bytes: Option<u64>,
    /// Time it lies behind.
    pub lag_s: Option<f64>,
}

/// A replication slot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReplicationSlotFacts {
    /// Its name.
    pub name: String,
    /// Whether somebody reads from it.
    pub is_active: bool,
    /// Write-ahead log kept for it.
    pub retained_bytes: Option<u64>,
    /// Whether it holds back what vacuum may remove (`age(xmin)`).
    pub xmin_age: Option<u64>,
}

/// A vacuum that is running.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VacuumProgress {
    /// Table, with its schema.
    pub table: String,
    /// What it is doing.
    pub phase: String,
    /// Blocks of the table scanned, 0–1.
    pub scanned_ratio: f64,
    /// Whether autovacuum started it.
    pub is_automatic: bool,
}
