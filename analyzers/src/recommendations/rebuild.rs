//! `maintenance` that builds anew: a table with much empty space, an index with much of it or that was not built to the end, an index of a
//! partitioned table that not every partition has. Each is one by itself, since it takes room for a second copy, and of a table its lock.

use aforo_model::{Action, Effect, Effort, Finding, Recommendation, RecommendationKind, Risk, RunRecord};

use super::evidence::{carries, reference};
use super::sql_text::{plain, relation};
use crate::database::completing_sql;
use crate::wording::sentence;

pub(super) fn run(record: &RunRecord) -> Vec<Recommendation> {
    let findings = record.database.iter().flat_map(|report| &report.findings);
    findings.filter(|finding| carries(finding)).filter_map(recommend).collect()
}

fn recommend(finding: &Finding) -> Option<Recommendation> {
    match completing_sql(&finding.remedy) {
        Some((parts, drop)) => complete(finding, parts, drop),
        None => rebuild(finding),
    }
}

/// An index of a partitioned table: no `REINDEX` makes it valid.
fn complete(finding: &Finding, parts: &str, drop: &str) -> Option<Recommendation> {
    let name = completed(parts)?;
    let plain = plain(name);
    Some(Recommendation {
        id: format!("maintenance:complete {plain}"),
        kind: RecommendationKind::Maintenance,
        title: format!("Give every partition its part of the index {plain}"),
        what: "Builds the index on each partition that lacks it, without blocking writers, and attaches it; with the last one the whole becomes \
               valid."
            .to_owned(),
        why: sentence(&finding.message),
        rests_on: vec![reference(finding)],
        statements: Vec::new(),
        steps: Vec::new(),
        actions: vec![Action::Sql(parts.to_owned())],
        effect: Effect::Unknown { why: "what statements gain shows only when they run again".to_owned() },
        effort: Effort::Low,
        risk: Risk::Low,
        risk_note: "Each statement by itself, not in a transaction. A build that is broken off leaves an invalid index, which is to be dropped."
            .to_owned(),
        undo: vec![Action::Change(format!(
            "An index that is attached cannot be detached; dropping the whole drops every partition's part, also those that were there \
             before: {drop}"
        ))],
        verify: vec![Action::Sql(format!(
            "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass({});",
            aforo_sql::quote_literal(name)
        ))],
    })
}

/// The index that gets its parts. It need not be the one that is dropped, which is the whole that it may be a part of.
fn completed(parts: &str) -> Option<&str> {
    parts.split("ALTER INDEX ").skip(1).find_map(|rest| {
        let name = relation(rest)?;
        rest.strip_prefix(name)?.starts_with(" ATTACH PARTITION ").then_some(name)
    })
}

fn rebuild(finding: &Finding) -> Option<Recommendation> {
    let name = relation(&finding.remedy)?;
    let plain = plain(name);
    let (id, title, sql, risk, note) = match finding.code.as_str() {
        "table-bloat" => (
            format!("maintenance:rewrite {plain}"),
            format!("Write {plain} anew without its empty space"),
            format!("VACUUM (FULL, ANALYZE) {name};"),
            Risk::High,
            "It locks the table from the first page to the last, for readers as well, and needs room for a second copy; the extension \
             pg_repack does the same without the lock.",
        ),
        "invalid-index" if is_leftover(&plain) => (
            format!("maintenance:drop {plain}"),
            format!("Drop {plain}, which a build that was broken off left behind"),
            format!("DROP INDEX CONCURRENTLY {name};"),
            Risk::Low,
            "Only if no index is being built right now: see pg_stat_progress_create_index.",
        ),
        "invalid-index" if finding.remedy.contains("REINDEX") => (
            format!("maintenance:reindex {plain}"),
            format!("Build the index {plain} again"),
            format!("REINDEX INDEX CONCURRENTLY {name};"),
            Risk::Low,
            "Only if no index is being built right now: see pg_stat_progress_create_index. A unique one fails again while the table \
             holds equal rows; and one that is broken off leaves another invalid index, which is to be dropped.",
        ),
        "index-bloat" => (
            format!("maintenance:reindex {plain}"),
            format!("Build the index {plain} again"),
            format!("REINDEX INDEX CONCURRENTLY {name};"),
            Risk::Low,
            "It needs room for a second copy of the index; one that is broken off leaves an invalid index, which is to be dropped.",
        ),
        _ => return None,
    };
    Some(Recommendation {
        id,
        kind: RecommendationKind::Maintenance,
        title,
        what: "Puts the rows or entries together again that lie among empty space, or that were never all written.".to_owned(),
        why: sentence(&finding.message),
        rests_on: vec![reference(finding)],
        statements: Vec::new(),
        steps: Vec::new(),
        actions: vec![Action::Sql(sql)],
        effect: Effect::Unknown { why: "what statements gain shows only when they run again".to_owned() },
        effort: Effort::Low,
        risk,
        risk_note: note.to_owned(),
        undo: vec![Action::Change("It changes no row; there is nothing to take back.".to_owned())],
        // A name that is gone gives null.
        verify: vec![Action::Sql(format!(
            "SELECT pg_size_pretty(pg_relation_size(to_regclass({})));",
            aforo_sql::quote_literal(name)
        ))],
    })
}

/// Whether it is a copy that `REINDEX CONCURRENTLY` made or was to replace: `x_ccnew`, `x_ccold`, with a number where there are several.
/// The index it was made for is there. Source: Postgres' documentation of `REINDEX`.
fn is_leftover(name: &str) -> bool {
    let name = name.trim_end_matches(|letter: char| letter.is_ascii_digit());
    name.ends_with("_ccnew") || name.ends_with("_ccold")
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::Fixture;
    use super::*;
    use aforo_model::Severity;

    fn advised(code: &str, severity: Severity, remedy: &str) -> Vec<Recommendation> {
        let mut fixture = Fixture::hotel();
        fixture.add(code, "table public.reservations", severity, remedy);
        run(&fixture.record)
    }

    const FULL: &str = r#"VACUUM (FULL, ANALYZE) "public"."reservations"; locks it meanwhile"#;

    #[test]
    fn what_locks_a_table_says_so() {
        let all = advised("table-bloat", Severity::Warning, FULL);
        assert_eq!(
            (all[0].id.as_str(), all[0].risk),
            ("maintenance:rewrite public.reservations", Risk::High)
        );
        assert_eq!(all[0].actions[0].text(), r#"VACUUM (FULL, ANALYZE) "public"."reservations";"#);
    }

    #[test]
    fn an_index_that_was_not_built_to_the_end_is_built_again() {
        let remedy =
            r#"REINDEX INDEX CONCURRENTLY "public"."half"; or DROP INDEX CONCURRENTLY "public"."half";"#;
        let all = advised("invalid-index", Severity::Warning, remedy);
        assert_eq!(all[0].actions[0].text(), r#"REINDEX INDEX CONCURRENTLY "public"."half";"#);
        assert!(all[0].risk_note.starts_with("Only if no index is being built"), "{}", all[0].risk_note);
    }

    #[test]
    fn what_building_again_left_behind_is_dropped() {
        for name in ["half_ccnew", "half_ccold1"] {
            let remedy = format!(r#"REINDEX INDEX CONCURRENTLY "public"."{name}"; or DROP it"#);
            let all = advised("invalid-index", Severity::Critical, &remedy);
            assert_eq!(all[0].actions[0].text(), format!(r#"DROP INDEX CONCURRENTLY "public"."{name}";"#));
        }
    }

    #[test]
    fn an_index_of_a_partitioned_table_is_completed_and_not_built_again() {
        let remedy = concat!(
            r#"give every partition its part: CREATE INDEX CONCURRENTLY "half_1" ON "public"."r_1" USING btree (a); "#,
            r#"ALTER INDEX "public"."half" ATTACH PARTITION "public"."half_1"; "#,
            r#"or drop it with the parts it has, which locks the table for a moment: DROP INDEX "public"."half";"#
        );
        let all = advised("invalid-index", Severity::Warning, remedy);
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].id, "maintenance:complete public.half");
        assert!(
            all[0].actions[0].text().ends_with(r#"ATTACH PARTITION "public"."half_1";"#),
            "{:?}",
            all[0].actions
        );
        let Action::Change(undo) = &all[0].undo[0] else {
            panic!("to be thought about, not carried out: {all:?}")
        };
        assert!(undo.contains("also those that were there before: DROP INDEX"), "{undo}");
        assert!(!all[0].actions[0].text().contains("REINDEX"));
        // In words only: nothing to carry out as it stands.
        let words = concat!(
            "drop it with all its parts and build it once more, which blocks writers meanwhile: ",
            r#"BEGIN; DROP INDEX "public"."half"; CREATE INDEX half ON public.r USING btree (a); COMMIT;"#
        );
        assert_eq!(advised("invalid-index", Severity::Warning, words), []);
    }

    #[test]
    fn a_part_of_an_index_is_completed_and_taken_back_with_the_whole() {
        let remedy = concat!(
            r#"give every partition its part: CREATE INDEX CONCURRENTLY "half_1" ON "public"."r_1" USING btree (a); "#,
            r#"ALTER INDEX "public"."half" ATTACH PARTITION "public"."half_1"; "#,
            r#"or drop the whole of which it is a part, with all parts, which locks the table for a moment: DROP INDEX "public"."top";"#
        );
        let all = advised("invalid-index", Severity::Warning, remedy);
        assert_eq!(all[0].id, "maintenance:complete public.half");
        assert!(all[0].verify[0].text().contains(r#"'"public"."half"'"#), "{:?}", all[0].verify);
        assert!(all[0].undo[0].text().ends_with(r#"DROP INDEX "public"."top";"#), "{:?}", all[0].undo);
    }

    #[test]
    fn what_is_only_worth_knowing_or_has_no_name_gives_nothing() {
        assert_eq!(advised("table-bloat", Severity::Info, FULL), []);
        assert_eq!(advised("table-bloat", Severity::Warning, "VACUUM FULL"), []);
        assert_eq!(run(&Fixture::empty().record), []);
    }
}
