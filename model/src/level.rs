//! The parts of a run in which the load is constant.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Load, RateStage, Surge, Workload};

/// What a load asks for at one time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Demand {
    /// Virtual users of a closed workload.
    Users(u32),
    /// Starts per second of an open workload.
    StartsPerS(f64),
}

impl Demand {
    /// The number alone: users, or starts per second.
    pub fn value(self) -> f64 {
        match self {
            Self::Users(users) => f64::from(users),
            Self::StartsPerS(rate_per_s) => rate_per_s,
        }
    }
}

/// A span of a run in which the load is constant.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LoadLevel {
    /// Its beginning, when everybody who takes part was started, seconds since the start of the run.
    pub from_s: f64,
    /// Its end, seconds since the start of the run.
    pub to_s: f64,
    /// What is asked for.
    pub demand: Demand,
}

impl Load {
    /// The spans in which the load is constant, in order. Ramps lie between them; what a ramp leaves no time for
    /// is left out. Neighbouring stages of one rate are one level.
    pub fn levels(&self) -> Vec<LoadLevel> {
        let mut levels = match &self.workload {
            Workload::Closed { users, users_per_s, surge: Some(surge), .. } => {
                surge_levels(*users, *users_per_s, *surge, self.duration_s)
            }
            Workload::Closed { users, users_per_s, steps, surge: None } => {
                user_levels(*users, *users_per_s, *steps, self.duration_s)
            }
            Workload::Open { stages, .. } => rate_levels(stages, self.duration_s),
        };
        levels.retain(|level| level.to_s > level.from_s);
        levels
    }
}

impl Workload {
    /// How many users the `step`-th of `steps` equal portions (0 is the first) brings the load to. What does not
    /// divide evenly is spread over the portions; the last reaches `users`.
    pub fn users_after_step(users: u32, steps: u32, step: u32) -> u32 {
        let reached = u64::from(users) * (u64::from(step) + 1) / u64::from(steps.max(1));
        u32::try_from(reached).unwrap_or(users).min(users)
    }
}

fn user_levels(users: u32, users_per_s: f64, steps: u32, duration_s: f64) -> Vec<LoadLevel> {
    let steps = steps.clamp(1, users.max(1));
    let step_s = duration_s / f64::from(steps);
    let mut before = 0;
    (0..steps)
        .map(|step| {
            let reached = Workload::users_after_step(users, steps, step);
            // The first user of a portion starts at once.
            let ramp_s = f64::from((reached - before).saturating_sub(1)) / users_per_s;
            before = reached;
            let from_s = f64::from(step) * step_s;
            LoadLevel { from_s: from_s + ramp_s, to_s: from_s + step_s, demand: Demand::Users(reached) }
        })
        .collect()
}

fn surge_levels(users: u32, users_per_s: f64, surge: Surge, duration_s: f64) -> Vec<LoadLevel> {
    // The first of those who come starts at once.
    let ramp_s = |users: u32| f64::from(users.saturating_sub(1)) / users_per_s;
    let base = Demand::Users(surge.base_users);
    let comers = users.saturating_sub(surge.base_users);
    vec![
        LoadLevel { from_s: ramp_s(surge.base_users), to_s: surge.from_s, demand: base },
        LoadLevel { from_s: surge.from_s + ramp_s(comers), to_s: surge.to_s, demand: Demand::Users(users) },
        LoadLevel { from_s: surge.to_s, to_s: duration_s, demand: base },
    ]
}

fn rate_levels(stages: &[RateStage], duration_s: f64) -> Vec<LoadLevel> {
    let mut levels: Vec<LoadLevel> = Vec::new();
    let mut from_s = 0.0;
    for stage in stages {
        let to_s = from_s + stage.duration_s;
        let demand = Demand::StartsPerS(stage.from_per_s);
        let is_constant = stage.from_per_s == stage.to_per_s && stage.from_per_s > 0.0;
        match levels.last_mut() {
            Some(last) if is_constant && last.demand == demand && last.to_s == from_s => {
                last.to_s = to_s.min(duration_s);
            }
            _ if is_constant => levels.push(LoadLevel { from_s, to_s: to_s.min(duration_s), demand }),
            _ => {}
        }
        from_s = to_s;
    }
    levels
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn load(workload: Workload, duration_s: f64) -> Load {
        Load { workload, duration_s, warm_up_s: 0.0, timeout_s: 30.0 }
    }

    fn spans(load: &Load) -> Vec<(f64, f64, f64)> {
        load.levels().iter().map(|level| (level.from_s, level.to_s, level.demand.value())).collect()
    }

    #[test]
    fn all_users_at_once_are_one_level_after_the_ramp() {
        let workload = Workload::Closed { users: 10, users_per_s: 2.0, steps: 1, surge: None };
        assert_eq!(spans(&load(workload, 60.0)), [(4.5, 60.0, 10.0)]);
    }

    #[test]
    fn the_stress_scenario_is_ten_levels_of_a_minute() {
        let workload = Workload::Closed { users: 200, users_per_s: 20.0, steps: 10, surge: None };
        let levels = spans(&load(workload, 600.0));
        assert_eq!(levels.len(), 10);
        assert_eq!(levels[0], (0.95, 60.0, 20.0));
        assert_eq!(levels[9], (540.95, 600.0, 200.0));
    }

    #[test]
    fn a_surge_has_a_level_before_it_and_one_after() {
        let surge = Some(Surge { base_users: 10, from_s: 30.0, to_s: 160.0 });
        let workload = Workload::Closed { users: 100, users_per_s: 10.0, steps: 1, surge };
        let levels = spans(&load(workload, 200.0));
        assert_eq!(levels, [(0.9, 30.0, 10.0), (38.9, 160.0, 100.0), (160.0, 200.0, 10.0)]);
    }

    #[test]
    fn users_that_do_not_divide_are_spread_and_the_last_step_has_all() {
        let users: Vec<u32> = (0..4).map(|step| Workload::users_after_step(10, 4, step)).collect();
        assert_eq!(users, [2, 5, 7, 10]);
    }

    #[test]
    fn a_ramp_is_no_level_and_equal_neighbours_are_one() {
        let stage = |duration_s, from_per_s, to_per_s| RateStage { duration_s, from_per_s, to_per_s };
        let stages = vec![
            stage(10.0, 20.0, 20.0),
            stage(5.0, 20.0, 20.0),
            stage(10.0, 20.0, 200.0),
            stage(30.0, 200.0, 200.0),
            stage(5.0, 0.0, 0.0),
        ];
        let open = load(Workload::Open { stages, max_users: 100 }, 60.0);
        assert_eq!(spans(&open), [(0.0, 15.0, 20.0), (25.0, 55.0, 200.0)]);
    }

    proptest! {
        #[test]
        fn levels_follow_each_other_within_the_run(
            users in 0u32..500, users_per_s in 0.1f64..100.0, steps in 0u32..20, duration_s in 0.0f64..1000.0,
        ) {
            let levels = load(Workload::Closed { users, users_per_s, steps, surge: None }, duration_s).levels();
            prop_assert!(levels.windows(2).all(|pair| pair[0].to_s <= pair[1].from_s + 1e-9));
            prop_assert!(levels.iter().all(|level| level.from_s >= 0.0 && level.to_s <= duration_s + 1e-9));
            prop_assert!(levels.is_sorted_by_key(|level| level.demand.value() as u64));
        }
    }
}
