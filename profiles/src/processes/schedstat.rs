//! `schedstat`, three numbers that say how the scheduler served a thread.

/// What the kernel counts of one thread since it started (`/proc/PID/task/TID/schedstat`; needs
/// `CONFIG_SCHED_INFO`, which distributions set; without it every count is zero).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Scheduled {
    /// Time on a core.
    pub(crate) run_ns: u64,
    /// Time it was ready to run and waited for a core.
    pub(crate) wait_ns: u64,
    /// Times it was given a core.
    pub(crate) turns: u64,
}

/// Reads the three numbers; nothing when they are not there.
pub(crate) fn parse_schedstat(content: &str) -> Option<Scheduled> {
    let mut numbers = content.split_ascii_whitespace().map(str::parse);
    let mut next = || numbers.next()?.ok();
    Some(Scheduled { run_ns: next()?, wait_ns: next()?, turns: next()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_numbers_are_a_thread_and_fewer_are_none() {
        let thread = Scheduled { run_ns: 1, wait_ns: 2, turns: 3 };
        assert_eq!(parse_schedstat("1 2 3\n"), Some(thread));
        assert_eq!(parse_schedstat("1 2\n"), None);
        assert_eq!(parse_schedstat("1 x 3\n"), None);
    }
}
