//! The four indexes whose absence is a flaw: exactly those that are wanted exist after start.

use sqlx::PgConnection;

use crate::flaws::{Flaw, FlawSet};

/// An index that one of the queries needs, and the flaw that it is missing.
struct SwitchableIndex {
    flaw: Flaw,
    create: &'static str,
    drop: &'static str,
}

const SWITCHABLE: [SwitchableIndex; 4] = [
    // For the expiry job: a handful of rows of a large table.
    SwitchableIndex {
        flaw: Flaw::NoExpiresIndex,
        create: "CREATE INDEX IF NOT EXISTS reservations_expires_at_idx ON reservations (expires_at) \
                 WHERE status = 'pre_reserved'",
        drop: "DROP INDEX IF EXISTS reservations_expires_at_idx",
    },
    // For the admin list: equality first, then the range that is also the order.
    SwitchableIndex {
        flaw: Flaw::NoStatusDatesIndex,
        create: "CREATE INDEX IF NOT EXISTS reservations_status_dates_idx ON reservations (status, check_in, check_out)",
        drop: "DROP INDEX IF EXISTS reservations_status_dates_idx",
    },
    // For the export of one channel.
    SwitchableIndex {
        flaw: Flaw::NoChannelIndex,
        create: "CREATE INDEX IF NOT EXISTS reservations_channel_idx ON reservations (channel)",
        drop: "DROP INDEX IF EXISTS reservations_channel_idx",
    },
    // For a guest's own reservations.
    SwitchableIndex {
        flaw: Flaw::NoPhoneIndex,
        create: "CREATE INDEX IF NOT EXISTS reservations_guest_phone_idx ON reservations (guest_phone)",
        drop: "DROP INDEX IF EXISTS reservations_guest_phone_idx",
    },
];

/// Creates the indexes whose flaw is off and drops those whose flaw is on.
///
/// # Errors
/// If the database refuses a statement.
pub async fn switch(connection: &mut PgConnection, flaws: &FlawSet) -> Result<(), sqlx::Error> {
    for index in SWITCHABLE {
        let statement = if flaws.contains(index.flaw) { index.drop } else { index.create };
        sqlx::query(statement).execute(&mut *connection).await?;
    }
    Ok(())
}
