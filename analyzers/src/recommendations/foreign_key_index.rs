//! `create-index` for a foreign key: only where rows that it refers to were deleted, since each of those deletes reads the whole table.
//!
//! A key that nobody deletes from needs no index, and one would cost every write; then the finding stays, and nothing is advised.

use aforo_model::database::AdvisedIndex;
use aforo_model::{
    Action, Effect, Effort, Finding, Recommendation, RecommendationKind, Risk, RunRecord, Severity,
};

use super::evidence::reference;
use super::sql_text::{columns, relation};
use crate::wording::sentence;

pub(super) fn run(record: &RunRecord) -> Vec<Recommendation> {
    let findings = record.database.iter().flat_map(|report| &report.findings);
    findings
        .filter(|finding| {
            finding.code == "missing-foreign-key-index" && finding.severity == Severity::Critical
        })
        .filter_map(|finding| recommend(record, finding))
        .collect()
}

fn recommend(record: &RunRecord, finding: &Finding) -> Option<Recommendation> {
    let table = relation(&finding.remedy)?;
    let columns = columns(&finding.remedy);
    let (schema, name) = table.split_once("\".\"")?;
    let (schema, name) = (schema.trim_matches('"'), name.trim_matches('"'));
    if columns.is_empty() {
        return None;
    }
    let report = record.database.as_ref()?;
    let is_covered = |advised: &&AdvisedIndex| {
        let first: Vec<&String> =
            advised.index.keys.iter().take(columns.len()).map(|key| &key.name).collect();
        (advised.index.table.schema.as_str(), advised.index.table.name.as_str()) == (schema, name)
            && advised.index.predicate.is_none()
            && super::create_index::finding_of(report, advised).is_some()
            && columns.iter().all(|column| first.contains(&column))
    };
    let covering =
        report.index_advice.found().into_iter().flat_map(|advice| &advice.indexes).find(is_covered);
    let index = aforo_sql::quote_identifier(&format!("{name}_{}_idx", columns.join("_")));
    let id = covering.map_or_else(
        || format!("create-index:{schema}.{name}({})", columns.join(",")),
        |advised| super::create_index::id(&advised.index),
    );
    // The check leaves it out where the table is partitioned: Postgres takes it there neither to create nor to drop.
    let concurrently = if finding.remedy.contains(" CONCURRENTLY ") { " CONCURRENTLY" } else { "" };
    let create = finding.remedy.replacen(" ON ", &format!(" {index} ON "), 1);
    Some(Recommendation {
        id,
        kind: RecommendationKind::CreateIndex,
        title: format!("Create an index on {name} ({})", columns.join(", ")),
        what: format!("Gives the foreign key ({}) of {schema}.{name} an index.", columns.join(", ")),
        why: sentence(&finding.message),
        rests_on: vec![reference(finding)],
        statements: Vec::new(),
        steps: Vec::new(),
        actions: if covering.is_some() { Vec::new() } else { vec![Action::Sql(create)] },
        effect: Effect::Unknown { why: "the time of the deletes that read the table was not measured apart".to_owned() },
        effort: Effort::Low,
        risk: if concurrently.is_empty() { Risk::Medium } else { Risk::Low },
        risk_note: risk_note(concurrently.is_empty()).to_owned(),
        undo: if covering.is_some() {
            Vec::new()
        } else {
            vec![Action::Sql(format!(
                "DROP INDEX{concurrently} {}.{index};",
                aforo_sql::quote_identifier(schema)
            ))]
        },
        verify: vec![Action::Change(
            "Explain a delete from the other table with EXPLAIN (ANALYZE) in a transaction that is rolled back, on a copy: the time of \
             the constraint's trigger falls."
                .to_owned(),
        )],
    })
}

fn risk_note(locks: bool) -> &'static str {
    if locks {
        "Nobody can write to the table or its partitions while it is built; afterwards each row written costs one more index entry."
    } else {
        "Each row written to the table costs one more index entry; a build that is broken off leaves an invalid index, which is to be \
         dropped."
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::Fixture;
    use super::*;

    fn with(severity: Severity, remedy: &str) -> Vec<Recommendation> {
        let mut fixture = Fixture::hotel();
        fixture.add("missing-foreign-key-index", "table public.reservations", severity, remedy);
        run(&fixture.record)
    }

    const REMEDY: &str = r#"CREATE INDEX CONCURRENTLY ON "public"."reservations" ("accommodation_id");"#;

    #[test]
    fn a_key_whose_other_side_loses_rows_gets_its_index_with_a_name() {
        let all = with(Severity::Critical, REMEDY);
        assert_eq!(all[0].id, "create-index:public.reservations(accommodation_id)");
        assert_eq!(
            (all[0].actions[0].text(), all[0].undo[0].text()),
            (
                r#"CREATE INDEX CONCURRENTLY "reservations_accommodation_id_idx" ON "public"."reservations" ("accommodation_id");"#,
                r#"DROP INDEX CONCURRENTLY "public"."reservations_accommodation_id_idx";"#
            )
        );
    }

    #[test]
    fn of_a_partitioned_table_it_is_made_and_dropped_under_a_lock() {
        let all = with(Severity::Critical, &REMEDY.replace(" CONCURRENTLY", ""));
        assert_eq!(
            (all[0].undo[0].text(), all[0].risk),
            (r#"DROP INDEX "public"."reservations_accommodation_id_idx";"#, Risk::Medium)
        );
        assert!(!all[0].actions[0].text().contains("CONCURRENTLY"), "{:?}", all[0].actions);
    }

    #[test]
    fn a_key_that_nobody_deletes_from_gets_none() {
        assert_eq!(with(Severity::Warning, REMEDY), []);
        assert_eq!(with(Severity::Critical, "think about it"), []);
        assert_eq!(run(&Fixture::empty().record), []);
    }

    #[test]
    fn an_advised_index_that_begins_with_the_key_is_the_same_recommendation() {
        let all =
            with(Severity::Critical, r#"CREATE INDEX CONCURRENTLY ON "public"."reservations" ("status");"#);
        assert_eq!(all[0].id, "create-index:public.reservations(status,check_in)");
        assert_eq!((all[0].actions.len(), all[0].undo.len()), (0, 0));
    }
}
