//! Indexes worth asking the planner about, from the shape of each statement: equality first, the most selective in front, then
//! one range or the order, then what else is read as `INCLUDE`.

mod generate;
mod narrow;
mod special;

use std::collections::BTreeMap;

use aforo_model::database::{IndexDefinition, IndexMethod};
use aforo_sql::PredicateKind;

pub(crate) use generate::candidates_of;
pub(crate) use special::partial_ratio;

use super::relations::Relation;
use super::resolve::Mention;
use super::size::index_bytes;

/// Key columns of a candidate at most: more seldom help, and each makes the entry wider.
pub(crate) const MAX_KEYS: usize = 3;

/// One index that might be created.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Candidate {
    pub(crate) definition: IndexDefinition,
    /// Its place in `Relations`.
    pub(crate) relation: usize,
    /// Share of the table's rows in it: below one for partial indexes.
    pub(crate) entry_ratio: f64,
    /// The condition of a partial index: column and constant as it is written, or nothing for `IS [NOT] NULL`.
    pub(crate) condition: Option<Condition>,
    /// What it will take on disk.
    pub(crate) size_bytes: u64,
}

/// What the rows of a partial index have in common.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Condition {
    pub(crate) column: String,
    pub(crate) kind: PredicateKind,
    pub(crate) literal: Option<String>,
}

impl Candidate {
    pub(crate) fn new(
        definition: IndexDefinition,
        place: usize,
        relation: &Relation<'_>,
        partial: Option<(Condition, f64)>,
    ) -> Self {
        let (condition, entry_ratio) = match partial {
            Some((condition, ratio)) => (Some(condition), ratio),
            None => (None, 1.0),
        };
        let size_bytes = index_bytes(relation, &definition, entry_ratio);
        Self { definition, relation: place, entry_ratio, condition, size_bytes }
    }

    /// Whether a plan for this mention of the table could use it: to find, join or sort rows by its first column, or to read it
    /// in place of the table.
    pub(crate) fn may_serve(&self, mention: &Mention) -> bool {
        if mention.relation != self.relation || !self.is_implied_by(mention) {
            return false;
        }
        let Some(first) = self.definition.keys.first() else { return false };
        mention.key_columns().any(|column| column == first.name)
            || (self.definition.method == IndexMethod::Btree && self.covers(mention))
    }

    /// Whether the statement reads nothing of the table that is not in the index.
    pub(crate) fn covers(&self, mention: &Mention) -> bool {
        let in_condition =
            |column: &String| self.condition.as_ref().is_some_and(|condition| condition.column == *column);
        !mention.is_whole
            && mention
                .columns
                .iter()
                .all(|column| in_condition(column) || self.definition.columns().any(|each| each == column))
    }

    /// Whether the statement asks for nothing outside a partial index.
    fn is_implied_by(&self, mention: &Mention) -> bool {
        let Some(condition) = &self.condition else { return true };
        mention.filters.iter().any(|filter| {
            filter.column == condition.column
                && match &condition.literal {
                    Some(literal) => {
                        filter.kind == PredicateKind::Equal
                            && matches!(&filter.comparand, aforo_sql::Comparand::Literal(own) if own == literal)
                    }
                    None => filter.kind == condition.kind,
                }
        })
    }
}

/// Candidates without double ones, by what they are on.
#[derive(Debug, Default)]
pub(crate) struct CandidatePool {
    all: Vec<Candidate>,
    places: BTreeMap<IndexDefinition, usize>,
}

impl CandidatePool {
    /// Its place, the same for the same definition.
    pub(crate) fn insert(&mut self, candidate: Candidate) -> usize {
        if let Some(place) = self.places.get(&candidate.definition) {
            return *place;
        }
        self.places.insert(candidate.definition.clone(), self.all.len());
        self.all.push(candidate);
        self.all.len() - 1
    }

    pub(crate) fn get(&self, place: usize) -> &Candidate {
        &self.all[place]
    }

    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (usize, &Candidate)> {
        self.all.iter().enumerate()
    }
}

#[cfg(test)]
mod tests;
