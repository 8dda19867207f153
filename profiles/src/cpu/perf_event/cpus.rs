//! The processors of this machine.

use std::fs;

/// Those that are on, as `/sys/devices/system/cpu/online` lists them.
pub(super) fn online_cpus() -> Vec<usize> {
    let list = fs::read_to_string("/sys/devices/system/cpu/online").unwrap_or_default();
    let cpus = parse_cpu_list(&list);
    if !cpus.is_empty() {
        return cpus;
    }
    (0..std::thread::available_parallelism().map_or(1, usize::from)).collect()
}

/// `0-3,8` is 0, 1, 2, 3 and 8.
fn parse_cpu_list(list: &str) -> Vec<usize> {
    let ranges = list.trim().split(',').filter_map(|range| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        Some((first.trim().parse::<usize>().ok()?, last.trim().parse::<usize>().ok()?))
    });
    // No machine has more, and a range of nonsense must not fill the memory.
    ranges.flat_map(|(first, last)| first..=last.min(first.saturating_add(8191))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_processors_are_ranges_and_numbers() {
        assert_eq!(parse_cpu_list("0-3,8\n"), [0, 1, 2, 3, 8]);
        assert_eq!(parse_cpu_list("0\n"), [0]);
        assert_eq!(parse_cpu_list(""), Vec::<usize>::new());
        assert_eq!(parse_cpu_list("x,2-y,4-"), Vec::<usize>::new());
        assert_eq!(parse_cpu_list("0-18446744073709551615").len(), 8192);
    }

    #[test]
    fn this_machine_has_one_at_least() {
        assert!(!online_cpus().is_empty());
    }
}
