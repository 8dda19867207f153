//! Eight bookers who want the same few rooms at once: under one Redis lock for all rooms, a Redis lock for each room, an advisory
//! lock of Postgres for each room, and with nothing but the exclusion constraint.
//!
//! Each stay is wanted by two bookers at the same moment, so that half of the bookings are refused, whoever comes first.

use std::time::{Duration, Instant};

use aforo_bench_suite::pairs::{BOOKING_ADVISORY_LOCK, BOOKING_CONSTRAINT, BOOKING_ROOM_LOCK};
use aforo_bench_suite::{ANCHOR, HotelDatabase, assert_same_answer, wall_time};
use aforo_hotel::FlawSet;
use aforo_hotel::pricing::Pricing;
use aforo_hotel::service::booking::{Booking, FrontDesk};
use aforo_hotel::service::lock::BookingLock;
use aforo_hotel::service::queries::reservations::{Guest, try_insert};
use aforo_hotel::service::reservation::{Channel, Reservation, Stay};
use aforo_hotel::service::{Problem, cache};
use aforo_sandbox::{Redis, RedisOptions};
use chrono::Days;
use criterion::{Criterion, criterion_group, criterion_main};
use futures_util::future::join_all;

const BOOKERS: u64 = 8;
const BOOKINGS_OF_EACH: u64 = 8;
const ROOMS: u64 = 4;
/// Two bookers for each room at a time: of every two bookings one is refused.
const ACCEPTED: usize = (BOOKERS * BOOKINGS_OF_EACH / 2) as usize;
/// The generated stays end a year after the anchor: from here on everything is free.
const FREE_DAYS_AHEAD: u64 = 400;
const NIGHTS: u64 = 2;
/// The least that Criterion takes: with the one lock for all, a time is of half a second.
const SAMPLES: usize = 10;

/// Locks of two numbers are others than those of one number, of which the hotel takes one when it fills its database.
const ADVISORY_LOCK: &str = "SELECT pg_advisory_xact_lock(1, $1)";

/// How many stays that were made overlap with another.
const OVERLAPS: &str = "SELECT count(*) FROM reservations AS one JOIN reservations AS other \
    ON other.accommodation_id = one.accommodation_id AND other.id < one.id AND other.stay && one.stay \
    WHERE one.check_in >= $1 AND one.status = 'pre_reserved' AND other.status IN ('pre_reserved', 'confirmed')";

const ANSWERED: &str = "the database answers";

/// What keeps bookings of a room apart.
#[derive(Clone, Copy)]
enum Guard {
    /// What the hotel does, with the lock of its front desk.
    RedisLock,
    /// A lock in the same transaction as the insert: no round trip to Redis, and nothing to poll for.
    AdvisoryLock,
    /// Nothing but the exclusion constraint, which all of them have as well.
    Constraint,
}

impl Guard {
    async fn book(self, desk: &FrontDesk, booking: &Booking) -> Result<Reservation, Problem> {
        match self {
            Guard::RedisLock => desk.pre_reserve(booking).await,
            Guard::AdvisoryLock => under_advisory_lock(desk, booking).await,
            Guard::Constraint => desk.insert(&desk.quote(booking).await?, booking).await,
        }
    }
}

async fn under_advisory_lock(desk: &FrontDesk, booking: &Booking) -> Result<Reservation, Problem> {
    let quote = desk.quote(booking).await?;
    let mut transaction = desk.pool.begin().await?;
    sqlx::query(ADVISORY_LOCK).bind(booking.accommodation_id).execute(&mut *transaction).await?;
    let reservation = try_insert(
        &mut *transaction,
        &quote.accommodation,
        booking.stay,
        &booking.guest,
        quote.total_price_cents,
        desk.hold,
    )
    .await?;
    transaction.commit().await?;
    Ok(reservation)
}

/// What each booker wants, one after the other. In every turn a room is wanted by two of them for the same nights, and in the next
/// turn by two others.
fn wishes() -> Vec<Vec<Booking>> {
    let wish = |booker: u64, turn: u64| {
        let check_in = ANCHOR + Days::new(FREE_DAYS_AHEAD + NIGHTS * turn);
        let room = (booker + turn * (1 + booker / ROOMS)) % ROOMS;
        Booking {
            accommodation_id: 1 + room as i32,
            stay: Stay { check_in, check_out: check_in + Days::new(NIGHTS) },
            guest: Guest {
                guests: 1,
                name: format!("Booker {booker}"),
                phone: "+34699000001".to_owned(),
                channel: Channel::Web,
            },
        }
    };
    (0..BOOKERS).map(|booker| (0..BOOKINGS_OF_EACH).map(|turn| wish(booker, turn)).collect()).collect()
}

/// All bookers at once. Returns how many bookings were accepted.
async fn rush(guard: Guard, desk: &FrontDesk, wishes: &[Vec<Booking>]) -> usize {
    let accepted = join_all(wishes.iter().map(async |own| {
        let mut accepted = 0;
        for booking in own {
            match guard.book(desk, booking).await {
                Ok(_) => accepted += 1,
                Err(problem) => assert_eq!(problem.code(), "overlap", "{problem:?}"),
            }
        }
        accepted
    }))
    .await;
    accepted.into_iter().sum()
}

/// How many are accepted, and how many of them overlap with another.
fn outcome(hotel: &HotelDatabase, guard: Guard, desk: &FrontDesk, wishes: &[Vec<Booking>]) -> (usize, i64) {
    let accepted = hotel.wait(rush(guard, desk, wishes));
    let overlaps = sqlx::query_scalar(OVERLAPS).bind(ANCHOR + Days::new(FREE_DAYS_AHEAD));
    let overlaps = hotel.wait(overlaps.fetch_one(hotel.pool())).expect(ANSWERED);
    hotel.remove_new_reservations();
    (accepted, overlaps)
}

fn rushes(
    hotel: &HotelDatabase,
    guard: Guard,
    desk: &FrontDesk,
    wishes: &[Vec<Booking>],
    number: u64,
) -> Duration {
    let mut taken = Duration::ZERO;
    for _ in 0..number {
        let started = Instant::now();
        let accepted = hotel.wait(rush(guard, desk, wishes));
        taken += started.elapsed();
        assert_eq!(accepted, ACCEPTED);
        hotel.remove_new_reservations();
    }
    taken
}

fn contention(criterion: &mut Criterion) {
    let hotel = HotelDatabase::start(FlawSet::none());
    let server = hotel.wait(Redis::start(RedisOptions::default())).unwrap_or_else(|error| panic!("{error}"));
    let redis = hotel.wait(cache::connect(&server.url())).expect("Redis answers");
    let desk = |lock| FrontDesk {
        pool: hotel.pool().clone(),
        redis: redis.clone(),
        lock,
        pricing: Pricing::new(false),
        hold: Duration::from_secs(30 * 60),
    };
    let (one_lock, room_locks) = (desk(BookingLock::Global), desk(BookingLock::PerAccommodation));
    let measured = [
        (BOOKING_ROOM_LOCK.before, Guard::RedisLock, &one_lock),
        (BOOKING_ROOM_LOCK.after, Guard::RedisLock, &room_locks),
        (BOOKING_ADVISORY_LOCK.after, Guard::AdvisoryLock, &room_locks),
        (BOOKING_CONSTRAINT.after, Guard::Constraint, &room_locks),
    ];
    let wishes = wishes();
    for (_, guard, desk) in measured {
        assert_same_answer(BOOKING_ROOM_LOCK.group, (ACCEPTED, 0), outcome(&hotel, guard, desk, &wishes));
    }
    let mut group = criterion.benchmark_group(BOOKING_ROOM_LOCK.group);
    group.sample_size(SAMPLES);
    for (name, guard, desk) in measured {
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|number| rushes(&hotel, guard, desk, &wishes, number));
        });
    }
    group.finish();
}

criterion_group!(name = benches; config = wall_time(); targets = contention);
criterion_main!(benches);
