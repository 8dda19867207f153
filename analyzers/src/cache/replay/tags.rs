//! What deleting keys costs in hits, and what deleting whole groups would.

use std::collections::HashSet;

use aforo_model::cache::{CachePolicy, TagInvalidation};

use super::cache::Cache;
use super::requests::{Request, Requests};
use super::simulation::{play, ratio};

/// Groups that are reported.
const SHOWN: usize = 10;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Deleting {
    Nothing,
    AsRecorded,
    WholeTags,
}

/// Groups of keys that share a label, as in all of `availability:{id}:*`, whatever the id.
#[derive(Debug, Clone, Default)]
struct Label {
    reads: u64,
    hits: u64,
    removed: u64,
    commands: HashSet<u32>,
}

/// The groups of which keys are deleted, by what it costs them, the costliest first.
pub(super) fn tags(requests: &Requests<'_>, capacity_bytes: u64) -> Vec<TagInvalidation> {
    if !requests.steps.iter().any(|(_, _, request)| matches!(request, Request::Delete { .. })) {
        return Vec::new();
    }
    let groups = Groups::of(requests);
    let played = |deleting| play_deleting(requests, &groups, capacity_bytes, deleting);
    let (recorded, without, by_tag) =
        (played(Deleting::AsRecorded), played(Deleting::Nothing), played(Deleting::WholeTags));
    let mut tags: Vec<TagInvalidation> = (0..recorded.len())
        .filter(|at| !recorded[*at].commands.is_empty())
        .map(|at| TagInvalidation {
            tag: groups.labels[at].clone(),
            reads: recorded[at].reads,
            invalidations: recorded[at].commands.len() as u64,
            removed: recorded[at].removed,
            removed_by_tag: by_tag[at].removed,
            hit_ratio: ratio(recorded[at].hits, recorded[at].reads),
            hit_ratio_without: ratio(without[at].hits, without[at].reads),
            hit_ratio_by_tag: ratio(by_tag[at].hits, by_tag[at].reads),
        })
        .collect();
    let lost = |tag: &TagInvalidation| (tag.hit_ratio_without - tag.hit_ratio) * tag.reads as f64;
    tags.sort_by(|a, b| {
        lost(b).total_cmp(&lost(a)).then_with(|| b.reads.cmp(&a.reads)).then_with(|| a.tag.cmp(&b.tag))
    });
    tags.truncate(SHOWN);
    tags
}

/// Which keys go together: those with the same changing part, or else all of a pattern of which several are deleted at once.
struct Groups {
    /// Of each key, its group.
    group: Vec<usize>,
    /// Whether a deletion of one key of a group stands for all.
    spreads: Vec<bool>,
    /// Of each group, its place among the labels.
    label: Vec<usize>,
    labels: Vec<String>,
}

impl Groups {
    fn of(requests: &Requests<'_>) -> Self {
        let trace = requests.trace;
        let mut labels: Vec<String> = trace.tags.iter().chain(&trace.patterns).cloned().collect();
        labels.sort_unstable();
        labels.dedup();
        let place = |text: &String| labels.binary_search(text).unwrap_or_default();
        let group = |key: &aforo_model::cache::TracedKey| match key.tag {
            Some(tag) => tag as usize,
            None => trace.tags.len() + key.pattern as usize,
        };
        let mut groups = Self {
            group: trace.keys.iter().map(group).collect(),
            spreads: trace.tags.iter().map(|_| true).chain(trace.patterns.iter().map(|_| false)).collect(),
            label: trace.tags.iter().chain(&trace.patterns).map(place).collect(),
            labels,
        };
        let deletes = requests.steps.iter().filter_map(|(_, _, request)| match *request {
            Request::Delete { key, command } => Some((command, groups.group[key as usize])),
            _ => None,
        });
        let deletes: Vec<(u32, usize)> = deletes.collect();
        for pair in deletes.windows(2) {
            if pair[0] == pair[1] {
                groups.spreads[pair[0].1] = true;
            }
        }
        groups
    }
}

fn play_deleting(
    requests: &Requests<'_>,
    groups: &Groups,
    capacity_bytes: u64,
    deleting: Deleting,
) -> Vec<Label> {
    let mut labels = vec![Label::default(); groups.labels.len()];
    let mut cache = Cache::new(CachePolicy::Lru, capacity_bytes, requests.trace.keys.len());
    // What may be in the cache, by group. A key is added when it goes in, so that emptying a group costs no more than filling it.
    let mut members: Vec<Vec<u32>> = vec![Vec::new(); groups.spreads.len()];
    for &(now_us, _, request) in &requests.steps {
        match request {
            Request::Delete { key, command } => {
                let group = groups.group[key as usize];
                let label = &mut labels[groups.label[group]];
                label.commands.insert(command);
                cache.advance(now_us);
                let removed = match deleting {
                    Deleting::Nothing => 0,
                    Deleting::WholeTags if groups.spreads[group] => {
                        members[group].drain(..).filter(|key| cache.remove(*key)).count()
                    }
                    Deleting::AsRecorded | Deleting::WholeTags => usize::from(cache.remove(key)),
                };
                label.removed += removed as u64;
            }
            Request::Flush { .. } if deleting == Deleting::Nothing => {}
            Request::Read { key, .. } | Request::Write { key, .. } => {
                let group = groups.group[key as usize];
                let was_there = play(&mut cache, requests, now_us, request);
                if !was_there && deleting == Deleting::WholeTags {
                    members[group].push(key);
                }
                if matches!(request, Request::Read { .. }) {
                    let label = &mut labels[groups.label[group]];
                    label.reads += 1;
                    label.hits += u64::from(was_there);
                }
            }
            Request::Expire { .. } | Request::Flush { .. } => {
                play(&mut cache, requests, now_us, request);
            }
        }
    }
    labels
}
