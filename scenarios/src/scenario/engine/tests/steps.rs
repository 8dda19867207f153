//! Closed workloads whose number of users changes.

use super::*;

#[tokio::test]
async fn users_are_added_in_equal_portions_and_each_level_is_held() {
    let target = serve(Router::new().route("/", get(|| async { "x" }))).await;
    let load = "users = 6\nrate = 100\nsteps = 3\nduration = \"6s\"";
    let (seconds, end) = play(&one_step(load, "path = \"/\"\nthink = \"50ms\""), &target).await;
    // A portion has almost two seconds to be there, which a busy machine may need.
    assert_eq!([1, 3, 5].map(|second: usize| seconds[second].users), [2, 4, 6]);
    assert!(seconds.is_sorted_by_key(|second| if second.second < 6 { second.users } else { u32::MAX }));
    assert_eq!((end.cause, end.users_started), (StopCause::DurationPassed, 6));
    // Users that Goose has ready but whose turn has not come do nothing.
    let early: u64 = seconds[..2].iter().map(|second| second.user_time_us).sum();
    assert!(early <= 2 * 2_000_000, "{early}");
}

#[tokio::test]
async fn those_who_come_for_a_surge_leave_after_it_and_the_others_go_on() {
    let target = serve(Router::new().route("/", get(|| async { "x" }))).await;
    let load = "users = 6\nrate = 100\nsurge = { base = 2, from = \"2s\", to = \"4s\" }\nduration = \"6s\"";
    // Thinking for longer than the run keeps nobody who is to leave.
    let (seconds, end) = play(&one_step(load, "path = \"/\"\nthink = \"10s\""), &target).await;
    assert_eq!([1, 3, 5].map(|second: usize| seconds[second].users), [2, 6, 2]);
    assert_eq!((end.cause, end.users_started, end.aborted_requests), (StopCause::DurationPassed, 6, 0));
    assert_eq!(total(&seconds, "s").requests, 6);
}

#[tokio::test]
async fn a_spike_of_100_users_in_10_seconds_is_reached_on_schedule() {
    let target = serve(Router::new().route("/", get(|| async { "x" }))).await;
    let scenario =
        one_step("users = 100\nrate = 10\nduration = \"11500ms\"", "path = \"/\"\nthink = \"200ms..400ms\"");
    let (seconds, end) = play(&scenario, &target).await;
    assert_eq!(end.users_started, 100);
    for (second, load) in seconds.iter().enumerate().take(11) {
        let schedule = |second: usize| (10 * second).min(100) as u32;
        // One second of delay is what a very busy machine may take.
        let (late, early) = (schedule(second), schedule(second + 1) + 1);
        assert!((late..=early).contains(&load.users), "{} users after second {second}", load.users);
    }
}
