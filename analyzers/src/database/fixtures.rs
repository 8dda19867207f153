//! Made-up readings of databases for tests: one that is healthy in every respect, to be spoilt in one, and one of
//! which nothing was read.

use std::collections::BTreeMap;

use aforo_model::database::{
    ActivityWindow, Catalog, CheckpointCounters, ColumnFacts, ColumnStatistics, ConstraintFacts,
    ConstraintKind, DatabaseCounters, DatabaseEvidence, Grade, IndexCounters, IndexFacts, IndexKey,
    RelationName, ReplicaFacts, ReplicationSlotFacts, SequenceFacts, ServerFacts, SessionFacts, SessionGroup,
    Setting, StatementCounters, StatementDelta, StatementKey, StatementWindow, TableCounters, TableFacts,
    TableKind, WaitCount,
};
use chrono::{DateTime, TimeDelta, TimeZone, Utc};

use super::check::DatabaseCheck;

/// An owner of evidence.
#[derive(Debug, Clone)]
pub(crate) struct Fixture {
    pub(crate) evidence: DatabaseEvidence,
}

impl Fixture {
    /// A primary of Postgres 15 with a standby, on a machine of 4 cores and 16 GiB, set up as one should be, that
    /// has served a hotel of 100 000 guests for a month.
    pub(crate) fn healthy() -> Self {
        Self {
            evidence: DatabaseEvidence {
                read_at: read_at(),
                server: server(),
                settings: settings(),
                catalog: Some(catalog()),
                counters: Some(counters()),
                checkpoints: Some(CheckpointCounters {
                    reset_at: Some(read_at() - TimeDelta::days(30)),
                    timed: 950,
                    requested: 50,
                    checkpoint_buffers: 1_000_000,
                    background_buffers: 100_000,
                    backend_buffers: Some(10_000),
                    wal_buffers_full: Some(0),
                    archive_failures: Some(0),
                }),
                sessions: Some((0..20).map(session).collect()),
                replicas: Some(vec![ReplicaFacts {
                    application_name: "standby".to_owned(),
                    state: Some("streaming".to_owned()),
                    lag_bytes: Some(4096),
                    lag_s: Some(0.01),
                }]),
                slots: Some(vec![ReplicationSlotFacts {
                    name: "standby".to_owned(),
                    is_active: true,
                    retained_bytes: Some(16 << 20),
                    xmin_age: Some(1000),
                }]),
                vacuums: Some(Vec::new()),
                statements: Some(statements()),
                activity: Some(activity()),
                skipped: Vec::new(),
            },
        }
    }

    /// A database of which nothing was read but that it is there.
    pub(crate) fn empty() -> Self {
        let healthy = Self::healthy().evidence;
        let server = ServerFacts {
            version: String::new(),
            version_number: 0,
            started_at: None,
            database_bytes: None,
            host_memory_bytes: None,
            host_core_count: None,
            extensions: BTreeMap::new(),
            available_extensions: BTreeMap::new(),
            ..healthy.server
        };
        Self {
            evidence: DatabaseEvidence {
                read_at: healthy.read_at,
                server,
                settings: BTreeMap::new(),
                catalog: None,
                counters: None,
                checkpoints: None,
                sessions: None,
                replicas: None,
                slots: None,
                vacuums: None,
                statements: None,
                activity: None,
                skipped: Vec::new(),
            },
        }
    }

    /// The same with anything changed.
    pub(crate) fn with(mut self, change: impl FnOnce(&mut DatabaseEvidence)) -> Self {
        change(&mut self.evidence);
        self
    }

    /// The same with a setting at `value`, in the unit the fixture has it in.
    pub(crate) fn with_setting(self, name: &str, value: &str) -> Self {
        self.with(|evidence| {
            value.clone_into(&mut evidence.settings.get_mut(name).expect("a setting of the fixture").value);
        })
    }

    /// The same with the table `guests` changed.
    pub(crate) fn with_table(self, change: impl FnOnce(&mut TableFacts)) -> Self {
        self.with(|evidence| change(&mut evidence.catalog.as_mut().unwrap().tables[0]))
    }

    /// The same with the counters of the table `guests` changed.
    pub(crate) fn with_table_counters(self, change: impl FnOnce(&mut TableCounters)) -> Self {
        self.with_table(|table| change(table.counters.as_mut().unwrap()))
    }

    /// The same with the counters of the database changed.
    pub(crate) fn with_counters(self, change: impl FnOnce(&mut DatabaseCounters)) -> Self {
        self.with(|evidence| change(evidence.counters.as_mut().unwrap()))
    }

    /// The same with the first session changed.
    pub(crate) fn with_session(self, change: impl FnOnce(&mut SessionFacts)) -> Self {
        self.with(|evidence| change(&mut evidence.sessions.as_mut().unwrap()[0]))
    }

    /// The same with the counters of the first statement changed.
    pub(crate) fn with_statement(self, change: impl FnOnce(&mut StatementCounters)) -> Self {
        self.with(|evidence| change(&mut evidence.statements.as_mut().unwrap().statements[0].counters))
    }

    /// The same with what was seen of sessions changed.
    pub(crate) fn with_activity(self, change: impl FnOnce(&mut ActivityWindow)) -> Self {
        self.with(|evidence| change(evidence.activity.as_mut().unwrap()))
    }

    /// How a check ends on it.
    pub(crate) fn grade(&self, check: &DatabaseCheck) -> Grade {
        match (check.run)(&self.evidence) {
            Ok(results) => results.iter().map(|result| result.outcome.grade()).max().expect("a result"),
            Err(_) => Grade::Skipped,
        }
    }

    /// What a check says of it, with what it advises.
    pub(crate) fn told_by(&self, check: &DatabaseCheck) -> String {
        format!("{:?}", (check.run)(&self.evidence))
    }
}

fn read_at() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 1, 15, 12, 0, 0).unwrap()
}

fn server() -> ServerFacts {
    ServerFacts {
        version: "15.15".to_owned(),
        version_number: 150_015,
        started_at: Some(read_at() - TimeDelta::days(40)),
        is_standby: false,
        pooler: None,
        database: "hotel".to_owned(),
        database_bytes: Some(20 << 30),
        role: "watcher".to_owned(),
        is_superuser: false,
        search_path: vec!["public".to_owned()],
        extensions: [("pg_stat_statements".to_owned(), "1.10".to_owned())].into(),
        available_extensions: [("pg_stat_statements".to_owned(), "1.10".to_owned())].into(),
        host_memory_bytes: Some(16 << 30),
        host_core_count: Some(4),
    }
}

/// Name, value, unit and the value Postgres has by itself.
const SETTINGS: &[(&str, &str, &str, &str)] = &[
    ("autovacuum", "on", "", "on"),
    ("autovacuum_freeze_max_age", "200000000", "", "200000000"),
    ("autovacuum_max_workers", "3", "", "3"),
    ("autovacuum_multixact_freeze_max_age", "400000000", "", "400000000"),
    ("autovacuum_vacuum_cost_delay", "2", "ms", "2"),
    ("autovacuum_vacuum_cost_limit", "-1", "", "-1"),
    ("autovacuum_vacuum_insert_scale_factor", "0.2", "", "0.2"),
    ("autovacuum_vacuum_insert_threshold", "1000", "", "1000"),
    ("archive_mode", "on", "", "off"),
    ("block_size", "8192", "", "8192"),
    ("checkpoint_completion_target", "0.9", "", "0.9"),
    ("checkpoint_timeout", "300", "s", "300"),
    ("checkpoint_warning", "30", "s", "30"),
    ("cpu_index_tuple_cost", "0.005", "", "0.005"),
    ("cpu_operator_cost", "0.0025", "", "0.0025"),
    ("cpu_tuple_cost", "0.01", "", "0.01"),
    ("data_checksums", "on", "", "off"),
    ("default_statistics_target", "100", "", "100"),
    ("effective_cache_size", "1572864", "8kB", "524288"),
    ("enable_hashjoin", "on", "", "on"),
    ("enable_partitionwise_join", "off", "", "off"),
    ("enable_seqscan", "on", "", "on"),
    ("fsync", "on", "", "on"),
    ("full_page_writes", "on", "", "on"),
    ("huge_pages", "try", "", "try"),
    ("idle_in_transaction_session_timeout", "60000", "ms", "0"),
    ("jit", "on", "", "on"),
    ("log_autovacuum_min_duration", "600000", "ms", "600000"),
    ("log_checkpoints", "on", "", "on"),
    ("log_hostname", "off", "", "off"),
    ("log_lock_waits", "on", "", "off"),
    ("log_min_duration_statement", "1000", "ms", "-1"),
    ("log_statement", "ddl", "", "none"),
    ("log_temp_files", "10240", "kB", "-1"),
    ("maintenance_work_mem", "1048576", "kB", "65536"),
    ("max_connections", "100", "", "100"),
    ("max_parallel_workers_per_gather", "2", "", "2"),
    ("max_worker_processes", "8", "", "8"),
    ("max_wal_size", "4096", "MB", "1024"),
    ("password_encryption", "scram-sha-256", "", "scram-sha-256"),
    ("pg_stat_statements.max", "5000", "", "5000"),
    ("pg_stat_statements.track", "top", "", "top"),
    ("random_page_cost", "1.1", "", "4"),
    ("seq_page_cost", "1", "", "1"),
    ("shared_buffers", "524288", "8kB", "16384"),
    ("superuser_reserved_connections", "3", "", "3"),
    ("synchronous_commit", "on", "", "on"),
    ("track_counts", "on", "", "on"),
    ("vacuum_cost_limit", "200", "", "200"),
    ("wal_buffers", "2048", "8kB", "-1"),
    ("wal_level", "replica", "", "replica"),
    ("work_mem", "16384", "kB", "4096"),
];

fn settings() -> BTreeMap<String, Setting> {
    let setting = |(name, value, unit, boot_value): &(&str, &str, &str, &str)| {
        let setting = Setting {
            value: (*value).to_owned(),
            unit: (!unit.is_empty()).then(|| (*unit).to_owned()),
            boot_value: Some((*boot_value).to_owned()),
            source: if value == boot_value { "default" } else { "configuration file" }.to_owned(),
        };
        ((*name).to_owned(), setting)
    };
    SETTINGS.iter().map(setting).collect()
}

/// A name in the schema `public`.
pub(crate) fn public(name: &str) -> RelationName {
    RelationName { schema: "public".to_owned(), name: name.to_owned() }
}

fn catalog() -> Catalog {
    Catalog {
        tables: vec![table("guests")],
        indexes: Vec::new(),
        constraints: vec![ConstraintFacts {
            name: "guests_pkey".to_owned(),
            table: public("guests"),
            kind: ConstraintKind::PrimaryKey,
            columns: vec!["id".to_owned()],
            foreign_key: None,
            is_validated: true,
            index: Some(public("guests_pkey")),
            definition: "PRIMARY KEY (id)".to_owned(),
        }],
        sequences: vec![SequenceFacts {
            name: public("guests_id_seq"),
            feeds: Some((public("guests"), "id".to_owned())),
            last_value: Some(100_000),
            max_value: i64::from(i32::MAX),
        }],
        functions: Vec::new(),
        counters_since: Some(read_at() - TimeDelta::days(30)),
    }
}

/// 100 000 rows of 124 bytes in 1667 pages, looked up by its key, vacuumed yesterday.
pub(crate) fn table(name: &str) -> TableFacts {
    TableFacts {
        oid: 16_400,
        name: public(name),
        kind: TableKind::Table,
        parent: None,
        row_estimate: Some(100_000.0),
        pages: 1667,
        all_visible_ratio: 0.95,
        bytes: 1667 * 8192,
        index_bytes: 4 << 20,
        is_logged: true,
        frozen_xid_age: 60_000_000,
        options: Vec::new(),
        disabled_triggers: Vec::new(),
        columns: vec![column(1, "id", "integer", 4), column(2, "name", "text", 92)],
        counters: Some(TableCounters {
            sequential_scans: 50,
            sequential_rows: 100_000,
            index_scans: 1_000_000,
            index_rows: 2_000_000,
            inserts: 100_000,
            updates: 50_000,
            hot_updates: 45_000,
            deletes: 100,
            live_rows: 100_000,
            dead_rows: 1_000,
            changed_since_analyze: 500,
            inserted_since_vacuum: Some(500),
            last_vacuum: Some(read_at() - TimeDelta::days(1)),
            last_analyze: Some(read_at() - TimeDelta::days(1)),
            heap_hit_blocks: 9_990_000,
            heap_read_blocks: 10_000,
            index_hit_blocks: 9_995_000,
            index_read_blocks: 5_000,
        }),
    }
}

fn column(number: i16, name: &str, type_name: &str, average_bytes: u32) -> ColumnFacts {
    ColumnFacts {
        number,
        name: name.to_owned(),
        type_name: type_name.to_owned(),
        fixed_bytes: (type_name == "integer").then_some(4),
        is_nullable: false,
        statistics: Some(ColumnStatistics { average_bytes, distinct: -1.0, ..ColumnStatistics::default() }),
    }
}

fn counters() -> DatabaseCounters {
    DatabaseCounters {
        reset_at: Some(read_at() - TimeDelta::days(30)),
        commits: 1_000_000,
        rollbacks: 1_000,
        hit_blocks: 20_000_000,
        read_blocks: 15_000,
        temp_files: 10,
        temp_bytes: 10 << 20,
        deadlocks: 0,
        conflicts: 0,
        checksum_failures: Some(0),
        frozen_xid_age: 60_000_000,
        min_multixact_age: 1_000_000,
        prepared_transactions: 0,
        oldest_prepared_s: None,
    }
}

/// A session of a pool that has been connected for half an hour; every tenth is at work.
pub(crate) fn session(number: i32) -> SessionFacts {
    let is_active = number % 10 == 0;
    SessionFacts {
        pid: 100 + number,
        role: Some("hotel".to_owned()),
        application_name: Some("hotel".to_owned()),
        state: Some(if is_active { "active" } else { "idle" }.to_owned()),
        wait_event_type: (!is_active).then(|| "Client".to_owned()),
        wait_event: (!is_active).then(|| "ClientRead".to_owned()),
        connected_s: 1800.0,
        transaction_s: is_active.then_some(0.002),
        state_s: Some(0.002),
        statement_s: Some(0.002),
        xmin_age: is_active.then_some(3),
        blocked_by: Vec::new(),
    }
}

fn statements() -> StatementWindow {
    let statement = |query_id, text: &str, calls: u64| StatementDelta {
        key: StatementKey { role_oid: 10, database_oid: 16_384, query_id, is_top_level: true },
        text: Some(text.to_owned()),
        counters: StatementCounters {
            calls,
            exec_time_ms: calls as f64 * 0.1,
            plan_time_ms: calls as f64 * 0.02,
            rows: calls,
            shared_hit_blocks: calls * 4,
            ..StatementCounters::default()
        },
    };
    StatementWindow {
        from: Some(read_at() - TimeDelta::minutes(1)),
        to: read_at(),
        elapsed_s: Some(60.0),
        statements: vec![
            statement(1, "SELECT * FROM guests WHERE id = $1", 60_000),
            statement(2, "UPDATE guests SET name = $1 WHERE id = $2", 3_000),
        ],
        gaps: Vec::new(),
        tracks_nested: false,
    }
}

/// A minute in which 600 sightings of active sessions were mostly at work.
fn activity() -> ActivityWindow {
    let wait = |event_type: &str, event: &str, sightings| WaitCount {
        event_type: event_type.to_owned(),
        event: event.to_owned(),
        query_id: Some(1),
        sightings,
    };
    let state = |state: &str, sightings| SessionGroup { state: state.to_owned(), sightings };
    ActivityWindow {
        readings: 600,
        elapsed_s: 60.0,
        waits: vec![
            wait("CPU", "", 540),
            wait("IO", "DataFileRead", 40),
            wait("LWLock", "WALWrite", 15),
            wait("Lock", "tuple", 5),
        ],
        states: vec![state("active", 600), state("idle", 10_000), state("idle in transaction", 20)],
        peak_sessions: 20,
        peak_active_sessions: 4,
        ..ActivityWindow::default()
    }
}

/// A B-tree of 64 MiB on columns of the guests' table that is read.
pub(crate) fn index(name: &str, keys: &[&str]) -> IndexFacts {
    let key = |column: &&str| IndexKey {
        column: Some((*column).to_owned()),
        definition: (*column).to_owned(),
        operator_class: None,
        collation: None,
        is_descending: false,
        nulls_first: false,
    };
    IndexFacts {
        oid: 10,
        name: public(name),
        table: public("guests"),
        parent: None,
        method: "btree".to_owned(),
        keys: keys.iter().map(key).collect(),
        included: Vec::new(),
        predicate: None,
        definition: format!("CREATE INDEX {name} ON public.guests USING btree ({})", keys.join(", ")),
        is_unique: false,
        is_primary: false,
        is_constraint: false,
        is_valid: true,
        is_ready: true,
        bytes: 64 << 20,
        row_estimate: 100_000.0,
        counters: Some(IndexCounters { scans: 1000, ..IndexCounters::default() }),
    }
}
