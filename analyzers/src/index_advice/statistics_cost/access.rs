//! Ways to read one table: in sequence, or by an index.

use aforo_model::database::{IndexColumn, IndexDefinition, IndexMethod};
use aforo_sql::PredicateKind;

use super::constants::CostConstants;
use crate::index_advice::candidates::partial_ratio;
use crate::index_advice::relations::Relation;
use crate::index_advice::resolve::{Filter, Mention};
use crate::index_advice::selectivity::{distinct, filters_ratio};
use crate::index_advice::size::{PAGE_BYTES, index_bytes};

/// One table of a statement.
pub(super) struct Access<'a> {
    pub(super) relation: &'a Relation<'a>,
    pub(super) mention: &'a Mention,
    pub(super) constants: &'a CostConstants,
}

/// How often a table is read, and by which value of another.
pub(super) struct Probe {
    pub(super) column: Option<String>,
    pub(super) loops: f64,
}

impl Probe {
    /// Once, by its own conditions.
    pub(super) fn alone() -> Self {
        Self { column: None, loops: 1.0 }
    }
}

/// One way to read it.
pub(super) struct Path {
    pub(super) cost: f64,
    /// Rows that come out.
    pub(super) rows: f64,
    /// Whether they come in the order asked for.
    pub(super) is_ordered: bool,
    /// Its place among the indexes asked about; nothing for those that exist, and for none.
    pub(super) index: Option<usize>,
}

impl Path {
    pub(super) fn free() -> Self {
        Self { cost: 0.0, rows: 1.0, is_ordered: false, index: None }
    }
}

impl Access<'_> {
    fn ratio(&self, filters: &[&Filter]) -> f64 {
        filters_ratio(|name| self.relation.column(name), filters, self.relation.rows)
    }

    /// `cost_seqscan`.
    pub(super) fn sequential(&self) -> Path {
        let filters: Vec<&Filter> = self.mention.filters.iter().collect();
        let rows = self.relation.rows;
        let per_row = self.constants.cpu_tuple + filters.len() as f64 * self.constants.cpu_operator;
        Path {
            cost: self.relation.pages * self.constants.seq_page + rows * per_row,
            rows: rows * self.ratio(&filters),
            is_ordered: false,
            index: None,
        }
    }

    /// The valid B-trees there are on plain columns, as definitions.
    pub(super) fn existing(&self) -> Vec<IndexDefinition> {
        let indexes = self.relation.indexes.iter();
        indexes
            .filter(|index| index.is_valid && index.method == "btree" && index.predicate.is_none())
            .filter_map(|index| {
                let keys: Option<Vec<IndexColumn>> = index
                    .keys
                    .iter()
                    .map(|key| {
                        Some(IndexColumn {
                            name: key.column.clone()?,
                            operator_class: key.operator_class.clone(),
                            is_descending: key.is_descending,
                            nulls_first: key.nulls_first,
                        })
                    })
                    .collect();
                Some(IndexDefinition {
                    table: self.relation.facts.name.clone(),
                    method: IndexMethod::Btree,
                    keys: keys?,
                    included: index.included.clone(),
                    predicate: None,
                })
            })
            .collect()
    }

    /// `cost_index` and `btcostestimate`, in short; nothing where the index cannot serve.
    pub(super) fn index(&self, place: Option<usize>, index: &IndexDefinition, probe: &Probe) -> Option<Path> {
        if index.table != self.relation.facts.name {
            return None;
        }
        let entry_ratio = partial_ratio(self.relation, self.mention, index)?;
        let found = self.found_by(index, probe);
        let filters: Vec<&Filter> = self.mention.filters.iter().collect();
        let is_covering = index.method == IndexMethod::Btree && self.is_covered(index);
        let is_ordered = index.method == IndexMethod::Btree && self.is_ordered(index, &found.equal);
        if found.filters.is_empty() && !found.by_probe && !is_covering && !is_ordered && entry_ratio >= 1.0 {
            return None;
        }
        let probe_ratio = if found.by_probe { found.probe_ratio } else { 1.0 };
        let rows_found =
            (self.relation.rows * self.ratio(&found.filters).min(entry_ratio) * probe_ratio).max(1.0);
        let bytes = index_bytes(self.relation, index, entry_ratio) as f64;
        let share = (rows_found / (self.relation.rows * entry_ratio).max(1.0)).min(1.0);
        let leaves = (bytes / PAGE_BYTES * share).ceil();
        let descent = (self.relation.rows.max(2.0).log2() + 50.0) * self.constants.cpu_operator;
        let heap = self.heap_cost(index, rows_found, is_covering);
        let per_row = self.constants.cpu_index_tuple
            + self.constants.cpu_tuple
            + filters.len() as f64 * self.constants.cpu_operator;
        let once = descent + leaves * self.constants.random_page + heap + rows_found * per_row;
        let loops = if found.by_probe { probe.loops } else { 1.0 };
        Some(Path {
            cost: once * loops,
            rows: self.relation.rows * self.ratio(&filters) * probe_ratio * loops,
            is_ordered,
            index: place,
        })
    }

    /// Between every row on another page and all rows side by side, by the square of the correlation.
    fn heap_cost(&self, index: &IndexDefinition, rows: f64, is_covering: bool) -> f64 {
        let invisible = if is_covering { 1.0 - self.relation.all_visible_ratio } else { 1.0 };
        let pages = self.relation.pages;
        let first = index.keys.first().and_then(|key| self.relation.column(&key.name));
        let statistics = first.and_then(|facts| facts.statistics.as_ref());
        let correlation = statistics.and_then(|statistics| statistics.correlation).unwrap_or(0.0);
        // As the planner does, a quarter less for more than one key.
        let correlation = if index.keys.len() > 1 { correlation * 0.75 } else { correlation };
        // A bitmap scan reads its pages in order: the more of the table, the more like in sequence (`cost_bitmap_heap_scan`).
        let fetched = self.constants.pages_fetched(rows, pages);
        let (random, sequential) = (self.constants.random_page, self.constants.seq_page);
        let per_page = random - (random - sequential) * (fetched / pages).min(1.0).sqrt();
        let scattered = fetched * per_page;
        let together = (rows / self.relation.rows * pages).ceil() * self.constants.seq_page;
        let wanted = scattered + correlation * correlation * (together - scattered);
        match index.method {
            // All rows of the ranges of pages that match are looked at.
            IndexMethod::Brin => wanted.max(128.0 * self.constants.seq_page),
            _ => wanted.max(self.constants.random_page) * invisible,
        }
    }

    /// Conditions that the index itself checks: equality on its first keys, then one range.
    fn found_by<'m>(&'m self, index: &IndexDefinition, probe: &Probe) -> Found<'m> {
        let mut found = Found { filters: Vec::new(), equal: Vec::new(), by_probe: false, probe_ratio: 1.0 };
        for key in &index.keys {
            let on_key = |filter: &&Filter| filter.column == key.name;
            let own: Vec<&Filter> = self.mention.filters.iter().filter(on_key).collect();
            if index.method == IndexMethod::Gist {
                found.filters.extend(own.iter().filter(|filter| filter.kind == PredicateKind::Containment));
                continue;
            }
            let equal = own.iter().find(|filter| {
                matches!(filter.kind, PredicateKind::Equal | PredicateKind::AnyOf | PredicateKind::IsNull)
            });
            if let Some(filter) = equal {
                found.filters.push(filter);
                found.equal.push(key.name.clone());
            } else if probe.column.as_deref() == Some(key.name.as_str()) {
                found.by_probe = true;
                let facts = self.relation.column(&key.name);
                found.probe_ratio = facts.map_or(1.0, |facts| 1.0 / distinct(facts, self.relation.rows));
                found.equal.push(key.name.clone());
            } else {
                found
                    .filters
                    .extend(own.iter().filter(|filter| {
                        matches!(filter.kind, PredicateKind::Range | PredicateKind::Prefix)
                    }));
                break;
            }
        }
        found
    }

    fn is_covered(&self, index: &IndexDefinition) -> bool {
        let columns = &self.mention.columns;
        let in_predicate = |column: &String| {
            index.predicate.as_ref().is_some_and(|predicate| {
                predicate.starts_with(&format!("{} ", aforo_model::database::quoted(column)))
            })
        };
        !self.mention.is_whole
            && columns.iter().all(|column| in_predicate(column) || index.columns().any(|each| each == column))
    }

    /// Whether its keys, those fixed by equality left out, begin with the order asked for, as it is or reversed.
    fn is_ordered(&self, index: &IndexDefinition, equal: &[String]) -> bool {
        let keys: Vec<&IndexColumn> = index.keys.iter().filter(|key| !equal.contains(&key.name)).collect();
        let order = &self.mention.order;
        if order.is_empty() {
            let groups = &self.mention.groups;
            return !groups.is_empty() && keys.first().is_some_and(|key| groups.contains(&key.name));
        }
        let same = |key: &IndexColumn, wanted: &IndexColumn, reversed: bool| {
            key.name == wanted.name
                && (key.is_descending != wanted.is_descending) == reversed
                && (key.nulls_first != wanted.nulls_first) == reversed
        };
        let begins = |reversed| {
            keys.len() >= order.len()
                && keys.iter().zip(order).all(|(key, wanted)| same(key, wanted, reversed))
        };
        begins(false) || begins(true)
    }
}

/// What an index finds rows by.
struct Found<'m> {
    filters: Vec<&'m Filter>,
    /// Keys that are fixed.
    equal: Vec<String>,
    by_probe: bool,
    probe_ratio: f64,
}
