//! One recommendation for one place: what several advisers or findings ask for is put together.

use std::collections::BTreeMap;

use aforo_model::{Action, Effect, Recommendation};

/// One recommendation for each id. The first speaks; the others add what they rest on, whom they help and what else is to be done.
pub(super) fn by_id(advised: Vec<Recommendation>) -> Vec<Recommendation> {
    let mut merged: BTreeMap<String, Recommendation> = BTreeMap::new();
    for recommendation in advised {
        match merged.get_mut(&recommendation.id) {
            Some(first) => add(first, recommendation),
            None => {
                merged.insert(recommendation.id.clone(), recommendation);
            }
        }
    }
    merged.into_values().map(in_order).collect()
}

fn add(first: &mut Recommendation, other: Recommendation) {
    first.rests_on.extend(other.rests_on);
    append(&mut first.statements, other.statements);
    append(&mut first.steps, other.steps);
    append_before_end(&mut first.actions, other.actions);
    append_before_end(&mut first.undo, other.undo);
    append(&mut first.verify, other.verify);
    first.effort = first.effort.max(other.effort);
    if other.risk > first.risk {
        (first.risk, first.risk_note) = (other.risk, other.risk_note);
    }
    if saved(&other.effect) > saved(&first.effect) {
        first.effect = other.effect;
    }
}

/// Gains of the same action are gains in the same place: they do not add up.
fn saved(effect: &Effect) -> f64 {
    effect.gain().map_or(-1.0, |gain| gain.saved_ratio.unwrap_or(0.0))
}

fn append<T: PartialEq>(all: &mut Vec<T>, more: Vec<T>) {
    for one in more {
        if !all.contains(&one) {
            all.push(one);
        }
    }
}

/// What both end with, such as letting the server read its settings, stays the end.
fn append_before_end(all: &mut Vec<Action>, more: Vec<Action>) {
    let end = all.pop_if(|end| more.last() == Some(end));
    append(all, more.into_iter().filter(|one| Some(one) != end.as_ref()).collect());
    all.extend(end);
}

fn in_order(mut recommendation: Recommendation) -> Recommendation {
    recommendation.rests_on.sort();
    recommendation.rests_on.dedup();
    recommendation
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::recommendation;
    use super::*;
    use aforo_model::{Effort, Risk};

    #[test]
    fn what_asks_for_the_same_is_one_with_all_it_rests_on_and_the_larger_gain() {
        let first = recommendation("same", "one", Some(0.1));
        let mut second = recommendation("same", "other", Some(0.2));
        (second.effort, second.risk, second.risk_note) = (Effort::High, Risk::High, "mind".to_owned());
        let merged = by_id(vec![first, recommendation("else", "one", None), second]);
        assert_eq!(merged.len(), 2);
        let same = &merged[1];
        let codes: Vec<&str> = same.rests_on.iter().map(|each| each.code.as_str()).collect();
        assert_eq!(codes, ["one", "other"]);
        assert_eq!((same.actions.len(), same.effort, same.risk_note.as_str()), (1, Effort::High, "mind"));
        assert_eq!(same.effect.gain().unwrap().saved_ratio, Some(0.2));
    }

    #[test]
    fn what_both_end_with_stays_the_end() {
        let of = |names: &[&str]| -> Vec<Action> {
            names.iter().map(|name| Action::Change((*name).to_owned())).collect()
        };
        let merged = |mut all: Vec<Action>, more| {
            append_before_end(&mut all, more);
            all
        };
        assert_eq!(
            merged(of(&["set a", "reload"]), of(&["set b", "reload"])),
            of(&["set a", "set b", "reload"])
        );
        assert_eq!(merged(of(&["set a", "reload"]), of(&["set b"])), of(&["set a", "reload", "set b"]));
        assert_eq!(merged(of(&[]), of(&["set b"])), of(&["set b"]));
    }

    #[test]
    fn nothing_merges_into_nothing() {
        assert_eq!(by_id(Vec::new()), []);
    }
}
