//! `maintenance`: tables to vacuum and to analyse, and statistics to keep; one recommendation for all that is to be done about one table.

use std::collections::{BTreeMap, BTreeSet};

use aforo_model::database::{DatabaseReport, PlanNode, qualified, quoted};
use aforo_model::{
    Action, Effect, Effort, Finding, FindingReference, Recommendation, RecommendationKind, Risk, RunRecord,
};

use aforo_sql::ColumnUse;

use super::evidence::{carries, has, of_plans, reference};
use super::sql_text::{plain, relation};
use crate::wording::sentence;

const NO_GAIN: &str = "what statements gain shows only when they run again";

/// What is to be done about one table.
#[derive(Debug, Default)]
struct Chores {
    vacuum: bool,
    freeze: bool,
    analyze: bool,
    /// Storage parameters to set, with their values.
    set: BTreeMap<&'static str, &'static str>,
    /// Storage parameters to reset.
    reset: BTreeSet<&'static str>,
    /// Statistics over columns that depend on each other, by name.
    statistics: BTreeMap<String, Vec<String>>,
    whys: Vec<String>,
    rests_on: Vec<FindingReference>,
    statements: Vec<String>,
}

pub(super) fn run(record: &RunRecord) -> Vec<Recommendation> {
    let Some(report) = &record.database else { return Vec::new() };
    let mut tables: BTreeMap<String, Chores> = BTreeMap::new();
    for finding in report.findings.iter().filter(|finding| carries(finding)) {
        let Some(table) = relation(&finding.remedy) else { continue };
        if let Some(chore) = chore_of(&finding.code) {
            let chores = tables.entry(table.to_owned()).or_default();
            chore(chores);
            chores.told(finding);
        }
    }
    for (fingerprint, finding, node) in of_plans(report) {
        if let Some((table, chores)) = node.and_then(|node| of_node(report, fingerprint, finding, node)) {
            tables.entry(table).or_default().add(chores);
        }
    }
    tables.iter().map(|(table, chores)| chores.recommendation(record, table)).collect()
}

/// What a finding of the checklist asks for.
fn chore_of(code: &str) -> Option<fn(&mut Chores)> {
    match code {
        "dead-rows" => Some(|chores| {
            (chores.vacuum, chores.analyze) = (true, true);
            chores.set.insert("autovacuum_vacuum_scale_factor", "0.05");
        }),
        "stale-statistics" => Some(|chores| {
            chores.analyze = true;
            chores.set.insert("autovacuum_analyze_scale_factor", "0.02");
        }),
        "never-analyzed" => Some(|chores| chores.analyze = true),
        "insert-only-tables" => Some(|chores| (chores.vacuum, chores.analyze) = (true, true)),
        "table-freeze-age" => Some(|chores| chores.freeze = true),
        "table-autovacuum-off" => Some(|chores| {
            (chores.vacuum, chores.analyze) = (true, true);
            chores.reset.insert("autovacuum_enabled");
        }),
        _ => None,
    }
}

/// What a finding about a plan asks for of the table that its node reads.
fn of_node(
    report: &DatabaseReport,
    fingerprint: &str,
    finding: &Finding,
    node: &PlanNode,
) -> Option<(String, Chores)> {
    let (schema, name) = (node.schema.as_deref()?, node.relation.as_deref()?);
    let table = aforo_model::database::RelationName { schema: schema.to_owned(), name: name.to_owned() };
    let mut chores = Chores { statements: vec![fingerprint.to_owned()], ..Chores::default() };
    match finding.code.as_str() {
        "heap-fetches" => chores.vacuum = true,
        "row-misestimate" => {
            chores.analyze = true;
            let columns = compared_columns(report, fingerprint, node);
            if columns.len() >= 2 {
                let statistics = format!("{name}_{}_stats", columns.join("_"));
                chores.statistics.insert(statistics, columns);
            }
        }
        _ => return None,
    }
    chores.told(finding);
    Some((qualified(&table), chores))
}

/// Postgres keeps statistics over no more columns than these together (`STATS_MAX_DIMENSIONS`).
const MOST_COLUMNS: usize = 8;

/// Columns of a node's table that its statement compares with values, as far as its filter names them: they may depend on each other.
fn compared_columns(report: &DatabaseReport, fingerprint: &str, node: &PlanNode) -> Vec<String> {
    let text = report.hot.iter().find(|statement| statement.fingerprint == fingerprint);
    let shape = text.and_then(|statement| aforo_sql::describe(statement.text.as_deref()?).ok());
    let conditions = [&node.filter, &node.index_condition, &node.recheck_condition];
    let is_named = |column: &str| {
        conditions.into_iter().flatten().any(|condition| {
            condition
                .split(|letter: char| !letter.is_alphanumeric() && letter != '_')
                .any(|word| word == column)
        })
    };
    let Some(shape) = shape else { return Vec::new() };
    let called = node.alias.as_ref().or(node.relation.as_ref());
    let is_of_the_table = |column: &ColumnUse| {
        shape.tables.len() == 1 || (column.qualifier.is_some() && column.qualifier.as_ref() == called)
    };
    let columns: BTreeSet<&String> = shape
        .predicates
        .iter()
        .filter(|predicate| predicate.expression.is_none() && is_of_the_table(&predicate.column))
        .map(|predicate| &predicate.column.name)
        .filter(|column| is_named(column))
        .collect();
    columns.into_iter().take(MOST_COLUMNS).cloned().collect()
}

impl Chores {
    fn told(&mut self, finding: &Finding) {
        self.whys.push(finding.message.clone());
        self.rests_on.push(reference(finding));
    }

    fn add(&mut self, other: Self) {
        self.vacuum |= other.vacuum;
        self.freeze |= other.freeze;
        self.analyze |= other.analyze;
        self.statistics.extend(other.statistics);
        self.whys.extend(other.whys);
        self.rests_on.extend(other.rests_on);
        for statement in other.statements {
            if !self.statements.contains(&statement) {
                self.statements.push(statement);
            }
        }
    }

    fn recommendation(&self, record: &RunRecord, table: &str) -> Recommendation {
        let plain = plain(table);
        let title = match (self.vacuum || self.freeze, self.analyze) {
            (true, true) => format!("Vacuum and analyse {plain}"),
            (true, false) => format!("Vacuum {plain}"),
            (false, _) => format!("Analyse {plain}"),
        };
        let more =
            if self.whys.len() > 1 { format!(" (and {} more)", self.whys.len() - 1) } else { String::new() };
        let first = self.whys.first().map(String::as_str).unwrap_or_default();
        let why = if has(record, "counters-young") {
            format!("{NO_GAIN}, and the counters are young")
        } else {
            NO_GAIN.to_owned()
        };
        Recommendation {
            id: format!("maintenance:{plain}"),
            kind: RecommendationKind::Maintenance,
            title,
            what: self.what().to_owned(),
            why: sentence(&format!("{first}{more}")),
            rests_on: self.rests_on.clone(),
            statements: self.statements.clone(),
            steps: Vec::new(),
            actions: self.actions(table),
            effect: Effect::Unknown { why },
            effort: Effort::Low,
            risk: Risk::Low,
            risk_note: "It reads the table while others work, and takes its share of the disk meanwhile."
                .to_owned(),
            undo: self.undo(table),
            verify: vec![Action::Sql(format!(
                "SELECT n_live_tup, n_dead_tup, n_mod_since_analyze, last_vacuum, last_analyze FROM pg_stat_all_tables WHERE relid \
                 = {}::regclass;",
                aforo_sql::quote_literal(table)
            ))],
        }
    }

    fn what(&self) -> &'static str {
        if self.vacuum || self.freeze {
            "Makes room of what is dead and tells which pages everybody sees, and keeps autovacuum at it."
        } else if self.statistics.is_empty() {
            "Lets the planner know what the table holds now."
        } else {
            "Lets the planner know what the table holds now, and which of its columns depend on each other."
        }
    }

    fn actions(&self, table: &str) -> Vec<Action> {
        let mut sql: Vec<String> = Vec::new();
        for (name, columns) in &self.statistics {
            let columns: Vec<String> = columns.iter().map(|column| quoted(column)).collect();
            sql.push(format!(
                "CREATE STATISTICS {} (dependencies, mcv) ON {} FROM {table};",
                self.statistics_name(table, name),
                columns.join(", ")
            ));
        }
        if !self.set.is_empty() {
            let name = aforo_sql::quote_literal(table);
            sql.push(format!("SELECT reloptions FROM pg_class WHERE oid = {name}::regclass;"));
        }
        let set: Vec<String> = self.set.iter().map(|(name, value)| format!("{name} = {value}")).collect();
        if !set.is_empty() {
            sql.push(format!("ALTER TABLE {table} SET ({});", set.join(", ")));
        }
        let reset: Vec<&str> = self.reset.iter().copied().collect();
        if !reset.is_empty() {
            sql.push(format!("ALTER TABLE {table} RESET ({});", reset.join(", ")));
        }
        let how: Vec<&str> = [(self.freeze, "FREEZE"), (self.analyze, "ANALYZE")]
            .into_iter()
            .filter_map(|(is_wanted, word)| is_wanted.then_some(word))
            .collect();
        sql.push(match (self.vacuum || self.freeze, how.is_empty()) {
            (true, true) => format!("VACUUM {table};"),
            (true, false) => format!("VACUUM ({}) {table};", how.join(", ")),
            (false, _) => format!("ANALYZE {table};"),
        });
        sql.into_iter().map(Action::Sql).collect()
    }

    fn undo(&self, table: &str) -> Vec<Action> {
        let mut undo: Vec<Action> = Vec::new();
        for name in self.statistics.keys() {
            undo.push(Action::Sql(format!("DROP STATISTICS {};", self.statistics_name(table, name))));
        }
        // A reset alone would also take away what the table had before.
        let set: Vec<&str> = self.set.keys().copied().collect();
        if !set.is_empty() {
            undo.push(Action::Change(format!(
                "Set {} of {} back to what reloptions gave before; reset what was not there: ALTER TABLE {table} RESET ({});",
                set.join(" and "),
                plain(table),
                set.join(", ")
            )));
        }
        if !self.reset.is_empty() {
            undo.push(Action::Sql(format!("ALTER TABLE {table} SET (autovacuum_enabled = false);")));
        }
        undo.push(Action::Change(
            "VACUUM and ANALYZE change no row; there is nothing to take back.".to_owned(),
        ));
        undo
    }

    /// In the schema of the table.
    fn statistics_name(&self, table: &str, name: &str) -> String {
        match relation(table).and_then(|table| table.split_once("\".\"")) {
            Some((schema, _)) => format!("{schema}\".{}", quoted(name)),
            None => quoted(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{ADMIN_LIST, Fixture};
    use super::*;
    use aforo_model::Severity;

    const TABLE: &str = r#""public"."reservations""#;

    fn texts(actions: &[Action]) -> Vec<&str> {
        actions.iter().map(Action::text).collect()
    }

    fn add(fixture: &mut Fixture, code: &str, verb: &str) {
        let remedy = format!("{verb} {TABLE}; and more");
        fixture.add(code, "table public.reservations", Severity::Warning, &remedy);
    }

    #[test]
    fn all_that_one_table_needs_is_one_recommendation() {
        let mut fixture = Fixture::hotel();
        add(&mut fixture, "dead-rows", "VACUUM (ANALYZE)");
        add(&mut fixture, "stale-statistics", "ANALYZE");
        let all = run(&fixture.record);
        assert_eq!(all.len(), 1, "{all:?}");
        assert_eq!((all[0].id.as_str(), all[0].rests_on.len()), ("maintenance:public.reservations", 2));
        assert_eq!(
            texts(&all[0].actions),
            [
                r#"SELECT reloptions FROM pg_class WHERE oid = '"public"."reservations"'::regclass;"#,
                r#"ALTER TABLE "public"."reservations" SET (autovacuum_analyze_scale_factor = 0.02, autovacuum_vacuum_scale_factor = 0.05);"#,
                r#"VACUUM (ANALYZE) "public"."reservations";"#
            ]
        );
        assert!(
            all[0].undo[0].text().starts_with("Set autovacuum_analyze_scale_factor and autovacuum_vacuum"),
            "{:?}",
            all[0].undo
        );
    }

    #[test]
    fn columns_that_depend_on_each_other_get_statistics_together() {
        let mut fixture = Fixture::hotel();
        fixture.add_plan_finding("row-misestimate", ADMIN_LIST, Severity::Warning, "ANALYZE");
        let all = run(&fixture.record);
        assert_eq!(
            texts(&all[0].actions),
            [
                r#"CREATE STATISTICS "public"."reservations_check_in_status_stats" (dependencies, mcv) ON "check_in", "status" FROM "public"."reservations";"#,
                r#"ANALYZE "public"."reservations";"#
            ]
        );
        assert_eq!(
            all[0].undo[0].text(),
            r#"DROP STATISTICS "public"."reservations_check_in_status_stats";"#
        );
        assert_eq!(all[0].statements, [ADMIN_LIST]);
    }

    /// The columns of statistics that a misestimate of this statement asks for.
    fn statistics_of(sql: &str, filter: &str) -> Option<String> {
        let mut fixture = Fixture::hotel();
        fixture.statement(ADMIN_LIST).text = Some(sql.to_owned());
        let node = &mut fixture.plan().root;
        (node.alias, node.filter) = (Some("r".to_owned()), Some(filter.to_owned()));
        fixture.add_plan_finding("row-misestimate", ADMIN_LIST, Severity::Warning, "ANALYZE");
        let all = run(&fixture.record);
        let create = all[0].actions.iter().map(Action::text).find(|text| text.starts_with("CREATE"));
        Some(create?.split_once(" ON ")?.1.split_once(" FROM ")?.0.to_owned())
    }

    #[test]
    fn columns_of_another_table_get_none() {
        let filter = "((r.status = $1) AND (r.check_in >= $2))";
        let join = "SELECT r.id FROM reservations r JOIN guests g ON g.id = r.guest_id WHERE ";
        let of = |condition: &str| statistics_of(&format!("{join}{condition}"), filter);
        assert_eq!(of("r.status = $1 AND r.check_in >= $2").as_deref(), Some(r#""check_in", "status""#));
        assert_eq!(of("r.status = $1 AND g.check_in >= $2"), None);
        assert_eq!(of("r.status = $1 AND check_in >= $2"), None, "it may be of either");
    }

    #[test]
    fn statistics_have_eight_columns_at_most() {
        let conditions: Vec<String> = (1..=9).map(|number| format!("c{number} = ${number}")).collect();
        let condition = conditions.join(" AND ");
        let columns = statistics_of(&format!("SELECT id FROM reservations r WHERE {condition}"), &condition);
        assert_eq!(columns.unwrap().split(", ").count(), MOST_COLUMNS);
    }

    #[test]
    fn what_is_only_worth_knowing_gives_nothing() {
        assert_eq!(run(&Fixture::hotel().record), []);
        assert_eq!(run(&Fixture::empty().record), []);
        let mut fixture = Fixture::hotel();
        let remedy = format!("ANALYZE {TABLE};");
        fixture.add("stale-statistics", "table public.reservations", Severity::Info, &remedy);
        assert_eq!(run(&fixture.record), []);
    }
}
