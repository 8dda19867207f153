//! The job that expires stale pre-reservations: without an index on `expires_at`, with a full one, with a partial one.
//!
//! Every call finds the same stale rows: each is a transaction that is rolled back, and measured is its statement, without the
//! commit. What was rolled back leaves dead rows behind, so the table is vacuumed before they are a fiftieth of it.
//!
//! The index on (status, dates) of the admin list is absent: the job would find its rows by their status in it, and the claim is
//! of a system that had neither.

use std::cell::Cell;
use std::time::{Duration, Instant};

use aforo_bench_suite::pairs::{EXPIRY_FULL_INDEX, EXPIRY_PARTIAL_INDEX};
use aforo_bench_suite::{HotelDatabase, assert_same_answer, wall_time};
use aforo_hotel::service::expiry::expire_stale;
use aforo_hotel::{Flaw, FlawSet};
use criterion::{Bencher, Criterion, criterion_group, criterion_main};
use sqlx::{Connection as _, PgConnection};

/// How many pre-reservations are stale. About fifty are not.
const STALE: u64 = 10;

/// As the job leaves what it has expired: with the time at which it did. Then, ten holds that ran out a minute ago and others
/// that do not.
const HOLDS: &str = "
    UPDATE reservations SET expires_at = created_at + interval '30 minutes' WHERE status = 'expired';
    UPDATE reservations SET expires_at = now() + interval '1 day' WHERE status = 'pre_reserved';
    UPDATE reservations SET expires_at = now() - interval '1 minute'
    WHERE id IN (SELECT id FROM reservations WHERE status = 'pre_reserved' ORDER BY id LIMIT 10)";
/// Leaves no trace of what was there before.
const REWRITE: &str = "VACUUM (FULL, ANALYZE) reservations";
const VACUUM: &str = "VACUUM reservations, reservation_events";
/// After so many calls; each leaves [`STALE`] dead rows among 50 000.
const CALLS_BETWEEN_VACUUMS: u64 = 100;

const CREATE_FULL_INDEX: &str = "CREATE INDEX reservations_expires_at_full_idx ON reservations (expires_at)";
const DROP_FULL_INDEX: &str = "DROP INDEX reservations_expires_at_full_idx";

const ANSWERED: &str = "the database answers";

/// Which reservations expire: the statement is run, looked at, and undone.
fn expired(hotel: &HotelDatabase) -> Vec<i64> {
    let expire = async {
        let mut connection = hotel.pool().acquire().await?;
        let mut transaction = connection.begin().await?;
        let number = expire_stale(&mut *transaction).await?;
        let ids: Vec<i64> = sqlx::query_scalar(
            "SELECT r.id FROM reservations AS r JOIN reservation_events AS e ON e.reservation_id = r.id \
             WHERE r.status = 'expired' AND e.event = 'expired' AND e.occurred_at = now() ORDER BY r.id",
        )
        .fetch_all(&mut *transaction)
        .await?;
        transaction.rollback().await?;
        assert_eq!(number, ids.len() as u64, "each has its entry in the history");
        Ok::<_, sqlx::Error>(ids)
    };
    hotel.wait(expire).expect(ANSWERED)
}

/// The job, called again and again.
struct Calls<'a> {
    hotel: &'a HotelDatabase,
    since_vacuum: Cell<u64>,
}

impl<'a> Calls<'a> {
    fn new(hotel: &'a HotelDatabase) -> Self {
        hotel.execute(VACUUM);
        Self { hotel, since_vacuum: Cell::new(0) }
    }

    /// How long so many calls take.
    fn times(&self, number: u64) -> Duration {
        (0..number).map(|_| self.one()).sum()
    }

    fn one(&self) -> Duration {
        let calls = self.since_vacuum.get();
        if calls == CALLS_BETWEEN_VACUUMS {
            self.hotel.execute(VACUUM);
        }
        self.since_vacuum.set(calls % CALLS_BETWEEN_VACUUMS + 1);
        let expire = async {
            let mut connection = self.hotel.pool().acquire().await?;
            // The statement is planned anew after a vacuum; that is not the job's daily life.
            if calls.is_multiple_of(CALLS_BETWEEN_VACUUMS) {
                undone(&mut connection).await?;
            }
            undone(&mut connection).await
        };
        self.hotel.wait(expire).expect(ANSWERED)
    }
}

/// How long the statement takes, of a transaction that is rolled back.
async fn undone(connection: &mut PgConnection) -> Result<Duration, sqlx::Error> {
    let mut transaction = connection.begin().await?;
    let started = Instant::now();
    let expired = expire_stale(&mut *transaction).await?;
    let taken = started.elapsed();
    transaction.rollback().await?;
    assert_eq!(expired, STALE);
    Ok(taken)
}

fn clean_up(criterion: &mut Criterion) {
    let none = FlawSet::from_iter([Flaw::NoStatusDatesIndex, Flaw::NoExpiresIndex]);
    let hotel = HotelDatabase::start(none.clone());
    hotel.execute(HOLDS);
    hotel.execute(REWRITE);
    hotel.execute("CHECKPOINT");
    let (full, partial) = (EXPIRY_FULL_INDEX, EXPIRY_PARTIAL_INDEX);
    let measured = |bencher: &mut Bencher<'_>| {
        let calls = Calls::new(&hotel);
        bencher.iter_custom(|number| calls.times(number));
    };
    let mut group = criterion.benchmark_group(partial.group);

    let with_partial = FlawSet::from_iter([Flaw::NoStatusDatesIndex]);
    let create_full = || {
        hotel.execute(CREATE_FULL_INDEX);
        hotel.execute("ANALYZE reservations");
    };

    let found = expired(&hotel);
    assert_eq!(found.len() as u64, STALE);
    create_full();
    assert_same_answer(full.group, &found, &expired(&hotel));
    hotel.execute(DROP_FULL_INDEX);
    hotel.switch_indexes(&with_partial);
    assert_same_answer(partial.group, &found, &expired(&hotel));
    hotel.switch_indexes(&none);

    group.bench_function(partial.before, measured);
    create_full();
    group.bench_function(full.after, measured);
    hotel.execute(DROP_FULL_INDEX);
    hotel.switch_indexes(&with_partial);
    group.bench_function(partial.after, measured);
    group.finish();
}

criterion_group!(name = benches; config = wall_time(); targets = clean_up);
criterion_main!(benches);
