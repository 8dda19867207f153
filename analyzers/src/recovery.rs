//! How long the target takes to get over a spike.

use aforo_model::{Answer, LoadLevel, RecoveryRecord, RecoveryReference, RecoveryStart, ReferencePart};

use crate::Evidence;
use crate::indicators::samples_needed;
use crate::wording::seconds;

/// How many times the load before a spike is: more than any step of a stress test, which doubles it at most.
const SPIKE_FACTOR: f64 = 3.0;
/// P95 counts as back up to this many times that of the reference: closer than that, two quiet windows of five seconds
/// differ by chance.
const TOLERANCE: f64 = 1.2;
/// Seconds for which it must stay there.
const STAYS_S: usize = 10;

/// The sudden rise of a load.
struct Spike {
    /// The level before; absent where the load rose from nothing.
    before: Option<LoadLevel>,
    peak: LoadLevel,
    /// The level after, where the load fell as far again.
    after: Option<LoadLevel>,
}

/// The recovery from the first spike of a load, which is a level of at least three times the load of the one before.
///
/// A load of a single level rose from nothing: there is nothing to compare with but its own steady end, and a record
/// only where the rise left something to recover from.
pub(crate) fn measure(evidence: &Evidence<'_>) -> Option<Answer<RecoveryRecord>> {
    let spike = Spike::of(&evidence.scenario.load.levels())?;
    let Some(reference) = reference(&spike, evidence) else {
        return spike
            .before
            .map(|_| Answer::absent("too few requests ended before the spike for a P95 to compare with"));
    };
    let (counted_from, counted_from_s, to_s) = match spike.after {
        Some(after) => (RecoveryStart::LoadFell, after.from_s, after.to_s),
        None => (RecoveryStart::FullLoad, spike.peak.from_s, spike.peak.to_s),
    };
    let recovered_p95_us = (reference.p95_us as f64 * TOLERANCE) as u64;
    let rolling = &evidence.load.timeline.rolling_p95_us;
    let end = rolling.len().min(to_s.floor() as usize);
    let begin = spike.before.map_or(0.0, |before| before.to_s).floor() as usize;
    let recovered_after_s = recovered(rolling, counted_from_s, end, recovered_p95_us);
    if spike.before.is_none() && matches!(recovered_after_s, Answer::Found(after_s) if after_s <= 0.0) {
        return None;
    }
    Some(Answer::Found(RecoveryRecord {
        reference,
        recovered_p95_us,
        counted_from,
        counted_from_s,
        worst_p95_us: rolling.get(begin..end).into_iter().flatten().copied().flatten().max(),
        recovered_after_s,
    }))
}

impl Spike {
    fn of(levels: &[LoadLevel]) -> Option<Self> {
        if let [peak] = levels {
            return Some(Self { before: None, peak: *peak, after: None });
        }
        let is_spike =
            |low: &LoadLevel, high: &LoadLevel| high.demand.value() >= SPIKE_FACTOR * low.demand.value();
        let at = levels.windows(2).position(|pair| is_spike(&pair[0], &pair[1]))?;
        let peak = levels[at + 1];
        let after = levels.get(at + 2).copied().filter(|after| is_spike(after, &peak));
        Some(Self { before: Some(levels[at]), peak, after })
    }
}

/// The part of the run to compare with: its settled seconds, if they hold enough requests.
fn reference(spike: &Spike, evidence: &Evidence<'_>) -> Option<RecoveryReference> {
    let (part, of) = match spike.before {
        Some(before) => (ReferencePart::BeforeSpike, before),
        None => (ReferencePart::SteadyEnd, spike.peak),
    };
    let lies_in = |from_s: u32, to_s: u32| f64::from(from_s) >= of.from_s && f64::from(to_s) <= of.to_s;
    let level = evidence.load.levels.iter().find(|level| lies_in(level.from_s, level.to_s))?;
    let times = &level.total.response_time;
    (times.count >= samples_needed(0.95)).then_some(RecoveryReference {
        part,
        from_s: level.from_s,
        to_s: level.to_s,
        p95_us: times.p95_us?,
    })
}

/// Seconds from `counted_from_s` to the end of the first five seconds whose P95 is low enough and stays so.
/// A window in which too little ended for a P95 is not low enough: a target that hangs answers nothing.
fn recovered(rolling: &[Option<u64>], counted_from_s: f64, end: usize, recovered_p95_us: u64) -> Answer<f64> {
    let counted_from = counted_from_s.ceil() as usize;
    if end < counted_from.saturating_add(STAYS_S) {
        return Answer::absent(format!(
            "fewer than the {} were seen for which P95 must stay low",
            seconds(STAYS_S as f64)
        ));
    }
    let is_low = |p95_us: &Option<u64>| p95_us.is_some_and(|p95_us| p95_us <= recovered_p95_us);
    // The window that ends with a second is complete when the next one begins.
    let first = counted_from.saturating_sub(1);
    let stays = |from: &usize| rolling[*from..*from + STAYS_S].iter().all(is_low);
    match (first..=end - STAYS_S).find(stays) {
        Some(at) => Answer::Found((at + 1 - counted_from.min(at + 1)) as f64),
        None => Answer::absent(match rolling[end - 1] {
            Some(p95_us) if p95_us <= recovered_p95_us => {
                format!("P95 came down only at the end, and had not stayed for {}", seconds(STAYS_S as f64))
            }
            Some(p95_us) => format!("P95 was still {} at the end", seconds(p95_us as f64 / 1e6)),
            None => "too few requests ended at the end for a P95".to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{Fixture, healthy_second, step_second, summarized};
    use aforo_model::{RateStage, Workload};
    use proptest::prelude::*;

    const MS: u64 = 1_000;

    /// 30 s at 20 starts a second, a minute at 200, a minute at 20 again; every second has the times of `time_us`.
    fn spike(time_us: impl Fn(u32) -> u64) -> Fixture {
        let mut fixture = Fixture::of_length(150);
        let stage =
            |duration_s, rate_per_s| RateStage { duration_s, from_per_s: rate_per_s, to_per_s: rate_per_s };
        fixture.scenario.load.workload = Workload::Open {
            stages: vec![stage(30.0, 20.0), stage(60.0, 200.0), stage(60.0, 20.0)],
            max_users: 100,
        };
        with_times(fixture, 150, time_us)
    }

    fn with_times(mut fixture: Fixture, seconds: u32, time_us: impl Fn(u32) -> u64) -> Fixture {
        let seconds: Vec<_> = (0..seconds)
            .map(|index| {
                let mut second = healthy_second(index);
                second.steps = [("search".to_owned(), step_second(20, 0, time_us(index)))].into();
                second
            })
            .collect();
        fixture.load = summarized(&fixture.scenario, &seconds);
        fixture
    }

    fn found(fixture: &Fixture) -> RecoveryRecord {
        match measure(&fixture.evidence()) {
            Some(Answer::Found(record)) => record,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn time_counts_from_the_fall_of_the_load_until_five_quiet_seconds_have_passed() {
        // Slow until 12 s after the fall; the first five seconds without a slow one end 17 s after it.
        let record = found(&spike(|second| if (35..102).contains(&second) { 900 * MS } else { 100 * MS }));
        assert_eq!((record.counted_from, record.counted_from_s), (RecoveryStart::LoadFell, 90.0));
        assert_eq!(record.reference.part, ReferencePart::BeforeSpike);
        assert_eq!((record.reference.from_s, record.reference.to_s), (6, 30));
        assert_eq!(record.recovered_after_s, Answer::Found(17.0));
        assert!(record.worst_p95_us.unwrap().abs_diff(900 * MS) < MS);
    }

    #[test]
    fn a_target_that_does_not_mind_has_recovered_at_once() {
        assert_eq!(found(&spike(|_| 100 * MS)).recovered_after_s, Answer::Found(0.0));
    }

    #[test]
    fn a_target_that_does_not_come_back_is_told_with_its_last_p95() {
        let record = found(&spike(|second| if second > 35 { 900 * MS } else { 100 * MS }));
        assert!(
            matches!(&record.recovered_after_s, Answer::Absent { why } if why.contains("still 900 ms")),
            "{record:?}"
        );
    }

    #[test]
    fn a_short_quiet_moment_is_no_recovery() {
        let slow = |second: u32| second > 35 && !(100..112).contains(&second) && second < 130;
        let record = found(&spike(|second| if slow(second) { 900 * MS } else { 100 * MS }));
        assert_eq!(record.recovered_after_s, Answer::Found(45.0));
    }

    #[test]
    fn a_rise_from_nothing_is_compared_with_its_steady_end_and_only_told_where_it_hurt() {
        let rise = |slow_s: u32| {
            with_times(
                Fixture::of_length(120),
                120,
                move |second| {
                    if second < slow_s { 500 * MS } else { 100 * MS }
                },
            )
        };
        assert_eq!(measure(&rise(0).evidence()), None);
        let record = found(&rise(20));
        assert_eq!(record.counted_from, RecoveryStart::FullLoad);
        assert_eq!(record.reference.part, ReferencePart::SteadyEnd);
        assert_eq!(record.recovered_after_s, Answer::Found(24.0));
    }

    #[test]
    fn a_stress_test_is_no_spike_and_a_run_cut_short_says_so() {
        let mut stress = Fixture::of_length(120);
        stress.scenario.load.workload =
            Workload::Closed { users: 40, users_per_s: 10.0, steps: 4, surge: None };
        assert_eq!(measure(&stress.evidence()), None);
        let cut = with_times(spike(|_| 100 * MS), 80, |_| 100 * MS);
        assert!(matches!(&found(&cut).recovered_after_s, Answer::Absent { why } if why.contains("10 s")));
    }

    proptest! {
        #[test]
        fn no_time_line_makes_it_panic(
            rolling in prop::collection::vec(prop::option::of(0u64..1_000), 0..60),
            from_s in 0.0f64..80.0, end in 0usize..80, limit in 0u64..1_000,
        ) {
            let end = end.min(rolling.len());
            if let Answer::Found(after_s) = recovered(&rolling, from_s, end, limit) {
                prop_assert!(after_s >= 0.0 && after_s <= end as f64);
            }
        }
    }
}
