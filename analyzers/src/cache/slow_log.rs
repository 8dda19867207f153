//! The slow log by command and pattern.

use std::collections::BTreeMap;

use aforo_model::cache::{SlowCommand, SlowCommandGroup};

use super::names;

/// Entries that are alike, the group that took most time first.
pub(super) fn grouped(entries: &[SlowCommand]) -> Vec<SlowCommandGroup> {
    let mut groups: BTreeMap<(String, Option<String>), SlowCommandGroup> = BTreeMap::new();
    for entry in entries {
        let pattern = entry.key.as_deref().map(names::pattern);
        let group =
            groups.entry((entry.command.clone(), pattern.clone())).or_insert_with(|| SlowCommandGroup {
                command: entry.command.clone(),
                pattern,
                count: 0,
                total_time_us: 0,
                longest_us: 0,
            });
        group.count += 1;
        group.total_time_us = group.total_time_us.saturating_add(entry.exec_time_us);
        group.longest_us = group.longest_us.max(entry.exec_time_us);
    }
    let mut groups: Vec<SlowCommandGroup> = groups.into_values().collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.total_time_us));
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::fixtures::slow;

    #[test]
    fn entries_of_one_command_on_keys_that_are_alike_are_one_group() {
        let entries = [
            slow("hgetall", Some("room:1"), 12_000),
            slow("keys", None, 40_000),
            slow("hgetall", Some("room:22"), 15_000),
        ];
        let found: Vec<_> = grouped(&entries)
            .into_iter()
            .map(|group| (group.command, group.pattern, group.count, group.total_time_us, group.longest_us))
            .collect();
        assert_eq!(
            found,
            [
                ("keys".to_owned(), None, 1, 40_000, 40_000),
                ("hgetall".to_owned(), Some("room:*".to_owned()), 2, 27_000, 15_000)
            ]
        );
        assert_eq!(grouped(&[]), []);
    }
}
