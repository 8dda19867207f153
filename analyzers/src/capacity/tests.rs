//! Capacity against runs made of the law itself.

use aforo_model::{
    Answer, CapacityRecord, CgroupSample, Demand, Limit, RedFlag, RemoteSample, ResourceSample, Role,
    StepSecond, Workload,
};

use super::*;
use crate::fixtures::{Fixture, healthy_sample, healthy_second, step_second, summarized};

const LEVEL_S: u32 = 30;

/// Ten levels of 20, 40, … 200 users, half a minute each. A level of `users` has so many requests a second, of which
/// `times_us` gives the time and `errors` how many fail.
struct Stress {
    throughput: fn(f64) -> f64,
    time_us: fn(f64) -> u64,
    error_ratio: fn(f64) -> f64,
}

impl Stress {
    fn steady() -> Self {
        Self { throughput: |users| users, time_us: |_| 100_000, error_ratio: |_| 0.0 }
    }

    fn fixture(&self) -> Fixture {
        let mut fixture = Fixture::of_readings(10 * LEVEL_S).with_slos(&["p95 < 3s", "error_rate < 1%"]);
        fixture.scenario.load.workload =
            Workload::Closed { users: 200, users_per_s: 20.0, steps: 10, surge: None };
        let seconds: Vec<_> = (0..10 * LEVEL_S)
            .map(|index| {
                let users = f64::from(20 * (index / LEVEL_S + 1));
                let mut second = healthy_second(index);
                second.users = users as u32;
                second.user_time_us = (users * 1e6) as u64;
                second.steps = [("search".to_owned(), self.step(users))].into();
                second
            })
            .collect();
        fixture.load = summarized(&fixture.scenario, &seconds);
        fixture
    }

    fn step(&self, users: f64) -> StepSecond {
        let requests = (self.throughput)(users).round() as u64;
        let errors = ((self.error_ratio)(users) * requests as f64).round() as u64;
        step_second(requests, errors, (self.time_us)(users))
    }

    fn assessed(&self) -> CapacityRecord {
        assess(&self.fixture().evidence()).unwrap()
    }
}

fn users(demand: Demand) -> f64 {
    demand.value()
}

#[test]
fn the_capacity_is_the_highest_level_below_the_first_that_missed() {
    // 140 and 160 users are too slow; 180 and 200 are fast again, which does not count.
    let stress = Stress {
        time_us: |users| if (130.0..170.0).contains(&users) { 4_000_000 } else { 100_000 },
        ..Stress::steady()
    };
    let record = stress.assessed();
    let capacity = record.capacity.found().unwrap();
    assert_eq!(
        (users(capacity.demand), capacity.throughput_per_s, capacity.is_at_least),
        (120.0, 120.0, false)
    );
    assert_eq!(record.levels.len(), 10);
    assert_eq!(record.levels[6].missed, ["total p95 < 3 s"]);
    assert_eq!(record.levels[6].verdict, Verdict::Violated);
    assert_eq!(record.levels[0].mean_users, 20.0);
}

#[test]
fn where_every_level_met_the_capacity_is_at_least_the_highest() {
    let capacity = *Stress::steady().assessed().capacity.found().unwrap();
    assert!(capacity.is_at_least && users(capacity.demand) == 200.0);
}

#[test]
fn where_the_lowest_level_missed_there_is_no_capacity_and_the_reason_is_told() {
    let record = Stress { error_ratio: |_| 0.1, ..Stress::steady() }.assessed();
    assert!(
        matches!(&record.capacity, Answer::Absent { why } if why.contains("total error_rate < 1%")),
        "{:?}",
        record.capacity
    );
}

#[test]
fn a_red_flag_misses_a_level_too() {
    let mut fixture = Stress { time_us: |users| users as u64 * 10_000, ..Stress::steady() }.fixture();
    fixture.scenario.red_flags =
        vec![RedFlag { subject: aforo_model::Subject::Total, when: "p95 > 1.05s".parse().unwrap() }];
    let record = assess(&fixture.evidence()).unwrap();
    assert_eq!(users(record.capacity.found().unwrap().demand), 100.0);
}

#[test]
fn without_an_objective_for_a_level_nothing_is_claimed() {
    let fixture = Stress::steady().fixture().with_slos(&["throughput > 10/s", "memory_growth < 20%"]);
    let record = assess(&fixture.evidence()).unwrap();
    assert!(matches!(record.capacity, Answer::Absent { why } if why.contains("no objective")));
}

#[test]
fn knee_and_law_are_found_in_a_run_that_saturates() {
    let stress = Stress {
        throughput: |users| 12.0 * users / (1.0 + 0.02 * (users - 1.0) + 0.000_1 * users * (users - 1.0)),
        ..Stress::steady()
    };
    let record = stress.assessed();
    let knee = record.knee.found().unwrap();
    assert!((20.0..=80.0).contains(&users(knee.demand)) && knee.gain_beyond_ratio < 0.5, "{knee:?}");
    let usl = record.usl.found().unwrap();
    let peak = usl.peak.found().unwrap();
    assert!((90.0..110.0).contains(&peak.concurrency.estimate), "{usl:?}");
    assert!(usl.r_squared > 0.99 && usl.level_count == 10);
}

#[test]
fn a_load_that_does_not_rise_is_no_search_for_the_limit() {
    assert_eq!(assess(&Fixture::healthy().evidence()), None);
    let mut unseen = Stress::steady().fixture();
    unseen.load.levels.clear();
    assert_eq!(assess(&unseen.evidence()), None);
}

/// The first limit of a run whose readings from 100 users on are changed.
fn limited(change: impl Fn(&mut ResourceSample)) -> Answer<aforo_model::FirstLimit> {
    limited_among((0..=10 * LEVEL_S).map(healthy_sample).collect(), change)
}

/// The same of these readings.
fn limited_among(
    readings: Vec<ResourceSample>,
    change: impl Fn(&mut ResourceSample),
) -> Answer<aforo_model::FirstLimit> {
    let mut fixture = Stress::steady().fixture();
    fixture.resources = readings;
    let late = fixture.resources.iter_mut().filter(|sample| sample.at_s > f64::from(4 * LEVEL_S));
    late.for_each(change);
    assess(&fixture.evidence()).unwrap().first_limit
}

fn set_cores(sample: &mut ResourceSample, role: Role, cpu_cores: f64) {
    let process = sample.processes.iter_mut().find(|process| process.role == role).unwrap();
    process.cpu_cores = Some(cpu_cores);
}

#[test]
fn the_first_limit_is_named_with_the_load_at_which_it_was_reached() {
    type Change = fn(&mut ResourceSample);
    let expected: [(Limit, Change); 5] = [
        (Limit::TargetCpu, |sample| set_cores(sample, Role::Target, 3.5)),
        (Limit::PostgresCpu, |sample| set_cores(sample, Role::Postgres, 3.5)),
        (Limit::Generator, |sample| set_cores(sample, Role::Generator, 3.5)),
        (Limit::PostgresConnections, |sample| sample.postgres.as_mut().unwrap().connection_count = 97),
        (Limit::LockWaits, |sample| {
            let postgres = sample.postgres.as_mut().unwrap();
            (postgres.active_count, postgres.lock_waiting_count) = (20, 12);
        }),
    ];
    for (limit, change) in expected {
        let found = limited(change).found().cloned().unwrap();
        assert_eq!((found.limit, users(found.demand)), (limit, 100.0), "{found:?}");
        assert_eq!(found.also, []);
    }
}

#[test]
fn on_a_full_machine_the_part_that_uses_most_is_the_limit() {
    let found = limited(|sample| {
        sample.host.as_mut().unwrap().cpu_ratio = Some(0.97);
        set_cores(sample, Role::Target, 1.6);
        set_cores(sample, Role::Postgres, 1.9);
    });
    let found = found.found().unwrap();
    assert_eq!(found.limit, Limit::PostgresCpu);
    assert!(found.seen.contains("1.90 of 4 cores") && found.seen.contains("97%"), "{}", found.seen);
    // Filled by somebody else.
    let other = limited(|sample| sample.host.as_mut().unwrap().cpu_ratio = Some(0.97));
    assert!(other.found().is_none());
    // The target takes a good part of a machine that somebody else takes more of: 1.9 of 4 cores, and 0.9 of it.
    let other = limited(|sample| {
        sample.host.as_mut().unwrap().cpu_ratio = Some(0.97);
        set_cores(sample, Role::Target, 0.9);
    });
    assert!(other.found().is_none(), "{other:?}");
}

#[test]
fn a_target_is_at_its_limit_where_its_quota_ends_and_not_where_the_machine_does() {
    let under = |cpu_cores: f64, quota: f64, host_ratio: f64| {
        limited(move |sample| {
            set_cores(sample, Role::Target, cpu_cores);
            sample.host.as_mut().unwrap().cpu_ratio = Some(host_ratio);
            let group = CgroupSample { cpu_limit_cores: Some(quota), ..CgroupSample::default() };
            sample.processes[0].cgroup = Some(group);
        })
    };
    let found = under(1.3, 1.5, 0.5);
    let found = found.found().unwrap();
    assert_eq!((found.limit, found.seen.as_str()), (Limit::TargetCpu, "the target used 1.30 of 1.5 cores"));
    assert!(under(1.2, 1.5, 0.5).found().is_none());
    // Three quarters of next to nothing do not fill a machine.
    assert!(under(0.15, 0.2, 0.97).found().is_none());
}

#[test]
fn a_target_elsewhere_is_held_against_its_own_cores_and_has_no_part_in_ours() {
    let reading = |second| {
        let mut sample = healthy_sample(second);
        let target = sample.processes.remove(0);
        let mut host = sample.host.clone().unwrap();
        host.core_count = 16;
        sample.remote = Some(RemoteSample { process: Some(target), host: Some(host) });
        sample
    };
    let elsewhere = |cpu_cores: f64| {
        limited_among((0..=10 * LEVEL_S).map(reading).collect(), move |sample| {
            sample.remote.as_mut().unwrap().process.as_mut().unwrap().cpu_cores = Some(cpu_cores);
            sample.host.as_mut().unwrap().cpu_ratio = Some(0.97);
        })
    };
    assert!(elsewhere(4.0).found().is_none(), "as much as this machine has");
    let found = elsewhere(14.0);
    assert!(found.found().unwrap().seen.contains("14.00 of 16 cores"), "{found:?}");
}

#[test]
fn no_limit_reached_or_nothing_watched_is_told_apart() {
    assert!(matches!(limited(|_| ()), Answer::Absent { why } if why.contains("pool")));
    let mut fixture = Stress::steady().fixture();
    fixture.resources.clear();
    let record = assess(&fixture.evidence()).unwrap();
    assert!(matches!(record.first_limit, Answer::Absent { why } if why.contains("watched")));
}
