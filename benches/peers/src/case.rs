//! How many users, who takes part, in which order.

use std::time::Duration;

/// Users that a generator with a ramp starts in a second: the fastest that Aforo's and Goose's clocks allow.
pub(crate) const USERS_STARTED_PER_S: u32 = 1_000;

/// A number of users.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Case {
    /// Virtual users, or connections.
    pub(crate) users: u32,
    /// The peers that take part; none named means all.
    pub(crate) only: &'static [&'static str],
}

/// The cases: one user gives the size of the bare process, which memory per user is counted from.
pub(crate) const CASES: [Case; 4] = [
    Case { users: BARE_USERS, only: &[] },
    Case { users: 32, only: &[] },
    Case { users: 1_000, only: &[] },
    Case { users: 5_000, only: &["aforo", "stock_goose"] },
];

/// Users of the case that others are compared with for memory.
pub(crate) const BARE_USERS: u32 = 1;

impl Case {
    /// Whether a peer takes part.
    pub(crate) fn includes(&self, peer: &str) -> bool {
        self.only.is_empty() || self.only.contains(&peer)
    }
}

/// What a generator is asked to do.
#[derive(Debug, Clone)]
pub(crate) struct Load {
    /// Virtual users, or connections.
    pub(crate) users: u32,
    /// Seconds of full load.
    pub(crate) seconds: u32,
    /// Where to, with the slash of the path.
    pub(crate) url: String,
}

impl Load {
    /// How long it takes to start every user, for generators with a ramp.
    pub(crate) fn ramp(&self) -> Duration {
        Duration::from_secs(1) * self.users / USERS_STARTED_PER_S
    }

    /// Ramp and full load together.
    pub(crate) fn duration(&self) -> Duration {
        self.ramp() + Duration::from_secs(self.seconds.into())
    }
}

/// The order of `items` in a round: each begins with another one, so that none always follows the same.
pub(crate) fn rotated<T>(items: &[T], round: u32) -> impl Iterator<Item = &T> {
    let (before, after) = items.split_at(round as usize % items.len().max(1));
    after.iter().chain(before)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_round_has_everybody_and_begins_with_another() {
        let items = ["a", "b", "c"];
        let round = |round| rotated(&items, round).copied().collect::<String>();
        assert_eq!([round(0), round(1), round(2), round(3)], ["abc", "bca", "cab", "abc"]);
    }

    #[test]
    fn nobody_to_measure_is_no_round() {
        assert_eq!(rotated::<u8>(&[], 2).count(), 0);
    }

    #[test]
    fn the_ramp_comes_before_the_seconds_of_full_load() {
        let load = Load { users: 5_000, seconds: 3, url: String::new() };
        assert_eq!(load.duration(), Duration::from_secs(8));
        let few = Load { users: 32, ..load };
        assert_eq!(few.ramp(), Duration::from_millis(32));
    }

    #[test]
    fn memory_is_compared_with_a_case_that_everybody_takes_part_in() {
        assert!(CASES.iter().any(|case| case.users == BARE_USERS && case.only.is_empty()));
    }
}
