//! Each index that can be missing is really used by the query it is for, and missed by it.

use std::time::{Duration, Instant};

use aforo_hotel::{Flaw, FlawSet, Hotel, HotelConfig, start};
use sqlx::{Connection as _, PgConnection};

use crate::world::{Api, World, booking, free_day};

/// Enough rows for the planner to care.
const RESERVATIONS: u32 = 10_000;

/// The index of the expiry job.
const EXPIRES_INDEX: &str = "reservations_expires_at_idx";

const READS_OF_INDEX: &str = "SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = $1";
const READS_OF_WHOLE_TABLE: &str = "SELECT seq_scan FROM pg_stat_user_tables WHERE relname = $1";

/// The requests whose query needs an index.
const REQUESTS: [(Flaw, &str, &str); 3] = [
    (
        Flaw::NoStatusDatesIndex,
        "/admin/reservations?status=confirmed&from=2020-01-01&limit=50",
        "reservations_status_dates_idx",
    ),
    (Flaw::NoChannelIndex, "/admin/reservations/export.csv?channel=agency", "reservations_channel_idx"),
    (Flaw::NoPhoneIndex, "/reservations?phone=%2B34600000001", "reservations_guest_phone_idx"),
];

/// How often the indexes, and the whole table, were read so far. Postgres counts a session's reads when the session ends,
/// so those of the hotel are ended, or awaited if the hotel has closed them.
struct Counts(PgConnection);

impl Counts {
    async fn of(database_url: &str) -> Self {
        Self(PgConnection::connect(database_url).await.unwrap())
    }

    async fn read(&mut self, count: &'static str, name: &str) -> i64 {
        self.settle().await;
        sqlx::query_scalar(count).bind(name).fetch_one(&mut self.0).await.unwrap()
    }

    /// Postgres before 15 shows what it has counted half a second late.
    async fn grows(&mut self, count: &'static str, name: &str, before: i64) -> bool {
        let started = Instant::now();
        while started.elapsed() < Duration::from_secs(5) {
            if self.read(count, name).await > before {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        false
    }

    async fn settle(&mut self) {
        let started = Instant::now();
        loop {
            let ended = sqlx::query(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                 WHERE application_name = 'aforo-hotel' AND datname = current_database()",
            );
            if ended.execute(&mut self.0).await.unwrap().rows_affected() == 0 {
                return;
            }
            assert!(started.elapsed() < Duration::from_secs(20), "sessions of the hotel do not end");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// Asks until it is answered: the hotel notices only by failing that its sessions were ended.
async fn ask(api: &Api, path: &str) {
    let started = Instant::now();
    while api.raw(path).await.0 != 200 {
        assert!(started.elapsed() < Duration::from_secs(20), "{path} is not answered");
    }
}

/// Returns when the expiry job has been at work.
async fn expire(hotel: &Hotel, day: u64) {
    let api = Api::new(hotel);
    let made = api.post("/reservations", &booking(1, free_day(day), free_day(day + 1))).await;
    let path = format!("/reservations/{}", made.text("code"));
    api.get_until(&path, |answer| answer.body["status"] == "expired").await;
}

#[tokio::test]
async fn a_missing_index_makes_its_query_read_the_whole_table() {
    let world = World::start().await;
    let tuned = HotelConfig {
        accommodations: 50,
        reservations: RESERVATIONS,
        hold: Duration::from_millis(1),
        expiry_interval: Duration::from_millis(50),
        ..world.config().await
    };
    let mut counts = Counts::of(tuned.database_url.as_deref().unwrap()).await;

    let hotel = start(tuned.clone()).await.unwrap();
    for (_, path, _) in REQUESTS {
        ask(&Api::new(&hotel), path).await;
    }
    expire(&hotel, 0).await;
    hotel.shutdown().await;
    for index in REQUESTS.map(|(_, _, index)| index).into_iter().chain([EXPIRES_INDEX]) {
        assert!(counts.grows(READS_OF_INDEX, index, 0).await, "{index} is not used");
    }

    // The expiry job has its index and reads no table meanwhile.
    let flaws = FlawSet::from_iter(REQUESTS.map(|(flaw, _, _)| flaw));
    let hotel = start(HotelConfig { flaws, ..tuned.clone() }).await.unwrap();
    for (flaw, path, _) in REQUESTS {
        let before = counts.read(READS_OF_WHOLE_TABLE, "reservations").await;
        ask(&Api::new(&hotel), path).await;
        assert!(counts.grows(READS_OF_WHOLE_TABLE, "reservations", before).await, "{flaw}");
    }
    hotel.shutdown().await;

    let before = counts.read(READS_OF_WHOLE_TABLE, "reservations").await;
    let flaws =
        FlawSet::from_iter(REQUESTS.map(|(flaw, _, _)| flaw).into_iter().chain([Flaw::NoExpiresIndex]));
    let hotel = start(HotelConfig { flaws, ..tuned }).await.unwrap();
    expire(&hotel, 1).await;
    hotel.shutdown().await;
    assert!(counts.grows(READS_OF_WHOLE_TABLE, "reservations", before).await, "the expiry job");
    world.stop().await;
}
