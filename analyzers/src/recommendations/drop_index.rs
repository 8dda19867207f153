//! `drop-index`: indexes that are never read, exist twice, or are the beginning of another.
//!
//! Never one that keeps rows unique or a constraint, and none of which the definition is not known: without it there is no way back.
//! One that nothing read is kept all the same where a plan of this very run uses it.

use aforo_model::database::{DatabaseReport, ExplainOutcome, IndexFacts, qualified};
use aforo_model::{Action, Effort, Finding, Recommendation, RecommendationKind, Risk, RunRecord, Subject};

use super::evidence::{carries, reference};
use super::run_again::run_again;
use super::traffic::{change, effect};
use crate::wording::{memory, sentence};

pub(super) const UNUSED: &str = "unused-index";
const CODES: [&str; 3] = ["duplicate-index", "redundant-index", UNUSED];

pub(super) fn run(record: &RunRecord) -> Vec<Recommendation> {
    let Some(report) = &record.database else { return Vec::new() };
    let findings = report.findings.iter().filter(|finding| CODES.contains(&finding.code.as_str()));
    findings
        .filter(|finding| carries(finding))
        .filter_map(|finding| recommend(record, report, finding))
        .collect()
}

fn recommend(record: &RunRecord, report: &DatabaseReport, finding: &Finding) -> Option<Recommendation> {
    let index = index_of(report, finding)?;
    let is_needed = index.is_unique || index.is_primary || index.is_constraint;
    let is_unused = finding.code == UNUSED;
    // The check knows more of the table: what it does not advise to drop stays.
    let is_dropped = finding.remedy.contains("DROP INDEX");
    if is_needed || !is_dropped || (is_unused && is_read_by_a_plan(report, index)) {
        return None;
    }
    let name = qualified(&index.name);
    let (risk, risk_note) = if is_unused {
        (
            Risk::Medium,
            "A job that runs less often than the counters are old, or a standby, which counts its own scans, may need it; building \
             it again takes as long as its size says."
                .to_owned(),
        )
    } else {
        (
            Risk::Low,
            "Statements read the other index in its place; building it again takes as long as its size says."
                .to_owned(),
        )
    };
    Some(Recommendation {
        id: id(index),
        kind: RecommendationKind::DropIndex,
        title: format!("Drop the index {}", index.name.name),
        what: format!(
            "Drops {name} of {} without locking the table, and frees {}.",
            qualified(&index.table),
            memory(index.bytes)
        ),
        why: sentence(&finding.message),
        rests_on: vec![reference(finding)],
        statements: Vec::new(),
        steps: Vec::new(),
        actions: vec![Action::Sql(format!("DROP INDEX CONCURRENTLY {name};"))],
        effect: effect(
            Err("what writes pay for one index was not measured apart".to_owned()),
            vec![change("size of the index", "bytes", index.bytes as f64, 0.0)],
            "The size is that of the catalog.",
        ),
        effort: Effort::Low,
        risk,
        risk_note,
        undo: vec![Action::Sql(concurrently(&index.definition))],
        verify: vec![run_again(
            record,
            &format!("no response time rises, and no plan reads {} from end to end", qualified(&index.table)),
        )],
    })
}

/// The same for the same index.
pub(super) fn id(index: &IndexFacts) -> String {
    format!("drop-index:{}.{}", index.name.schema, index.name.name)
}

/// The index a finding is about, as far as it is known.
fn index_of<'r>(report: &'r DatabaseReport, finding: &Finding) -> Option<&'r IndexFacts> {
    let Subject::Part(part) = &finding.subject else { return None };
    let name = part.strip_prefix("index ")?;
    report.indexes.iter().find(|index| format!("{}.{}", index.name.schema, index.name.name) == name)
}

fn is_read_by_a_plan(report: &DatabaseReport, index: &IndexFacts) -> bool {
    report.explained.iter().any(|explained| match &explained.outcome {
        ExplainOutcome::Planned(plan) => {
            plan.visit().iter().any(|visit| visit.node.index.as_ref() == Some(&index.name.name))
        }
        ExplainOutcome::NotExplained(_) => false,
    })
}

/// `pg_get_indexdef` without keeping anybody from writing.
fn concurrently(definition: &str) -> String {
    let definition = definition.trim_end_matches(';');
    match definition.strip_prefix("CREATE INDEX ") {
        Some(rest) => format!("CREATE INDEX CONCURRENTLY {rest};"),
        None => format!("{definition};"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{Fixture, index};
    use super::*;
    use aforo_model::Severity;

    fn with(code: &str, facts: IndexFacts) -> Fixture {
        let mut fixture = Fixture::hotel();
        let subject = format!("index {}.{}", facts.name.schema, facts.name.name);
        fixture.add(code, &subject, Severity::Warning, "DROP INDEX CONCURRENTLY …");
        fixture.report().indexes.push(facts);
        fixture
    }

    #[test]
    fn one_that_exists_twice_goes_and_can_come_back() {
        let all = run(&with("duplicate-index", index("reservations_code_idx", &["code"])).record);
        assert_eq!(all[0].id, "drop-index:public.reservations_code_idx");
        assert_eq!(
            (all[0].actions[0].text(), all[0].undo[0].text()),
            (
                r#"DROP INDEX CONCURRENTLY "public"."reservations_code_idx";"#,
                "CREATE INDEX CONCURRENTLY reservations_code_idx ON public.reservations USING btree (code);"
            )
        );
        assert_eq!(all[0].effect.gain().unwrap().changes[0].after.estimate, 0.0);
    }

    #[test]
    fn one_that_a_constraint_needs_or_a_plan_reads_stays() {
        let constraint = IndexFacts { is_constraint: true, ..index("reservations_code_key", &["code"]) };
        assert_eq!(run(&with(UNUSED, constraint).record), []);
        let mut read = with(UNUSED, index("reservations_code_idx", &["code"]));
        assert_eq!(run(&read.record).len(), 1);
        read.plan().root.index = Some("reservations_code_idx".to_owned());
        assert_eq!(run(&read.record), []);
    }

    #[test]
    fn one_that_the_check_does_not_drop_stays() {
        let mut fixture = with(UNUSED, index("reservations_code_idx", &["code"]));
        for finding in &mut fixture.report().findings {
            finding.remedy = "it belongs to a partitioned table".to_owned();
        }
        assert_eq!(run(&fixture.record), []);
    }

    #[test]
    fn one_whose_definition_is_not_known_stays() {
        let mut fixture = with(UNUSED, index("reservations_code_idx", &["code"]));
        fixture.report().indexes.clear();
        assert_eq!(run(&fixture.record), []);
        assert_eq!(run(&Fixture::empty().record), []);
    }
}
