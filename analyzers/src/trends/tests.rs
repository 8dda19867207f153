use super::*;
use crate::fixtures::Fixture;
use crate::statistics::Random;

/// Ten minutes in which the memory of the machine is the share that `used` gives.
fn of_memory(used: impl Fn(f64) -> f64) -> (TrendRecord, usize) {
    let mut fixture = Fixture::of_readings(600);
    let mut random = Random::new(4);
    for sample in &mut fixture.resources {
        let (at_s, host) = (sample.at_s, sample.host.as_mut().unwrap());
        let ratio = used(at_s) + 0.002 * random.normal();
        host.memory_used_bytes = (host.memory_total_bytes as f64 * ratio) as u64;
    }
    let records = measure(&fixture.evidence());
    let found = trend_findings(&records).len();
    (records.into_iter().find(|record| record.figure == TrendFigure::HostMemory).unwrap(), found)
}

#[test]
fn a_rise_towards_a_threshold_is_foretold_with_an_interval_that_holds_the_truth() {
    let (record, found) = of_memory(|at_s| 0.5 + 0.2 * at_s / 600.0);
    let time_s = *record.time_to_threshold_s.found().unwrap();
    // 0.7 at the end, 0.2 in 600 s: 600 s more to 0.9.
    assert!((550.0..650.0).contains(&time_s.estimate), "{time_s:?}");
    assert!(time_s.low < time_s.estimate && time_s.estimate < time_s.high, "{time_s:?}");
    assert_eq!(found, 1);
}

#[test]
fn what_is_far_off_or_does_not_grow_is_not_foretold() {
    let (far, found) = of_memory(|at_s| 0.2 + 0.05 * at_s / 600.0);
    assert!(
        matches!(&far.time_to_threshold_s, Answer::Absent { why } if why.contains("farther off")),
        "{far:?}"
    );
    assert_eq!(found, 0);
    let (level, found) = of_memory(|_| 0.7);
    assert!(
        matches!(&level.time_to_threshold_s, Answer::Absent { why } if why.contains("not grow")),
        "{level:?}"
    );
    assert_eq!(found, 0);
    let (beyond, found) = of_memory(|at_s| 0.91 + 0.05 * at_s / 600.0);
    assert!(
        matches!(&beyond.time_to_threshold_s, Answer::Absent { why } if why.contains("already")),
        "{beyond:?}"
    );
    assert_eq!(found, 0);
}

#[test]
fn a_short_run_has_no_trends() {
    assert_eq!(measure(&Fixture::of_length(60).evidence()), []);
    assert_eq!(measure(&Fixture::empty().evidence()), []);
}
