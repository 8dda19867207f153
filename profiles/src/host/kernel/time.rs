//! `/proc/stat`: where the time of all cores went.

/// Time of all cores since the machine started, in ticks (proc(5)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CpuTimes {
    total: u64,
    iowait: u64,
    steal: u64,
}

/// Time that was there and that nobody here had, as shares of all cores.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct LostTime {
    pub(super) steal_ratio: f64,
    pub(super) iowait_ratio: f64,
}

impl CpuTimes {
    /// What was lost since an earlier reading; nothing when no tick has passed.
    pub(super) fn since(self, before: Self) -> Option<LostTime> {
        let total = self.total.checked_sub(before.total).filter(|&ticks| ticks > 0)?;
        // The kernel's count of iowait may fall (proc(5)).
        let share = |now: u64, before: u64| (now.saturating_sub(before) as f64 / total as f64).min(1.0);
        Some(LostTime {
            steal_ratio: share(self.steal, before.steal),
            iowait_ratio: share(self.iowait, before.iowait),
        })
    }
}

/// Reads the line of all cores.
pub(super) fn parse_cpu_times(stat: &str) -> Option<CpuTimes> {
    let line = stat.lines().find_map(|line| line.strip_prefix("cpu "))?;
    // user, nice, system, idle, iowait, irq, softirq, steal; guests' time, which follows, is in user's.
    let ticks =
        line.split_ascii_whitespace().take(8).map(str::parse).collect::<Result<Vec<u64>, _>>().ok()?;
    let &[_, _, _, _, iowait, _, _, steal] = ticks.as_slice() else { return None };
    Some(CpuTimes { total: ticks.iter().fold(0, |total, &part| total.saturating_add(part)), iowait, steal })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steal_and_iowait_are_shares_of_all_time() {
        let before = parse_cpu_times("cpu  100 0 50 800 40 0 0 10 7 0\ncpu0 1 2\n").unwrap();
        let after = parse_cpu_times("cpu  140 0 60 820 60 0 0 20 9 0\n").unwrap();
        let lost = after.since(before).unwrap();
        assert_eq!((lost.steal_ratio, lost.iowait_ratio), (0.1, 0.2));
        assert_eq!(before.since(before), None, "no time has passed");
        assert_eq!(before.since(after), None, "time does not go back");
    }

    #[test]
    fn a_line_without_steal_is_no_line() {
        assert_eq!(parse_cpu_times("cpu  1 2 3 4 5 6 7\n"), None);
        assert_eq!(parse_cpu_times("cpu  1 2 3 4 5 6 7 x\n"), None);
        assert_eq!(parse_cpu_times(""), None);
    }
}
