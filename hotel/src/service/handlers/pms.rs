//! `GET /pms/rates`: the rate of one night.

use axum::Json;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::service::extract::Query;
use crate::service::pms::RateSource;
use crate::service::problem::Problem;
use crate::service::queries::accommodations;
use crate::service::state::Shared;

#[derive(Deserialize)]
pub(crate) struct RateQuestion {
    accommodation_id: i32,
    date: NaiveDate,
}

#[derive(Serialize)]
pub(crate) struct Rate {
    accommodation_id: i32,
    date: NaiveDate,
    rate_cents: i64,
    source: RateSource,
}

pub(crate) async fn rates(app: Shared, Query(question): Query<RateQuestion>) -> Result<Json<Rate>, Problem> {
    let accommodation = accommodations::by_id(&app.pool, question.accommodation_id).await?;
    let (rate_cents, source) =
        app.pms.rate(accommodation.id, accommodation.base_price_cents, question.date).await;
    Ok(Json(Rate { accommodation_id: accommodation.id, date: question.date, rate_cents, source }))
}
