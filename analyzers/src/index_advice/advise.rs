//! The advice: candidates, search, and what is said of each index.

use aforo_model::database::{IndexAdvice, NotCosted};

use super::candidates::{CandidatePool, candidates_of};
use super::cost::{CostBook, WhatIf, WhatIfError};
use super::extend::extend;
use super::record::record;
use super::relations::Relations;
use super::search::{Search, Weighed};
use super::statements::resolve_all;
use super::steady::prefer_steady;
use super::workload::{IndexOptions, IndexWorkload};

/// Which indexes the workload asks for, within the budget.
///
/// # Errors
/// [`WhatIfError::Session`] if the planner cannot be asked any more. Statements that it cannot plan are left out and named.
pub async fn advise_indexes<W: WhatIf>(
    workload: &IndexWorkload<'_>,
    what_if: &mut W,
    options: &IndexOptions,
) -> Result<IndexAdvice, WhatIfError> {
    let relations = Relations::of(workload.catalog);
    let mut book = CostBook::new(what_if, workload.statements.len(), options.max_what_if_calls);
    let (statements, not_costed) = weigh(workload, &relations, &mut book).await?;
    let mut search = Search::new(&relations, statements, book, options);
    offer_all(&mut search);
    learn_least(&mut search).await?;
    extend(&mut search).await?;
    prefer_steady(&mut search).await?;
    record(&mut search, workload, not_costed).await
}

/// The statements that are known to the planner, with their cost as it is.
async fn weigh<'s, W: WhatIf>(
    workload: &IndexWorkload<'s>,
    relations: &Relations<'_>,
    book: &mut CostBook<'_, W>,
) -> Result<(Vec<Weighed<'s>>, Vec<NotCosted>), WhatIfError> {
    let none = CandidatePool::default();
    let mut weighed = Vec::new();
    let mut not_costed = Vec::new();
    let resolved = resolve_all(workload, relations);
    for (place, (statement, resolved)) in workload.statements.iter().zip(resolved).enumerate() {
        let costed = match resolved {
            Ok(resolved) => match book.cost(place, &none, &[]).await {
                Ok(base) => Ok((resolved, base)),
                Err(WhatIfError::Statement(why)) => Err(why),
                Err(lost) => return Err(lost),
            },
            Err(why) => Err(why),
        };
        match costed {
            Ok((resolved, base)) => weighed.push(Weighed { place, statement, resolved, base, least: 0.0 }),
            Err(why) => not_costed.push(NotCosted { fingerprint: statement.fingerprint.clone(), why }),
        }
    }
    Ok((weighed, not_costed))
}

fn offer_all<W: WhatIf>(search: &mut Search<'_, '_, W>) {
    let relations = search.relations;
    let mentions = search.statements.iter().flat_map(|each| each.resolved.mentions.iter());
    let found: Vec<_> = mentions
        .flat_map(|mention| candidates_of(relations.get(mention.relation), mention.relation, mention))
        .collect();
    for candidate in found {
        search.offer(candidate);
    }
}

/// The least that each statement can cost, so that the search need not ask where nothing is to be gained.
async fn learn_least<W: WhatIf>(search: &mut Search<'_, '_, W>) -> Result<(), WhatIfError> {
    let all: Vec<usize> = (0..search.pool.len()).collect();
    for statement in 0..search.statements.len() {
        let least = search.cost_of(statement, &all).await?;
        search.statements[statement].least = least.min(search.statements[statement].base);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
