//! The CSV export of a season: two more statements for each row, or one statement that is written while it is read.
//!
//! Measured is the request to the hotel as a client sees it, to the last byte of the body.

use std::time::Duration;

use aforo_bench_suite::pairs::CSV_EXPORT;
use aforo_bench_suite::{ANCHOR, HotelDatabase, assert_same_answer, wall_time};
use aforo_hotel::{Flaw, FlawSet, Hotel, HotelConfig, start};
use aforo_sandbox::{Redis, RedisOptions};
use chrono::Days;
use criterion::{Criterion, criterion_group, criterion_main};
use reqwest::Client;

/// The arrivals of so many days before the anchor.
const SEASON: Days = Days::new(150);
/// "Some thousand rows".
const ROWS: std::ops::RangeInclusive<usize> = 1_500..=2_500;
/// The least that Criterion takes: a time row by row is of some tenths of a second.
const SAMPLES: usize = 10;

async fn open(hotel: &HotelDatabase, redis: &Redis, flaws: FlawSet) -> Hotel {
    let config = HotelConfig {
        database_url: Some(hotel.url()),
        redis_url: Some(redis.url()),
        flaws,
        // Once, at the start.
        expiry_interval: Duration::from_secs(24 * 60 * 60),
        ..HotelConfig::default()
    };
    start(config).await.unwrap_or_else(|error| panic!("{error}"))
}

async fn download(client: &Client, url: &str) -> Result<Vec<u8>, reqwest::Error> {
    Ok(client.get(url).send().await?.error_for_status()?.bytes().await?.to_vec())
}

/// Three statuses and two channels, and the season that is timed.
fn questions() -> Vec<String> {
    let days = format!("from={}&to={ANCHOR}", ANCHOR - SEASON);
    ["status=confirmed", "status=cancelled", "status=expired", "channel=agency", "channel=phone"]
        .map(|narrower| format!("/admin/reservations/export.csv?{days}&{narrower}"))
        .to_vec()
}

fn exports(criterion: &mut Criterion) {
    let database = HotelDatabase::start(FlawSet::none());
    let redis =
        database.wait(Redis::start(RedisOptions::default())).unwrap_or_else(|error| panic!("{error}"));
    let row_by_row = database.wait(open(&database, &redis, FlawSet::from_iter([Flaw::NPlusOneExport])));
    let streamed = database.wait(open(&database, &redis, FlawSet::none()));
    let client = Client::builder().no_proxy().build().expect("a client without a proxy");
    let file = |hotel: &Hotel, question: &str| {
        let url = format!("{}{question}", hotel.url());
        database.wait(download(&client, &url)).expect("the hotel answers")
    };
    let questions = questions();
    for question in &questions {
        assert_same_answer(CSV_EXPORT.group, file(&row_by_row, question), file(&streamed, question));
    }
    let rows = file(&streamed, &questions[0]).iter().filter(|byte| **byte == b'\n').count() - 1;
    assert!(ROWS.contains(&rows), "the season has {rows} rows");

    let mut group = criterion.benchmark_group(CSV_EXPORT.group);
    group.sample_size(SAMPLES);
    group.bench_function(CSV_EXPORT.before, |bencher| bencher.iter(|| file(&row_by_row, &questions[0])));
    group.bench_function(CSV_EXPORT.after, |bencher| bencher.iter(|| file(&streamed, &questions[0])));
    group.finish();
    database.wait(async {
        row_by_row.shutdown().await;
        streamed.shutdown().await;
        redis.stop().await;
    });
}

criterion_group!(name = benches; config = wall_time(); targets = exports);
criterion_main!(benches);
