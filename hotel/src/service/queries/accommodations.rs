//! Accommodations and which of them are free.

use sqlx::{FromRow, PgPool};

use crate::service::problem::Problem;
use crate::service::reservation::{AccommodationSummary, Stay, accommodation_summary_columns};

/// How many free accommodations an answer names at most.
const MOST_OFFERS: i64 = 20;

/// A place to sleep.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Accommodation {
    /// Its number.
    pub id: i32,
    /// What is on its door, such as `HAB-007`.
    pub code: String,
    /// Its name.
    pub name: String,
    /// `room`, `suite`, `apartment` or `cabin`.
    pub kind: String,
    /// How many people it takes.
    pub capacity: i32,
    /// What a night costs that is not of a weekend.
    pub base_price_cents: i64,
}

/// The accommodation with this id.
///
/// # Errors
/// 404 if there is none; 503 if the database does not answer.
pub async fn by_id(pool: &PgPool, id: i32) -> Result<Accommodation, Problem> {
    sqlx::query_as(
        "SELECT id, code, name, kind, capacity, base_price_cents FROM accommodations WHERE id = $1",
    )
    .bind(id)
    .fetch_optional(pool)
    .await?
    .ok_or_else(|| Problem::not_found(format!("there is no accommodation {id}")))
}

/// The summary of one accommodation, as the N+1 flaws fetch it.
pub(crate) async fn summary(pool: &PgPool, id: i32) -> Result<AccommodationSummary, sqlx::Error> {
    sqlx::query_as(concat!(
        "SELECT ",
        accommodation_summary_columns!(),
        " FROM accommodations AS a WHERE a.id = $1"
    ))
    .bind(id)
    .fetch_one(pool)
    .await
}

/// What is free for the whole stay and large enough, cheapest first. As all share one tariff for weekends, the order of
/// the base prices is the order of the totals.
///
/// # Errors
/// If the database does not answer.
pub async fn free(pool: &PgPool, stay: Stay, guests: i32) -> Result<Vec<Accommodation>, sqlx::Error> {
    sqlx::query_as(
        "SELECT a.id, a.code, a.name, a.kind, a.capacity, a.base_price_cents \
         FROM accommodations AS a \
         WHERE a.capacity >= $3 \
           AND NOT EXISTS ( \
               SELECT FROM reservations AS r \
               WHERE r.accommodation_id = a.id AND r.stay && daterange($1, $2, '[)') \
                 AND r.status IN ('pre_reserved', 'confirmed')) \
         ORDER BY a.base_price_cents, a.id \
         LIMIT $4",
    )
    .bind(stay.check_in)
    .bind(stay.check_out)
    .bind(guests)
    .bind(MOST_OFFERS)
    .fetch_all(pool)
    .await
}
