//! Which loads are possible at all.

use aforo_model::{Load, Quantity, RateStage, Surge, Unit, Workload, format_duration};
use thiserror::Error;

/// Why a load is impossible.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum LoadError {
    /// Nobody would do anything.
    #[error("0 users make no load; ask for at least 1")]
    NoUsers,
    /// More than is sensible for one machine.
    #[error("{users} users are more than one generator can simulate; ask for at most {MAX_USERS}")]
    TooManyUsers {
        /// What was asked for.
        users: u32,
    },
    /// No such pace.
    #[error(
        "a rate of {users_per_s} users per second is not possible; ask for more than 0 and at most {MAX_USERS_PER_S}"
    )]
    Rate {
        /// What was asked for.
        users_per_s: f64,
    },
    /// Some step would add nobody.
    #[error(
        "{steps} steps cannot add {users} users; ask for at least 1 step, and for no more steps than users"
    )]
    Steps {
        /// What was asked for.
        steps: u32,
        /// Virtual users at full load.
        users: u32,
    },
    /// The run would end before it reaches its load.
    #[error(
        "the run lasts {}, but starting {users} users at {users_per_s} per second takes {}; \
         make it longer, start fewer users or raise the rate", seconds(*duration_s), seconds(*ramp_s)
    )]
    ShorterThanRamp {
        /// How long the run lasts.
        duration_s: f64,
        /// How long it takes to start everybody.
        ramp_s: f64,
        /// Virtual users at full load.
        users: u32,
        /// Virtual users started per second.
        users_per_s: f64,
    },
    /// The next step would begin before this one has its users.
    #[error(
        "a step lasts {}, but starting its {users} users at {users_per_s} per second takes {}; \
         make the run longer, ask for fewer users or raise the rate", seconds(*step_s), seconds(*ramp_s)
    )]
    StepShorterThanRamp {
        /// How long one step lasts.
        step_s: f64,
        /// How long it takes to start its users.
        ramp_s: f64,
        /// Virtual users that the largest step adds.
        users: u32,
        /// Virtual users started per second.
        users_per_s: f64,
    },
    /// Nobody would come or stay, or it would begin before its time.
    #[error("this is no surge: {why}")]
    Surge {
        /// What is wrong with it, and what to do about it.
        why: String,
    },
    /// No such pace.
    #[error("a rate of {starts_per_s}/s is not possible; ask for 0/s to {MAX_STARTS_PER_S}/s")]
    StartRate {
        /// What was asked for.
        starts_per_s: f64,
    },
    /// A stage of an open workload that is not there.
    #[error("a stage of {} does nothing; make it longer or remove it", seconds(*duration_s))]
    StageDuration {
        /// How long it lasts.
        duration_s: f64,
    },
    /// Nothing would ever start.
    #[error("the rate is 0/s all the time, which makes no load; ask for more")]
    NoStarts,
    /// Nothing would be left to judge.
    #[error(
        "a warm-up of {} leaves nothing of a run of {}; shorten the warm-up or lengthen the run",
        seconds(*warm_up_s), seconds(*duration_s)
    )]
    WarmUp {
        /// The part that is not judged.
        warm_up_s: f64,
        /// How long the run lasts.
        duration_s: f64,
    },
    /// Every request would time out.
    #[error("a timeout of 0 lets no request through; ask for at least 1ms")]
    Timeout,
}

/// Why a text is not a rate.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{text}` is not a rate; write `200/s`, or the number alone")]
pub struct RateError {
    /// The text as it was written.
    pub text: String,
}

/// The most virtual users one generator takes: each holds a client of its own.
const MAX_USERS: u32 = 20_000;
/// The fastest ramp: Goose's clock ticks in milliseconds.
const MAX_USERS_PER_S: f64 = 1_000.0;
/// The fastest schedule: more than one core can send.
const MAX_STARTS_PER_S: f64 = 100_000.0;

fn seconds(seconds: f64) -> String {
    format_duration(seconds * 1e6)
}

/// Reads a rate such as `200/s`, or the number alone, as a number per second.
///
/// # Errors
/// [`RateError`] when the text is neither.
pub fn parse_rate(text: &str) -> Result<f64, RateError> {
    match text.parse() {
        Ok(Quantity { value, unit: Unit::PerSecond | Unit::Number }) => Ok(value),
        _ => Err(RateError { text: text.to_owned() }),
    }
}

/// Checks that a load can be produced.
pub(crate) fn check_load(load: &Load) -> Result<(), LoadError> {
    match &load.workload {
        Workload::Closed { users, users_per_s, steps, surge } => {
            check_users(*users)?;
            check_ramp(*users, *users_per_s, *steps, load.duration_s)?;
            surge
                .map_or(Ok(()), |surge| check_surge(*users, *users_per_s, *steps, &surge, load.duration_s))?;
        }
        Workload::Open { stages, max_users } => {
            check_users(*max_users)?;
            stages.iter().flat_map(stage_problems).next().map_or(Ok(()), Err)?;
            if stages.iter().all(|stage| stage.from_per_s == 0.0 && stage.to_per_s == 0.0) {
                return Err(LoadError::NoStarts);
            }
        }
    }
    if load.warm_up_s >= load.duration_s {
        return Err(LoadError::WarmUp { warm_up_s: load.warm_up_s, duration_s: load.duration_s });
    }
    if load.timeout_s < 0.001 {
        return Err(LoadError::Timeout);
    }
    Ok(())
}

/// What is wrong with one stage of an open workload.
pub(crate) fn stage_problems(stage: &RateStage) -> impl Iterator<Item = LoadError> {
    let RateStage { duration_s, from_per_s, to_per_s } = *stage;
    let impossible = [from_per_s, to_per_s].into_iter().find(|rate| !(0.0..=MAX_STARTS_PER_S).contains(rate));
    let rate = impossible.map(|starts_per_s| LoadError::StartRate { starts_per_s });
    // A duration that is not a number is none either.
    let is_nothing = duration_s.is_nan() || duration_s <= 0.0;
    rate.into_iter().chain(is_nothing.then_some(LoadError::StageDuration { duration_s }))
}

fn check_users(users: u32) -> Result<(), LoadError> {
    match users {
        0 => Err(LoadError::NoUsers),
        1..=MAX_USERS => Ok(()),
        _ => Err(LoadError::TooManyUsers { users }),
    }
}

fn check_ramp(users: u32, users_per_s: f64, steps: u32, duration_s: f64) -> Result<(), LoadError> {
    if !(users_per_s > 0.0 && users_per_s <= MAX_USERS_PER_S) {
        return Err(LoadError::Rate { users_per_s });
    }
    if !(1..=users).contains(&steps) {
        return Err(LoadError::Steps { steps, users });
    }
    let step_s = duration_s / f64::from(steps);
    let largest = users.div_ceil(steps);
    // The first user starts at once, so the last one starts after `largest - 1` intervals.
    let ramp_s = f64::from(largest - 1) / users_per_s;
    match steps {
        _ if step_s > ramp_s => Ok(()),
        1 => Err(LoadError::ShorterThanRamp { duration_s, ramp_s, users, users_per_s }),
        _ => Err(LoadError::StepShorterThanRamp { step_s, ramp_s, users: largest, users_per_s }),
    }
}

fn check_surge(
    users: u32,
    users_per_s: f64,
    steps: u32,
    surge: &Surge,
    duration_s: f64,
) -> Result<(), LoadError> {
    let Surge { base_users, from_s, to_s } = *surge;
    let ramp_s = |users: u32| f64::from(users.saturating_sub(1)) / users_per_s;
    let why = if steps > 1 {
        "a load rises in steps or in a surge; remove `steps` or `surge`".to_owned()
    } else if base_users == 0 || base_users >= users {
        format!(
            "of {users} users, {base_users} are there without it; ask for at least 1 and fewer than {users}"
        )
    } else if !(from_s < to_s && to_s <= duration_s) {
        let [from, to, run] = [from_s, to_s, duration_s].map(seconds);
        format!(
            "it goes from {from} to {to} of a run of {run}; it must end after it begins, and within the run"
        )
    } else if ramp_s(base_users) >= from_s || ramp_s(users - base_users) >= to_s - from_s {
        let [before, after] = [ramp_s(base_users), ramp_s(users - base_users)].map(seconds);
        format!(
            "at {users_per_s} users per second, the {base_users} before it take {before} to start and those who \
             come take {after}; begin it later, make it longer or raise the rate"
        )
    } else {
        return Ok(());
    };
    Err(LoadError::Surge { why })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_a_number_per_second() {
        assert_eq!(parse_rate("200/s"), Ok(200.0));
        assert_eq!(parse_rate("0.5"), Ok(0.5));
        for wrong in ["", "fast", "3s", "5%", "-1/s", "200/m"] {
            assert!(parse_rate(wrong).is_err(), "{wrong}");
        }
    }
}
