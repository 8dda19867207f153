//! Which rooms are free, and whether one may be booked: with the GiST index of the exclusion constraint, and without either.
//!
//! Without the constraint a booking looks for overlapping stays before it inserts. That costs what is measured here, and does not
//! keep two bookings at the same moment apart.

use std::time::{Duration, Instant};

use aforo_bench_suite::pairs::{AVAILABILITY, OVERLAP_CHECK};
use aforo_bench_suite::{ANCHOR, HotelDatabase, assert_same_answer, wall_time};
use aforo_hotel::FlawSet;
use aforo_hotel::service::Problem;
use aforo_hotel::service::queries::accommodations::{self, Accommodation};
use aforo_hotel::service::queries::reservations::{self, Guest};
use aforo_hotel::service::reservation::{Channel, Stay};
use chrono::Days;
use criterion::{Criterion, criterion_group, criterion_main};
use sqlx::PgPool;

/// What the hotel's schema says, taken back and said again.
const DROP_CONSTRAINT: &str = "ALTER TABLE reservations DROP CONSTRAINT reservations_no_overlap";
const ADD_CONSTRAINT: &str = "ALTER TABLE reservations ADD CONSTRAINT reservations_no_overlap \
    EXCLUDE USING gist (accommodation_id WITH =, stay WITH &&) WHERE (status IN ('pre_reserved', 'confirmed'))";
const ANALYZE: &str = "VACUUM (ANALYZE) reservations";

/// Are these dates taken?
const IS_TAKEN: &str = "SELECT EXISTS (SELECT FROM reservations \
    WHERE accommodation_id = $1 AND stay && daterange($2, $3, '[)') AND status IN ('pre_reserved', 'confirmed'))";

const PARTY: i32 = 2;
const PRICE_CENTS: i64 = 10_000;
const HOLD: Duration = Duration::from_secs(30 * 60);
/// The generated stays end a year after the anchor: from here on everything is free.
const FREE_DAYS_AHEAD: u64 = 400;

const ANSWERED: &str = "the database answers";

/// So many nights, so many days after the anchor.
fn stay(days_ahead: u64, nights: u64) -> Stay {
    let check_in = ANCHOR + Days::new(days_ahead);
    Stay { check_in, check_out: check_in + Days::new(nights) }
}

fn guest() -> Guest {
    Guest {
        guests: PARTY,
        name: "Lucía García".to_owned(),
        phone: "+34699000001".to_owned(),
        channel: Channel::Web,
    }
}

/// How a booking is kept from overlapping with another.
#[derive(Clone, Copy)]
enum Check {
    /// By a look before the insert.
    Query,
    /// By the insert itself.
    Constraint,
}

impl Check {
    /// Was it booked?
    async fn book(self, pool: &PgPool, accommodation: &Accommodation, stay: Stay) -> Result<bool, Problem> {
        if let Check::Query = self {
            let is_taken: bool = sqlx::query_scalar(IS_TAKEN)
                .bind(accommodation.id)
                .bind(stay.check_in)
                .bind(stay.check_out)
                .fetch_one(pool)
                .await?;
            if is_taken {
                return Ok(false);
            }
        }
        match reservations::insert(pool, accommodation, stay, &guest(), PRICE_CENTS, HOLD).await {
            Ok(_) => Ok(true),
            Err(problem) if problem.code() == "overlap" => Ok(false),
            Err(problem) => Err(problem),
        }
    }

    /// Books stays of one and three nights through the coming year, taken or not.
    fn answers(self, hotel: &HotelDatabase, rooms: &[Accommodation]) -> Vec<bool> {
        let asked =
            (0..120).flat_map(|step| [stay(3 * step, 1), stay(3 * step, 3)]).zip(rooms.iter().cycle());
        let answers =
            asked.map(|(stay, room)| hotel.wait(self.book(hotel.pool(), room, stay)).expect(ANSWERED));
        let answers = answers.collect();
        hotel.remove_new_reservations();
        answers
    }

    /// How long so many bookings of free dates take.
    fn bookings(self, hotel: &HotelDatabase, rooms: &[Accommodation], number: u64) -> Duration {
        let stays = (FREE_DAYS_AHEAD..).flat_map(|day| rooms.iter().map(move |room| (room, stay(day, 1))));
        let book = async {
            let started = Instant::now();
            for (room, stay) in stays.take(usize::try_from(number).unwrap_or(usize::MAX)) {
                assert!(self.book(hotel.pool(), room, stay).await.expect(ANSWERED), "the dates are free");
            }
            started.elapsed()
        };
        let taken = hotel.wait(book);
        hotel.remove_new_reservations();
        taken
    }
}

fn free(hotel: &HotelDatabase, stay: Stay) -> Vec<Accommodation> {
    hotel.wait(accommodations::free(hotel.pool(), stay, PARTY)).expect(ANSWERED)
}

/// What is free through the coming year, for short and long stays.
fn free_through_the_year(hotel: &HotelDatabase) -> Vec<Vec<Accommodation>> {
    let ahead = (0..360).step_by(15).flat_map(|day| [stay(day, 1), stay(day, 3), stay(day, 14)]);
    ahead.map(|stay| free(hotel, stay)).collect()
}

fn drop_constraint(hotel: &HotelDatabase) {
    hotel.execute(DROP_CONSTRAINT);
    hotel.execute(ANALYZE);
}

fn add_constraint(hotel: &HotelDatabase) {
    hotel.execute(ADD_CONSTRAINT);
    hotel.execute(ANALYZE);
}

fn availability(criterion: &mut Criterion, hotel: &HotelDatabase) {
    let pair = AVAILABILITY;
    let found = free_through_the_year(hotel);
    drop_constraint(hotel);
    assert_same_answer(pair.group, found, free_through_the_year(hotel));
    let mut group = criterion.benchmark_group(pair.group);
    group.bench_function(pair.before, |bencher| bencher.iter(|| free(hotel, stay(30, 3))));
    add_constraint(hotel);
    group.bench_function(pair.after, |bencher| bencher.iter(|| free(hotel, stay(30, 3))));
    group.finish();
}

fn check(criterion: &mut Criterion, hotel: &HotelDatabase) {
    let pair = OVERLAP_CHECK;
    let rooms = free(hotel, stay(FREE_DAYS_AHEAD, 1));
    let booked = Check::Constraint.answers(hotel, &rooms);
    assert!(booked.contains(&true) && booked.contains(&false));
    drop_constraint(hotel);
    assert_same_answer(pair.group, booked, Check::Query.answers(hotel, &rooms));
    let mut group = criterion.benchmark_group(pair.group);
    group.bench_function(pair.before, |bencher| {
        bencher.iter_custom(|number| Check::Query.bookings(hotel, &rooms, number));
    });
    add_constraint(hotel);
    group.bench_function(pair.after, |bencher| {
        bencher.iter_custom(|number| Check::Constraint.bookings(hotel, &rooms, number));
    });
    group.finish();
}

fn overlaps(criterion: &mut Criterion) {
    let hotel = HotelDatabase::start(FlawSet::none());
    availability(criterion, &hotel);
    check(criterion, &hotel);
}

criterion_group!(name = benches; config = wall_time(); targets = overlaps);
criterion_main!(benches);
