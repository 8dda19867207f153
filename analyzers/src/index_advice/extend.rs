//! Extend (Schlosser, Kossmann, Boissier, ICDE 2019): from nothing, again and again the one step with the most gain per byte,
//! which adds an index or makes a chosen one longer, until the gain is small or the budget is spent. Steps here may also add a
//! whole candidate with `INCLUDE`, a predicate or several keys, which single columns added one by one would not reach. Then
//! what has become superfluous is dropped.

use std::collections::BTreeMap;

use aforo_model::database::{IndexColumn, IndexMethod};

use super::candidates::{Candidate, MAX_KEYS};
use super::cost::{WhatIf, WhatIfError};
use super::search::Search;
use super::size::PAGE_BYTES;

/// A step must lower the cost of the workload by this share of what it was at first (Extend's own default).
pub(crate) const LEAST_GAIN_RATIO: f64 = 0.003;

/// An index without which the workload costs hardly more goes.
const DROP_RATIO: f64 = 0.001;

/// How much more than in an earlier round a step may gain per byte before it is overlooked.
const STALE_FACTOR: f64 = 1.5;

/// The same once nothing else is left to do: two indexes that only help together show here.
const LAST_STALE_FACTOR: f64 = 10.0;

/// Dropping frees budget, which may let others in; more rounds than these changed nothing in trials.
const ROUNDS: usize = 3;

/// Chooses indexes for the whole workload within the budget.
pub(crate) async fn extend<W: WhatIf>(search: &mut Search<'_, '_, W>) -> Result<(), WhatIfError> {
    let mut seen = BTreeMap::new();
    for _ in 0..ROUNDS {
        while let Some(set) = best_step(search, &mut seen).await? {
            search.chosen = set;
        }
        if !drop_superfluous(search).await? {
            break;
        }
    }
    Ok(())
}

/// The set of indexes after the step with the most gain per byte.
async fn best_step<W: WhatIf>(
    search: &mut Search<'_, '_, W>,
    seen: &mut BTreeMap<usize, f64>,
) -> Result<Option<Vec<usize>>, WhatIfError> {
    offer_longer(search);
    let mut steps = steps(search);
    // The best of the last round are likely the best of this one, and what comes later then need not be asked about.
    let last = |place: &usize| seen.get(place).copied().unwrap_or(f64::INFINITY);
    steps.sort_by(|one, other| last(&other.0).total_cmp(&last(&one.0)));
    if let Some(set) = best_of(search, &steps, seen, STALE_FACTOR).await? {
        return Ok(Some(set));
    }
    best_of(search, &steps, seen, LAST_STALE_FACTOR).await
}

/// The best of these steps. Those that in an earlier round gained less per byte than the best now, or than is asked for, even
/// `stale_factor` times, are not asked about again: gains shrink as indexes are added, seldom grow.
async fn best_of<W: WhatIf>(
    search: &mut Search<'_, '_, W>,
    steps: &[(usize, Vec<usize>)],
    seen: &mut BTreeMap<usize, f64>,
    stale_factor: f64,
) -> Result<Option<Vec<usize>>, WhatIfError> {
    let least = LEAST_GAIN_RATIO * search.base;
    let now_bytes = search.size_of(&search.chosen);
    let mut best: Option<(f64, &Vec<usize>)> = None;
    for (place, set) in steps {
        let bytes = search.size_of(set);
        let to_beat = best.map_or(0.0, |(ratio, _)| ratio);
        let added = (bytes.saturating_sub(now_bytes) as f64).max(PAGE_BYTES);
        let is_hopeless =
            seen.get(place).is_some_and(|last| last * stale_factor < to_beat.max(least / added));
        if is_hopeless || bytes > search.options.budget_bytes || search.book.is_used_up() {
            continue;
        }
        let Some(gain) = search.gain(set, (to_beat * added).max(least)).await? else { continue };
        seen.insert(*place, gain / added);
        if gain >= least && gain / added > to_beat {
            best = Some((gain / added, set));
        }
    }
    Ok(best.map(|(_, set)| set.clone()))
}

/// Each candidate beside the chosen ones, in place of those it begins with.
fn steps<W: WhatIf>(search: &Search<'_, '_, W>) -> Vec<(usize, Vec<usize>)> {
    let offered = search.pool.iter().filter(|(place, _)| !search.served_by(*place).is_empty());
    let mut steps = Vec::new();
    for (place, candidate) in offered {
        let is_had = search.chosen.iter().any(|chosen| serves_as(search.pool.get(*chosen), candidate));
        if is_had {
            continue;
        }
        let kept = search.chosen.iter().filter(|chosen| !serves_as(candidate, search.pool.get(**chosen)));
        let mut set: Vec<usize> = kept.copied().chain([place]).collect();
        set.sort_unstable();
        steps.push((place, set));
    }
    steps
}

/// Whether the one does all that the other does: the same keys and perhaps more, and every column of the other.
fn serves_as(one: &Candidate, other: &Candidate) -> bool {
    one.definition.table == other.definition.table
        && one.definition.method == other.definition.method
        && one.definition.predicate == other.definition.predicate
        && one.definition.keys.starts_with(&other.definition.keys)
        && other.definition.columns().all(|column| one.definition.columns().any(|each| each == column))
}

/// Every chosen B-tree with one more key, of those that the statements it may serve look for.
fn offer_longer<W: WhatIf>(search: &mut Search<'_, '_, W>) {
    let mut longer = Vec::new();
    for place in &search.chosen {
        let candidate = search.pool.get(*place);
        let definition = &candidate.definition;
        if definition.method != IndexMethod::Btree || definition.keys.len() >= MAX_KEYS {
            continue;
        }
        let relation = search.relations.get(candidate.relation);
        let singles = search.pool.iter().filter(|(_, other)| {
            other.relation == candidate.relation
                && other.definition.method == IndexMethod::Btree
                && other.definition.keys.len() == 1
                && other.definition.predicate.is_none()
        });
        for (_, single) in singles {
            let key: &IndexColumn = &single.definition.keys[0];
            if definition.columns().any(|column| column == key.name) {
                continue;
            }
            let mut definition = definition.clone();
            definition.keys.push(key.clone());
            let partial = candidate.condition.clone().map(|condition| (condition, candidate.entry_ratio));
            longer.push(Candidate::new(definition, candidate.relation, relation, partial));
        }
    }
    for candidate in longer {
        search.offer(candidate);
    }
}

/// Drops each chosen index that the others have made superfluous, the least useful first.
async fn drop_superfluous<W: WhatIf>(search: &mut Search<'_, '_, W>) -> Result<bool, WhatIfError> {
    let mut dropped = false;
    loop {
        let mut least: Option<(f64, Vec<usize>)> = None;
        for place in search.chosen.clone() {
            let set: Vec<usize> = search.chosen.iter().copied().filter(|chosen| *chosen != place).collect();
            let Some(gain) = search.gain(&set, f64::NEG_INFINITY).await? else { continue };
            let loss = -gain;
            if loss < DROP_RATIO * search.base && least.as_ref().is_none_or(|(smallest, _)| loss < *smallest)
            {
                least = Some((loss, set));
            }
        }
        match least {
            Some((_, set)) => search.chosen = set,
            None => return Ok(dropped),
        }
        dropped = true;
    }
}

#[cfg(test)]
mod tests;
