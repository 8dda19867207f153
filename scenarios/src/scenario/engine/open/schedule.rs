//! When the rounds of an open workload are due: a pure function of the time since the start.

use std::time::Duration;

use aforo_model::RateStage;

/// How far a count of starts may be from a whole number and still be meant as one: the areas under the rates
/// are sums of fractions.
const WHOLE: f64 = 1e-6;

/// The due times of all starts, numbered from 0. Start `i` is due when the area under the rate reaches `i`:
/// the first at once, at a constant rate `r` the others `1 / r` apart. Because a start is known by its number
/// alone, generators that take every `n`-th one keep the schedule together.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Schedule {
    stages: Vec<Stage>,
    count: u64,
}

/// A stage with what comes before it.
#[derive(Debug, Clone, PartialEq)]
struct Stage {
    from_s: f64,
    duration_s: f64,
    from_per_s: f64,
    to_per_s: f64,
    /// Area under the rate before this stage.
    before: f64,
    /// Area under the rate at its end.
    after: f64,
}

impl Schedule {
    /// The schedule of `stages`, one after the other.
    pub(crate) fn new(stages: &[RateStage]) -> Self {
        let (mut from_s, mut before) = (0.0, 0.0);
        let stages: Vec<Stage> = stages
            .iter()
            .map(|stage| {
                let RateStage { duration_s, from_per_s, to_per_s } = *stage;
                let after = snapped(before + (from_per_s + to_per_s) / 2.0 * duration_s);
                let stage = Stage { from_s, duration_s, from_per_s, to_per_s, before, after };
                (from_s, before) = (from_s + duration_s, after);
                stage
            })
            .collect();
        Self { stages, count: before.ceil() as u64 }
    }

    /// When start `index` is due, counted from the beginning; none after the last one.
    pub(crate) fn intended_start(&self, index: u64) -> Option<Duration> {
        let area = index as f64;
        // A stage without starts ends at the area it begins with and is passed over.
        let stage = self.stages.get(self.stages.partition_point(|stage| stage.after <= area))?;
        Some(Duration::from_nanos(((stage.from_s + stage.time_s(area - stage.before)) * 1e9).round() as u64))
    }

    /// How many starts are due when `elapsed` has passed: those up to and at that moment.
    pub(crate) fn started_by(&self, elapsed: Duration) -> u64 {
        let elapsed_s = elapsed.as_secs_f64();
        let begun = self.stages.partition_point(|stage| stage.from_s <= elapsed_s);
        let Some(stage) = begun.checked_sub(1).and_then(|last| self.stages.get(last)) else { return 0 };
        // The area is a guess within rounding; the due times themselves decide.
        let mut started = (stage.before + stage.area(elapsed_s - stage.from_s)) as u64;
        while self.intended_start(started).is_some_and(|due| due <= elapsed) {
            started += 1;
        }
        while started > 0 && self.intended_start(started - 1).is_none_or(|due| due > elapsed) {
            started -= 1;
        }
        started.min(self.count)
    }
}

impl Stage {
    /// When the area under the rate since the stage began reaches `area`: the root of
    /// `from·t + (to − from)·t² / 2d = area` in the form that loses no digits to cancellation.
    fn time_s(&self, area: f64) -> f64 {
        let change_per_s2 = (self.to_per_s - self.from_per_s) / self.duration_s;
        let root = (self.from_per_s * self.from_per_s + 2.0 * change_per_s2 * area).max(0.0).sqrt();
        let speed = self.from_per_s + root;
        if speed > 0.0 { (2.0 * area / speed).clamp(0.0, self.duration_s) } else { 0.0 }
    }

    /// The area under the rate when `time_s` of the stage have passed.
    fn area(&self, time_s: f64) -> f64 {
        let time_s = time_s.min(self.duration_s);
        let change_per_s2 = (self.to_per_s - self.from_per_s) / self.duration_s;
        self.from_per_s * time_s + change_per_s2 * time_s * time_s / 2.0
    }
}

fn snapped(area: f64) -> f64 {
    let whole = area.round();
    if (area - whole).abs() < WHOLE { whole } else { area }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stage(duration_s: f64, from_per_s: f64, to_per_s: f64) -> RateStage {
        RateStage { duration_s, from_per_s, to_per_s }
    }

    fn due_ms(schedule: &Schedule, index: u64) -> Option<f64> {
        schedule.intended_start(index).map(|due| due.as_secs_f64() * 1e3)
    }

    #[test]
    fn starts_lie_where_the_rate_puts_them() {
        let constant = Schedule::new(&[stage(30.0, 200.0, 200.0)]);
        let ramp = Schedule::new(&[stage(10.0, 0.0, 20.0)]);
        let down = Schedule::new(&[stage(10.0, 20.0, 0.0)]);
        let pause = Schedule::new(&[stage(1.0, 10.0, 10.0), stage(1.0, 0.0, 0.0), stage(1.0, 10.0, 10.0)]);
        let fraction = Schedule::new(&[stage(1.0, 2.5, 2.5), stage(1.0, 2.5, 2.5)]);
        for (schedule, index, expected_ms) in [
            (&constant, 0, Some(0.0)),
            (&constant, 1, Some(5.0)),
            (&constant, 5_999, Some(29_995.0)),
            (&constant, 6_000, None),
            // The area under a ramp from 0 to 20 in 10 s is t², so start 25 is due at 5 s.
            (&ramp, 0, Some(0.0)),
            (&ramp, 25, Some(5_000.0)),
            (&ramp, 100, None),
            // The mirror image: 75 starts are over after 5 s.
            (&down, 75, Some(5_000.0)),
            (&down, 99, Some(9_000.0)),
            (&pause, 9, Some(900.0)),
            (&pause, 10, Some(2_000.0)),
            (&pause, 20, None),
            // A start that falls between two stages keeps its distance.
            (&fraction, 3, Some(1_200.0)),
            (&fraction, 4, Some(1_600.0)),
        ] {
            let due = due_ms(schedule, index);
            let is_right = match (due, expected_ms) {
                (Some(due), Some(expected)) => (due - expected).abs() < 1e-5,
                (due, expected) => due == expected,
            };
            assert!(is_right, "start {index}: {due:?} for {expected_ms:?}");
        }
    }

    #[test]
    fn counts_are_those_that_are_due() {
        let constant = Schedule::new(&[stage(2.0, 10.0, 10.0)]);
        for (elapsed_ms, started) in
            [(0, 1), (99, 1), (100, 2), (101, 2), (1_999, 20), (2_000, 20), (9_000, 20)]
        {
            assert_eq!(constant.started_by(Duration::from_millis(elapsed_ms)), started, "{elapsed_ms} ms");
        }
    }

    #[test]
    fn a_schedule_without_starts_has_none() {
        for stages in [vec![], vec![stage(10.0, 0.0, 0.0)], vec![stage(0.0, 5.0, 5.0)]] {
            let schedule = Schedule::new(&stages);
            assert_eq!(schedule.intended_start(0), None, "{stages:?}");
            assert_eq!(schedule.started_by(Duration::from_secs(5)), 0, "{stages:?}");
        }
    }

    fn any_stages() -> impl Strategy<Value = Vec<RateStage>> {
        let rate = prop_oneof![Just(0.0), 0.01f64..10.0, 10.0f64..20_000.0];
        prop::collection::vec((0.001f64..100.0, rate.clone(), rate), 1..5).prop_map(|stages| {
            stages.into_iter().map(|(duration_s, from, to)| stage(duration_s, from, to)).collect()
        })
    }

    proptest! {
        #[test]
        fn starts_come_in_order_within_their_time(stages in any_stages(), shift in 0u64..10_000) {
            let schedule = Schedule::new(&stages);
            let total_s: f64 = stages.iter().map(|stage| stage.duration_s).sum();
            let dues: Vec<Duration> = (shift..shift + 200).map_while(|i| schedule.intended_start(i)).collect();
            prop_assert!(dues.is_sorted());
            prop_assert!(dues.iter().all(|due| due.as_secs_f64() <= total_s + 1e-8));
        }

        #[test]
        fn counting_is_the_inverse_of_the_due_times(stages in any_stages(), share in 0.0f64..1.0) {
            let schedule = Schedule::new(&stages);
            let index = (schedule.count as f64 * share) as u64;
            if let Some(due) = schedule.intended_start(index) {
                prop_assert!(schedule.started_by(due) > index);
                if let Some(before) = due.checked_sub(Duration::from_nanos(1)) {
                    prop_assert!(schedule.started_by(before) <= index);
                }
            }
            prop_assert_eq!(schedule.intended_start(schedule.count), None);
            prop_assert_eq!(schedule.started_by(Duration::from_secs(1_000_000)), schedule.count);
        }

        #[test]
        fn as_many_start_as_the_area_under_the_rates_says(stages in any_stages(), share in 0.0f64..1.0) {
            let schedule = Schedule::new(&stages);
            // The oracle: the area in small rectangles.
            const PARTS: u32 = 10_000;
            let total_s: f64 = stages.iter().map(|stage| stage.duration_s).sum();
            let (until_s, mut begun_s, mut area) = (share * total_s, 0.0, 0.0);
            for stage in &stages {
                let taken_s = (until_s - begun_s).clamp(0.0, stage.duration_s);
                let part_s = taken_s / f64::from(PARTS);
                for part in 0..PARTS {
                    let at = (f64::from(part) + 0.5) * part_s / stage.duration_s;
                    area += (stage.from_per_s + (stage.to_per_s - stage.from_per_s) * at) * part_s;
                }
                begun_s += stage.duration_s;
            }
            let started = schedule.started_by(Duration::from_secs_f64(until_s)) as f64;
            prop_assert!((started - area).abs() <= 1.0 + 1e-6 * area, "{started} for {area}");
        }

        #[test]
        fn the_shards_of_several_generators_are_the_whole_schedule(stages in any_stages(), shards in 1u64..5) {
            let schedule = Schedule::new(&stages);
            let whole: Vec<_> = (0..300).map_while(|index| schedule.intended_start(index)).collect();
            let mut union: Vec<_> = (0..shards)
                .flat_map(|shard| (shard..300).step_by(shards as usize))
                .filter_map(|index| schedule.intended_start(index))
                .collect();
            union.sort_unstable();
            prop_assert_eq!(union, whole);
        }
    }
}
