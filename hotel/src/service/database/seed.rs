//! Generated data: the same rows for the same numbers, made inside Postgres in seconds.

use chrono::NaiveDate;
use sqlx::{Acquire as _, PgConnection};

/// What the generated data is a function of.
#[derive(Debug)]
pub(crate) struct Dataset {
    pub(crate) seed: i64,
    pub(crate) accommodations: i32,
    pub(crate) reservations: i64,
    /// The first day that is not past.
    pub(crate) anchor: NaiveDate,
}

/// Two hotels that start on one database at once fill it once. The number is arbitrary and the hotel's own.
const LOCK: &str = "SELECT pg_advisory_xact_lock(7061726164)";

/// Fills the tables in one transaction, unless they were filled before.
pub(crate) async fn fill_if_empty(
    connection: &mut PgConnection,
    dataset: &Dataset,
) -> Result<(), sqlx::Error> {
    let mut transaction = connection.begin().await?;
    sqlx::query(LOCK).execute(&mut *transaction).await?;
    let filled: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT FROM hotel_dataset)").fetch_one(&mut *transaction).await?;
    if filled {
        tracing::info!("the database already holds a hotel's data; it is kept as it is");
        return transaction.rollback().await;
    }
    fill(&mut transaction, dataset).await?;
    transaction.commit().await?;
    // Statistics for the planner, and the visibility map for index-only scans.
    sqlx::raw_sql("VACUUM (ANALYZE) accommodations, reservations, reservation_nights, reservation_events")
        .execute(connection)
        .await?;
    Ok(())
}

async fn fill(connection: &mut PgConnection, dataset: &Dataset) -> Result<(), sqlx::Error> {
    sqlx::query(include_str!("sql/seed_accommodations.sql"))
        .bind(dataset.seed)
        .bind(dataset.accommodations)
        .execute(&mut *connection)
        .await?;
    sqlx::query(include_str!("sql/seed_reservations.sql"))
        .bind(dataset.seed)
        .bind(dataset.accommodations)
        .bind(dataset.reservations)
        .bind(dataset.anchor)
        .execute(&mut *connection)
        .await?;
    for statement in [
        include_str!("sql/seed_nights.sql"),
        include_str!("sql/seed_events.sql"),
        "SELECT setval(pg_get_serial_sequence('reservations', 'id'), coalesce(max(id), 0) + 1, false) FROM reservations",
    ] {
        sqlx::query(statement).execute(&mut *connection).await?;
    }
    sqlx::query(
        "INSERT INTO hotel_dataset (seed, accommodations, reservations, anchor) VALUES ($1, $2, $3, $4)",
    )
    .bind(dataset.seed)
    .bind(dataset.accommodations)
    .bind(i32::try_from(dataset.reservations).unwrap_or(i32::MAX))
    .bind(dataset.anchor)
    .execute(connection)
    .await?;
    Ok(())
}
