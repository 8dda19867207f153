//! `GET /admin/reservations`: the list the front desk works with.

use axum::Json;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::service::extract::Query;
use crate::service::problem::Problem;
use crate::service::queries::admin_list::{Page, count};
use crate::service::queries::filter::Filter;
use crate::service::reservation::{Channel, ReservationRow, Status};
use crate::service::state::Shared;

/// The largest page.
const MOST_ROWS: i64 = 200;
/// The page if none is asked for.
const DEFAULT_ROWS: i64 = 50;
/// The furthest offset: every row before it is read and thrown away.
const FURTHEST_OFFSET: i64 = 1_000_000;

#[derive(Deserialize)]
pub(crate) struct ListQuestion {
    status: Option<Status>,
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
    channel: Option<Channel>,
    limit: Option<i64>,
    offset: Option<i64>,
}

#[derive(Serialize)]
pub(crate) struct List {
    items: Vec<ReservationRow>,
    total: i64,
    limit: i64,
    offset: i64,
}

pub(crate) async fn list(app: Shared, Query(question): Query<ListQuestion>) -> Result<Json<List>, Problem> {
    let page = Page { limit: question.limit.unwrap_or(DEFAULT_ROWS), offset: question.offset.unwrap_or(0) };
    if !(1..=MOST_ROWS).contains(&page.limit) {
        return Err(Problem::invalid(format!("limit must be 1 to {MOST_ROWS}, not {}", page.limit)));
    }
    if !(0..=FURTHEST_OFFSET).contains(&page.offset) {
        return Err(Problem::invalid(format!("offset must be 0 to {FURTHEST_OFFSET}, not {}", page.offset)));
    }
    let filter =
        Filter { status: question.status, from: question.from, to: question.to, channel: question.channel };
    Ok(Json(List {
        items: app.list.page(&app.pool, &filter, page).await?,
        total: count(&app.pool, &filter).await?,
        limit: page.limit,
        offset: page.offset,
    }))
}
