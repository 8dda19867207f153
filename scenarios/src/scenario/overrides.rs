//! Changes to a scenario's load on the command line.

use std::time::Duration;

use aforo_model::{Load, RateStage, Scenario, Workload, format_duration};

use crate::scenario::load::{LoadError, check_load};

/// What is asked to be different from the file. What is absent stays as it is.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Overrides {
    /// Closed: virtual users at full load; the rate stays, so the ramp grows or shrinks with them, and those before
    /// and after a surge change in proportion. Open: the
    /// most virtual users at once.
    pub users: Option<u32>,
    /// Closed: virtual users started per second. Open: rounds started per second at the highest; stages of
    /// other rates change in proportion.
    pub rate_per_s: Option<f64>,
    /// How long the load lasts. The steps, the stages and the surge of a load are stretched or shrunk alike. A shorter run may have
    /// a [`ShortenedWarmUp`].
    pub duration: Option<Duration>,
    /// The leading part that is not judged.
    pub warm_up: Option<Duration>,
    /// How long a request may take.
    pub timeout: Option<Duration>,
}

/// A warm-up that was shortened, because a shorter run was asked for and nothing was said of the warm-up. Shown,
/// it is a sentence for the user.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ShortenedWarmUp {
    /// What the scenario says, in seconds.
    pub scenario_s: f64,
    /// What it is now, in seconds: the same share of the run as in the scenario.
    pub warm_up_s: f64,
    /// How long the run lasts, in seconds.
    pub duration_s: f64,
}

impl std::fmt::Display for ShortenedWarmUp {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [scenario, duration, warm_up] =
            [self.scenario_s, self.duration_s, self.warm_up_s].map(|time_s| format_duration(time_s * 1e6));
        write!(
            formatter,
            "a warm-up of {scenario} would take more than half of a run of {duration}, \
             so it is shortened to {warm_up}, its share of the run in the scenario"
        )
    }
}

impl Overrides {
    /// Changes the scenario's load and checks that it is still possible. When the run becomes so short that more
    /// than half of it would be warm-up, and `warm_up` is not given, the warm-up shrinks with the run; the user
    /// should be told.
    ///
    /// # Errors
    /// [`LoadError`] when it is not possible; the scenario is then unchanged.
    pub fn apply(&self, scenario: &mut Scenario) -> Result<Option<ShortenedWarmUp>, LoadError> {
        let mut changed = scenario.load.clone();
        let replace = |value: &mut f64, by: Option<Duration>| {
            *value = by.map_or(*value, |duration| duration.as_secs_f64());
        };
        let before_s = changed.duration_s;
        replace(&mut changed.duration_s, self.duration);
        replace(&mut changed.warm_up_s, self.warm_up);
        replace(&mut changed.timeout_s, self.timeout);
        match &mut changed.workload {
            Workload::Closed { users, users_per_s, surge, .. } => {
                let users_before = *users;
                *users = self.users.unwrap_or(*users);
                *users_per_s = self.rate_per_s.unwrap_or(*users_per_s);
                if let Some(surge) = surge {
                    let growth = f64::from(*users) / f64::from(users_before);
                    surge.base_users = (f64::from(surge.base_users) * growth).round().max(1.0) as u32;
                    surge.from_s *= changed.duration_s / before_s;
                    surge.to_s *= changed.duration_s / before_s;
                }
            }
            Workload::Open { stages, max_users } => {
                *max_users = self.users.unwrap_or(*max_users);
                scale(stages, self.rate_per_s, changed.duration_s / before_s);
            }
        }
        let shortened = self.shortened_warm_up(&scenario.load, &changed);
        if let Some(shortened) = shortened {
            changed.warm_up_s = shortened.warm_up_s;
        }
        check_load(&changed)?;
        scenario.load = changed;
        Ok(shortened)
    }

    fn shortened_warm_up(&self, scenario: &Load, changed: &Load) -> Option<ShortenedWarmUp> {
        let duration_s = changed.duration_s;
        let is_needed = self.warm_up.is_none()
            && duration_s < scenario.duration_s
            && 2.0 * scenario.warm_up_s > duration_s;
        is_needed.then(|| ShortenedWarmUp {
            scenario_s: scenario.warm_up_s,
            warm_up_s: scenario.warm_up_s * duration_s / scenario.duration_s,
            duration_s,
        })
    }
}

/// Raises or lowers all rates so that the highest is `rate_per_s`, and stretches the stages.
fn scale(stages: &mut [RateStage], rate_per_s: Option<f64>, stretch: f64) {
    let highest = stages.iter().map(|stage| stage.from_per_s.max(stage.to_per_s)).fold(0.0, f64::max);
    for stage in stages {
        stage.duration_s *= stretch;
        if let Some(rate_per_s) = rate_per_s {
            // In this order the highest rate becomes the one asked for to the last digit.
            stage.from_per_s = stage.from_per_s / highest * rate_per_s;
            stage.to_per_s = stage.to_per_s / highest * rate_per_s;
        }
    }
}

#[cfg(test)]
mod tests {
    use aforo_model::Surge;

    use super::*;
    use crate::load_scenario;

    fn baseline() -> Scenario {
        load_scenario("baseline", None).unwrap()
    }

    fn open(stages: &[(f64, f64, f64)]) -> Scenario {
        let mut scenario = baseline();
        let stage = |&(duration_s, from_per_s, to_per_s)| RateStage { duration_s, from_per_s, to_per_s };
        let stages: Vec<RateStage> = stages.iter().map(stage).collect();
        scenario.load.duration_s = stages.iter().map(|stage| stage.duration_s).sum();
        scenario.load.workload = Workload::Open { stages, max_users: 50 };
        scenario
    }

    fn refused(overrides: Overrides) -> String {
        refused_for(&baseline(), overrides)
    }

    fn refused_for(scenario: &Scenario, overrides: Overrides) -> String {
        let mut changed = scenario.clone();
        let error = overrides.apply(&mut changed).unwrap_err();
        assert_eq!(changed, *scenario, "a refused change changes nothing");
        error.to_string()
    }

    #[test]
    fn users_alone_keep_the_rate() {
        let mut scenario = baseline();
        Overrides { users: Some(20), ..Overrides::default() }.apply(&mut scenario).unwrap();
        assert_eq!(
            scenario.load.workload,
            Workload::Closed { users: 20, users_per_s: 2.0, steps: 1, surge: None }
        );
        assert_eq!(scenario.load.duration_s, 60.0);
    }

    #[test]
    fn a_surge_keeps_its_proportions() {
        let mut scenario = load_scenario("spike", None).unwrap();
        let half =
            Overrides { users: Some(50), duration: Some(Duration::from_secs(100)), ..Overrides::default() };
        half.apply(&mut scenario).unwrap();
        let surge = Some(Surge { base_users: 5, from_s: 15.0, to_s: 80.0 });
        assert_eq!(
            scenario.load.workload,
            Workload::Closed { users: 50, users_per_s: 10.0, steps: 1, surge }
        );
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
    fn the_warm_up_shrinks_with_the_run_where_it_would_take_more_than_half_of_it() {
        let endurance = |overrides: Overrides| {
            let mut scenario = load_scenario("endurance", None).unwrap();
            let shortened = overrides.apply(&mut scenario)?;
            Ok::<_, LoadError>((scenario.load.warm_up_s, shortened))
        };
        let lasting = |duration_s| Overrides {
            duration: Some(Duration::from_secs(duration_s)),
            ..Overrides::default()
        };
        let (warm_up_s, shortened) = endurance(lasting(120)).unwrap();
        assert_eq!(warm_up_s, 10.0, "5 of 60 minutes, as 10 of 120 seconds");
        assert_eq!(
            shortened.unwrap().to_string(),
            "a warm-up of 5m 00s would take more than half of a run of 2m 00s, \
             so it is shortened to 10 s, its share of the run in the scenario"
        );
        assert_eq!(endurance(lasting(600)).unwrap(), (300.0, None), "it fits");
        assert_eq!(endurance(lasting(7200)).unwrap(), (300.0, None));
        assert_eq!(endurance(Overrides::default()).unwrap(), (300.0, None));
        let asked = Overrides { warm_up: Some(Duration::from_secs(90)), ..lasting(120) };
        assert_eq!(endurance(asked).unwrap(), (90.0, None), "who asks for it gets it");
        let asked = Overrides { warm_up: Some(Duration::from_secs(120)), ..lasting(120) };
        assert!(endurance(asked).unwrap_err().to_string().contains("leaves nothing"));
    }

    #[test]
    fn steps_stay_and_share_the_new_duration() {
        let mut stress = load_scenario("stress", None).unwrap();
        Overrides { duration: Some(Duration::from_secs(60)), ..Overrides::default() }
            .apply(&mut stress)
            .unwrap();
        assert_eq!(stress.load.levels().len(), 10);
        let shorter = Overrides { duration: Some(Duration::from_secs(9)), ..Overrides::default() };
        assert_eq!(
            refused_for(&stress, shorter),
            "a step lasts 900 ms, but starting its 20 users at 20 per second takes 950 ms; \
             make the run longer, ask for fewer users or raise the rate"
        );
        let fewer = Overrides { users: Some(5), ..Overrides::default() };
        assert!(refused_for(&stress, fewer).contains("10 steps cannot add 5 users"));
    }

    #[test]
    fn an_open_workload_keeps_its_shape() {
        let mut scenario = open(&[(10.0, 0.0, 300.0), (30.0, 300.0, 300.0), (20.0, 75.0, 75.0)]);
        let overrides = Overrides {
            users: Some(80),
            rate_per_s: Some(100.0),
            duration: Some(Duration::from_secs(120)),
            ..Overrides::default()
        };
        overrides.apply(&mut scenario).unwrap();
        let expected = open(&[(20.0, 0.0, 100.0), (60.0, 100.0, 100.0), (40.0, 25.0, 25.0)]).load.workload;
        let Workload::Open { stages, .. } = expected else { unreachable!() };
        assert_eq!(scenario.load.workload, Workload::Open { stages, max_users: 80 });
        assert_eq!(scenario.load.duration_s, 120.0);
    }

    #[test]
    fn an_open_workload_that_cannot_be_is_refused() {
        let scenario = open(&[(10.0, 50.0, 50.0)]);
        let rate = |rate_per_s| Overrides { rate_per_s: Some(rate_per_s), ..Overrides::default() };
        assert!(refused_for(&scenario, rate(0.0)).contains("0/s all the time"));
        for impossible in [-1.0, f64::NAN, f64::INFINITY, 200_000.0] {
            assert!(refused_for(&scenario, rate(impossible)).contains("not possible"), "{impossible}");
        }
        let no_time = Overrides { duration: Some(Duration::ZERO), ..Overrides::default() };
        assert!(refused_for(&scenario, no_time).contains("does nothing"));
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let default = Overrides::default();
        assert!(refused(Overrides { users: Some(0), ..default }).contains("at least 1"));
        assert!(refused(Overrides { users: Some(u32::MAX), ..default }).contains("at most 20000"));
        for rate in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(refused(Overrides { rate_per_s: Some(rate), ..default }).contains("not possible"));
        }
        assert!(refused(Overrides { timeout: Some(Duration::ZERO), ..default }).contains("at least 1ms"));
        let warm_up = Some(Duration::from_secs(60));
        assert!(refused(Overrides { warm_up, ..default }).contains("leaves nothing"));
    }
}
