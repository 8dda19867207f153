//! When the users of a closed workload start: a pure function of their number.

use std::time::Duration;

use aforo_model::{Surge, Workload};

/// The starts of the users of a closed workload, numbered from 0 in the order they come.
///
/// Goose starts users at the same rate, but without the pauses between the steps, so a user that Goose starts
/// early waits here for its turn. Goose's own plan of steps would be late by up to half a second at every step,
/// and the delays would add up.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ramp {
    users: u32,
    users_per_s: f64,
    steps: u32,
    surge: Option<Surge>,
    duration_s: f64,
}

impl Ramp {
    /// Starts of `users` in `steps` equal portions, each at `users_per_s` from the beginning of its share of
    /// the duration; with a surge, of those beyond its base at `users_per_s` from its beginning.
    pub(crate) fn new(
        users: u32,
        users_per_s: f64,
        steps: u32,
        surge: Option<Surge>,
        duration_s: f64,
    ) -> Self {
        Self { users, users_per_s, steps, surge, duration_s }
    }

    /// Users at full load.
    pub(crate) fn users(&self) -> u32 {
        self.users
    }

    /// Users started per second while users are added.
    pub(crate) fn users_per_s(&self) -> f64 {
        self.users_per_s
    }

    /// Whether user number `user` is there for the surge only.
    pub(crate) fn is_comer(&self, user: u32) -> bool {
        self.surge.is_some_and(|surge| user >= surge.base_users)
    }

    /// When those who are there for the surge only leave, counted from the start of the first user.
    pub(crate) fn surge_end(&self) -> Option<Duration> {
        self.surge.map(|surge| Duration::from_secs_f64(surge.to_s))
    }

    /// When user number `user` starts, counted from the start of the first.
    pub(crate) fn start_of(&self, user: u32) -> Duration {
        if let Some(surge) = self.surge.filter(|_| self.is_comer(user)) {
            let after_s = f64::from(user - surge.base_users) / self.users_per_s;
            return Duration::from_secs_f64(surge.from_s + after_s);
        }
        let reached = |step| Workload::users_after_step(self.users, self.steps, step);
        let step = (0..self.steps).find(|step| user < reached(*step)).unwrap_or(0);
        let before = if step == 0 { 0 } else { reached(step - 1) };
        let step_s = self.duration_s / f64::from(self.steps);
        Duration::from_secs_f64(f64::from(step) * step_s + f64::from(user - before) / self.users_per_s)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn starts_s(ramp: &Ramp) -> Vec<f64> {
        (0..ramp.users).map(|user| ramp.start_of(user).as_secs_f64()).collect()
    }

    #[test]
    fn one_step_is_an_even_ramp() {
        assert_eq!(starts_s(&Ramp::new(4, 2.0, 1, None, 60.0)), [0.0, 0.5, 1.0, 1.5]);
    }

    #[test]
    fn every_step_begins_with_its_share_of_the_duration() {
        assert_eq!(starts_s(&Ramp::new(6, 10.0, 3, None, 30.0)), [0.0, 0.1, 10.0, 10.1, 20.0, 20.1]);
    }

    #[test]
    fn a_surge_brings_its_users_at_its_beginning() {
        let surge = Surge { base_users: 2, from_s: 30.0, to_s: 40.0 };
        let ramp = Ramp::new(4, 10.0, 1, Some(surge), 60.0);
        assert_eq!(starts_s(&ramp), [0.0, 0.1, 30.0, 30.1]);
        assert_eq!([1, 2].map(|user| ramp.is_comer(user)), [false, true]);
        assert_eq!(ramp.surge_end(), Some(Duration::from_secs(40)));
    }

    #[test]
    fn what_does_not_divide_is_spread() {
        assert_eq!(starts_s(&Ramp::new(5, 10.0, 2, None, 10.0)), [0.0, 0.1, 5.0, 5.1, 5.2]);
    }

    proptest! {
        #[test]
        fn as_many_have_started_before_a_step_ends_as_the_step_has(
            users in 1u32..300, steps in 1u32..20, duration_s in 1.0f64..1_000.0,
        ) {
            let steps = steps.min(users);
            let ramp = Ramp::new(users, 1_000.0 * f64::from(users) / duration_s, steps, None, duration_s);
            for step in 0..steps {
                let end_s = duration_s / f64::from(steps) * f64::from(step + 1) - 1e-6;
                let started = starts_s(&ramp).iter().filter(|start_s| **start_s < end_s).count();
                prop_assert_eq!(started, Workload::users_after_step(users, steps, step) as usize);
            }
        }
    }
}
