//! `GET /availability`: what is free, and what it costs.

use axum::Json;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::service::extract::Query;
use crate::service::input;
use crate::service::problem::Problem;
use crate::service::queries::accommodations;
use crate::service::reservation::Stay;
use crate::service::state::{App, Shared, today};

#[derive(Deserialize)]
pub(crate) struct Question {
    check_in: NaiveDate,
    check_out: NaiveDate,
    guests: i32,
}

#[derive(Serialize)]
pub(crate) struct Availability {
    check_in: NaiveDate,
    check_out: NaiveDate,
    nights: u32,
    accommodations: Vec<Offer>,
}

/// A free accommodation and the price of the whole stay.
#[derive(Serialize)]
pub(crate) struct Offer {
    pub(crate) id: i32,
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) capacity: i32,
    pub(crate) total_price_cents: i64,
}

pub(crate) async fn availability(
    app: Shared,
    question: Query<Question>,
) -> Result<Json<Availability>, Problem> {
    let stay = input::stay(question.0.check_in, question.0.check_out, today())?;
    let guests = input::guests(question.0.guests)?;
    Ok(Json(Availability {
        check_in: stay.check_in,
        check_out: stay.check_out,
        nights: stay.nights(),
        accommodations: offers(&app, stay, guests).await?,
    }))
}

/// What is free, cheapest first.
pub(crate) async fn offers(app: &App, stay: Stay, guests: i32) -> Result<Vec<Offer>, Problem> {
    let free = accommodations::free(&app.pool, stay, guests).await?;
    Ok(free
        .into_iter()
        .map(|accommodation| Offer {
            total_price_cents: app.desk.price(&accommodation, stay),
            id: accommodation.id,
            code: accommodation.code,
            name: accommodation.name,
            kind: accommodation.kind,
            capacity: accommodation.capacity,
        })
        .collect())
}
