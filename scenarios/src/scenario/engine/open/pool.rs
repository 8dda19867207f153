//! The virtual users of an open workload: made when they are needed, kept for the next start.

/// Users that are free, by journey, and how many there may be. Each keeps its cookies and its connection, so a
/// user that has once logged in for a journey goes on with that journey.
#[derive(Debug)]
pub(super) struct Pool<U> {
    free: Vec<Vec<U>>,
    alive: u32,
    max_users: u32,
}

impl<U> Pool<U> {
    /// An empty pool for `journeys` journeys.
    pub(super) fn new(journeys: usize, max_users: u32) -> Self {
        Self { free: std::iter::repeat_with(Vec::new).take(journeys).collect(), alive: 0, max_users }
    }

    /// A user for a round of `journey`: a free one, otherwise a new one from `make`. When there may be no
    /// more, a free user of another journey makes room. None when all are busy.
    pub(super) fn take(&mut self, journey: usize, make: impl FnOnce() -> U) -> Option<U> {
        // The one that came back last: its connection is the least likely to have been closed meanwhile.
        if let Some(user) = self.free[journey].pop() {
            return Some(user);
        }
        if self.alive < self.max_users {
            self.alive += 1;
        } else {
            // The one that has been idle longest goes.
            let idle = self.free.iter_mut().find(|free| !free.is_empty())?;
            drop(idle.remove(0));
        }
        Some(make())
    }

    /// A user is free again.
    pub(super) fn give_back(&mut self, journey: usize, user: U) {
        self.free[journey].push(user);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_made_as_needed_and_used_again() {
        let mut pool = Pool::new(2, 3);
        assert_eq!(pool.take(0, || "a"), Some("a"));
        assert_eq!(pool.take(0, || "b"), Some("b"));
        pool.give_back(0, "a");
        pool.give_back(0, "b");
        assert_eq!(pool.take(0, || unreachable!()), Some("b"), "the one that came back last");
        assert_eq!(pool.take(1, || "c"), Some("c"), "another journey has users of its own");
    }

    #[test]
    fn nobody_is_free_when_all_are_busy() {
        let mut pool = Pool::new(1, 2);
        assert_eq!([(); 3].map(|()| pool.take(0, || ())), [Some(()), Some(()), None]);
        pool.give_back(0, ());
        assert_eq!(pool.take(0, || unreachable!()), Some(()));
    }

    #[test]
    fn an_idle_user_of_another_journey_makes_room() {
        let mut pool = Pool::new(2, 1);
        pool.take(0, || "a");
        assert_eq!(pool.take(1, || "b"), None, "it is busy");
        pool.give_back(0, "a");
        assert_eq!(pool.take(1, || "b"), Some("b"));
        assert_eq!(pool.take(0, || "c"), None, "and is gone");
    }
}
