//! One reservation with all that belongs to it.

use chrono::NaiveDate;
use serde::Serialize;
use sqlx::{FromRow, PgPool};

use crate::service::queries::accommodations;
use crate::service::queries::reservations::by_code;
use crate::service::reservation::{
    AccommodationSummary, Event, Reservation, accommodation_summary_columns, reservation_columns,
};

/// How the nights and the history are fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ViewQuery {
    /// Tuned: three statements, however long the stay and the history.
    Whole,
    /// Flaw `n-plus-one-view`: one more statement for each night and each event.
    OneByOne,
}

/// One reservation with all that belongs to it.
#[derive(Debug, Serialize)]
pub(crate) struct ReservationView {
    #[serde(flatten)]
    reservation: Reservation,
    accommodation: AccommodationSummary,
    nights: Vec<Night>,
    history: Vec<Event>,
}

#[derive(Debug, FromRow, Serialize)]
struct Night {
    date: NaiveDate,
    price_cents: i64,
}

impl ViewQuery {
    /// The view of the reservation with this code, if there is one.
    pub(crate) async fn by_code(
        self,
        pool: &PgPool,
        code: &str,
    ) -> Result<Option<ReservationView>, sqlx::Error> {
        match self {
            ViewQuery::Whole => whole(pool, code).await,
            ViewQuery::OneByOne => one_by_one(pool, code).await,
        }
    }
}

async fn whole(pool: &PgPool, code: &str) -> Result<Option<ReservationView>, sqlx::Error> {
    let row = sqlx::query(concat!(
        "SELECT ",
        reservation_columns!(),
        ", ",
        accommodation_summary_columns!(),
        " FROM reservations AS r JOIN accommodations AS a ON a.id = r.accommodation_id WHERE r.code = $1"
    ))
    .bind(code)
    .fetch_optional(pool)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let reservation = Reservation::from_row(&row)?;
    let nights = sqlx::query_as(
        "SELECT night AS date, price_cents FROM reservation_nights WHERE reservation_id = $1 ORDER BY night",
    )
    .bind(reservation.id)
    .fetch_all(pool)
    .await?;
    let history = sqlx::query_as(
        "SELECT event, occurred_at FROM reservation_events WHERE reservation_id = $1 ORDER BY id",
    )
    .bind(reservation.id)
    .fetch_all(pool)
    .await?;
    Ok(Some(ReservationView {
        reservation,
        accommodation: AccommodationSummary::from_row(&row)?,
        nights,
        history,
    }))
}

async fn one_by_one(pool: &PgPool, code: &str) -> Result<Option<ReservationView>, sqlx::Error> {
    let Some(reservation) = by_code(pool, code).await? else { return Ok(None) };
    let accommodation = accommodations::summary(pool, reservation.accommodation_id).await?;
    let dates: Vec<NaiveDate> =
        sqlx::query_scalar("SELECT night FROM reservation_nights WHERE reservation_id = $1 ORDER BY night")
            .bind(reservation.id)
            .fetch_all(pool)
            .await?;
    let mut nights = Vec::with_capacity(dates.len());
    for date in dates {
        let night = sqlx::query_as(
            "SELECT night AS date, price_cents FROM reservation_nights WHERE reservation_id = $1 AND night = $2",
        )
        .bind(reservation.id)
        .bind(date)
        .fetch_one(pool)
        .await?;
        nights.push(night);
    }
    let ids: Vec<i64> =
        sqlx::query_scalar("SELECT id FROM reservation_events WHERE reservation_id = $1 ORDER BY id")
            .bind(reservation.id)
            .fetch_all(pool)
            .await?;
    let mut history = Vec::with_capacity(ids.len());
    for id in ids {
        let event = sqlx::query_as("SELECT event, occurred_at FROM reservation_events WHERE id = $1")
            .bind(id)
            .fetch_one(pool)
            .await?;
        history.push(event);
    }
    Ok(Some(ReservationView { reservation, accommodation, nights, history }))
}
