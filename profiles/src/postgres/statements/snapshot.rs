//! The counters of all statements of one database at one moment.

use std::collections::HashMap;

use aforo_model::database::{StatementCounters, StatementKey};
use chrono::{DateTime, Utc};
use sqlx::Row;
use sqlx::postgres::PgRow;

/// The counters of all statements of one database at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct StatementSnapshot {
    /// By the server's clock.
    pub(super) taken_at: DateTime<Utc>,
    pub(super) server_started_at: DateTime<Utc>,
    /// When all counters were last reset (14 and later).
    pub(super) reset_at: Option<DateTime<Utc>>,
    /// Rows evicted since then (14 and later).
    pub(super) evictions: Option<u64>,
    pub(super) entries: HashMap<StatementKey, Entry>,
}

/// One row.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Entry {
    pub(super) counters: StatementCounters,
    /// Since when it counts (17 and later).
    pub(super) since: Option<DateTime<Utc>>,
}

impl StatementSnapshot {
    /// When it was taken, by the server's clock.
    pub fn taken_at(&self) -> DateTime<Utc> {
        self.taken_at
    }

    /// The row of the header, then one row for each statement.
    pub(super) fn parse(database_oid: u32, rows: &[PgRow]) -> Result<Self, sqlx::Error> {
        let (header, rows) = rows.split_first().ok_or(sqlx::Error::RowNotFound)?;
        let evictions: Option<i64> = header.try_get(3)?;
        Ok(Self {
            taken_at: header.try_get(0)?,
            server_started_at: header.try_get(1)?,
            reset_at: header.try_get(2)?,
            evictions: evictions.map(count),
            entries: rows.iter().map(|row| entry(database_oid, row)).collect::<Result<_, _>>()?,
        })
    }
}

/// Role, query and level of a row that begins with the three.
pub(super) fn key(database_oid: u32, row: &PgRow) -> Result<StatementKey, sqlx::Error> {
    let role: i64 = row.try_get(0)?;
    Ok(StatementKey {
        role_oid: u32::try_from(role).unwrap_or(0),
        database_oid,
        query_id: row.try_get(1)?,
        is_top_level: row.try_get(2)?,
    })
}

fn entry(database_oid: u32, row: &PgRow) -> Result<(StatementKey, Entry), sqlx::Error> {
    let number = |index: usize| row.try_get::<i64, _>(index).map(count);
    let counters = StatementCounters {
        calls: number(3)?,
        exec_time_ms: row.try_get(4)?,
        plan_time_ms: row.try_get(5)?,
        rows: number(6)?,
        shared_hit_blocks: number(7)?,
        shared_read_blocks: number(8)?,
        shared_dirtied_blocks: number(9)?,
        temp_read_blocks: number(10)?,
        temp_written_blocks: number(11)?,
        io_time_ms: row.try_get(12)?,
        wal_bytes: number(13)?,
        jit_time_ms: row.try_get(14)?,
    };
    Ok((key(database_oid, row)?, Entry { counters, since: row.try_get(15)? }))
}

fn count(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}
