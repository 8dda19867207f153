use super::*;
use crate::analyze;
use crate::fixtures::{Fixture, healthy_sample};
use crate::statistics::Random;
use aforo_model::profile::ProfileWindow;
use aforo_model::{Finding, Severity};

const MIB: f64 = 1048576.0;
/// Resident memory of the built-in hotel, read once a second for ten minutes of its `baseline` scenario at four users.
const FLAWLESS: [&str; 3] = [
    include_str!("fixtures/flawless-1.csv"),
    include_str!("fixtures/flawless-2.csv"),
    include_str!("fixtures/flawless-3.csv"),
];
/// The same with the flaw `memory-leak`, which at this load keeps a small fraction of 1 MB a minute.
const SMALL_LEAK: &str = include_str!("fixtures/memory-leak.csv");
/// Blocks of readings that are drawn together, seconds: what follows from one another stays together.
const BLOCK_S: usize = 30;

fn read(csv: &str) -> Vec<f64> {
    csv.lines().skip(1).filter_map(|line| line.split_once(',')?.1.parse().ok()).collect()
}

/// Ten minutes whose target has these readings of memory, one a second.
fn run_of(rss_bytes: &[f64]) -> Fixture {
    let mut fixture = Fixture::of_readings(600);
    fixture.load.timeline.total.requests = vec![20; 600];
    for (sample, rss_bytes) in fixture.resources.iter_mut().zip(rss_bytes) {
        let target = sample.processes.iter_mut().find(|process| process.role == Role::Target).unwrap();
        target.rss_bytes = *rss_bytes as u64;
    }
    fixture
}

fn found(fixture: &Fixture) -> Vec<Finding> {
    leak_findings(&measure(&fixture.evidence()))
}

fn target_memory(fixture: &Fixture) -> Leak {
    match measure(&fixture.evidence()).swap_remove(0).leak {
        Answer::Found(leak) => leak,
        Answer::Absent { why } => panic!("{why}"),
    }
}

/// Ten series made from the recorded ones: the warm-up of one, and then the changes of all three, drawn in blocks.
fn flawless_series() -> Vec<Vec<f64>> {
    let recorded = FLAWLESS.map(read);
    let mut random = Random::new(5);
    (0..10)
        .map(|index| {
            let mut series = recorded[index % recorded.len()][..120].to_vec();
            while series.len() < 601 {
                let source = &recorded[random.below(recorded.len())];
                let from = 120 + random.below(source.len() - 120 - BLOCK_S);
                let changes = source[from..from + BLOCK_S].windows(2).map(|pair| pair[1] - pair[0]);
                for change in changes {
                    series.push((series[series.len() - 1] + change).max(MIB));
                }
            }
            series.truncate(601);
            series
        })
        .collect()
}

/// Adds a leak as an allocator shows it that takes memory from the system in pieces.
fn with_leak(series: &[f64], mib_per_min: f64, piece_mib: f64, phase: f64) -> Vec<f64> {
    let leaked = |second: usize| second as f64 / 60.0 * mib_per_min / piece_mib + phase;
    let add = |(second, value): (usize, &f64)| value + leaked(second).floor() * piece_mib * MIB;
    series.iter().enumerate().map(add).collect()
}

#[test]
fn recorded_flawless_runs_and_ten_made_of_them_raise_no_alarm() {
    for series in FLAWLESS.map(read).into_iter().chain(flawless_series()) {
        let found = found(&run_of(&series));
        assert!(found.is_empty(), "{found:?}");
    }
}

#[test]
fn a_leak_of_1_mb_a_minute_and_more_is_found_in_every_one_of_them_whatever_the_size_of_the_pieces() {
    for (index, series) in flawless_series().iter().enumerate() {
        for mib_per_min in [1.0, 1.3, 2.0, 5.0, 20.0] {
            for piece_mib in [0.01, 0.5, 2.0] {
                let leaking = with_leak(series, mib_per_min, piece_mib, index as f64 / 10.0);
                let found = found(&run_of(&leaking));
                let what = format!("series {index}, {mib_per_min} MiB/min in pieces of {piece_mib} MiB");
                assert_eq!(found.len(), 1, "{what}: {:?}", target_memory(&run_of(&leaking)));
                let per_min = found[0].numbers["per_hour"] / 60.0 / MIB;
                assert!((0.6..1.6).contains(&(per_min / mib_per_min)), "{what}: {per_min}");
            }
        }
    }
}

#[test]
fn a_recorded_leak_far_below_1_mb_a_minute_is_left_alone_or_measured_as_small() {
    for finding in found(&run_of(&read(SMALL_LEAK))) {
        assert!(finding.numbers["per_hour"] < 60.0 * MIB, "{finding:?}");
    }
}

#[test]
fn the_jump_of_a_profile_is_no_leak_and_hides_none() {
    let quiet = read(FLAWLESS[0]);
    let profiled = |series: &[f64]| -> Fixture {
        let jump = |(second, value): (usize, &f64)| value + if second >= 303 { 110.0 * MIB } else { 0.0 };
        let series: Vec<f64> = series.iter().enumerate().map(jump).collect();
        Fixture { profile_windows: vec![ProfileWindow { from_s: 300.0, to_s: 330.0 }], ..run_of(&series) }
    };
    let fixture = profiled(&quiet);
    assert_eq!(found(&fixture), []);
    let shift_mib = target_memory(&fixture).profiling_shift / MIB;
    assert!((109.0..111.0).contains(&shift_mib), "{shift_mib}");
    let found = found(&profiled(&with_leak(&quiet, 3.0, 0.01, 0.0)));
    assert!(found.iter().any(|finding| finding.code == "memory-leak"), "{found:?}");
}

#[test]
fn what_stays_in_an_idle_minute_is_confirmed_and_what_falls_back_is_no_leak() {
    let leaking = with_leak(&read(FLAWLESS[0]), 3.0, 0.01, 0.0);
    let after = |rss_bytes: f64| {
        let mut fixture = run_of(&leaking);
        fixture.idle_after = (601..660).map(healthy_sample).collect();
        for target in fixture.idle_after.iter_mut().map(|sample| &mut sample.processes[0]) {
            target.rss_bytes = rss_bytes as u64;
        }
        fixture
    };
    let last = leaking[600];
    assert_eq!(found(&run_of(&leaking))[0].severity, Severity::Warning);
    assert_eq!(found(&after(last))[0].severity, Severity::Critical);
    let released = after(last - 15.0 * MIB);
    assert_eq!(target_memory(&released).confirmation, LeakConfirmation::Released);
    assert_eq!(found(&released), []);
}

#[test]
fn descriptors_threads_and_connections_leak_too() {
    let mut fixture = Fixture::of_readings(600);
    for sample in &mut fixture.resources {
        let more = (sample.at_s / 20.0) as u32;
        sample.postgres.as_mut().unwrap().connection_count += more;
        let target = &mut sample.processes[0];
        target.open_fd_count = target.open_fd_count.map(|count| count + u64::from(more));
        target.thread_count = target.thread_count.map(|count| count + u64::from(more));
        target.open_fd_limit = Some(1024);
    }
    let codes: Vec<_> = found(&fixture).into_iter().map(|finding| (finding.code, finding.severity)).collect();
    let code = |code: &str, severity| (code.to_owned(), severity);
    assert_eq!(
        codes,
        [
            code("descriptor-leak", Severity::Critical),
            code("thread-growth", Severity::Warning),
            code("connection-growth", Severity::Warning)
        ]
    );
    // 180 an hour, and 1024 − 70 left.
    let records = measure(&fixture.evidence());
    let leak =
        records.iter().find(|record| record.figure == LeakFigure::OpenFds).unwrap().leak.found().unwrap();
    let time_s = leak.time_to_limit_s.unwrap();
    assert!(time_s.low <= 19_080.0 && time_s.high >= 19_080.0, "{time_s:?}");
}

#[test]
fn memory_that_processes_share_is_judged_by_its_shares_or_not_at_all() {
    let mut fixture = run_of(&with_leak(&read(FLAWLESS[0]), 5.0, 0.01, 0.0));
    for sample in &mut fixture.resources {
        for process in &mut sample.processes {
            process.process_count = 3;
            let is_read = (sample.at_s as u64).is_multiple_of(30);
            process.pss_bytes = (process.role == Role::Target && is_read).then_some(process.rss_bytes / 2);
        }
    }
    let records = measure(&fixture.evidence());
    assert_eq!(records[0].figure, LeakFigure::Pss);
    assert!(records[0].leak.found().unwrap().is_leak(), "{records:?}");
    let postgres = records.iter().find(|record| record.role == Role::Postgres).unwrap();
    assert!(matches!(&postgres.leak, Answer::Absent { why } if why.contains("shared buffers")));
}

/// Ten minutes whose target has three processes that share memory, and leaks; then readings of that memory without load.
fn shared_memory_after(idle: &[(u32, f64)]) -> Fixture {
    let mut fixture = run_of(&with_leak(&read(FLAWLESS[0]), 5.0, 0.01, 0.0));
    fixture.idle_after = (601..=660).map(healthy_sample).collect();
    let last = fixture.resources.last().unwrap().process(Role::Target).unwrap().rss_bytes as f64;
    for sample in fixture.resources.iter_mut().chain(&mut fixture.idle_after) {
        let at_s = sample.at_s as u32;
        let target = sample.processes.iter_mut().find(|process| process.role == Role::Target).unwrap();
        target.process_count = 3;
        let is_read = at_s <= 600 && at_s.is_multiple_of(30);
        let after = idle.iter().find(|(read_s, _)| *read_s == at_s).map(|(_, more)| (last + more) as u64);
        target.pss_bytes = after.or(is_read.then_some(target.rss_bytes));
    }
    fixture
}

#[test]
fn two_readings_of_shared_memory_without_load_confirm_a_leak_or_clear_it() {
    let stayed = shared_memory_after(&[(620, 0.0), (650, 0.0)]);
    assert_eq!(target_memory(&stayed).confirmation, LeakConfirmation::Confirmed);
    assert_eq!(found(&stayed)[0].severity, Severity::Critical);
    let released = shared_memory_after(&[(620, 0.0), (650, -40.0 * MIB)]);
    assert_eq!(target_memory(&released).confirmation, LeakConfirmation::Released);
}

#[test]
fn a_leak_that_was_not_checked_without_load_says_why() {
    let once = shared_memory_after(&[(620, 0.0)]);
    assert_eq!(target_memory(&once).confirmation, LeakConfirmation::NotChecked);
    let message = &found(&once)[0].message;
    assert!(
        message.contains("not checked: it takes 2 readings over 20 s without load, and there were 1"),
        "{message}"
    );
    let never = found(&run_of(&with_leak(&read(FLAWLESS[0]), 3.0, 0.01, 0.0)));
    assert!(never[0].message.contains("--confirm-leak"), "{}", never[0].message);
}

#[test]
fn a_short_run_is_not_judged_and_one_without_its_target_says_so() {
    assert_eq!(measure(&Fixture::of_length(60).evidence()), []);
    assert_eq!(measure(&Fixture::empty().evidence()), []);
    let mut unwatched = Fixture::of_readings(600);
    unwatched.resources.iter_mut().for_each(|sample| sample.processes.clear());
    let records = measure(&unwatched.evidence());
    assert!(matches!(&records[0].leak, Answer::Absent { why } if why.contains("pid")), "{records:?}");
}

#[test]
fn the_judgement_of_a_run_holds_its_leaks() {
    let judgement = analyze(&run_of(&with_leak(&read(FLAWLESS[0]), 3.0, 0.01, 0.0)).evidence());
    assert!(judgement.findings.iter().any(|finding| finding.code == "memory-leak"));
    assert!(judgement.leaks[0].leak.found().unwrap().is_leak());
}
