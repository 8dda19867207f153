//! The watch over real processes and servers.

use aforo_sandbox::{PostgresOptions, RedisOptions};

use super::*;

/// Far longer than anything here takes; a test that waits so long has failed.
const FAR_TOO_LONG: Duration = Duration::from_secs(60);

async fn next(watch: &mut Watch) -> Option<ResourceSample> {
    time::timeout(FAR_TOO_LONG, watch.samples.recv()).await.unwrap()
}

async fn notices(watch: &mut Watch) -> Vec<Notice> {
    let mut notices = Vec::new();
    while let Some(notice) = time::timeout(FAR_TOO_LONG, watch.notices.recv()).await.unwrap() {
        notices.push(notice);
    }
    notices
}

fn oneself() -> Watched {
    Watched { processes: vec![(Role::Generator, std::process::id())], ..Watched::default() }
}

#[tokio::test]
async fn everything_is_sampled_on_the_grid_from_the_base_line_to_the_stop() {
    let postgres = aforo_sandbox::Postgres::start(PostgresOptions::default()).await.unwrap();
    let redis = aforo_sandbox::Redis::start(RedisOptions::default()).await.unwrap();
    let watched = Watched {
        processes: vec![
            (Role::Generator, std::process::id()),
            (Role::Postgres, postgres.pid()),
            (Role::Redis, redis.pid()),
        ],
        postgres_url: Some(postgres.url()),
        redis_url: Some(redis.url()),
        metrics_urls: Vec::new(),
    };
    let stop = CancellationToken::new();
    let mut watch = watch(&watched, Instant::now(), stop.clone());
    let mut samples = Vec::new();
    let is_complete = |sample: &ResourceSample| {
        sample.processes.len() == 3
            && sample.processes.iter().all(|tree| tree.cpu_cores.is_some())
            && sample.host.is_some()
            && sample.postgres.is_some()
            && sample.redis.is_some()
    };
    while samples.len() < 4 || !samples.iter().any(is_complete) {
        samples.push(next(&mut watch).await.unwrap());
    }
    stop.cancel();
    while let Some(sample) = next(&mut watch).await {
        samples.push(sample);
    }
    assert!(samples.len() >= 5, "one more at the stop");
    for pair in samples.windows(2) {
        assert!(pair[0].at_s < pair[1].at_s, "{pair:?}");
    }
    // Between the base line and the stop, each whole second at most once and never early.
    let seconds: Vec<u64> = samples[1..samples.len() - 1].iter().map(|sample| sample.at_s as u64).collect();
    assert!(seconds.windows(2).all(|pair| pair[0] < pair[1]) && seconds[0] >= 1, "{seconds:?}");
    let complete = samples.iter().find(|sample| is_complete(sample)).unwrap();
    assert!(complete.process(Role::Postgres).unwrap().process_count > 1, "the server's other processes");

    let versions = crate::server_versions(&watched).await;
    assert!(versions.postgres.is_some() && versions.redis.is_some(), "{versions:?}");
    redis.stop().await;
    postgres.stop().await;
}

#[tokio::test]
async fn a_server_that_never_answers_holds_up_nobody() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    let watched = Watched {
        postgres_url: Some(format!("postgres://user@{address}/hotel")),
        redis_url: Some(format!("redis://{address}")),
        ..oneself()
    };
    let stop = CancellationToken::new();
    let mut watch = watch(&watched, Instant::now(), stop.clone());
    let mut count = 0;
    while count < 3 {
        let sample = next(&mut watch).await.unwrap();
        count += u32::from(sample.process(Role::Generator).is_some() && sample.host.is_some());
        assert!(sample.postgres.is_none() && sample.redis.is_none(), "{sample:?}");
    }
    stop.cancel();
    while next(&mut watch).await.is_some() {}
}

#[tokio::test]
async fn what_cannot_be_watched_is_told_once_and_the_rest_is_watched() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let watched = Watched {
        processes: vec![(Role::Target, u32::MAX - 1), (Role::Generator, std::process::id())],
        postgres_url: Some("not a URL".to_owned()),
        redis_url: Some(format!("redis://{free}")),
        metrics_urls: vec![Url::parse(&format!("http://{free}/metrics")).unwrap()],
    };
    let stop = CancellationToken::new();
    let mut watch = watch(&watched, Instant::now(), stop.clone());
    for _ in 0..3 {
        let sample = next(&mut watch).await.unwrap();
        assert!(sample.process(Role::Target).is_none(), "{sample:?}");
    }
    stop.cancel();
    while next(&mut watch).await.is_some() {}
    let mut sources: Vec<_> = notices(&mut watch).await.into_iter().map(|notice| notice.source).collect();
    sources.sort();
    assert_eq!(sources, ["postgres", "redis", "target metrics", "target process"]);
}

#[tokio::test]
async fn a_watch_that_nobody_receives_ends() {
    let mut watch = watch(&oneself(), Instant::now(), CancellationToken::new());
    next(&mut watch).await.unwrap();
    let Watch { samples, mut notices } = watch;
    drop(samples);
    assert_eq!(time::timeout(FAR_TOO_LONG, notices.recv()).await.unwrap(), None);
}

#[test]
fn the_grid_is_the_runs() {
    let started = Instant::now() + Duration::from_secs(100);
    let next_ms = |elapsed_ms: i64| {
        let now = match u64::try_from(elapsed_ms) {
            Ok(after_ms) => started + Duration::from_millis(after_ms),
            Err(_) => started - Duration::from_millis(elapsed_ms.unsigned_abs()),
        };
        assert_eq!((seconds_since(started, now) * 1e3).round() as i64, elapsed_ms);
        (seconds_since(started, next_whole_second(started, now)) * 1e3).round() as i64
    };
    assert_eq!(next_ms(0), 1_000);
    assert_eq!(next_ms(999), 1_000);
    assert_eq!(next_ms(1_001), 2_000);
    assert_eq!(next_ms(-300), 0);
    assert_eq!(next_ms(-2_300), -2_000);
}

#[test]
fn passwords_are_not_shown() {
    let watched = Watched { postgres_url: Some("postgres://user:secret@db/hotel".to_owned()), ..oneself() };
    let shown = format!("{watched:?}");
    assert!(shown.contains("Generator") && !shown.contains("secret"), "{shown}");
}
