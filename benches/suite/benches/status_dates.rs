//! The admin list by status and dates, with and without the index on (status, `check_in`, `check_out`).
//!
//! Measured is what the handler asks: a page with what belongs to its rows, and how many there are in all.

use aforo_bench_suite::pairs::STATUS_AND_DATES;
use aforo_bench_suite::{ANCHOR, HotelDatabase, assert_same_answer, wall_time};
use aforo_hotel::service::queries::admin_list::{ListQuery, Page, count};
use aforo_hotel::service::queries::filter::Filter;
use aforo_hotel::service::reservation::{ReservationRow, Status};
use aforo_hotel::{Flaw, FlawSet};
use chrono::Days;
use criterion::{Criterion, criterion_group, criterion_main};

/// The page of the demo's journeys.
const ROWS: i64 = 50;
/// As far as the demo's journeys look ahead.
const WINDOW: Days = Days::new(60);

/// The arrivals of 60 days from so many days after the anchor.
fn arrivals(status: Status, days_ahead: u64) -> Filter {
    let from = ANCHOR + Days::new(days_ahead);
    Filter { status: Some(status), from: Some(from), to: Some(from + WINDOW), channel: None }
}

fn list(hotel: &HotelDatabase, filter: &Filter, offset: i64) -> (Vec<ReservationRow>, i64) {
    let page = Page { limit: ROWS, offset };
    hotel
        .wait(async {
            let rows = ListQuery::Joined.page(hotel.pool(), filter, page).await?;
            Ok::<_, sqlx::Error>((rows, count(hotel.pool(), filter).await?))
        })
        .expect("the database answers")
}

/// Lists of each status, over the year to come and the second page too.
fn lists(hotel: &HotelDatabase) -> Vec<(Vec<ReservationRow>, i64)> {
    let asked = Status::EVERY.into_iter().flat_map(|status| {
        [0, 30, 120, 300].into_iter().flat_map(move |ahead| [0, ROWS].map(|offset| (status, ahead, offset)))
    });
    asked.map(|(status, ahead, offset)| list(hotel, &arrivals(status, ahead), offset)).collect()
}

fn by_status_and_dates(criterion: &mut Criterion) {
    let pair = STATUS_AND_DATES;
    let filter = arrivals(Status::Confirmed, 30);
    let hotel = HotelDatabase::start(FlawSet::none());
    let indexed = lists(&hotel);
    hotel.switch_indexes(&FlawSet::from_iter([Flaw::NoStatusDatesIndex]));
    assert_same_answer(pair.group, indexed, lists(&hotel));
    let mut group = criterion.benchmark_group(pair.group);
    group.bench_function(pair.before, |bencher| bencher.iter(|| list(&hotel, &filter, 0)));
    hotel.switch_indexes(&FlawSet::none());
    group.bench_function(pair.after, |bencher| bencher.iter(|| list(&hotel, &filter, 0)));
    group.finish();
}

criterion_group!(name = benches; config = wall_time(); targets = by_status_and_dates);
criterion_main!(benches);
