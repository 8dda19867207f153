//! What is said of each chosen index, and of those turned down.

use aforo_model::database::{
    AdvisedIndex, CostSource, IndexAdvice, IndexDefinition, NotCosted, RejectedIndex, RelationName,
    ServedStatement, qualified, quoted,
};

use super::cost::{WhatIf, WhatIfError};
use super::extend::LEAST_GAIN_RATIO;
use super::naming::free_name;
use super::relations::Relation;
use super::search::Search;
use super::size::PAGE_BYTES;
use super::statistics_cost::StatisticsCost;
use super::uncosted::uncosted;
use super::workload::IndexWorkload;
use super::write_cost::{write_cost, written};

/// Turned-down candidates that are listed at most.
const REJECTED: usize = 30;

/// The advice that a finished search gives.
pub(crate) async fn record<W: WhatIf>(
    search: &mut Search<'_, '_, W>,
    workload: &IndexWorkload<'_>,
    not_costed: Vec<NotCosted>,
) -> Result<IndexAdvice, WhatIfError> {
    let chosen = search.chosen.clone();
    let mut advice = IndexAdvice {
        indexes: Vec::new(),
        budget_bytes: search.options.budget_bytes,
        workload_cost_before: search.base,
        workload_cost_after: search.total(&chosen).await?,
        costed_by: search.book.source(),
        what_if_calls: search.book.calls,
        statement_count: search.statements.len() as u64,
        not_costed,
        rejected: rejected(search).await?,
    };
    let mut cost_before = search.base;
    let mut taken: Vec<RelationName> = Vec::new();
    for (place, cost_after) in by_gain(search).await? {
        let priority = u32::try_from(advice.indexes.len() + 1).unwrap_or(u32::MAX);
        let mut index = advised(search, workload, place, &mut taken).await?;
        index.priority = priority;
        index.workload_cost_before = cost_before;
        index.workload_cost_after = cost_after;
        cost_before = cost_after;
        advice.indexes.push(index);
    }
    for more in uncosted(search, &StatisticsCost::new(workload))? {
        let mut index = advised(search, workload, more.place, &mut taken).await?;
        index.priority = u32::try_from(advice.indexes.len() + 1).unwrap_or(u32::MAX);
        index.workload_cost_before = cost_before;
        index.workload_cost_after = cost_before;
        index.costed_by = CostSource::Statistics;
        index.serves = more.serves;
        advice.indexes.push(index);
    }
    advice.what_if_calls = search.book.calls;
    Ok(advice)
}

/// The chosen indexes, the most gain per byte first, each with the cost of the workload once it is there.
async fn by_gain<W: WhatIf>(search: &mut Search<'_, '_, W>) -> Result<Vec<(usize, f64)>, WhatIfError> {
    let mut left = search.chosen.clone();
    let mut had: Vec<usize> = Vec::new();
    let mut cost = search.base;
    let mut ordered = Vec::new();
    while !left.is_empty() {
        let mut best: Option<(f64, usize, f64)> = None;
        for place in &left {
            let mut set: Vec<usize> = had.iter().copied().chain([*place]).collect();
            set.sort_unstable();
            let with = search.total(&set).await?;
            let ratio = (cost - with) / (search.size_of(&[*place]) as f64).max(PAGE_BYTES);
            if best.is_none_or(|(most, ..)| ratio > most) {
                best = Some((ratio, *place, with));
            }
        }
        let Some((_, place, with)) = best else { break };
        left.retain(|each| *each != place);
        had.push(place);
        cost = with;
        ordered.push((place, with));
    }
    Ok(ordered)
}

async fn advised<W: WhatIf>(
    search: &mut Search<'_, '_, W>,
    workload: &IndexWorkload<'_>,
    place: usize,
    taken: &mut Vec<RelationName>,
) -> Result<AdvisedIndex, WhatIfError> {
    let chosen = search.chosen.clone();
    let mut serves = Vec::new();
    for statement in search.served_by(place).to_vec() {
        let cost_after = search.cost_of(statement, &chosen).await?;
        let weighed = &search.statements[statement];
        let relevant = search.relevant(statement, &chosen);
        if search.book.used(weighed.place, &relevant).contains(&place) {
            serves.push(ServedStatement {
                fingerprint: weighed.statement.fingerprint.clone(),
                calls: weighed.statement.calls,
                cost_before: weighed.base,
                cost_after,
            });
        }
    }
    let gain = |served: &ServedStatement| served.calls * (served.cost_before - served.cost_after);
    serves.sort_by(|one, other| gain(other).total_cmp(&gain(one)));
    let candidate = search.pool.get(place);
    let relation = search.relations.get(candidate.relation);
    let name = free_name(&candidate.definition, workload.catalog, taken);
    let all = search.statements.iter().map(|each| (each.statement, &each.resolved));
    let writes = written(relation, candidate, all);
    Ok(AdvisedIndex {
        index: candidate.definition.clone(),
        create_sql: create_sql(relation, &candidate.definition, &name),
        drop_sql: drop_sql(relation, &name),
        name: name.name,
        priority: 0,
        size_bytes: candidate.size_bytes,
        workload_cost_before: 0.0,
        workload_cost_after: 0.0,
        costed_by: search.book.source(),
        serves,
        write_cost: write_cost(relation, candidate, &writes, workload),
    })
}

/// Without blocking writers. A partitioned table cannot be indexed so at once: each partition is, and then they are put together.
fn create_sql(relation: &Relation<'_>, index: &IndexDefinition, name: &RelationName) -> String {
    if relation.partitions.is_empty() {
        return format!("CREATE INDEX CONCURRENTLY {} ON {};", quoted(&name.name), index.target());
    }
    let mut lines = vec![format!("CREATE INDEX {} ON ONLY {};", quoted(&name.name), index.target())];
    for (number, partition) in relation.partitions.iter().enumerate() {
        let part = RelationName {
            schema: partition.name.schema.clone(),
            name: super::naming::shortened(&format!("{}_{}", name.name, number + 1)),
        };
        lines.push(format!(
            "CREATE INDEX CONCURRENTLY {} ON {};",
            quoted(&part.name),
            index.target_on(&partition.name)
        ));
        lines.push(format!("ALTER INDEX {} ATTACH PARTITION {};", qualified(name), qualified(&part)));
    }
    lines.join("\n")
}

fn drop_sql(relation: &Relation<'_>, name: &RelationName) -> String {
    let concurrently = if relation.partitions.is_empty() { " CONCURRENTLY" } else { "" };
    format!("DROP INDEX{concurrently} {};", qualified(name))
}

/// Candidates on their own keys that are not among the chosen, and why: rejecting is part of the advice.
async fn rejected<W: WhatIf>(search: &mut Search<'_, '_, W>) -> Result<Vec<RejectedIndex>, WhatIfError> {
    let chosen = search.chosen.clone();
    let is_listed = |place: &usize| {
        let definition = &search.pool.get(*place).definition;
        let is_plain = definition.included.is_empty() && definition.keys.len() <= 2;
        is_plain && !chosen.contains(place) && !search.served_by(*place).is_empty()
    };
    let listed: Vec<usize> = (0..search.pool.len()).filter(is_listed).take(REJECTED).collect();
    let mut rejected = Vec::new();
    for place in listed {
        let mut with: Vec<usize> = chosen.iter().copied().chain([place]).collect();
        with.sort_unstable();
        let gain = search.gain(&with, f64::NEG_INFINITY).await?.unwrap_or(0.0) / search.base.max(1.0);
        let alone = gain_alone(search, place).await? / search.base.max(1.0);
        let why = if alone <= 0.0 {
            "no statement would be cheaper with it".to_owned()
        } else if search.size_of(&with) > search.options.budget_bytes && gain >= LEAST_GAIN_RATIO {
            "it does not fit the budget beside those advised".to_owned()
        } else if alone < LEAST_GAIN_RATIO {
            format!("it would make the workload only {:.2} % cheaper", alone * 100.0)
        } else {
            format!(
                "alone it would make the workload {:.1} % cheaper, beside those advised {:.2} %",
                alone * 100.0,
                gain.max(0.0) * 100.0
            )
        };
        let helps_most = helped_most(search, place, &chosen, &with).await?;
        rejected.push(RejectedIndex { index: search.pool.get(place).definition.clone(), why, helps_most });
    }
    Ok(rejected)
}

/// The statement whose cost falls most, in proportion, when a candidate is added to the chosen ones.
async fn helped_most<W: WhatIf>(
    search: &mut Search<'_, '_, W>,
    place: usize,
    chosen: &[usize],
    with: &[usize],
) -> Result<Option<ServedStatement>, WhatIfError> {
    let mut most: Option<ServedStatement> = None;
    for number in search.served_by(place).to_vec() {
        let cost_before = search.cost_of(number, chosen).await?;
        let cost_after = search.cost_of(number, with).await?;
        let ratio = |before: f64, after: f64| before / after.max(f64::MIN_POSITIVE);
        let is_more = most
            .as_ref()
            .is_none_or(|most| ratio(cost_before, cost_after) > ratio(most.cost_before, most.cost_after));
        if cost_after < cost_before && is_more {
            let statement = search.statements[number].statement;
            most = Some(ServedStatement {
                fingerprint: statement.fingerprint.clone(),
                calls: statement.calls,
                cost_before,
                cost_after,
            });
        }
    }
    Ok(most)
}

/// What it would gain were it the only one.
async fn gain_alone<W: WhatIf>(search: &mut Search<'_, '_, W>, place: usize) -> Result<f64, WhatIfError> {
    let mut gain = -search.write_cost(place);
    for statement in search.served_by(place).to_vec() {
        let calls = search.statements[statement].statement.calls;
        let base = search.statements[statement].base;
        gain += calls * (base - search.cost_of(statement, &[place]).await?);
    }
    Ok(gain)
}
