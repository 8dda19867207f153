//! What happened between two snapshots, and what makes that incomplete.

use aforo_model::database::{StatementCounters, StatementKey, WindowGap};

use super::snapshot::{Entry, StatementSnapshot};

/// What happened between two snapshots.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Delta {
    /// Statements with at least one call, the longest execution time first.
    pub(super) statements: Vec<(StatementKey, StatementCounters)>,
    pub(super) gaps: Vec<WindowGap>,
}

/// The difference of two snapshots. An entry that began anew in between counts from its new beginning.
pub(super) fn between(before: &StatementSnapshot, after: &StatementSnapshot) -> Delta {
    let mut began_anew = false;
    let mut statements: Vec<(StatementKey, StatementCounters)> = Vec::new();
    for (key, entry) in &after.entries {
        let counters = match before.entries.get(key) {
            Some(earlier) if !is_new(earlier, entry) => difference(&earlier.counters, &entry.counters),
            earlier => {
                began_anew |= earlier.is_some();
                entry.counters.clone()
            }
        };
        if counters.calls > 0 {
            statements.push((*key, counters));
        }
    }
    sort(&mut statements);
    Delta { statements, gaps: gaps(before, after, began_anew) }
}

/// Everything since the last reset.
pub(super) fn since_reset(snapshot: &StatementSnapshot) -> Delta {
    let entries = snapshot.entries.iter().filter(|(_, entry)| entry.counters.calls > 0);
    let mut statements: Vec<_> = entries.map(|(key, entry)| (*key, entry.counters.clone())).collect();
    sort(&mut statements);
    let evicted = snapshot.evictions.filter(|&evictions| evictions > 0);
    Delta {
        statements,
        gaps: evicted.map(|evictions| WindowGap::Evicted { evictions }).into_iter().collect(),
    }
}

fn sort(statements: &mut [(StatementKey, StatementCounters)]) {
    statements.sort_by(|(key, counters), (other_key, other)| {
        other.exec_time_ms.total_cmp(&counters.exec_time_ms).then(key.cmp(other_key))
    });
}

/// Whether a row was evicted or reset in between and has come back. Before 17 that shows only when it fell.
fn is_new(earlier: &Entry, later: &Entry) -> bool {
    earlier.since != later.since
        || later.counters.calls < earlier.counters.calls
        || later.counters.exec_time_ms < earlier.counters.exec_time_ms
}

fn gaps(before: &StatementSnapshot, after: &StatementSnapshot, began_anew: bool) -> Vec<WindowGap> {
    let is_restarted = before.server_started_at != after.server_started_at;
    let is_reset = before.reset_at != after.reset_at;
    // A reset sets the count of evictions back.
    let evictions = match (before.evictions, after.evictions) {
        (Some(earlier), Some(later)) if is_reset || later < earlier => later,
        (Some(earlier), Some(later)) => later - earlier,
        _ => 0,
    };
    // One statement alone can be reset, too; that does not change the time of the last reset.
    let is_reset = is_reset || (began_anew && !is_restarted && evictions == 0);
    let gaps = [
        is_restarted.then_some(WindowGap::Restarted),
        is_reset.then_some(WindowGap::Reset),
        (evictions > 0).then_some(WindowGap::Evicted { evictions }),
    ];
    gaps.into_iter().flatten().collect()
}

fn difference(earlier: &StatementCounters, later: &StatementCounters) -> StatementCounters {
    // A row is read while it is written to, so a counter may seem to fall by a little.
    let time = |earlier: f64, later: f64| (later - earlier).max(0.0);
    StatementCounters {
        calls: later.calls.saturating_sub(earlier.calls),
        exec_time_ms: time(earlier.exec_time_ms, later.exec_time_ms),
        plan_time_ms: time(earlier.plan_time_ms, later.plan_time_ms),
        rows: later.rows.saturating_sub(earlier.rows),
        shared_hit_blocks: later.shared_hit_blocks.saturating_sub(earlier.shared_hit_blocks),
        shared_read_blocks: later.shared_read_blocks.saturating_sub(earlier.shared_read_blocks),
        shared_dirtied_blocks: later.shared_dirtied_blocks.saturating_sub(earlier.shared_dirtied_blocks),
        temp_read_blocks: later.temp_read_blocks.saturating_sub(earlier.temp_read_blocks),
        temp_written_blocks: later.temp_written_blocks.saturating_sub(earlier.temp_written_blocks),
        io_time_ms: time(earlier.io_time_ms, later.io_time_ms),
        wal_bytes: later.wal_bytes.saturating_sub(earlier.wal_bytes),
        jit_time_ms: time(earlier.jit_time_ms, later.jit_time_ms),
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};
    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000 + second, 0).unwrap()
    }

    fn key(query_id: i64) -> StatementKey {
        StatementKey { role_oid: 10, database_oid: 5, query_id, is_top_level: true }
    }

    fn entry(calls: u64, exec_time_ms: f64) -> Entry {
        Entry { counters: StatementCounters { calls, exec_time_ms, ..Default::default() }, since: None }
    }

    fn snapshot(entries: &[(i64, u64, f64)]) -> StatementSnapshot {
        StatementSnapshot {
            taken_at: at(0),
            server_started_at: at(-100),
            reset_at: Some(at(-90)),
            evictions: Some(3),
            entries: entries.iter().map(|&(id, calls, ms)| (key(id), entry(calls, ms))).collect(),
        }
    }

    fn calls(delta: &Delta) -> Vec<(i64, u64)> {
        delta.statements.iter().map(|(key, counters)| (key.query_id, counters.calls)).collect()
    }

    #[test]
    fn the_window_holds_what_was_called_in_it_the_longest_first() {
        let before = snapshot(&[(1, 10, 5.0), (2, 4, 100.0)]);
        let after = snapshot(&[(1, 12, 6.0), (2, 4, 100.0), (3, 1, 40.0)]);
        let delta = between(&before, &after);
        assert_eq!(calls(&delta), [(3, 1), (1, 2)]);
        assert_eq!(delta.gaps, []);
        assert_eq!(calls(&between(&after, &after)), [], "nothing ran");
    }

    #[test]
    fn a_reset_is_seen_by_its_time_and_what_ran_after_it_is_counted() {
        let before = snapshot(&[(1, 10, 5.0)]);
        let after =
            StatementSnapshot { reset_at: Some(at(5)), evictions: Some(0), ..snapshot(&[(1, 2, 1.0)]) };
        let delta = between(&before, &after);
        assert_eq!((calls(&delta), delta.gaps), (vec![(1, 2)], vec![WindowGap::Reset]));
    }

    #[test]
    fn a_statement_that_was_reset_alone_or_on_a_server_that_tells_no_time_is_a_reset_too() {
        let (before, after) = (snapshot(&[(1, 10, 5.0)]), snapshot(&[(1, 2, 1.0)]));
        assert_eq!(between(&before, &after).gaps, [WindowGap::Reset]);
        let mut since = (snapshot(&[(1, 10, 5.0)]), snapshot(&[(1, 30, 9.0)]));
        since.0.entries.get_mut(&key(1)).unwrap().since = Some(at(-80));
        since.1.entries.get_mut(&key(1)).unwrap().since = Some(at(4));
        let delta = between(&since.0, &since.1);
        assert_eq!((calls(&delta), delta.gaps), (vec![(1, 30)], vec![WindowGap::Reset]));
    }

    #[test]
    fn evictions_explain_a_statement_that_began_anew() {
        let after = StatementSnapshot { evictions: Some(8), ..snapshot(&[(1, 2, 1.0)]) };
        let delta = between(&snapshot(&[(1, 10, 5.0)]), &after);
        assert_eq!(delta.gaps, [WindowGap::Evicted { evictions: 5 }]);
        assert_eq!(since_reset(&after).gaps, [WindowGap::Evicted { evictions: 8 }]);
    }

    #[test]
    fn a_restart_that_kept_the_counters_is_still_told() {
        let after = StatementSnapshot { server_started_at: at(3), ..snapshot(&[(1, 12, 6.0)]) };
        let delta = between(&snapshot(&[(1, 10, 5.0)]), &after);
        assert_eq!((calls(&delta), delta.gaps), (vec![(1, 2)], vec![WindowGap::Restarted]));
    }

    proptest! {
        #[test]
        fn counters_that_only_grow_add_up(rows in prop::collection::vec((0_u64..1000, 0_u64..1000), 0..20)) {
            let id = |index: usize| i64::try_from(index).unwrap();
            let row = |index: usize, calls: u64| (id(index), calls, calls as f64);
            let before: Vec<_> = rows.iter().enumerate().map(|(i, r)| row(i, r.0)).collect();
            let after: Vec<_> = rows.iter().enumerate().map(|(i, r)| row(i, r.0 + r.1)).collect();
            let delta = between(&snapshot(&before), &snapshot(&after));
            let total: u64 = delta.statements.iter().map(|(_, counters)| counters.calls).sum();
            prop_assert_eq!(total, rows.iter().map(|row| row.1).sum::<u64>());
            prop_assert_eq!(delta.gaps, vec![]);
            prop_assert!(delta.statements.is_sorted_by(|a, b| a.1.exec_time_ms >= b.1.exec_time_ms));
        }
    }
}
