//! Prefers the index that promises less work at worst where the planner sees hardly a difference.
//!
//! For `WHERE status = … AND created_at > … ORDER BY created_at LIMIT 50`, planners price `(created_at)` a little below
//! `(status, created_at)`: they expect matching rows to be spread evenly, and trust the order of rows on disk less for an index
//! of several columns. Measured, the second is twice as fast, and it does not degrade when the wanted rows are rare in the
//! range. So of two indexes that save a statement nearly the same, the one whose own conditions leave fewer rows is taken.

use super::cost::{WhatIf, WhatIfError};
use super::resolve::{Filter, Mention};
use super::search::Search;
use super::selectivity::filters_ratio;
use super::statistics_cost::LIMIT_RATIO;
use aforo_model::database::{IndexColumn, IndexDefinition, IndexMethod};
use aforo_sql::PredicateKind;

/// Costs that differ by less than this share of what the statements cost before are the same: costs of real indexes differed
/// from those foretold by up to 17 %, and the order of near ones was found wrong.
const SAME_COST_RATIO: f64 = 0.02;

/// How many times fewer rows it must leave.
const FEWER_ROWS: f64 = 2.0;

/// How many times larger it may be.
const LARGER: u64 = 2;

/// Exchanges chosen indexes for steadier ones.
pub(crate) async fn prefer_steady<W: WhatIf>(search: &mut Search<'_, '_, W>) -> Result<(), WhatIfError> {
    for place in search.chosen.clone() {
        if let Some(better) = steadier(search, place).await? {
            let kept = search.chosen.iter().copied().filter(|chosen| *chosen != place);
            let mut set: Vec<usize> = kept.chain([better]).collect();
            set.sort_unstable();
            set.dedup();
            search.chosen = set;
        }
    }
    Ok(())
}

async fn steadier<W: WhatIf>(
    search: &mut Search<'_, '_, W>,
    place: usize,
) -> Result<Option<usize>, WhatIfError> {
    let users = users_of(search, place);
    let before: f64 = users
        .iter()
        .map(|user| search.statements[*user].statement.calls * search.statements[*user].base)
        .sum();
    let mut best: Option<(f64, usize)> = None;
    let rows_now = rows_left(search, &users, place);
    for other in alternatives(search, place) {
        let rows = rows_left(search, &users, other);
        let is_better = best.is_none_or(|(fewest, _)| rows < fewest);
        if rows * FEWER_ROWS > rows_now || !is_better {
            continue;
        }
        let kept = search.chosen.iter().copied().filter(|chosen| *chosen != place);
        let mut set: Vec<usize> = kept.chain([other]).collect();
        set.sort_unstable();
        set.dedup();
        if search.size_of(&set) > search.options.budget_bytes {
            continue;
        }
        let wanted = -SAME_COST_RATIO * before;
        if search.gain(&set, wanted).await?.is_some_and(|gain| gain >= wanted) {
            best = Some((rows, other));
        }
    }
    Ok(best.map(|(_, other)| other))
}

/// Statements whose plan uses the index now.
fn users_of<W: WhatIf>(search: &Search<'_, '_, W>, place: usize) -> Vec<usize> {
    let uses = |statement: &usize| {
        let relevant = search.relevant(*statement, &search.chosen);
        search.book.used(search.statements[*statement].place, &relevant).contains(&place)
    };
    search.served_by(place).iter().copied().filter(uses).collect()
}

fn alternatives<W: WhatIf>(search: &Search<'_, '_, W>, place: usize) -> Vec<usize> {
    let chosen = search.pool.get(place);
    let fits = |(other, candidate): &(usize, &super::candidates::Candidate)| {
        *other != place
            && candidate.relation == chosen.relation
            && candidate.definition.method == IndexMethod::Btree
            && chosen.definition.method == IndexMethod::Btree
            && candidate.definition.predicate == chosen.definition.predicate
            && candidate.size_bytes <= chosen.size_bytes.saturating_mul(LARGER)
    };
    search.pool.iter().filter(fits).map(|(other, _)| other).collect()
}

/// Rows that the index by itself leaves to look at, over all calls.
fn rows_left<W: WhatIf>(search: &Search<'_, '_, W>, users: &[usize], place: usize) -> f64 {
    let candidate = search.pool.get(place);
    let relation = search.relations.get(candidate.relation);
    let of = |user: &usize| {
        let weighed = &search.statements[*user];
        let mentions =
            weighed.resolved.mentions.iter().filter(|mention| mention.relation == candidate.relation);
        let rows: f64 = mentions
            .map(|mention| {
                let checked = checked_by(&candidate.definition, mention);
                let ratio = filters_ratio(|name| relation.column(name), &checked, relation.rows);
                let is_cut = weighed.resolved.is_limited
                    && checked.len() == mention.filters.len()
                    && gives_order(&candidate.definition, mention);
                relation.rows * ratio * if is_cut { LIMIT_RATIO } else { 1.0 }
            })
            .sum();
        weighed.statement.calls * rows
    };
    users.iter().map(of).sum()
}

/// Conditions that it checks by its keys: equalities, then the range that follows.
fn checked_by<'m>(index: &IndexDefinition, mention: &'m Mention) -> Vec<&'m Filter> {
    let mut checked = Vec::new();
    for key in &index.keys {
        let own: Vec<&Filter> = mention.filters.iter().filter(|filter| filter.column == key.name).collect();
        let equal =
            own.iter().find(|filter| matches!(filter.kind, PredicateKind::Equal | PredicateKind::IsNull));
        if let Some(filter) = equal {
            checked.push(*filter);
        } else {
            checked.extend(own.into_iter().filter(|filter| filter.kind == PredicateKind::Range));
            break;
        }
    }
    checked
}

fn gives_order(index: &IndexDefinition, mention: &Mention) -> bool {
    let is_fixed = |key: &&IndexColumn| {
        mention.filters.iter().any(|filter| filter.column == key.name && filter.kind == PredicateKind::Equal)
    };
    let mut keys = index.keys.iter().skip_while(is_fixed);
    !mention.order.is_empty()
        && mention.order.iter().all(|wanted| keys.next().is_some_and(|key| key.name == wanted.name))
}
