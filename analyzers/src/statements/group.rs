//! Rows of `pg_stat_statements` that are one statement, added up.

use aforo_model::database::{StatementCounters, StatementKey, StatementWindow};

use super::Identities;

/// One statement of a window.
#[derive(Debug, Clone, PartialEq)]
pub struct StatementGroup {
    /// Identity of the normalized text; `id-…` where the text is hidden.
    pub fingerprint: String,
    /// The normalized text, as far as it may be read.
    pub text: Option<String>,
    /// Whether a client sent it.
    pub is_top_level: bool,
    /// Why it is no work of the application's own.
    pub noise: Option<&'static str>,
    /// The rows it is made of.
    pub keys: Vec<StatementKey>,
    /// Their counters, summed.
    pub counters: StatementCounters,
}

/// The statements of a window, the one with the most execution time first.
pub fn group_statements(window: &StatementWindow) -> Vec<StatementGroup> {
    let mut identities = Identities::default();
    let mut groups: Vec<StatementGroup> = Vec::new();
    for delta in &window.statements {
        let index = identities.index_of(delta.key, delta.text.as_deref());
        if index == groups.len() {
            let identity = &identities.statements()[index];
            groups.push(StatementGroup {
                fingerprint: identity.fingerprint.clone(),
                text: identity.text.clone(),
                is_top_level: identity.is_top_level,
                noise: identity.noise,
                keys: Vec::new(),
                counters: StatementCounters::default(),
            });
        }
        let group = &mut groups[index];
        group.keys.push(delta.key);
        add(&mut group.counters, &delta.counters);
    }
    groups.sort_by(|left, right| {
        let time = right.counters.exec_time_ms.total_cmp(&left.counters.exec_time_ms);
        time.then_with(|| left.fingerprint.cmp(&right.fingerprint))
    });
    groups
}

fn add(sum: &mut StatementCounters, counters: &StatementCounters) {
    let add = |sum: &mut u64, value: u64| *sum = sum.saturating_add(value);
    add(&mut sum.calls, counters.calls);
    sum.exec_time_ms += counters.exec_time_ms;
    sum.plan_time_ms += counters.plan_time_ms;
    add(&mut sum.rows, counters.rows);
    add(&mut sum.shared_hit_blocks, counters.shared_hit_blocks);
    add(&mut sum.shared_read_blocks, counters.shared_read_blocks);
    add(&mut sum.shared_dirtied_blocks, counters.shared_dirtied_blocks);
    add(&mut sum.temp_read_blocks, counters.temp_read_blocks);
    add(&mut sum.temp_written_blocks, counters.temp_written_blocks);
    sum.io_time_ms += counters.io_time_ms;
    add(&mut sum.wal_bytes, counters.wal_bytes);
    sum.jit_time_ms += counters.jit_time_ms;
}
