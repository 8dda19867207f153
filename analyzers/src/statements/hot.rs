//! What each statement costs, per call and of the whole.

use aforo_model::database::{Attribution, HotStatement, StatementWindow};

use super::group::{StatementGroup, group_statements};

/// Mean above which a statement is listed, milliseconds (R5.1).
pub(crate) const LISTED_MS: f64 = 50.0;
/// Mean above which a statement is slow, milliseconds (R5.1).
pub(crate) const SLOW_MS: f64 = 500.0;

/// Every statement of a window, the one with the most execution time first. `requests` are those the load sent in the
/// same window, and `attribution` says which step causes what; both where they are known.
pub fn hot_statements(
    window: &StatementWindow,
    requests: Option<u64>,
    attribution: Option<&Attribution>,
) -> Vec<HotStatement> {
    let groups = group_statements(window);
    let sent_by_clients = groups.iter().filter(|group| group.is_top_level);
    let total_ms: f64 = sent_by_clients.map(|group| group.counters.exec_time_ms).sum();
    groups.into_iter().map(|group| hot_statement(group, total_ms, requests, attribution)).collect()
}

fn hot_statement(
    group: StatementGroup,
    total_ms: f64,
    requests: Option<u64>,
    attribution: Option<&Attribution>,
) -> HotStatement {
    let counters = &group.counters;
    let per_call = |value: f64| ratio(value, counters.calls as f64);
    let mean_ms = per_call(counters.exec_time_ms);
    let steps = attribution
        .into_iter()
        .flat_map(|attribution| &attribution.statements)
        .find(|other| other.fingerprint == group.fingerprint && other.is_top_level == group.is_top_level)
        .and_then(|statement| statement.causes.found())
        .map(|causes| causes.steps.clone());
    HotStatement {
        share_of_time_ratio: ratio(counters.exec_time_ms, total_ms).min(1.0),
        mean_ms,
        calls_per_request: requests
            .filter(|requests| *requests > 0)
            .map(|requests| ratio(counters.calls as f64, requests as f64)),
        rows_per_call: per_call(counters.rows as f64),
        blocks_per_call: per_call(counters.shared_hit_blocks as f64 + counters.shared_read_blocks as f64),
        temp_blocks_per_call: per_call(counters.temp_written_blocks as f64),
        wal_bytes_per_call: per_call(counters.wal_bytes as f64),
        steps: steps.unwrap_or_default(),
        is_listed: mean_ms > LISTED_MS,
        is_slow: mean_ms > SLOW_MS,
        noise: group.noise.map(str::to_owned),
        fingerprint: group.fingerprint,
        text: group.text,
        is_top_level: group.is_top_level,
        keys: group.keys,
        counters: group.counters,
    }
}

/// Zero of nothing, so that it can be saved.
fn ratio(part: f64, whole: f64) -> f64 {
    let ratio = part / whole;
    if ratio.is_finite() { ratio } else { 0.0 }
}
