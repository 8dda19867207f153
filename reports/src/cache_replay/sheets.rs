//! The tables of a replay.

use aforo_model::cache::CacheReplay;

use crate::figures::{bytes, count, or_absent, percent};
use crate::sheet::{Cell, Column, Sheet, numbers, words};
use crate::style::Tone;

/// The hit ratio of every policy at every size; nothing where the trace has no sizes.
pub(super) fn policies(replay: &CacheReplay) -> Option<Sheet> {
    let first = replay.policies.first().filter(|curve| !curve.points.is_empty())?;
    let mut columns = vec![numbers("size")];
    columns.extend(replay.policies.iter().map(|curve| numbers(title(curve.policy))));
    columns.push(words(""));
    let row = |at: usize| {
        let capacity_bytes = first.points[at].capacity_bytes;
        let mut cells = vec![Cell::from(bytes(capacity_bytes))];
        let best = replay.best.found().filter(|best| best.capacity_bytes == capacity_bytes);
        cells.extend(replay.policies.iter().map(|curve| {
            let ratio = curve.points.get(at).map(|point| point.hit_ratio);
            let is_best = best.is_some_and(|best| best.policy == curve.policy);
            Cell::toned(&or_absent(ratio, percent), if is_best { Tone::Good } else { Tone::Neutral })
        }));
        cells.push(if capacity_bytes == replay.present.capacity_bytes {
            "← now".into()
        } else {
            "".into()
        });
        cells
    };
    Some(sheet(columns, (0..first.points.len()).map(row).collect()))
}

fn title(policy: aforo_model::cache::CachePolicy) -> &'static str {
    use aforo_model::cache::CachePolicy;
    match policy {
        CachePolicy::Lru => "LRU",
        CachePolicy::Lfu => "LFU",
        CachePolicy::Fifo => "FIFO",
        CachePolicy::Ttl => "TTL",
        CachePolicy::Optimum => "optimum",
    }
}

/// What happened to each pattern of keys.
pub(super) fn patterns(replay: &CacheReplay) -> Option<Sheet> {
    let columns = vec![
        words("pattern"),
        numbers("keys"),
        numbers("reads"),
        numbers("found"),
        numbers("writes"),
        numbers("deletes"),
    ];
    let row = |pattern: &aforo_model::cache::PatternTraffic| {
        vec![
            Cell::code(&pattern.pattern),
            count(pattern.keys).into(),
            count(pattern.reads).into(),
            or_absent(pattern.inferred_hit_ratio, percent).into(),
            count(pattern.writes).into(),
            count(pattern.deletes).into(),
        ]
    };
    filled(columns, replay.trace.patterns.iter().map(row).collect())
}

/// A small cache in every process, at several sizes.
pub(super) fn levels(replay: &CacheReplay) -> Option<Sheet> {
    let columns = vec![
        numbers("local size"),
        numbers("local hits"),
        numbers("all hits"),
        numbers("stale reads"),
        numbers("without news"),
    ];
    let row = |point: &aforo_model::cache::LevelsPoint| {
        vec![
            bytes(point.local_bytes).into(),
            percent(point.local_hit_ratio).into(),
            percent(point.hit_ratio).into(),
            count(point.stale_reads).into(),
            count(point.stale_reads_without_news).into(),
        ]
    };
    filled(columns, replay.levels.iter().map(row).collect())
}

/// What deleting costs.
pub(super) fn tags(replay: &CacheReplay) -> Option<Sheet> {
    let columns = vec![
        words("tag"),
        numbers("deletions"),
        numbers("removed"),
        numbers("by tag"),
        numbers("found"),
        numbers("without"),
        numbers("by tag"),
    ];
    let row = |tag: &aforo_model::cache::TagInvalidation| {
        vec![
            Cell::code(&tag.tag),
            count(tag.invalidations).into(),
            count(tag.removed).into(),
            count(tag.removed_by_tag).into(),
            percent(tag.hit_ratio).into(),
            percent(tag.hit_ratio_without).into(),
            percent(tag.hit_ratio_by_tag).into(),
        ]
    };
    filled(columns, replay.tags.iter().map(row).collect())
}

fn filled(columns: Vec<Column>, rows: Vec<Vec<Cell>>) -> Option<Sheet> {
    (!rows.is_empty()).then(|| sheet(columns, rows))
}

fn sheet(columns: Vec<Column>, rows: Vec<Vec<Cell>>) -> Sheet {
    Sheet { columns, rows, elastic: 0, ends_with_total: false }
}
