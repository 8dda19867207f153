//! The admin list: a page of reservations with their accommodation and last event, and how many there are in all.

use sqlx::{PgPool, Postgres, QueryBuilder};

use crate::service::queries::accommodations;
use crate::service::queries::filter::Filter;
use crate::service::reservation::{
    Event, Reservation, ReservationRow, accommodation_summary_columns, reservation_columns,
};

/// How the rows of a page get their accommodation and last event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListQuery {
    /// Tuned: one statement for the page.
    Joined,
    /// Flaw `n-plus-one-list`: two more statements for each row.
    PerRow,
}

/// Which part of the list.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// How many rows at most.
    pub limit: i64,
    /// How many rows lie before it.
    pub offset: i64,
}

/// How many reservations the filter lets through.
///
/// # Errors
/// If the database does not answer.
pub async fn count(pool: &PgPool, filter: &Filter) -> Result<i64, sqlx::Error> {
    let mut sql = QueryBuilder::new("SELECT count(*) FROM reservations AS r");
    filter.push_where(&mut sql);
    sql.build_query_scalar().fetch_one(pool).await
}

impl ListQuery {
    /// One page, in the order of arrival.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn page(
        self,
        pool: &PgPool,
        filter: &Filter,
        page: Page,
    ) -> Result<Vec<ReservationRow>, sqlx::Error> {
        match self {
            ListQuery::Joined => joined(pool, filter, page).await,
            ListQuery::PerRow => per_row(pool, filter, page).await,
        }
    }
}

async fn joined(pool: &PgPool, filter: &Filter, page: Page) -> Result<Vec<ReservationRow>, sqlx::Error> {
    let mut sql = QueryBuilder::new(concat!(
        "SELECT ",
        reservation_columns!(),
        ", ",
        accommodation_summary_columns!(),
        ", e.event, e.occurred_at FROM ("
    ));
    push_page(&mut sql, filter, page);
    sql.push(
        ") AS r JOIN accommodations AS a ON a.id = r.accommodation_id \
         CROSS JOIN LATERAL (SELECT event, occurred_at FROM reservation_events \
                             WHERE reservation_id = r.id ORDER BY id DESC LIMIT 1) AS e \
         ORDER BY r.check_in, r.check_out, r.id",
    );
    sql.build_query_as().fetch_all(pool).await
}

/// The reservations of a page, without what belongs to them.
///
/// # Errors
/// If the database does not answer.
pub async fn reservations(
    pool: &PgPool,
    filter: &Filter,
    page: Page,
) -> Result<Vec<Reservation>, sqlx::Error> {
    let mut sql = QueryBuilder::new("");
    push_page(&mut sql, filter, page);
    sql.build_query_as().fetch_all(pool).await
}

async fn per_row(pool: &PgPool, filter: &Filter, page: Page) -> Result<Vec<ReservationRow>, sqlx::Error> {
    let reservations = reservations(pool, filter, page).await?;
    let mut rows = Vec::with_capacity(reservations.len());
    for reservation in reservations {
        rows.push(complete(pool, reservation).await?);
    }
    Ok(rows)
}

/// What the N+1 flaws of the list and of the export do for each row.
pub(crate) async fn complete(pool: &PgPool, reservation: Reservation) -> Result<ReservationRow, sqlx::Error> {
    let accommodation = accommodations::summary(pool, reservation.accommodation_id).await?;
    let last_event: Event = sqlx::query_as(
        "SELECT event, occurred_at FROM reservation_events WHERE reservation_id = $1 ORDER BY id DESC LIMIT 1",
    )
    .bind(reservation.id)
    .fetch_one(pool)
    .await?;
    Ok(ReservationRow { reservation, accommodation, last_event })
}

fn push_page(sql: &mut QueryBuilder<Postgres>, filter: &Filter, page: Page) {
    sql.push(concat!("SELECT ", reservation_columns!(), " FROM reservations AS r"));
    filter.push_where(sql);
    sql.push(" ORDER BY r.check_in, r.check_out, r.id LIMIT ").push_bind(page.limit);
    sql.push(" OFFSET ").push_bind(page.offset);
}
