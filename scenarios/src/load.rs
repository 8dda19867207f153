//! Which loads are possible at all.

use aforo_model::{Load, Workload, format_duration};
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

/// The most virtual users one generator takes: each holds a client of its own.
const MAX_USERS: u32 = 20_000;
/// The fastest ramp: Goose's clock ticks in milliseconds.
const MAX_USERS_PER_S: f64 = 1_000.0;

fn seconds(seconds: f64) -> String {
    format_duration(seconds * 1e6)
}

/// Checks that a load can be produced.
pub(crate) fn check_load(load: &Load) -> Result<(), LoadError> {
    let Workload::Closed { users, users_per_s } = load.workload;
    if users == 0 {
        return Err(LoadError::NoUsers);
    }
    if users > MAX_USERS {
        return Err(LoadError::TooManyUsers { users });
    }
    if !(users_per_s > 0.0 && users_per_s <= MAX_USERS_PER_S) {
        return Err(LoadError::Rate { users_per_s });
    }
    // The first user starts at once, so the last one starts after `users - 1` intervals.
    let ramp_s = f64::from(users - 1) / users_per_s;
    let duration_s = load.duration_s;
    if duration_s <= ramp_s {
        return Err(LoadError::ShorterThanRamp { duration_s, ramp_s, users, users_per_s });
    }
    if load.warm_up_s >= duration_s {
        return Err(LoadError::WarmUp { warm_up_s: load.warm_up_s, duration_s });
    }
    if load.timeout_s < 0.001 {
        return Err(LoadError::Timeout);
    }
    Ok(())
}
