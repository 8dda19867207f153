//! `/reservations`: book, confirm, cancel, change, look up.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::service::booking::{self, Booking, Change};
use crate::service::extract::{Json as JsonBody, Path, Query};
use crate::service::input;
use crate::service::problem::Problem;
use crate::service::queries::reservations::{self, Guest, StatusChange};
use crate::service::queries::view::ReservationView;
use crate::service::reservation::{Channel, Reservation, Stay};
use crate::service::state::{Shared, today};

#[derive(Deserialize)]
pub(crate) struct NewReservation {
    accommodation_id: i32,
    check_in: NaiveDate,
    check_out: NaiveDate,
    guests: i32,
    guest_name: String,
    guest_phone: String,
    channel: Channel,
}

/// `POST /reservations`.
pub(crate) async fn create(
    app: Shared,
    JsonBody(new): JsonBody<NewReservation>,
) -> Result<Response, Problem> {
    input::phone(&new.guest_phone)?;
    let booking = Booking {
        accommodation_id: new.accommodation_id,
        stay: input::stay(new.check_in, new.check_out, today())?,
        guest: Guest {
            guests: input::guests(new.guests)?,
            name: input::name(&new.guest_name)?,
            phone: new.guest_phone,
            channel: new.channel,
        },
    };
    let reservation = app.desk.pre_reserve(&booking).await?;
    let location = format!("/reservations/{}", reservation.code);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(reservation)).into_response())
}

/// `POST /reservations/{code}/confirm`.
pub(crate) async fn confirm(app: Shared, Path(code): Path<String>) -> Result<Json<StatusChange>, Problem> {
    match reservations::confirm(&app.pool, &code).await? {
        Some(change) => Ok(Json(change)),
        None => Err(booking::why_not(&app.pool, &code).await?),
    }
}

/// `POST /reservations/{code}/cancel`.
pub(crate) async fn cancel(app: Shared, Path(code): Path<String>) -> Result<Json<StatusChange>, Problem> {
    match reservations::cancel(&app.pool, &code).await? {
        Some(change) => Ok(Json(change)),
        None => Err(booking::why_not(&app.pool, &code).await?),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Patch {
    guests: Option<i32>,
    check_in: Option<NaiveDate>,
    check_out: Option<NaiveDate>,
}

/// `PATCH /reservations/{code}`.
pub(crate) async fn modify(
    app: Shared,
    Path(code): Path<String>,
    JsonBody(patch): JsonBody<Patch>,
) -> Result<Json<Reservation>, Problem> {
    let change = Change {
        guests: patch.guests.map(input::guests).transpose()?,
        stay: new_stay(patch.check_in, patch.check_out)?,
    };
    if change.guests.is_none() && change.stay.is_none() {
        return Err(Problem::invalid("nothing to change: give guests, or check_in and check_out"));
    }
    Ok(Json(app.desk.modify(&code, change).await?))
}

fn new_stay(check_in: Option<NaiveDate>, check_out: Option<NaiveDate>) -> Result<Option<Stay>, Problem> {
    match (check_in, check_out) {
        (None, None) => Ok(None),
        (Some(check_in), Some(check_out)) => input::stay(check_in, check_out, today()).map(Some),
        _ => Err(Problem::invalid("check_in and check_out change together; give both")),
    }
}

/// `GET /reservations/{code}`.
pub(crate) async fn view(app: Shared, Path(code): Path<String>) -> Result<Json<ReservationView>, Problem> {
    let view = app.view.by_code(&app.pool, &code).await?;
    view.map(Json).ok_or_else(|| booking::no_such_code(&code))
}

#[derive(Deserialize)]
pub(crate) struct OfGuest {
    phone: String,
}

#[derive(Serialize)]
pub(crate) struct Items {
    items: Vec<Reservation>,
}

/// `GET /reservations?phone=`.
pub(crate) async fn by_phone(app: Shared, Query(of): Query<OfGuest>) -> Result<Json<Items>, Problem> {
    input::phone(&of.phone)?;
    Ok(Json(Items { items: reservations::by_phone(&app.pool, &of.phone).await? }))
}
