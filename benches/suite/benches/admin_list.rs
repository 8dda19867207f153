//! A page of the admin list: two more statements for each row, two more for the page, or one for all.
//!
//! Measured is the page, without the count of all rows that the answer also names: the three get it in the same way.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use aforo_bench_suite::pairs::{ADMIN_LIST_1, ADMIN_LIST_10, ADMIN_LIST_100, ADMIN_LIST_100_FAR};
use aforo_bench_suite::{ANCHOR, HotelDatabase, Pair, Relay, assert_same_answer, wall_time};
use aforo_hotel::FlawSet;
use aforo_hotel::service::queries::admin_list::{ListQuery, Page, reservations};
use aforo_hotel::service::queries::filter::Filter;
use aforo_hotel::service::reservation::{AccommodationSummary, Event, ReservationRow, Status};
use criterion::{Criterion, criterion_group, criterion_main};
use sqlx::{FromRow as _, PgPool, Row as _};

/// How much longer a round trip takes to a database on the network: the documents' 102.5 ms are half a millisecond for each of
/// the 201 statements of a page of 100.
const NETWORK: Duration = Duration::from_micros(500);

/// Arrivals of the coming year, as the front desk lists them.
const FILTER: Filter =
    Filter { status: Some(Status::Confirmed), from: Some(ANCHOR), to: None, channel: None };

/// How many pages are compared before they are timed.
const PAGES: i64 = 8;

const ANSWERED: &str = "the database answers";

/// The way between N+1 and a join: one statement for each of the three tables, put together here.
async fn batched(pool: &PgPool, filter: &Filter, page: Page) -> Result<Vec<ReservationRow>, sqlx::Error> {
    let reservations = reservations(pool, filter, page).await?;
    let accommodations = accommodations(pool, reservations.iter().map(|each| each.accommodation_id)).await?;
    let mut events = last_events(pool, reservations.iter().map(|each| each.id)).await?;
    reservations
        .into_iter()
        .map(|reservation| {
            let accommodation = accommodations.get(&reservation.accommodation_id).cloned();
            let last_event = events.remove(&reservation.id);
            Ok(ReservationRow {
                accommodation: accommodation.ok_or(sqlx::Error::RowNotFound)?,
                last_event: last_event.ok_or(sqlx::Error::RowNotFound)?,
                reservation,
            })
        })
        .collect()
}

async fn accommodations(
    pool: &PgPool,
    ids: impl Iterator<Item = i32>,
) -> Result<HashMap<i32, AccommodationSummary>, sqlx::Error> {
    let ids = Vec::from_iter(BTreeSet::from_iter(ids));
    let rows = sqlx::query(
        "SELECT id, code AS accommodation_code, name AS accommodation_name, kind AS accommodation_kind \
         FROM accommodations WHERE id = ANY($1)",
    )
    .bind(ids)
    .fetch_all(pool)
    .await?;
    rows.iter().map(|row| Ok((row.try_get("id")?, AccommodationSummary::from_row(row)?))).collect()
}

async fn last_events(
    pool: &PgPool,
    reservation_ids: impl Iterator<Item = i64>,
) -> Result<HashMap<i64, Event>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT DISTINCT ON (reservation_id) reservation_id, event, occurred_at FROM reservation_events \
         WHERE reservation_id = ANY($1) ORDER BY reservation_id, id DESC",
    )
    .bind(Vec::from_iter(reservation_ids))
    .fetch_all(pool)
    .await?;
    rows.iter().map(|row| Ok((row.try_get("reservation_id")?, Event::from_row(row)?))).collect()
}

fn assert_same_pages(hotel: &HotelDatabase, pool: &PgPool, limit: i64, subject: &str) {
    for offset in (0..PAGES).map(|number| number * limit) {
        let page = Page { limit, offset };
        let per_row = hotel.wait(ListQuery::PerRow.page(pool, &FILTER, page)).expect(ANSWERED);
        assert_eq!(per_row.len() as i64, limit, "the page is full");
        let batch = hotel.wait(batched(pool, &FILTER, page)).expect(ANSWERED);
        let joined = hotel.wait(ListQuery::Joined.page(pool, &FILTER, page)).expect(ANSWERED);
        assert_same_answer(subject, &per_row, &batch);
        assert_same_answer(subject, &per_row, &joined);
    }
}

fn measure(
    criterion: &mut Criterion,
    hotel: &HotelDatabase,
    pool: &PgPool,
    limit: i64,
    [in_batches, with_join]: [Pair; 2],
) {
    assert_same_pages(hotel, pool, limit, with_join.group);
    let page = Page { limit, offset: 0 };
    let mut group = criterion.benchmark_group(with_join.group);
    group.bench_function(with_join.before, |bencher| {
        bencher.iter(|| hotel.wait(ListQuery::PerRow.page(pool, &FILTER, page)).expect(ANSWERED));
    });
    group.bench_function(in_batches.after, |bencher| {
        bencher.iter(|| hotel.wait(batched(pool, &FILTER, page)).expect(ANSWERED));
    });
    group.bench_function(with_join.after, |bencher| {
        bencher.iter(|| hotel.wait(ListQuery::Joined.page(pool, &FILTER, page)).expect(ANSWERED));
    });
    group.finish();
}

fn pages(criterion: &mut Criterion) {
    let hotel = HotelDatabase::start(FlawSet::none());
    for (limit, pairs) in [(1, ADMIN_LIST_1), (10, ADMIN_LIST_10), (100, ADMIN_LIST_100)] {
        measure(criterion, &hotel, hotel.pool(), limit, pairs);
    }
    let relay = Relay::start(hotel.address(), NETWORK).expect("the system gives a port");
    let far = hotel.pool_by_way_of(relay.address());
    measure(criterion, &hotel, &far, 100, ADMIN_LIST_100_FAR);
}

criterion_group!(name = benches; config = wall_time(); targets = pages);
criterion_main!(benches);
