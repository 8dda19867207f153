//! The summary against counts made by hand and against histograms of all times.

use aforo_model::{ErrorKind, LoadSecond, TimeHistogram};
use proptest::prelude::*;

use super::*;
use crate::fixtures::{healthy_second, scenario, step_second, summarized};

fn second_with(second: u32, requests: u64, errors: u64, time_us: u64) -> LoadSecond {
    LoadSecond {
        steps: [("search".to_owned(), step_second(requests, errors, time_us))].into(),
        ..healthy_second(second)
    }
}

#[test]
fn warm_up_is_on_the_time_line_and_in_no_other_figure() {
    let mut scenario = scenario(20.0);
    scenario.load.warm_up_s = 4.5;
    let seconds: Vec<_> =
        (0..20).map(|index| second_with(index, 10, 0, if index < 5 { 9_000_000 } else { 1_000 })).collect();
    let record = summarized(&scenario, &seconds);
    assert_eq!(record.judged_s, 15.0);
    assert_eq!(record.total.requests, 150);
    assert_eq!(record.total.throughput_per_s, 10.0);
    assert_eq!(record.total.response_time.max_us, Some(1_000));
    assert_eq!(record.timeline.total.requests, [10; 20]);
    assert!(record.timeline.total.p95_us[0].unwrap() > 8_000_000);
    assert_eq!(record.windows[0].from_s, 5);
}

#[test]
fn requests_that_end_while_draining_count_but_not_as_throughput() {
    let scenario = scenario(10.0);
    let mut seconds: Vec<_> = (0..10).map(|index| second_with(index, 10, 0, 1_000)).collect();
    seconds.push(second_with(10, 4, 1, 7_000_000));
    let record = summarized(&scenario, &seconds);
    assert_eq!(record.judged_s, 10.0);
    assert_eq!(record.total.requests, 104);
    assert_eq!(record.total.throughput_per_s, 10.0);
    assert!(record.total.response_time.max_us.unwrap() > 6_000_000);
    assert_eq!(record.timeline.total.requests.len(), 11);
    assert_eq!(record.windows[0].total.count, 100);
    assert_eq!(record.mean_users, 10.0);
}

#[test]
fn a_run_cut_short_is_judged_over_what_was_seen() {
    let seconds: Vec<_> = (0..25).map(|index| second_with(index, 10, 0, 1_000)).collect();
    let record = summarized(&scenario(60.0), &seconds);
    assert_eq!(record.judged_s, 25.0);
    assert_eq!(record.total.throughput_per_s, 10.0);
    let bounds: Vec<_> = record.windows.iter().map(|window| (window.from_s, window.to_s)).collect();
    assert_eq!(bounds, [(0, 10), (10, 20), (20, 25)]);
}

#[test]
fn gaps_are_filled_with_empty_seconds() {
    let record = summarized(&scenario(10.0), &[second_with(0, 3, 0, 1_000), second_with(4, 2, 0, 1_000)]);
    assert_eq!(record.timeline.users, [10, 0, 0, 0, 10]);
    assert_eq!(record.timeline.total.requests, [3, 0, 0, 0, 2]);
    assert_eq!(record.timeline.steps["search"].p95_us[2], None);
    // A step that was never taken has its columns too.
    assert_eq!(record.timeline.steps["book"].requests, [0; 5]);
    assert_eq!(record.step("book").unwrap().error_rate, None);
}

#[test]
fn an_hour_is_cut_into_twelve_windows_and_half_a_minute_into_three() {
    let windows = |duration_s: u32| {
        let seconds: Vec<_> = (0..duration_s).map(|index| second_with(index, 1, 0, 1_000)).collect();
        summarized(&scenario(f64::from(duration_s)), &seconds).windows
    };
    let hour = windows(3600);
    assert_eq!(hour.len(), 12);
    assert!(hour.iter().all(|window| window.to_s - window.from_s == 300 && window.total.count == 300));
    assert_eq!(
        windows(35).iter().map(|window| window.to_s - window.from_s).collect::<Vec<_>>(),
        [11, 12, 12]
    );
    assert_eq!(windows(7).len(), 1);
}

#[test]
fn the_most_frequent_messages_are_kept_and_equal_ones_merged() {
    let mut seconds = Vec::new();
    for index in 0..7u32 {
        let mut second = second_with(index, 10, 0, 1_000);
        let step = second.steps.get_mut("search").unwrap();
        for message in 0..=index {
            step.error_messages.push((ErrorKind::Status, format!("message {message}")));
        }
        seconds.push(second);
    }
    let examples = summarized(&scenario(10.0), &seconds).total.error_examples;
    let seen: Vec<_> = examples.iter().map(|example| (example.message.as_str(), example.seen)).collect();
    assert_eq!(
        seen,
        [("message 0", 7), ("message 1", 6), ("message 2", 5), ("message 3", 4), ("message 4", 3)]
    );
}

#[test]
fn messages_that_are_all_different_do_not_fill_the_memory() {
    let mut summary = LoadSummary::new(&scenario(10.0));
    for id in 0..1_000 {
        let mut second = second_with(id % 10, 1, 0, 1_000);
        let step = second.steps.get_mut("search").unwrap();
        step.error_messages.push((ErrorKind::Status, format!("no reservation {id}")));
        summary.add(&second);
    }
    assert_eq!(summary.finish().total.error_examples.len(), 5);
}

#[test]
fn a_step_outside_the_scenario_is_kept_after_those_inside() {
    let mut second = second_with(0, 1, 0, 1_000);
    second.steps.insert("a-stranger".to_owned(), step_second(2, 0, 1_000));
    let record = summarized(&scenario(10.0), &[second]);
    let names: Vec<_> = record.steps.iter().map(|step| step.name.as_str()).collect();
    assert_eq!(names, ["search", "book", "a-stranger"]);
    assert_eq!(record.total.requests, 3);
}

#[test]
fn service_time_is_response_time_until_the_workload_tells_them_apart() {
    let closed = second_with(0, 10, 0, 2_000);
    let mut open = second_with(1, 10, 0, 8_000);
    let mut service_time = TimeHistogram::new();
    (0..10).for_each(|_| service_time.record_us(1_000));
    open.steps.get_mut("search").unwrap().service_time = Some(service_time);
    for seconds in [[&closed, &open], [&open, &closed]] {
        let mut summary = LoadSummary::new(&scenario(10.0));
        seconds.into_iter().for_each(|second| summary.add(second));
        let total = summary.finish().total;
        assert_eq!(total.response_time.max_us.unwrap() / 1_000, 8);
        assert_eq!((total.service_time.count, total.service_time.max_us.unwrap() / 1_000), (20, 2));
    }
}

#[test]
fn live_figures_are_those_of_the_last_five_seconds() {
    let mut summary = LoadSummary::new(&scenario(60.0));
    assert_eq!(summary.live(), LiveFigures::default());
    summary.add(&second_with(0, 30, 0, 1_000));
    assert_eq!(summary.live().requests_per_s, 30.0);
    (1..10).for_each(|index| summary.add(&second_with(index, 10, 1, 1_000)));
    let live = summary.live();
    assert_eq!((live.second, live.users, live.requests_per_s), (9, 10, 10.0));
    assert_eq!((live.error_rate, live.request_count, live.error_count), (Some(0.1), 120, 9));
    assert_eq!(live.p95_us, Some(1_000));
}

#[test]
fn rolling_quantiles_are_those_of_five_seconds_with_enough_requests() {
    // From second 6 on requests take 9 s instead of 1 ms.
    let seconds: Vec<_> =
        (0..10).map(|index| second_with(index, 5, 0, if index < 6 { 1_000 } else { 9_000_000 })).collect();
    let rolling = summarized(&scenario(10.0), &seconds).timeline.rolling_p95_us;
    assert_eq!(rolling[..3], [None; 3], "fewer than 20 requests");
    assert_eq!(rolling[3..6], [Some(1_000); 3]);
    assert!(rolling[6..].iter().all(|p95_us| p95_us.unwrap() > 8_000_000), "{rolling:?}");
}

#[test]
fn a_damaged_second_number_does_not_ask_for_all_memory() {
    let record = summarized(&scenario(10.0), &[second_with(u32::MAX, 1, 0, 1_000)]);
    assert_eq!(record.timeline.users.len(), 24 * 3600);
    assert_eq!(record.total.requests, 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn the_order_of_seconds_does_not_matter(
        seconds in prop::collection::btree_map(
            0u32..40, (1u64..20, 0u64..20, 0u64..100_000), 0..30,
        ),
        seed in any::<u64>(),
    ) {
        let ordered: Vec<_> = seconds
            .iter()
            .map(|(second, (requests, errors, time_us))| {
                second_with(*second, *requests, (*errors).min(*requests), *time_us)
            })
            .collect();
        let mut shuffled = ordered.clone();
        let mut random: rand::rngs::StdRng = rand::SeedableRng::seed_from_u64(seed);
        rand::seq::SliceRandom::shuffle(shuffled.as_mut_slice(), &mut random);
        let mut scenario = scenario(30.0);
        scenario.load.warm_up_s = 5.0;
        let mut live = [LoadSummary::new(&scenario), LoadSummary::new(&scenario)];
        ordered.iter().for_each(|second| live[0].add(second));
        shuffled.iter().for_each(|second| live[1].add(second));
        let unrolled = |summary: &LoadSummary| {
            let mut record = summary.finish();
            record.timeline.rolling_p95_us.clear();
            record
        };
        prop_assert_eq!(unrolled(&live[0]), unrolled(&live[1]));
        prop_assert_eq!(live[0].live(), live[1].live());
    }

    #[test]
    fn totals_equal_one_histogram_of_all_times(
        times_us in prop::collection::vec(prop::collection::vec(0u64..10_000_000, 0..30), 1..30),
    ) {
        let mut all = TimeHistogram::new();
        let mut summary = LoadSummary::new(&scenario(60.0));
        for (index, times_us) in times_us.iter().enumerate() {
            let mut step = step_second(0, 0, 0);
            step.requests = times_us.len() as u64;
            for &time_us in times_us {
                step.response_time.record_us(time_us);
                all.record_us(time_us);
            }
            let name = ["search", "book"][index % 2].to_owned();
            summary.add(&LoadSecond { steps: [(name, step)].into(), ..healthy_second(index as u32) });
        }
        let record = summary.finish();
        prop_assert_eq!(record.total.response_time, all.summary());
        let in_windows: u64 = record.windows.iter().map(|window| window.total.count).sum();
        prop_assert_eq!(in_windows, all.count());
    }
}
