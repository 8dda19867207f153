//! Index advice for a live database: by its own planner where HypoPG is there, otherwise by its statistics.

use aforo_analyzers::{
    IndexOptions, IndexWorkload, PlanCost, PlanningLock, StatisticsCost, WhatIf, WhatIfError,
    WorkloadStatement, advise_indexes, planning_lock,
};
use aforo_model::database::{
    CostSource, DatabaseEvidence, IndexAdvice, IndexDefinition, NotCosted, TableWriteWindow,
};
use aforo_profiles::{WhatIfSession, WhatIfSessionError};

/// Why there is no advice.
#[derive(Debug, thiserror::Error)]
pub enum IndexAdviceError {
    /// Tables and columns are not known.
    #[error("without the catalog nothing can be said of indexes; see what was skipped, and why")]
    NoCatalog,
    /// The planner cannot be asked.
    #[error("indexes cannot be weighed: {0}")]
    WhatIf(#[from] WhatIfError),
}

/// Which indexes these statements ask for on the database at `url`, of which `evidence` was read.
///
/// # Errors
/// [`IndexAdviceError`]. A statement that cannot be planned is left out and named in the advice.
pub async fn advise_indexes_of(
    url: &str,
    evidence: &DatabaseEvidence,
    statements: &[WorkloadStatement],
    options: &IndexOptions,
) -> Result<IndexAdvice, IndexAdviceError> {
    let asking = Asking { plan_writes: true, table_writes: None };
    advise_indexes_within(url, evidence, statements, options, asking).await
}

/// What is known beside the evidence, and what the server may be asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asking<'a> {
    /// Whether the server is asked about statements whose planning takes more than the lock of a reader.
    pub(crate) plan_writes: bool,
    /// Rows written to tables while load ran, where it was watched.
    pub(crate) table_writes: Option<&'a TableWriteWindow>,
}

/// As [`advise_indexes_of`], but without `plan_writes` the server is not asked about statements whose planning takes more than the
/// lock of a reader: what indexes would save them is left out, what indexes would cost them is not.
pub(crate) async fn advise_indexes_within(
    url: &str,
    evidence: &DatabaseEvidence,
    statements: &[WorkloadStatement],
    options: &IndexOptions,
    asking: Asking<'_>,
) -> Result<IndexAdvice, IndexAdviceError> {
    let catalog = evidence.catalog.as_ref().ok_or(IndexAdviceError::NoCatalog)?;
    let since = catalog.counters_since.or(evidence.server.started_at);
    let workload = IndexWorkload {
        catalog,
        settings: &evidence.settings,
        search_path: &evidence.server.search_path,
        counters_elapsed_s: since.map(|since| (evidence.read_at - since).as_seconds_f64()),
        table_writes: asking.table_writes,
        statements,
    };
    if evidence.server.pooler.is_some() {
        // A pooler would hand what a session prepares and sets to others.
        return Ok(advise_indexes(&workload, &mut StatisticsCost::new(&workload), options).await?);
    }
    let advice = match WhatIfSession::connect(url, workload.search_path).await {
        Ok(session) => {
            let locks = statements.iter().map(|statement| planning_lock(&statement.text));
            let locks: Vec<_> = locks.map(|lock| lock.filter(|_| !asking.plan_writes)).collect();
            let mut what_if = Hypothetical { session, statements, locks: &locks };
            let mut advice = advise_indexes(&workload, &mut what_if, options).await?;
            advice.not_costed.extend(unasked(statements, &locks));
            return Ok(advice);
        }
        Err(WhatIfSessionError::NoHypopg) => {
            advise_indexes(&workload, &mut StatisticsCost::new(&workload), options).await
        }
        Err(error) => return Err(WhatIfError::Session(error.to_string()).into()),
    };
    Ok(advice?)
}

/// The statements that the server was not asked about.
fn unasked(
    statements: &[WorkloadStatement],
    locks: &[Option<PlanningLock>],
) -> impl Iterator<Item = NotCosted> {
    let locked = statements.iter().zip(locks).filter_map(|(statement, lock)| Some((statement, (*lock)?)));
    locked.map(|(statement, lock)| NotCosted {
        fingerprint: statement.fingerprint.clone(),
        why: format!("{}; with --explain-writes it is planned", lock.why_not_planned()),
    })
}

/// The server's planner, asked about the statements of a workload.
struct Hypothetical<'a> {
    session: WhatIfSession,
    statements: &'a [WorkloadStatement],
    /// Of each statement, the lock for which it is not asked about.
    locks: &'a [Option<PlanningLock>],
}

impl WhatIf for Hypothetical<'_> {
    fn source(&self) -> CostSource {
        CostSource::Hypopg
    }

    async fn cost(
        &mut self,
        statement: usize,
        indexes: &[&IndexDefinition],
    ) -> Result<PlanCost, WhatIfError> {
        if self.locks.get(statement).is_some_and(Option::is_some) {
            return Ok(PlanCost { cost: 0.0, used: Vec::new() });
        }
        let text = self.statements.get(statement).map_or("", |statement| statement.text.as_str());
        let targets: Vec<String> = indexes.iter().map(|index| index.target()).collect();
        match self.session.plan(statement, text, &targets).await {
            Ok(plan) => Ok(PlanCost { cost: plan.cost, used: plan.used }),
            Err(error @ (WhatIfSessionError::NoHypopg | WhatIfSessionError::Connection(_))) => {
                Err(WhatIfError::Session(error.to_string()))
            }
            Err(error) => Err(WhatIfError::Statement(error.to_string())),
        }
    }
}
