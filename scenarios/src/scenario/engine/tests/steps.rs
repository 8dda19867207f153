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
