//! Plans of the statements that took most time.

mod executing;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use aforo_analyzers::{
    ExplainCase, KnownCall, PlanContext, PlanningLock, explain_case, is_contradicted, plan_findings,
};
use aforo_model::database::{
    DatabaseEvidence, ExplainKind, ExplainObstacle, ExplainOutcome, ExplainedStatement, HotStatement,
    NotExecutedKind, ObstacleKind, Plan, PlanFinding,
};
use aforo_profiles::{ExplainLimits, ExplainRequest, Explainer};

use super::assemble::texts;
use super::{AnalysisEvent, AnalysisPlan};
use executing::{Executed, Execution};

/// Plans, and what stands out in them.
#[derive(Debug, Default)]
pub(super) struct Explained {
    pub(super) statements: Vec<ExplainedStatement>,
    /// Each with its statement's place in `statements`.
    pub(super) plan_findings: Vec<(usize, PlanFinding)>,
    /// Fingerprints of the statements that did not run with the plan for any value.
    contradicted: BTreeSet<String>,
}

/// A statement that was asked about.
struct Asked<'a> {
    ran: &'a HotStatement,
    /// Nothing where its text is hidden.
    case: Option<ExplainCase>,
    generic: ExplainedStatement,
}

/// Asks for the generic plan of each, and for the plan with real values where a call is known; where the plan of the analysis says
/// so, executes those that are proven to change nothing.
pub(super) async fn explain(
    plan: &AnalysisPlan,
    evidence: &DatabaseEvidence,
    hot: &[HotStatement],
    known_calls: &BTreeMap<String, KnownCall>,
    on_event: &mut dyn FnMut(AnalysisEvent<'_>),
) -> Explained {
    let mut explained = Explained::default();
    let mut explainer = match Explainer::new(&plan.database_url, ExplainLimits::default()) {
        Ok(explainer) => explainer,
        // The database was read by this URL a moment ago.
        Err(notice) => {
            tracing::debug!(%notice, "no plans");
            return explained;
        }
    };
    let mut asked = Vec::new();
    for (ran, case) in cases(evidence, hot) {
        let generic = match &case {
            Some(case) => ask(&mut explainer, plan, evidence, ran, case).await,
            None => refused(&ran.fingerprint, hidden_text()),
        };
        asked.push(Asked { ran, case, generic });
    }
    if plan.execute_plans {
        on_event(AnalysisEvent::Began("executing those that are proven to change nothing"));
    }
    let mut execution = Execution::new(&mut explainer);
    for Asked { ran, case, generic } in asked {
        let known = known_calls.get(&ran.fingerprint).map(|call| known_case(call, evidence));
        let more = match (known.as_ref().or(case.as_ref()), &generic.outcome) {
            (Some(case), ExplainOutcome::Planned(_)) if plan.execute_plans => {
                Some(execution.run(request(ran, case, evidence), case).await)
            }
            (Some(case), ExplainOutcome::Planned(_)) if known.is_some() => {
                Some(execution.plan(request(ran, case, evidence), case).await)
            }
            // What cannot be planned cannot be executed, for the same reason.
            _ => None,
        };
        explained.add(ran, generic, more, evidence);
    }
    explained
}

/// A call that was seen, to be explained as it was.
fn known_case(call: &KnownCall, evidence: &DatabaseEvidence) -> ExplainCase {
    let case = explain_case(&call.text, evidence.catalog.as_ref(), &evidence.server.search_path);
    let draws = match case.draws {
        Err(why) if why.kind == NotExecutedKind::NotReadOnly => Err(why),
        _ => Ok(vec![call.values.clone()]),
    };
    // The types are the client's own.
    ExplainCase { draws, ..case }
}

/// Each statement, with what its text tells.
fn cases<'a>(
    evidence: &DatabaseEvidence,
    hot: &'a [HotStatement],
) -> Vec<(&'a HotStatement, Option<ExplainCase>)> {
    let texts = texts(evidence);
    let case = |ran: &HotStatement| {
        let text = ran.keys.iter().find_map(|key| texts.get(key))?;
        Some(explain_case(text, evidence.catalog.as_ref(), &evidence.server.search_path))
    };
    hot.iter().map(|ran| (ran, case(ran))).collect()
}

async fn ask(
    explainer: &mut Explainer,
    plan: &AnalysisPlan,
    evidence: &DatabaseEvidence,
    ran: &HotStatement,
    case: &ExplainCase,
) -> ExplainedStatement {
    match case.planning_lock {
        Some(lock) if !plan.plan_writes => refused(&ran.fingerprint, needs_lock(lock)),
        _ => explainer.generic(request(ran, case, evidence)).await,
    }
}

fn request<'a>(
    ran: &'a HotStatement,
    case: &'a ExplainCase,
    evidence: &'a DatabaseEvidence,
) -> ExplainRequest<'a> {
    ExplainRequest {
        fingerprint: &ran.fingerprint,
        text: &case.text,
        parameter_types: &case.parameter_types,
        schemas: &evidence.server.search_path,
    }
}

impl Explained {
    fn add(
        &mut self,
        ran: &HotStatement,
        mut generic: ExplainedStatement,
        executed: Option<Executed>,
        evidence: &DatabaseEvidence,
    ) {
        let differs = |plan: &Plan| {
            let catalog = evidence.catalog.as_ref();
            catalog
                .is_some_and(|catalog| is_contradicted(plan, catalog, ran.blocks_per_call, ran.rows_per_call))
        };
        if let ExplainOutcome::Planned(plan) = &generic.outcome
            && differs(plan)
        {
            self.contradicted.insert(generic.fingerprint.clone());
        }
        let Executed { mut plans, refused } =
            executed.unwrap_or(Executed { plans: Vec::new(), refused: None });
        if plans.is_empty() {
            generic.not_executed = refused;
            plans.push(generic);
        } else if let Some(slowest) = plans.first_mut() {
            slowest.not_executed = refused;
        }
        let mut codes = BTreeSet::new();
        for mut explained in plans {
            let mut found = Vec::new();
            if let ExplainOutcome::Planned(plan) = &explained.outcome {
                explained.is_contradicted = differs(plan);
                // What did not run is no fault of the statement's.
                if !explained.is_contradicted {
                    let catalog = evidence.catalog.as_ref();
                    found =
                        plan_findings(&PlanContext { fingerprint: &explained.fingerprint, plan, catalog });
                }
            }
            // The plan of other values shows mostly the same again.
            found.retain(|found| !codes.contains(&found.finding.code));
            codes.extend(found.iter().map(|found| found.finding.code.clone()));
            let place = self.statements.len();
            self.plan_findings.extend(found.into_iter().map(|found| (place, found)));
            self.statements.push(explained);
        }
    }

    /// The statements whose generic plans cannot be the ones they ran with.
    pub(super) fn contradicted(&self) -> impl Iterator<Item = &str> {
        self.contradicted.iter().map(String::as_str)
    }
}

fn refused(fingerprint: &str, obstacle: ExplainObstacle) -> ExplainedStatement {
    ExplainedStatement {
        fingerprint: fingerprint.to_owned(),
        kind: ExplainKind::Generic,
        parameters: Vec::new(),
        execution_times_ms: Vec::new(),
        is_contradicted: false,
        not_executed: None,
        outcome: ExplainOutcome::NotExplained(obstacle),
    }
}

fn hidden_text() -> ExplainObstacle {
    ExplainObstacle {
        kind: ObstacleKind::HiddenText,
        why: "the text of the statement is hidden from this role".to_owned(),
        remedy: "give the role the right to read statistics: GRANT pg_monitor TO <role>".to_owned(),
    }
}

fn needs_lock(lock: PlanningLock) -> ExplainObstacle {
    ExplainObstacle {
        kind: ObstacleKind::Writes,
        why: lock.why_not_planned().to_owned(),
        remedy: "with --explain-writes it is planned, and never executed".to_owned(),
    }
}
