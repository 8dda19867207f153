//! Reading and changing reservations.

use std::time::Duration;

use chrono::NaiveDate;
use serde::Serialize;
use sqlx::{FromRow, PgConnection, PgExecutor, PgPool};

use crate::pricing::night_price_cents;
use crate::service::codes::random_code;
use crate::service::problem::Problem;
use crate::service::queries::accommodations::Accommodation;
use crate::service::reservation::{Channel, Reservation, Stay, reservation_columns};

/// How many reservations of one guest an answer has at most.
const MOST_OF_A_GUEST: i64 = 50;
/// How many codes are tried before giving up; with 2^40 codes the second is hardly ever needed.
const CODE_ATTEMPTS: usize = 5;
/// SQLSTATE of a row that exists already.
const UNIQUE_VIOLATION: &str = "23505";

/// The reservation with this code, if there is one.
pub(crate) async fn by_code(pool: &PgPool, code: &str) -> Result<Option<Reservation>, sqlx::Error> {
    sqlx::query_as(concat!("SELECT ", reservation_columns!(), " FROM reservations AS r WHERE r.code = $1"))
        .bind(code)
        .fetch_optional(pool)
        .await
}

/// The reservations of a guest, newest first.
pub(crate) async fn by_phone(pool: &PgPool, phone: &str) -> Result<Vec<Reservation>, sqlx::Error> {
    sqlx::query_as(concat!(
        "SELECT ",
        reservation_columns!(),
        " FROM reservations AS r WHERE r.guest_phone = $1 ORDER BY r.created_at DESC, r.id DESC LIMIT $2"
    ))
    .bind(phone)
    .bind(MOST_OF_A_GUEST)
    .fetch_all(pool)
    .await
}

/// Who comes, how many, and by which way they asked.
#[derive(Debug)]
pub struct Guest {
    /// How many people come.
    pub guests: i32,
    /// The name of the one who asked.
    pub name: String,
    /// Their phone number, in international form.
    pub phone: String,
    /// By which way they asked.
    pub channel: Channel,
}

/// Holds an accommodation for `hold`. The exclusion constraint refuses a stay that overlaps with another.
///
/// # Errors
/// 409 `overlap` if the stay overlaps with another; 503 if the database does not answer.
pub async fn insert(
    pool: &PgPool,
    accommodation: &Accommodation,
    stay: Stay,
    guest: &Guest,
    total_price_cents: i64,
    hold: Duration,
) -> Result<Reservation, Problem> {
    for _ in 0..CODE_ATTEMPTS {
        match try_insert(pool, accommodation, stay, guest, total_price_cents, hold).await {
            Err(error) if is_taken_code(&error) => {}
            result => return Ok(result?),
        }
    }
    tracing::error!("no free reservation code was found in {CODE_ATTEMPTS} attempts");
    Err(Problem::internal())
}

/// One attempt at [`insert`] with a code of its own, also within a transaction.
///
/// # Errors
/// What the database says: that the stay overlaps with another, that the code is taken, or that it does not answer.
pub async fn try_insert(
    executor: impl PgExecutor<'_>,
    accommodation: &Accommodation,
    stay: Stay,
    guest: &Guest,
    total_price_cents: i64,
    hold: Duration,
) -> Result<Reservation, sqlx::Error> {
    let (evenings, prices) = nightly_prices(accommodation, stay);
    sqlx::query_as(concat!(
        "WITH r AS ( \
             INSERT INTO reservations AS r (code, accommodation_id, check_in, check_out, status, expires_at, guests, \
                                            guest_name, guest_phone, channel, total_price_cents) \
             VALUES ($1, $2, $3, $4, 'pre_reserved', now() + $5 * interval '1 microsecond', $6, $7, $8, $9, $10) \
             RETURNING ",
        reservation_columns!(),
        "), nights AS ( \
             INSERT INTO reservation_nights (reservation_id, night, price_cents) \
             SELECT r.id, n.night, n.price_cents FROM r, unnest($11::date[], $12::bigint[]) AS n (night, price_cents)), \
         events AS ( \
             INSERT INTO reservation_events (reservation_id, event) SELECT r.id, 'pre_reserved' FROM r) \
         SELECT * FROM r"
    ))
    .bind(random_code())
    .bind(accommodation.id)
    .bind(stay.check_in)
    .bind(stay.check_out)
    .bind(i64::try_from(hold.as_micros()).unwrap_or(i64::MAX))
    .bind(guest.guests)
    .bind(&guest.name)
    .bind(&guest.phone)
    .bind(guest.channel.as_str())
    .bind(total_price_cents)
    .bind(&evenings)
    .bind(&prices)
    .fetch_one(executor)
    .await
}

fn is_taken_code(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(|database| database.code()).as_deref() == Some(UNIQUE_VIOLATION)
}

/// The evenings of a stay and the price of each, in cents.
type NightlyPrices = (Vec<NaiveDate>, Vec<i64>);

fn nightly_prices(accommodation: &Accommodation, stay: Stay) -> NightlyPrices {
    stay.evenings()
        .map(|evening| (evening, night_price_cents(accommodation.base_price_cents, evening)))
        .unzip()
}

/// A reservation after its status changed.
#[derive(Debug, FromRow, Serialize)]
pub(crate) struct StatusChange {
    code: String,
    status: String,
}

/// Confirms a pre-reservation whose time has not run out; nothing if there is none.
pub(crate) async fn confirm(pool: &PgPool, code: &str) -> Result<Option<StatusChange>, sqlx::Error> {
    sqlx::query_as(
        "WITH changed AS ( \
             UPDATE reservations SET status = 'confirmed', expires_at = NULL \
             WHERE code = $1 AND status = 'pre_reserved' AND expires_at > now() \
             RETURNING id, code, status), \
         events AS (INSERT INTO reservation_events (reservation_id, event) SELECT id, 'confirmed' FROM changed) \
         SELECT code, status FROM changed",
    )
    .bind(code)
    .fetch_optional(pool)
    .await
}

/// Cancels what is pre-reserved or confirmed; nothing if there is none.
pub(crate) async fn cancel(pool: &PgPool, code: &str) -> Result<Option<StatusChange>, sqlx::Error> {
    sqlx::query_as(
        "WITH changed AS ( \
             UPDATE reservations SET status = 'cancelled', expires_at = NULL \
             WHERE code = $1 AND status IN ('pre_reserved', 'confirmed') \
             RETURNING id, code, status), \
         events AS (INSERT INTO reservation_events (reservation_id, event) SELECT id, 'cancelled' FROM changed) \
         SELECT code, status FROM changed",
    )
    .bind(code)
    .fetch_optional(pool)
    .await
}

/// Gives a live reservation other dates at another price, or another number of guests, or both. What is not given is not
/// written, so that two changes at once both count. Nothing if the reservation is no longer live.
pub(crate) async fn modify(
    pool: &PgPool,
    code: &str,
    accommodation: &Accommodation,
    priced_stay: Option<(Stay, i64)>,
    guests: Option<i32>,
) -> Result<Option<Reservation>, sqlx::Error> {
    let mut transaction = pool.begin().await?;
    let stay = priced_stay.map(|(stay, _)| stay);
    let modified: Option<Reservation> = sqlx::query_as(concat!(
        "UPDATE reservations AS r \
         SET check_in = coalesce($2, r.check_in), check_out = coalesce($3, r.check_out), \
             total_price_cents = coalesce($4, r.total_price_cents), guests = coalesce($5, r.guests) \
         WHERE r.code = $1 AND (r.status = 'confirmed' OR r.status = 'pre_reserved' AND r.expires_at > now()) \
         RETURNING ",
        reservation_columns!()
    ))
    .bind(code)
    .bind(stay.map(|stay| stay.check_in))
    .bind(stay.map(|stay| stay.check_out))
    .bind(priced_stay.map(|(_, total_price_cents)| total_price_cents))
    .bind(guests)
    .fetch_optional(&mut *transaction)
    .await?;
    let Some(reservation) = modified else { return Ok(None) };
    if let Some(stay) = stay {
        replace_nights(&mut transaction, reservation.id, nightly_prices(accommodation, stay)).await?;
    }
    sqlx::query("INSERT INTO reservation_events (reservation_id, event) VALUES ($1, 'modified')")
        .bind(reservation.id)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(Some(reservation))
}

async fn replace_nights(
    connection: &mut PgConnection,
    reservation_id: i64,
    (evenings, prices): NightlyPrices,
) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM reservation_nights WHERE reservation_id = $1")
        .bind(reservation_id)
        .execute(&mut *connection)
        .await?;
    sqlx::query(
        "INSERT INTO reservation_nights (reservation_id, night, price_cents) \
         SELECT $1, n.night, n.price_cents FROM unnest($2::date[], $3::bigint[]) AS n (night, price_cents)",
    )
    .bind(reservation_id)
    .bind(evenings)
    .bind(prices)
    .execute(connection)
    .await?;
    Ok(())
}
