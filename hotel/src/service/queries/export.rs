//! The rows of the CSV export, one after the other.

use futures_util::TryStreamExt as _;
use sqlx::{PgPool, QueryBuilder};

use crate::service::queries::admin_list::complete;
use crate::service::queries::filter::Filter;
use crate::service::reservation::{
    Reservation, ReservationRow, accommodation_summary_columns, reservation_columns,
};

/// How many rows an export has at most.
const MOST_ROWS: i64 = 100_000;

/// How the rows get their accommodation and last event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExportQuery {
    /// Tuned: one statement, read as it comes.
    Joined,
    /// Flaw `n-plus-one-export`: all reservations first, then two more statements for each.
    PerRow,
}

/// Takes the rows of an export.
pub(crate) trait RowSink {
    /// Takes one row. `false` if nobody wants more.
    fn take(&mut self, row: &ReservationRow) -> impl Future<Output = bool> + Send;
}

impl ExportQuery {
    /// Hands all rows to the sink, in the order of arrival.
    pub(crate) async fn run(
        self,
        pool: &PgPool,
        filter: &Filter,
        sink: &mut (impl RowSink + Send),
    ) -> Result<(), sqlx::Error> {
        match self {
            ExportQuery::Joined => joined(pool, filter, sink).await,
            ExportQuery::PerRow => per_row(pool, filter, sink).await,
        }
    }
}

async fn joined(pool: &PgPool, filter: &Filter, sink: &mut (impl RowSink + Send)) -> Result<(), sqlx::Error> {
    let mut sql = QueryBuilder::new(concat!(
        "SELECT ",
        reservation_columns!(),
        ", ",
        accommodation_summary_columns!(),
        ", e.event, e.occurred_at FROM reservations AS r \
         JOIN accommodations AS a ON a.id = r.accommodation_id \
         CROSS JOIN LATERAL (SELECT event, occurred_at FROM reservation_events \
                             WHERE reservation_id = r.id ORDER BY id DESC LIMIT 1) AS e"
    ));
    push_rest(&mut sql, filter);
    let mut rows = sql.build_query_as::<ReservationRow>().fetch(pool);
    while let Some(row) = rows.try_next().await? {
        if !sink.take(&row).await {
            break;
        }
    }
    Ok(())
}

async fn per_row(
    pool: &PgPool,
    filter: &Filter,
    sink: &mut (impl RowSink + Send),
) -> Result<(), sqlx::Error> {
    let mut sql = QueryBuilder::new(concat!("SELECT ", reservation_columns!(), " FROM reservations AS r"));
    push_rest(&mut sql, filter);
    let reservations: Vec<Reservation> = sql.build_query_as().fetch_all(pool).await?;
    for reservation in reservations {
        let row = complete(pool, reservation).await?;
        if !sink.take(&row).await {
            break;
        }
    }
    Ok(())
}

fn push_rest(sql: &mut QueryBuilder<sqlx::Postgres>, filter: &Filter) {
    filter.push_where(sql);
    sql.push(" ORDER BY r.check_in, r.check_out, r.id LIMIT ").push_bind(MOST_ROWS);
}
