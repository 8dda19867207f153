//! Indexes that the planner cannot be asked about: GiST, under HypoPG. They are judged by statistics instead, and said to be.

use aforo_model::database::ServedStatement;

use super::cost::{WhatIf, WhatIfError, can_cost};
use super::search::Search;
use super::statistics_cost::StatisticsCost;

/// By statistics, a statement must cost at most this share of what it did: a rough estimate needs a clear gain. Dexter asks for
/// half, too.
const WANTED_RATIO: f64 = 0.5;

/// An index that the planner was not asked about, and whom it would serve.
pub(crate) struct Uncosted {
    pub(crate) place: usize,
    pub(crate) serves: Vec<ServedStatement>,
}

/// Those that make a statement clearly cheaper by statistics, and fit what is left of the budget.
pub(crate) fn uncosted<W: WhatIf>(
    search: &Search<'_, '_, W>,
    statistics: &StatisticsCost<'_>,
) -> Result<Vec<Uncosted>, WhatIfError> {
    let mut left = search.options.budget_bytes.saturating_sub(search.size_of(&search.chosen));
    let mut found = Vec::new();
    for (place, candidate) in search.pool.iter() {
        if can_cost(search.book.source(), candidate.definition.method) || candidate.size_bytes > left {
            continue;
        }
        let mut serves = Vec::new();
        for weighed in &search.statements {
            if !weighed.resolved.mentions.iter().any(|mention| candidate.may_serve(mention)) {
                continue;
            }
            let cost_before = statistics.estimate(weighed.place, &[])?.cost;
            let cost_after = statistics.estimate(weighed.place, &[&candidate.definition])?.cost;
            if cost_after <= WANTED_RATIO * cost_before {
                serves.push(ServedStatement {
                    fingerprint: weighed.statement.fingerprint.clone(),
                    calls: weighed.statement.calls,
                    cost_before,
                    cost_after,
                });
            }
        }
        if !serves.is_empty() {
            left -= candidate.size_bytes;
            found.push(Uncosted { place, serves });
        }
    }
    Ok(found)
}
