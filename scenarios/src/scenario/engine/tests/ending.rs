//! Runs that end: on time, when they are told to, or late.

use super::*;

#[tokio::test]
async fn after_the_order_to_stop_requests_in_flight_finish_and_no_other_begins() {
    let served = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&served);
    let target = serve(Router::new().route(
        "/",
        get(move || async move {
            counter.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(700)).await;
            "done"
        }),
    ))
    .await;
    let scenario = one_step("users = 5\nrate = 1000\nduration = \"60s\"", "path = \"/\"");
    let stop = CancellationToken::new();
    let load = start(&scenario, &target, stop.clone()).unwrap();
    while served.load(Ordering::SeqCst) < 5 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    stop.cancel();
    let (seconds, end) = finish(load).await;
    let end = end.unwrap();
    assert_eq!((end.cause, end.aborted_requests, end.users_started), (StopCause::Ordered, 0, 5));
    let step = total(&seconds, "s");
    // The order may come so late on a busy machine that a second round has begun.
    assert_eq!(step.requests as usize, served.load(Ordering::SeqCst));
    assert_eq!(step.response_time.count(), step.requests, "all of them were good");
    assert!(end.elapsed_s > end.load_s, "{end:?}");
    assert_eq!(seconds.last().unwrap().users, 0);
}

#[tokio::test]
async fn thinking_ends_with_the_order_to_stop_and_empty_seconds_are_handed_out() {
    let target = serve(Router::new().route("/", get(|| async { "x" }))).await;
    let scenario = one_step("users = 1\nrate = 1\nduration = \"2500ms\"", "path = \"/\"\nthink = \"1h\"");
    let (seconds, end) = play(&scenario, &target).await;
    assert!(end.load_s >= 2.5, "the duration is honoured: {end:?}");
    assert!(end.elapsed_s - end.load_s < 5.0, "{end:?}");
    let numbers: Vec<u32> = seconds.iter().map(|second| second.second).collect();
    assert_eq!(numbers, (0..numbers.len() as u32).collect::<Vec<_>>(), "no second is left out");
    assert!(numbers.len() >= 3);
    assert!(seconds[1].steps.is_empty() && seconds[1].users == 1);
    assert_eq!((seconds[1].user_time_us, seconds[1].think_time_us), (1_000_000, 1_000_000));
    // A user is always either waiting for an answer or thinking.
    let sum = |of: fn(&LoadSecond) -> u64| seconds.iter().map(of).sum::<u64>() as f64;
    let (user_time_us, think_time_us) =
        (sum(|second| second.user_time_us), sum(|second| second.think_time_us));
    let busy_time_us = total(&seconds, "s").busy_time_us as f64;
    assert!((user_time_us - end.elapsed_s * 1e6).abs() < 500_000.0, "{user_time_us} in {end:?}");
    assert!(think_time_us + busy_time_us <= user_time_us + 1_000.0);
    assert!(think_time_us + busy_time_us >= 0.5 * user_time_us);
}

#[tokio::test]
async fn requests_that_outlast_the_grace_time_are_cut_off_and_counted() {
    let target = serve_raw(|stream| async move {
        tokio::time::sleep(Duration::from_secs(120)).await;
        drop(stream);
    })
    .await;
    let scenario =
        one_step("users = 3\nrate = 100\nduration = \"1500ms\"\ntimeout = \"60s\"", "path = \"/\"");
    let (seconds, end) = play(&scenario, &target).await;
    assert_eq!((end.users_started, end.aborted_requests), (3, 3));
    assert!(end.elapsed_s >= 11.5 && end.elapsed_s < 30.0, "{end:?}");
    assert_eq!(total(&seconds, "s").requests, 0);
    assert_eq!(seconds.last().unwrap().users, 0, "nobody is left");
}

#[tokio::test]
async fn two_runs_at_once_do_not_disturb_each_other() {
    let target = serve(Router::new().route("/", get(|| async { "x" }))).await;
    let long = one_step("users = 2\nrate = 10\nduration = \"3s\"", "path = \"/\"\nthink = \"20ms\"");
    let stop = CancellationToken::new();
    let short = start(&long, &target, stop.clone()).unwrap();
    let mut other = start(&long, &target, CancellationToken::new()).unwrap();
    other.started().await.unwrap();
    stop.cancel();
    let (_, stopped) = finish(short).await;
    assert_eq!(stopped.unwrap().cause, StopCause::Ordered);
    let (seconds, end) = finish(other).await;
    let end = end.unwrap();
    assert_eq!((end.cause, end.users_started), (StopCause::DurationPassed, 2));
    assert!(end.load_s >= 3.0);
    assert!(seconds.iter().take(3).all(|second| !second.steps.is_empty()), "it went on all the time");
}

#[tokio::test]
async fn a_run_that_is_stopped_before_it_starts_has_no_users() {
    let target = serve(Router::new()).await;
    let scenario = one_step("users = 1\nrate = 1\nduration = \"1h\"", "path = \"/\"");
    let stop = CancellationToken::new();
    stop.cancel();
    let (seconds, end) = finish(start(&scenario, &target, stop).unwrap()).await;
    let end = end.unwrap();
    assert_eq!((end.cause, end.started, end.users_started), (StopCause::Ordered, None, 0));
    assert!(seconds.is_empty());
}

#[tokio::test]
async fn a_run_nobody_listens_to_stops() {
    let target = serve(Router::new().route("/", get(|| async { "x" }))).await;
    let scenario = one_step("users = 1\nrate = 1\nduration = \"1h\"", "path = \"/\"\nthink = \"20ms\"");
    let RunningLoad { seconds, ended, .. } = start(&scenario, &target, CancellationToken::new()).unwrap();
    drop(seconds);
    let end = tokio::time::timeout(Duration::from_secs(20), ended).await.unwrap().unwrap().unwrap();
    assert_eq!(end.cause, StopCause::Ordered);
}
