//! Recommendations that stand in each other's way.
//!
//! - An index is to be dropped, and one that it could stand for is to be created: it stays, since the run has work for it.
//! - An index is to be dropped, and one that begins with it is to be created: the new one comes first.
//! - Two indexes are to be dropped, one because the other does its work: it stays, unless nothing reads it anyway.
//!
//! Memory is asked for by several advisers, each of which looks for itself whether the machine has it.

use aforo_model::database::{DatabaseReport, IndexDefinition, IndexFacts, IndexMethod};
use aforo_model::{Action, Recommendation, RecommendationKind, RunRecord};

use super::{create_index, drop_index};

/// What is left when those that contradict others are withdrawn.
pub(super) fn resolved(record: &RunRecord, mut advised: Vec<Recommendation>) -> Vec<Recommendation> {
    let Some(report) = &record.database else { return advised };
    let created: Vec<&IndexDefinition> = report
        .index_advice
        .found()
        .into_iter()
        .flat_map(|advice| &advice.indexes)
        .map(|advised| &advised.index)
        .filter(|index| advised.iter().any(|each| each.id == create_index::id(index)))
        .collect();
    advised.retain(|each| {
        let stands_for = |index: &IndexFacts| created.iter().any(|created| begins_with(index, created));
        !dropped(report, each).is_some_and(stands_for)
    });
    let covered = dropped_for_another(report, &advised);
    advised.retain(|each| !covered.contains(&each.id));
    for each in advised.iter_mut().filter(|each| each.kind == RecommendationKind::DropIndex) {
        let Some(index) = dropped(report, each) else { continue };
        if let Some(first) = created.iter().find(|created| extends(created, index)) {
            let before = format!("First create the index on {first}, which begins with this one.");
            each.actions.insert(0, Action::Change(before));
        }
    }
    advised
}

/// The index that a recommendation drops.
fn dropped<'r>(report: &'r DatabaseReport, advised: &Recommendation) -> Option<&'r IndexFacts> {
    report.indexes.iter().find(|index| drop_index::id(index) == advised.id)
}

/// Whether an index that is there has all the keys of one that is to be created, in their order, for all rows.
fn begins_with(index: &IndexFacts, created: &IndexDefinition) -> bool {
    let keys = created.keys.iter().map(|key| Some(key.name.as_str()));
    let has_keys = index.keys.len() >= created.keys.len()
        && keys.zip(&index.keys).all(|(wanted, key)| key.column.as_deref() == wanted);
    is_same_kind(index, created) && index.is_valid && has_keys
}

/// Whether an index that is to be created has all the keys of one that is there, and more.
fn extends(created: &IndexDefinition, index: &IndexFacts) -> bool {
    let has_keys = created.keys.len() > index.keys.len()
        && index.keys.iter().zip(&created.keys).all(|(key, new)| key.column.as_deref() == Some(&new.name));
    is_same_kind(index, created) && created.method == IndexMethod::Btree && has_keys
}

fn is_same_kind(index: &IndexFacts, created: &IndexDefinition) -> bool {
    index.table == created.table
        && index.method == created.method.name()
        && index.predicate.is_none()
        && created.predicate.is_none()
}

/// Ids of those that are to be dropped only because another does their work that is to be dropped as well.
fn dropped_for_another(report: &DatabaseReport, advised: &[Recommendation]) -> Vec<String> {
    let all: Vec<(&Recommendation, &IndexFacts)> =
        advised.iter().filter_map(|each| Some((each, dropped(report, each)?))).collect();
    let does_its_work = |other: &IndexFacts, index: &IndexFacts| {
        other.oid != index.oid
            && (&other.table, &other.method, &other.predicate)
                == (&index.table, &index.method, &index.predicate)
            && other.keys.starts_with(&index.keys)
    };
    all.iter()
        .filter(|(each, _)| each.rests_on.iter().all(|reference| reference.code != drop_index::UNUSED))
        .filter(|(_, index)| all.iter().any(|(_, other)| does_its_work(other, index)))
        .map(|(each, _)| each.id.clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{Fixture, index};
    use super::super::recommend;
    use super::*;
    use aforo_model::Severity;

    fn ids(fixture: &Fixture) -> Vec<String> {
        recommend(&fixture.record).into_iter().map(|each| each.id).collect()
    }

    fn with(drops: &[(&str, IndexFacts)]) -> Fixture {
        let mut fixture = Fixture::hotel();
        for (oid, (code, facts)) in (1..).zip(drops) {
            let subject = format!("index {}.{}", facts.name.schema, facts.name.name);
            fixture.add(code, &subject, Severity::Warning, "DROP INDEX");
            fixture.report().indexes.push(IndexFacts { oid, ..facts.clone() });
        }
        fixture
    }

    const CREATED: &str = "create-index:public.reservations(status,check_in)";

    #[test]
    fn an_index_that_could_stand_for_a_new_one_stays() {
        let wider = index("wider", &["status", "check_in", "id"]);
        assert_eq!(ids(&with(&[("unused-index", wider)])), [CREATED]);
        let other = index("other", &["check_in", "status"]);
        assert_eq!(ids(&with(&[("unused-index", other)])), [CREATED, "drop-index:public.other"]);
    }

    #[test]
    fn one_that_the_new_one_begins_with_goes_after_it() {
        let all = recommend(&with(&[("redundant-index", index("status", &["status"]))]).record);
        assert!(
            all[1].actions[0].text().starts_with("First create the index on reservations (status, check_in)"),
            "{:?}",
            all[1].actions
        );
    }

    #[test]
    fn of_two_that_do_each_other_s_work_one_stays() {
        let narrow = ("redundant-index", index("narrow", &["guest_phone"]));
        let wide = ("unused-index", index("wide", &["guest_phone", "id"]));
        assert_eq!(ids(&with(&[narrow, wide.clone()])), [CREATED, "drop-index:public.wide"]);
        let unread = ("unused-index", index("narrow", &["guest_phone"]));
        assert_eq!(ids(&with(&[unread, wide])).len(), 3, "nothing reads either");
    }
}
