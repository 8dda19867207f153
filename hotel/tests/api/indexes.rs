//! Each index that can be missing is really used by the query it is for, and missed by it.

use std::time::{Duration, Instant};

use aforo_hotel::{Flaw, FlawSet, Hotel, HotelConfig, start};
use sqlx::{Connection as _, PgConnection};

use crate::world::{Api, World};

/// Enough rows for the planner to care.
const RESERVATIONS: u32 = 20_000;

/// How often each index, and the whole table, was read so far.
async fn scans(connection: &mut PgConnection, index: &str) -> (i64, i64) {
    sqlx::query_as(
        "SELECT coalesce((SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = $1), 0), \
                (SELECT seq_scan FROM pg_stat_user_tables WHERE relname = 'reservations')",
    )
    .bind(index)
    .fetch_one(connection)
    .await
    .unwrap()
}

/// Asks until the statistics show that the index (or, without it, the table) was read.
async fn reads(hotel: &Hotel, path: Option<&str>, index: &str) -> Read {
    let api = Api::new(hotel);
    let mut connection = PgConnection::connect(hotel.database_url()).await.unwrap();
    let (by_index, whole) = scans(&mut connection, index).await;
    let started = Instant::now();
    loop {
        if let Some(path) = path {
            assert_eq!(api.raw(path).await.0, 200);
        }
        let (by_index_now, whole_now) = scans(&mut connection, index).await;
        if by_index_now > by_index {
            return Read::Index;
        }
        if whole_now > whole {
            return Read::WholeTable;
        }
        assert!(started.elapsed() < Duration::from_secs(20), "{path:?} read nothing that is counted");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[derive(Debug, PartialEq)]
enum Read {
    Index,
    WholeTable,
}

#[tokio::test]
async fn a_missing_index_makes_its_query_read_the_whole_table() {
    let world = World::start().await;
    let config = HotelConfig {
        accommodations: 50,
        reservations: RESERVATIONS,
        expiry_interval: Duration::from_millis(100),
        ..world.config().await
    };
    let queries = [
        (Flaw::NoExpiresIndex, None, "reservations_expires_at_idx"),
        (
            Flaw::NoStatusDatesIndex,
            Some("/admin/reservations?status=confirmed&from=2020-01-01&limit=50"),
            "reservations_status_dates_idx",
        ),
        (
            Flaw::NoChannelIndex,
            Some("/admin/reservations/export.csv?channel=agency"),
            "reservations_channel_idx",
        ),
        (Flaw::NoPhoneIndex, Some("/reservations?phone=%2B34600000001"), "reservations_guest_phone_idx"),
    ];
    let tuned =
        start(HotelConfig { expiry_interval: Duration::from_secs(3600), ..config.clone() }).await.unwrap();
    for (flaw, path, index) in queries.iter().filter(|query| query.1.is_some()) {
        assert_eq!(reads(&tuned, *path, index).await, Read::Index, "{flaw}");
    }
    tuned.shutdown().await;
    let tuned = start(config.clone()).await.unwrap();
    assert_eq!(reads(&tuned, None, queries[0].2).await, Read::Index, "expiry");
    tuned.shutdown().await;
    let flaws = FlawSet::from_iter(queries.map(|query| query.0));
    let flawed = start(HotelConfig { flaws, expiry_interval: Duration::from_secs(3600), ..config.clone() })
        .await
        .unwrap();
    for (flaw, path, index) in queries.iter().filter(|query| query.1.is_some()) {
        assert_eq!(reads(&flawed, *path, index).await, Read::WholeTable, "{flaw}");
    }
    flawed.shutdown().await;
    world.stop().await;
}
