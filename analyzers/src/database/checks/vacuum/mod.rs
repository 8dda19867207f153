//! Dead rows, statistics and transaction ids.

mod autovacuum_off;
mod autovacuum_throttled;
mod autovacuum_workers_busy;
mod dead_rows;
mod index_bloat;
mod insert_only_tables;
mod multixact_wraparound;
mod never_analyzed;
mod stale_statistics;
mod table_autovacuum_off;
mod table_bloat;
mod table_freeze_age;
mod transaction_id_wraparound;
mod vacuum_held_back;

use crate::database::check::DatabaseCheck;

/// The checks of this area, by code.
pub(super) const CHECKS: &[DatabaseCheck] = &[
    autovacuum_off::CHECK,
    autovacuum_throttled::CHECK,
    autovacuum_workers_busy::CHECK,
    dead_rows::CHECK,
    index_bloat::CHECK,
    insert_only_tables::CHECK,
    multixact_wraparound::CHECK,
    never_analyzed::CHECK,
    stale_statistics::CHECK,
    table_autovacuum_off::CHECK,
    table_bloat::CHECK,
    table_freeze_age::CHECK,
    transaction_id_wraparound::CHECK,
    vacuum_held_back::CHECK,
];
