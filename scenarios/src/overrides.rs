//! Changes to a scenario's load on the command line.

use std::time::Duration;

use aforo_model::{Scenario, Workload};

use crate::load::{LoadError, check_load};

/// What is asked to be different from the file. What is absent stays as it is.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Overrides {
    /// Virtual users at full load. The rate stays, so the ramp grows or shrinks with them.
    pub users: Option<u32>,
    /// Virtual users started per second.
    pub users_per_s: Option<f64>,
    /// From the first user's start to the order to stop.
    pub duration: Option<Duration>,
    /// The leading part that is not judged.
    pub warm_up: Option<Duration>,
    /// How long a request may take.
    pub timeout: Option<Duration>,
}

impl Overrides {
    /// Changes the scenario's load and checks that it is still possible.
    ///
    /// # Errors
    /// [`LoadError`] when it is not; the scenario is then unchanged.
    pub fn apply(&self, scenario: &mut Scenario) -> Result<(), LoadError> {
        let mut changed = scenario.load.clone();
        let Workload::Closed { users, users_per_s } = &mut changed.workload;
        *users = self.users.unwrap_or(*users);
        *users_per_s = self.users_per_s.unwrap_or(*users_per_s);
        let replace = |value: &mut f64, by: Option<Duration>| {
            *value = by.map_or(*value, |duration| duration.as_secs_f64());
        };
        replace(&mut changed.duration_s, self.duration);
        replace(&mut changed.warm_up_s, self.warm_up);
        replace(&mut changed.timeout_s, self.timeout);
        check_load(&changed)?;
        scenario.load = changed;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load_scenario;

    fn baseline() -> Scenario {
        load_scenario("baseline", None).unwrap()
    }

    fn refused(overrides: Overrides) -> String {
        let mut scenario = baseline();
        let error = overrides.apply(&mut scenario).unwrap_err();
        assert_eq!(scenario, baseline(), "a refused change changes nothing");
        error.to_string()
    }

    #[test]
    fn users_alone_keep_the_rate() {
        let mut scenario = baseline();
        Overrides { users: Some(20), ..Overrides::default() }.apply(&mut scenario).unwrap();
        assert_eq!(scenario.load.workload, Workload::Closed { users: 20, users_per_s: 2.0 });
        assert_eq!(scenario.load.duration_s, 60.0);
    }

    #[test]
    fn a_duration_shorter_than_the_ramp_is_refused_with_both() {
        let message = refused(Overrides { duration: Some(Duration::from_secs(3)), ..Overrides::default() });
        assert_eq!(
            message,
            "the run lasts 3 s, but starting 10 users at 2 per second takes 4.5 s; \
             make it longer, start fewer users or raise the rate"
        );
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let default = Overrides::default();
        assert!(refused(Overrides { users: Some(0), ..default }).contains("at least 1"));
        assert!(refused(Overrides { users: Some(u32::MAX), ..default }).contains("at most 20000"));
        for rate in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(refused(Overrides { users_per_s: Some(rate), ..default }).contains("not possible"));
        }
        assert!(refused(Overrides { timeout: Some(Duration::ZERO), ..default }).contains("at least 1ms"));
        let warm_up = Some(Duration::from_secs(60));
        assert!(refused(Overrides { warm_up, ..default }).contains("leaves nothing"));
    }
}
