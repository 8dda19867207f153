//! Which indexes would help the statements that ran.

use aforo_analyzers::{
    IndexOptions, StatementGroup, WorkloadStatement, could_do_with_fewer_blocks, explain_case,
    group_statements, may_use_partial_index, missing_index_findings,
};
use aforo_model::database::{DatabaseEvidence, IndexAdvice, NotCosted, TableWriteWindow};
use aforo_model::{Answer, Finding};

use crate::index_advice::{Asking, advise_indexes_within};

use super::AnalysisPlan;
use super::assemble::texts;
use super::explaining::Explained;

/// The advice, and what is wrong with the indexes there are.
pub(super) struct Indexes {
    pub(super) advice: Answer<IndexAdvice>,
    pub(super) findings: Vec<Finding>,
}

impl Indexes {
    /// No advice, and why.
    pub(super) fn absent(why: &str) -> Self {
        Self { advice: Answer::absent(why), findings: Vec::new() }
    }
}

/// Weighs indexes with the server's own planner where it has HypoPG, otherwise by statistics.
/// Statements that ran with other plans than can be asked for are left out: what an index would save them is not known.
pub(super) async fn advise(
    plan: &AnalysisPlan,
    evidence: &DatabaseEvidence,
    explained: &Explained,
    table_writes: Option<&TableWriteWindow>,
) -> Indexes {
    let groups = evidence.statements.as_ref().map(group_statements);
    let workload = workload(evidence, explained, groups.as_deref());
    let advice = match advice(plan, evidence, workload, table_writes).await {
        Ok(advice) => Answer::Found(advice),
        Err(why) => Answer::absent(why),
    };
    let groups = groups.unwrap_or_default();
    let findings = advice.found().map(|advice| missing_index_findings(advice, &groups));
    Indexes { findings: findings.unwrap_or_default(), advice }
}

async fn advice(
    plan: &AnalysisPlan,
    evidence: &DatabaseEvidence,
    workload: Option<Workload>,
    table_writes: Option<&TableWriteWindow>,
) -> Result<IndexAdvice, String> {
    let Workload { statements, left_out } = workload.ok_or("statements or the catalog could not be read")?;
    if statements.is_empty() && left_out.is_empty() {
        return Err("no statement of the application's was seen".to_owned());
    }
    let options = IndexOptions { budget_bytes: plan.index_budget_bytes, ..IndexOptions::default() };
    let asking = Asking { plan_writes: plan.plan_writes, table_writes };
    let advised = advise_indexes_within(&plan.database_url, evidence, &statements, &options, asking).await;
    let mut advice = advised.map_err(|error| error.to_string())?;
    advice.not_costed.extend(left_out);
    Ok(advice)
}

/// What indexes are weighed for.
struct Workload {
    statements: Vec<WorkloadStatement>,
    left_out: Vec<NotCosted>,
}

/// Every statement of the application's own with its weight, but for those that an index cannot help.
fn workload(
    evidence: &DatabaseEvidence,
    explained: &Explained,
    groups: Option<&[StatementGroup]>,
) -> Option<Workload> {
    let texts = texts(evidence);
    let catalog = evidence.catalog.as_ref()?;
    let mut workload = Workload { statements: Vec::new(), left_out: Vec::new() };
    for group in groups? {
        // Postgres' own text, since ours shortens lists.
        let text = group.keys.iter().find_map(|key| texts.get(key));
        let (None, Some(text)) = (group.noise, text) else { continue };
        let why = if explained.contradicted().any(|other| other == group.fingerprint) {
            "it ran with a better plan than the one for parameters of any value, by the blocks it touched"
        } else if !could_do_with_fewer_blocks(&group.counters, text) {
            "its calls touch hardly more blocks than their rows need"
        } else if may_use_partial_index(text, catalog).is_some() {
            "its constants are not known, and with some of them it uses a partial index that there is"
        } else {
            workload.statements.push(WorkloadStatement {
                // As it can be planned: with casts in the place of typed literals.
                text: explain_case(text, Some(catalog), &evidence.server.search_path).text,
                fingerprint: group.fingerprint.clone(),
                calls: group.counters.calls as f64,
                rows: group.counters.rows as f64,
            });
            continue;
        };
        workload.left_out.push(NotCosted { fingerprint: group.fingerprint.clone(), why: why.to_owned() });
    }
    Some(workload)
}
