use std::collections::BTreeMap;

use aforo_model::database::{
    Catalog, CostSource, IndexAdvice, IndexDefinition, IndexMethod, RejectedIndex, RelationName,
    ServedStatement, StatementCounters, TableKind,
};
use aforo_model::{Finding, Severity, Subject};

use crate::index_advice::fixtures::{block_on, catalog, column, index, name, reservations, table};
use crate::index_advice::{
    IndexOptions, IndexWorkload, PlanCost, StatisticsCost, WhatIf, WhatIfError, WorkloadStatement,
    advise_indexes, missing_index_findings,
};
use crate::statements::StatementGroup;

fn advice(catalog: &Catalog, texts: &[&str]) -> IndexAdvice {
    let statements: Vec<WorkloadStatement> = texts
        .iter()
        .map(|text| WorkloadStatement {
            fingerprint: (*text).to_owned(),
            text: (*text).to_owned(),
            calls: 10.0,
            rows: 10.0,
        })
        .collect();
    let settings = BTreeMap::new();
    let workload = IndexWorkload {
        catalog,
        settings: &settings,
        search_path: &["public".to_owned()],
        counters_elapsed_s: None,
        table_writes: None,
        statements: &statements,
    };
    let mut by_statistics = StatisticsCost::new(&workload);
    block_on(advise_indexes(&workload, &mut by_statistics, &IndexOptions::default())).unwrap()
}

const PHONE: &str = "SELECT * FROM reservations WHERE guest_phone = $1";

#[test]
fn an_advised_index_comes_with_its_sql_and_whom_it_serves() {
    let insert = "INSERT INTO reservations (guest_phone) VALUES ($1)";
    let advice = advice(&catalog(&[reservations(1e6)]), &[PHONE, insert]);
    assert_eq!(advice.costed_by, CostSource::Statistics);
    let [advised] = advice.indexes.as_slice() else { panic!("{advice:#?}") };
    assert_eq!(
        advised.create_sql,
        "CREATE INDEX CONCURRENTLY \"reservations_guest_phone_idx\" ON \"public\".\"reservations\" USING btree (\"guest_phone\");"
    );
    assert_eq!(advised.drop_sql, "DROP INDEX CONCURRENTLY \"public\".\"reservations_guest_phone_idx\";");
    assert_eq!((advised.priority, advised.serves.len(), advised.write_cost.slows.len()), (1, 1, 1));
    assert_eq!(advised.serves[0].fingerprint, PHONE);
    assert!(advised.serves[0].cost_after * 100.0 < advised.serves[0].cost_before);
    assert!(advice.workload_cost_after < advice.workload_cost_before);
}

#[test]
fn the_same_input_gives_the_same_advice_and_what_is_there_is_not_advised() {
    let mut with = catalog(&[reservations(1e6)]);
    assert_eq!(advice(&with, &[PHONE]), advice(&with, &[PHONE]));
    with.indexes = vec![index("phones", "reservations", &["guest_phone"])];
    assert_eq!(advice(&with, &[PHONE]).indexes, []);
}

#[test]
fn statements_left_out_and_candidates_turned_down_are_named() {
    let revenue = "SELECT * FROM reservations WHERE status = 'confirmed'";
    let advice =
        advice(&catalog(&[reservations(1e6)]), &[revenue, "SELECT", "VACUUM", "SELECT 1 FROM absent"]);
    assert_eq!(advice.indexes, [], "three of five rows are read");
    assert_eq!((advice.statement_count, advice.not_costed.len()), (1, 3));
    assert_eq!(advice.rejected[0].index.to_string(), "reservations (status)");
    assert!(!advice.rejected[0].why.is_empty());
    let none = self::advice(&Catalog::default(), &[]);
    assert_eq!((none.indexes.len(), none.what_if_calls), (0, 0));
}

#[test]
fn a_partitioned_table_is_indexed_part_by_part() {
    let mut parent = table("events", 0.0, &["id", "room"]);
    parent.kind = TableKind::Partitioned;
    parent.pages = 0;
    let mut part = table("events_1", 1e6, &["id", "room"]);
    part.parent = Some(RelationName { schema: "public".to_owned(), name: "events".to_owned() });
    let advice = advice(&catalog(&[parent, part]), &["SELECT * FROM events_1 WHERE room = $1"]);
    let advised = &advice.indexes[0];
    assert_eq!(advised.index.table, name("events"));
    let lines: Vec<&str> = advised.create_sql.lines().collect();
    assert_eq!(lines.len(), 3, "{lines:#?}");
    assert!(
        lines[0].contains(" ON ONLY ") && lines[1].contains("CONCURRENTLY") && lines[2].contains("ATTACH")
    );
}

/// The statistics, taken for a planner that knows no GiST.
struct LikeHypopg<'a>(StatisticsCost<'a>);

impl WhatIf for LikeHypopg<'_> {
    fn source(&self) -> CostSource {
        CostSource::Hypopg
    }

    async fn cost(
        &mut self,
        statement: usize,
        indexes: &[&IndexDefinition],
    ) -> Result<PlanCost, WhatIfError> {
        assert!(indexes.iter().all(|index| index.method != IndexMethod::Gist), "HypoPG refuses it");
        self.0.cost(statement, indexes).await
    }
}

#[test]
fn gist_is_judged_by_statistics_where_the_planner_cannot_be_asked() {
    let mut table = reservations(1e6);
    table.columns.push(column("stay", "daterange"));
    let catalog = catalog(&[table]);
    let text = "SELECT id FROM reservations WHERE stay && $1::daterange";
    let statements =
        [WorkloadStatement { fingerprint: text.to_owned(), text: text.to_owned(), calls: 1.0, rows: 1.0 }];
    let settings = BTreeMap::new();
    let workload = IndexWorkload {
        catalog: &catalog,
        settings: &settings,
        search_path: &["public".to_owned()],
        counters_elapsed_s: None,
        table_writes: None,
        statements: &statements,
    };
    let mut planner = LikeHypopg(StatisticsCost::new(&workload));
    let advice = block_on(advise_indexes(&workload, &mut planner, &IndexOptions::default())).unwrap();
    let [advised] = advice.indexes.as_slice() else { panic!("{advice:#?}") };
    assert_eq!(advised.index.to_string(), "reservations USING gist (stay)");
    assert_eq!((advised.costed_by, advised.serves.len()), (CostSource::Statistics, 1));
}

#[test]
fn each_advised_index_is_a_finding() {
    let advice = advice(&catalog(&[reservations(1e6)]), &[PHONE]);
    let findings = missing_index_findings(&advice, &[]);
    let [finding] = findings.as_slice() else { panic!("{findings:#?}") };
    assert_eq!((finding.code.as_str(), finding.severity), ("missing-index", Severity::Critical));
    assert!(
        finding.message.contains("reservations (guest_phone) would serve 1 statement"),
        "{}",
        finding.message
    );
    assert!(finding.remedy.starts_with("CREATE INDEX CONCURRENTLY"));
    let slight = IndexAdvice { workload_cost_before: advice.workload_cost_before * 1e3, ..advice.clone() };
    assert_eq!(missing_index_findings(&slight, &[])[0].severity, Severity::Warning);
    let nothing = IndexAdvice { indexes: Vec::new(), ..advice };
    assert_eq!(missing_index_findings(&nothing, &[]), []);
}

/// Findings of a statement that an index which was turned down makes `factor` times cheaper, and of which each of 4 calls touches
/// 27 blocks and gives `rows` rows.
fn turned_down(factor: f64, rows: u64) -> Vec<Finding> {
    let index = advice(&catalog(&[reservations(1e6)]), &[PHONE]).indexes.remove(0).index;
    let fingerprint = "f".to_owned();
    let helped = ServedStatement {
        fingerprint: fingerprint.clone(),
        calls: 4.0,
        cost_before: 100.0 * factor,
        cost_after: 100.0,
    };
    let rejected = RejectedIndex { index, why: "it gains little".to_owned(), helps_most: Some(helped) };
    let advice = IndexAdvice { rejected: vec![rejected], ..advice(&catalog(&[reservations(1e6)]), &[]) };
    let counters = StatementCounters {
        calls: 4,
        rows: 4 * rows,
        shared_hit_blocks: 108,
        ..StatementCounters::default()
    };
    let group = StatementGroup {
        fingerprint,
        text: None,
        is_top_level: true,
        noise: None,
        keys: Vec::new(),
        counters,
    };
    missing_index_findings(&advice, &[group])
}

#[test]
fn an_index_for_a_statement_that_looks_for_nothing_is_worth_knowing_of() {
    let findings = turned_down(1.1, 0);
    let [finding] = findings.as_slice() else { panic!("{findings:#?}") };
    assert_eq!((finding.severity, &finding.subject), (Severity::Info, &Subject::Statement("f".to_owned())));
    assert!(finding.message.contains("touches 27 blocks and seldom gives a row"), "{}", finding.message);
    assert!(finding.remedy.starts_with("CREATE INDEX CONCURRENTLY ON"), "{}", finding.remedy);
    assert_eq!(turned_down(1.1, 3), [], "it gives rows");
    assert_eq!(turned_down(1.01, 0), [], "the planner sees no use");
    assert_eq!(turned_down(12.0, 3).len(), 1, "far cheaper, whatever it gives");
}
