//! Who keeps whom waiting for a lock.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use aforo_model::database::BlockingChain;
use serde::Deserialize;
use tokio::time::Instant;

/// Sessions that wait, and those they wait for. Asking takes a lock of the lock manager's own, so it is asked only when
/// somebody waits.
pub(super) fn chains_sql(has_query_id: bool) -> String {
    let query_id = if has_query_id { "a.query_id" } else { "NULL::int8" };
    format!(
        "WITH waiting AS MATERIALIZED (SELECT pid, pg_blocking_pids(pid) AS blockers \
         FROM pg_catalog.pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()) \
         SELECT a.pid, a.state, {query_id} AS query_id, \
         extract(epoch FROM a.query_start)::text AS statement, COALESCE(w.blockers, '{{}}') AS blockers \
         FROM pg_catalog.pg_stat_activity a LEFT JOIN waiting w USING (pid) \
         WHERE cardinality(w.blockers) > 0 OR a.pid IN (SELECT unnest(blockers) FROM waiting)"
    )
}

/// A session that waits or is waited for.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Link {
    pub(super) pid: i32,
    pub(super) state: Option<String>,
    pub(super) query_id: Option<i64>,
    /// The beginning of its statement, which tells one wait from the next.
    pub(super) statement: Option<String>,
    /// Sessions it waits for; 0 is a prepared transaction.
    pub(super) blockers: Vec<i32>,
}

/// What the head of a chain did, and the statement that waited.
type ChainKey = (Option<i64>, Option<String>, Option<i64>);

/// Chains seen so far.
#[derive(Debug, Default)]
pub(super) struct Blocking {
    chains: BTreeMap<ChainKey, BlockingChain>,
    /// Since when a session has been seen waiting in one statement.
    waiting_since: HashMap<(i32, Option<String>), Instant>,
}

impl Blocking {
    /// Adds one reading; an empty one says that nobody waits any more.
    pub(super) fn see(&mut self, links: &[Link], now: Instant) {
        let by_pid: HashMap<i32, &Link> = links.iter().map(|link| (link.pid, link)).collect();
        let waiting: Vec<&Link> = links.iter().filter(|link| !link.blockers.is_empty()).collect();
        let mut since = HashMap::new();
        let mut widths: HashMap<i32, u64> = HashMap::new();
        let mut seen: BTreeMap<ChainKey, (BTreeSet<i32>, Duration)> = BTreeMap::new();
        for link in waiting {
            let key = (link.pid, link.statement.clone());
            let first = self.waiting_since.get(&key).copied().unwrap_or(now);
            since.insert(key, first);
            for head in heads(link.pid, &by_pid) {
                *widths.entry(head).or_default() += 1;
                let (query_id, state) = match by_pid.get(&head) {
                    Some(head) => (head.query_id, head.state.clone()),
                    None if head == 0 => (None, Some("prepared transaction".to_owned())),
                    None => (None, None),
                };
                let chain = seen.entry((query_id, state, link.query_id)).or_default();
                chain.0.insert(head);
                chain.1 = chain.1.max(now - first);
            }
        }
        self.waiting_since = since;
        for (key, (heads, longest)) in seen {
            let widest = heads.iter().filter_map(|head| widths.get(head)).max().copied().unwrap_or(0);
            self.add(key, longest, widest);
        }
    }

    fn add(&mut self, key: ChainKey, longest: Duration, widest: u64) {
        let chain = self.chains.entry(key.clone()).or_insert_with(|| BlockingChain {
            blocker_query_id: key.0,
            blocker_state: key.1,
            blocked_query_id: key.2,
            sightings: 0,
            longest_s: 0.0,
            widest: 0,
        });
        chain.sightings += 1;
        chain.longest_s = chain.longest_s.max(longest.as_secs_f64());
        chain.widest = chain.widest.max(widest);
    }

    /// Every chain, the longest first.
    pub(super) fn into_chains(self) -> Vec<BlockingChain> {
        let mut chains: Vec<BlockingChain> = self.chains.into_values().collect();
        chains.sort_by(|one, other| other.longest_s.total_cmp(&one.longest_s));
        chains
    }
}

/// The sessions at the end of all paths from `pid`: those that wait for nobody. Empty in a circle, which the server's
/// search for deadlocks is about to break.
fn heads(pid: i32, links: &HashMap<i32, &Link>) -> BTreeSet<i32> {
    let mut heads = BTreeSet::new();
    let mut visited = BTreeSet::from([pid]);
    let mut open = vec![pid];
    while let Some(pid) = open.pop() {
        match links.get(&pid) {
            Some(link) if !link.blockers.is_empty() => {
                open.extend(link.blockers.iter().copied().filter(|&blocker| visited.insert(blocker)));
            }
            _ => _ = heads.insert(pid),
        }
    }
    heads
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(pid: i32, blockers: &[i32]) -> Link {
        let state = if blockers.is_empty() { "idle in transaction" } else { "active" };
        Link {
            pid,
            state: Some(state.to_owned()),
            query_id: Some(i64::from(pid) * 100),
            statement: Some("1.5".to_owned()),
            blockers: blockers.to_vec(),
        }
    }

    #[test]
    fn a_chain_leads_to_its_head_and_its_width_counts_all_that_wait() {
        let mut blocking = Blocking::default();
        let start = Instant::now();
        let links = [link(1, &[]), link(2, &[1]), link(3, &[2, 1])];
        blocking.see(&links, start);
        blocking.see(&links, start + Duration::from_millis(1500));
        let chains = blocking.into_chains();
        let ids: Vec<_> = chains.iter().map(|c| (c.blocker_query_id, c.blocked_query_id)).collect();
        assert_eq!(ids, [(Some(100), Some(200)), (Some(100), Some(300))]);
        for chain in chains {
            assert_eq!((chain.sightings, chain.longest_s, chain.widest), (2, 1.5, 2));
            assert_eq!(chain.blocker_state.as_deref(), Some("idle in transaction"));
        }
    }

    #[test]
    fn a_wait_that_ended_in_between_does_not_add_to_the_next() {
        let mut blocking = Blocking::default();
        let start = Instant::now();
        blocking.see(&[link(1, &[]), link(2, &[1])], start);
        blocking.see(&[], start + Duration::from_secs(1));
        blocking.see(&[link(1, &[]), link(2, &[1])], start + Duration::from_secs(2));
        let chains = blocking.into_chains();
        assert_eq!((chains[0].sightings, chains[0].longest_s), (2, 0.0));
    }

    #[test]
    fn circles_and_prepared_transactions_are_endured() {
        let mut blocking = Blocking::default();
        blocking.see(&[link(1, &[2]), link(2, &[1])], Instant::now());
        blocking.see(&[link(5, &[0])], Instant::now());
        let chains = blocking.into_chains();
        assert_eq!(chains.len(), 1, "a circle has no head");
        assert_eq!(chains[0].blocker_state.as_deref(), Some("prepared transaction"));
    }
}
