//! What is wrong with a plan: one file a check, one line a check in the table.

mod contradiction;
mod correlated_subplan;
mod explain_case;
#[cfg(test)]
mod fixtures;
mod hash_to_disk;
mod heap_fetches;
mod jit_cost;
mod lossy_bitmap;
mod memory_setting;
mod names;
mod nested_loop_inner_size;
mod parameter_values;
mod planning_slower_than_execution;
mod row_misestimate;
mod seq_scan;
mod sort_to_disk;
mod workers_not_launched;

use aforo_model::database::{Catalog, Plan, PlanFinding, PlanNode, PlanVisit, TableFacts};
use aforo_model::{Severity, Subject};

use crate::checks::finding;

pub use contradiction::is_contradicted;
pub use explain_case::{Draw, ExplainCase, PlanningLock, explain_case, planning_lock};
pub(crate) use parameter_values::parameter_draws;

/// A plan, and what is needed to judge it.
#[derive(Debug, Clone, Copy)]
pub struct PlanContext<'a> {
    /// Identity of the statement: the subject of the findings.
    pub fingerprint: &'a str,
    /// The plan, executed or not.
    pub plan: &'a Plan,
    /// The tables, for plans that were not executed: without them nobody knows how many rows a scan reads.
    pub catalog: Option<&'a Catalog>,
}

/// One check of plans: what it looks for, and the function that looks.
#[derive(Debug, Clone, Copy)]
pub struct PlanCheck {
    /// Permanent kebab-case code, also that of its findings and of its file.
    pub code: &'static str,
    /// What it looks for, in one line.
    pub summary: &'static str,
    /// Looks, and returns what it found.
    pub run: fn(&PlanContext<'_>) -> Vec<PlanFinding>,
}

/// Every check of plans, by code.
pub const PLAN_CHECKS: &[PlanCheck] = &[
    correlated_subplan::CHECK,
    hash_to_disk::CHECK,
    heap_fetches::CHECK,
    jit_cost::CHECK,
    lossy_bitmap::CHECK,
    nested_loop_inner_size::CHECK,
    planning_slower_than_execution::CHECK,
    row_misestimate::CHECK,
    seq_scan::CHECK,
    sort_to_disk::CHECK,
    workers_not_launched::CHECK,
];

/// All findings of one plan, the worst first, then by code and place.
pub fn plan_findings(context: &PlanContext<'_>) -> Vec<PlanFinding> {
    let mut found: Vec<_> = PLAN_CHECKS.iter().flat_map(|check| (check.run)(context)).collect();
    found.sort_by(|one, other| {
        let key =
            |found: &PlanFinding| (std::cmp::Reverse(found.finding.severity), found.finding.code.clone());
        key(one).cmp(&key(other)).then_with(|| one.node.cmp(&other.node))
    });
    found
}

/// A node alone takes so much of the time that it matters: the bands of pev2 and pgAdmin, 10 and 40 percent.
const NOTABLE_RATIO: f64 = 0.10;
const LARGE_RATIO: f64 = 0.40;

/// Below this a statement is not slow, whatever takes its time: the mean from which statements are listed, 50 ms.
const SLOW_STATEMENT_MS: f64 = 50.0;

/// Severity by share of time: a small share is only worth knowing, a large one of a slow statement is critical. Where nobody
/// measured, as in a plan that was not executed, it is a warning.
fn severity_by_time(context: &PlanContext<'_>, ratio: Option<f64>) -> Severity {
    let Some(ratio) = ratio else { return Severity::Warning };
    let is_slow = context.plan.execution_time_ms.is_some_and(|time_ms| time_ms >= SLOW_STATEMENT_MS);
    if ratio < NOTABLE_RATIO {
        Severity::Info
    } else if ratio >= LARGE_RATIO && is_slow {
        Severity::Critical
    } else {
        Severity::Warning
    }
}

impl PlanContext<'_> {
    /// A finding about one node.
    fn about(
        &self,
        visit: &PlanVisit<'_>,
        code: &str,
        severity: Severity,
        (message, remedy): (String, String),
        numbers: &[(&str, f64)],
    ) -> PlanFinding {
        let subject = Subject::Statement(self.fingerprint.to_owned());
        let mut finding = finding(code, subject, severity, message, remedy, numbers);
        if let Some(self_ratio) = visit.self_ratio {
            finding.numbers.insert("self_time_ratio".to_owned(), self_ratio);
        }
        PlanFinding { node: visit.path.clone(), finding }
    }

    /// A finding about the statement as a whole.
    fn about_all(
        &self,
        code: &str,
        severity: Severity,
        (message, remedy): (String, String),
        numbers: &[(&str, f64)],
    ) -> PlanFinding {
        let subject = Subject::Statement(self.fingerprint.to_owned());
        PlanFinding { node: Vec::new(), finding: finding(code, subject, severity, message, remedy, numbers) }
    }

    /// The table a node reads. Without its schema, only where no other schema has one of that name.
    fn table(&self, visit: &PlanVisit<'_>) -> Option<&TableFacts> {
        find_table(self.catalog?, visit.node)
    }
}

fn find_table<'a>(catalog: &'a Catalog, node: &PlanNode) -> Option<&'a TableFacts> {
    let relation = node.relation.as_deref()?;
    let schema = node.schema.as_deref();
    let mut named = catalog.tables.iter().filter(|table| {
        table.name.name == relation && schema.is_none_or(|schema| table.name.schema == schema)
    });
    let table = named.next()?;
    named.next().is_none().then_some(table)
}

/// A number of rows, with thousands set apart.
pub(crate) fn rows(count: f64) -> String {
    let digits = format!("{:.0}", count.max(0.0));
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests;
