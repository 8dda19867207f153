//! The threads of a process and of all its descendants.

use std::collections::BTreeSet;
use std::fs;

/// One thread, and what it has used so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Thread {
    /// Its number.
    pub(super) tid: u32,
    /// CPU time it used, in clock ticks.
    pub(super) cpu_ticks: u64,
}

/// A process with its descendants, but for those that are something else.
#[derive(Debug, Clone)]
pub(super) struct Root {
    pub(super) pid: u32,
    /// Descendants that are left out, with all below them.
    pub(super) others: Vec<u32>,
}

/// The processes of a tree, as far as the kernel lists children (`CONFIG_PROC_CHILDREN`, which distributions set).
pub(super) fn process_tree(root: &Root) -> BTreeSet<u32> {
    let mut found = BTreeSet::new();
    let mut open = vec![root.pid];
    while let Some(pid) = open.pop() {
        if !root.others.contains(&pid) && is_alive(pid) && found.insert(pid) {
            for tid in thread_numbers(pid) {
                let children =
                    fs::read_to_string(format!("/proc/{pid}/task/{tid}/children")).unwrap_or_default();
                open.extend(children.split_ascii_whitespace().filter_map(|child| child.parse::<u32>().ok()));
            }
        }
    }
    found
}

/// Every thread of some processes.
pub(super) fn threads(processes: &BTreeSet<u32>) -> Vec<Thread> {
    let numbers =
        processes.iter().flat_map(|&pid| thread_numbers(pid).into_iter().map(move |tid| (pid, tid)));
    numbers.map(|(pid, tid)| Thread { tid, cpu_ticks: cpu_ticks(pid, tid) }).collect()
}

/// Whether a process runs; one that has ended and was not waited for does not.
pub(super) fn is_alive(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    after_name(&stat).is_some_and(|rest| !matches!(rest.as_bytes().first(), None | Some(b'Z' | b'X')))
}

fn thread_numbers(pid: u32) -> Vec<u32> {
    let entries = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

fn cpu_ticks(pid: u32, tid: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/task/{tid}/stat")).unwrap_or_default();
    // State is the first after the name; user and system time are the 12th and 13th (proc(5): utime, stime).
    let fields = after_name(&stat).into_iter().flat_map(str::split_ascii_whitespace);
    fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum()
}

/// What follows the name, which stands in parentheses and may hold anything.
fn after_name(stat: &str) -> Option<&str> {
    Some(stat.rsplit_once(')')?.1.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_a_parenthesis_does_not_move_the_fields() {
        assert_eq!(after_name("7 (a) b) R 1 2"), Some("R 1 2"));
        assert_eq!(after_name(""), None);
    }

    #[test]
    fn the_tree_of_oneself_holds_oneself_and_its_threads() {
        let own = std::process::id();
        let tree = process_tree(&Root { pid: own, others: Vec::new() });
        assert!(tree.contains(&own));
        assert!(threads(&tree).iter().any(|thread| thread.tid == own));
    }

    #[test]
    fn what_does_not_run_has_no_tree() {
        // Above the kernel's highest pid, 2^22.
        assert_eq!(process_tree(&Root { pid: u32::MAX, others: Vec::new() }), BTreeSet::new());
        assert!(!is_alive(u32::MAX));
    }
}
