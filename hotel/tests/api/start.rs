//! Starting on databases of every kind, and the data that is generated.

use aforo_hotel::pricing::Pricing;
use aforo_hotel::{Flaw, FlawSet, HotelConfig, HotelError, start};
use chrono::NaiveDate;
use sqlx::{Connection as _, PgConnection};

use crate::world::{Api, World};

/// All generated rows, as one number.
async fn checksum(url: &str) -> String {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::query_scalar(
        "SELECT md5(string_agg(line, '|' ORDER BY line)) FROM ( \
             SELECT a::text AS line FROM accommodations AS a UNION ALL SELECT r::text FROM reservations AS r \
             UNION ALL SELECT n::text FROM reservation_nights AS n UNION ALL SELECT e::text FROM reservation_events AS e) AS l",
    )
    .fetch_one(&mut connection)
    .await
    .unwrap()
}

#[tokio::test]
async fn the_same_seed_gives_the_same_data_and_the_data_makes_sense() {
    let world = World::start().await;
    let anchor = NaiveDate::from_ymd_opt(2027, 3, 1);
    let checksum_of = async |seed| {
        let config = HotelConfig { seed, seed_anchor: anchor, ..world.config().await };
        let url = config.database_url.clone().unwrap();
        start(config).await.unwrap().shutdown().await;
        sense(&url, anchor.unwrap()).await;
        checksum(&url).await
    };
    let (first, second, other) = tokio::join!(checksum_of(1), checksum_of(1), checksum_of(2));
    assert_eq!(first, second);
    assert_ne!(first, other);
    world.stop().await;
}

async fn sense(url: &str, anchor: NaiveDate) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let stays: Vec<(NaiveDate, NaiveDate, i64, i64, String, i64)> = sqlx::query_as(
        "SELECT r.check_in, r.check_out, r.total_price_cents, a.base_price_cents, r.status, \
                (SELECT sum(price_cents) FROM reservation_nights WHERE reservation_id = r.id)::bigint \
         FROM reservations AS r JOIN accommodations AS a ON a.id = r.accommodation_id WHERE r.guests <= a.capacity",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    assert_eq!(stays.len(), 500);
    let pricing = Pricing::new(true);
    for (check_in, check_out, total, base, status, nights_total) in &stays {
        assert_eq!(*total, pricing.total_price_cents(*base, *check_in, *check_out));
        assert_eq!(total, nights_total);
        assert!(
            status != "expired" || *check_out <= anchor,
            "what lies ahead is still to be expired by the job"
        );
    }
    let future = stays.iter().filter(|stay| stay.0 >= anchor).count();
    assert!((1..=5 * 20).contains(&future), "{future} stays lie ahead");
}

async fn indexes(url: &str) -> Vec<String> {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::query_scalar("SELECT indexname::text FROM pg_indexes WHERE tablename = 'reservations' ORDER BY 1")
        .fetch_all(&mut connection)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_restart_keeps_the_data_and_switches_the_indexes() {
    let world = World::start().await;
    let config = world.config().await;
    let url = config.database_url.clone().unwrap();
    start(config.clone()).await.unwrap().shutdown().await;
    let before = checksum(&url).await;
    let all = indexes(&url).await;
    let flaws = FlawSet::from_iter([Flaw::NoPhoneIndex, Flaw::NoExpiresIndex]);
    start(HotelConfig { flaws, seed: 99, ..config.clone() }).await.unwrap().shutdown().await;
    assert_eq!(checksum(&url).await, before, "a filled database is not filled again");
    let fewer = indexes(&url).await;
    let gone: Vec<&String> = all.iter().filter(|index| !fewer.contains(index)).collect();
    assert_eq!(gone, ["reservations_expires_at_idx", "reservations_guest_phone_idx"]);
    let hotel = start(config).await.unwrap();
    assert_eq!(indexes(&url).await, all);
    assert_eq!(Api::new(&hotel).get("/health").await.status, 200);
    hotel.shutdown().await;
    world.stop().await;
}

#[tokio::test]
async fn what_is_not_the_hotels_is_refused() {
    let world = World::start().await;
    let config = world.config().await;
    let mut connection = PgConnection::connect(config.database_url.as_deref().unwrap()).await.unwrap();
    sqlx::query("CREATE TABLE payroll (id int)").execute(&mut connection).await.unwrap();
    let refusal = start(config.clone()).await.err().unwrap();
    assert!(
        matches!(&refusal, HotelError::ForeignDatabase { tables, .. } if tables == "payroll"),
        "{refusal}"
    );
    let tables: i64 = sqlx::query_scalar("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(tables, 1, "nothing was written");

    let nowhere = HotelConfig {
        database_url: Some("postgres://user:secret@127.0.0.1:1/hotel".to_owned()),
        ..config.clone()
    };
    let message = start(nowhere).await.err().unwrap().to_string();
    assert!(message.contains("127.0.0.1:1/hotel") && !message.contains("secret"), "{message}");
    let config = world.config().await;
    let no_redis = HotelConfig { redis_url: Some("redis://127.0.0.1:1".to_owned()), ..config.clone() };
    assert!(matches!(start(no_redis).await.err().unwrap(), HotelError::Redis(_)));

    let first = start(config.clone()).await.unwrap();
    let taken = first.url().trim_start_matches("http://").parse().unwrap();
    let second = start(HotelConfig { listen: taken, ..config }).await;
    assert!(matches!(second.err().unwrap(), HotelError::Listen { .. }));
    first.shutdown().await;
    world.stop().await;
}

#[tokio::test]
async fn with_no_urls_the_hotel_brings_its_own_servers_and_takes_them_along() {
    let config = HotelConfig { accommodations: 2, reservations: 10, ..HotelConfig::default() };
    let hotel = start(config).await.unwrap();
    assert!(hotel.postgres_pid().is_some() && hotel.redis_pid().is_some());
    assert_eq!(Api::new(&hotel).get("/health").await.status, 200);
    let url = hotel.database_url().to_owned();
    hotel.shutdown().await;
    assert!(PgConnection::connect(&url).await.is_err(), "the private Postgres is gone");
}
