//! A run to be advised on: ten minutes of two steps on a hotel whose list of reservations lacks an index.

use std::collections::BTreeMap;

use aforo_model::database::{
    AdvisedIndex, Attribution, CheckArea, CheckLine, Checklist, CostSource, DATABASE_FORMAT_VERSION,
    DatabaseReport, ExplainKind, ExplainOutcome, ExplainedStatement, HealthScore, HotStatement, IndexAdvice,
    IndexColumn, IndexDefinition, IndexFacts, IndexMethod, IndexWriteCost, NPlusOne, Plan, PlanFinding,
    PlanNode, ProbeJudgement, ProbeVerdict, ReadSummary, RelationName, Repetition, RequestTrace,
    ServedStatement, ServerFacts, StatementCounters, StatementStep, TraceLine,
};
use aforo_model::{
    Action, Answer, Effect, Effort, Finding, FindingReference, Gain, Interval, LoadRecord, Recommendation,
    RecommendationKind, Risk, RunRecord, Severity, StepRecord, Subject, TimeSummary, Verdict,
};
use chrono::{TimeZone, Utc};

/// The statement of the list: 600 calls of 20 ms, one for each request of `admin_list`.
pub(super) const ADMIN_LIST: &str = "eed80301196456fc";
/// The statement of an event: 24,000 calls of 0.1 ms, 40 for each request of `admin_list`.
pub(super) const EVENT: &str = "414b98395d04d57b";

const CREATE: &str = r#"CREATE INDEX CONCURRENTLY "reservations_status_check_in_idx" ON "public"."reservations" USING btree ("status", "check_in");"#;

/// An owner of a record.
#[derive(Debug, Clone)]
pub(super) struct Fixture {
    pub(super) record: RunRecord,
}

impl Fixture {
    /// 600 requests of `admin_list` and 600 of `health`, 50 ms each: 60 s of response time in all.
    pub(super) fn hotel() -> Self {
        let mut record = empty_record();
        record.load = LoadRecord {
            judged_s: 600.0,
            total: step("total", 1_200),
            steps: vec![step("admin_list", 600), step("health", 600)],
            ..LoadRecord::default()
        };
        record.resources = vec![crate::fixtures::healthy_sample(1)];
        record.database = Some(Box::new(report()));
        Self { record }
    }

    /// A run of which nothing was seen.
    pub(super) fn empty() -> Self {
        Self { record: empty_record() }
    }

    /// A run with findings about all steps together, and nothing else.
    pub(super) fn with_findings(findings: &[(&str, Severity)]) -> Self {
        let mut fixture = Self::empty();
        fixture.record.findings =
            findings.iter().map(|(code, severity)| finding(code, Subject::Total, *severity, "")).collect();
        fixture
    }

    pub(super) fn report(&mut self) -> &mut DatabaseReport {
        self.record.database.as_mut().unwrap()
    }

    pub(super) fn advice(&mut self) -> &mut IndexAdvice {
        let Answer::Found(advice) = &mut self.report().index_advice else { panic!("no advice") };
        advice
    }

    pub(super) fn statement(&mut self, fingerprint: &str) -> &mut HotStatement {
        self.report().hot.iter_mut().find(|statement| statement.fingerprint == fingerprint).unwrap()
    }

    /// The plan of the list's statement.
    pub(super) fn plan(&mut self) -> &mut Plan {
        let ExplainOutcome::Planned(plan) = &mut self.report().explained[0].outcome else {
            panic!("no plan")
        };
        plan
    }

    pub(super) fn n_plus_ones(&mut self) -> impl Iterator<Item = &mut NPlusOne> {
        self.report().probes.iter_mut().flat_map(|probe| match &mut probe.answer {
            Answer::Found(judged) => judged.n_plus_ones.iter_mut(),
            Answer::Absent { .. } => panic!("a probe without an answer"),
        })
    }

    /// A finding about a part of the system, as the database's.
    pub(super) fn add(&mut self, code: &str, part: &str, severity: Severity, remedy: &str) {
        let subject = Subject::Part(part.to_owned());
        self.report().findings.push(finding(code, subject, severity, remedy));
    }

    pub(super) fn add_step_finding(&mut self, code: &str, step: &str, severity: Severity, remedy: &str) {
        let subject = Subject::Step(step.to_owned());
        self.report().findings.push(finding(code, subject, severity, remedy));
    }

    /// A finding about the uppermost node of a statement's plan.
    pub(super) fn add_plan_finding(
        &mut self,
        code: &str,
        fingerprint: &str,
        severity: Severity,
        remedy: &str,
    ) {
        let finding = finding(code, Subject::Statement(fingerprint.to_owned()), severity, remedy);
        let report = self.report();
        let at = report.explained.iter().position(|each| each.fingerprint == fingerprint).unwrap();
        report.plan_findings.push((at, PlanFinding { node: Vec::new(), finding: finding.clone() }));
        report.findings.push(finding);
    }

    /// A check of the checklist, whatever it saw.
    pub(super) fn add_check(&mut self, code: &str, area: CheckArea) {
        self.report().checklist.checks.push(CheckLine {
            code: code.to_owned(),
            area,
            summary: String::new(),
            weight: 1.0,
            reads: String::new(),
            threshold: String::new(),
            source: String::new(),
            results: Vec::new(),
        });
    }

    /// A statement that runs `calls` times for a page of a step.
    pub(super) fn probe_finds(&mut self, fingerprint: &str, step: &str, calls: f64) {
        let report = self.report();
        let hot = report.hot.iter().find(|statement| statement.fingerprint == fingerprint);
        let found = n_plus_one(fingerprint, step, calls, hot.map_or(0.05, |statement| statement.mean_ms));
        report.probes.push(ProbeVerdict {
            step: step.to_owned(),
            reading_count: 18,
            left_out: Vec::new(),
            pages: Vec::new(),
            answer: Answer::Found(ProbeJudgement {
                item_path: "$.items".to_owned(),
                is_first_touch: true,
                statements: Vec::new(),
                n_plus_ones: vec![found],
            }),
        });
        self.add_step_finding("n-plus-one", step, Severity::Warning, "ask for all items at once");
    }

    /// A question that a request of a step asks `count` times with the same values, in `elapsed_ms`.
    pub(super) fn trace(&mut self, step: &str, count: u64, elapsed_ms: f64) {
        self.report().traces.push(RequestTrace {
            step: step.to_owned(),
            page_size: None,
            requests: 5,
            executions: count,
            transactions: 0,
            statements: vec![TraceLine {
                fingerprint: "5e771n65".to_owned(),
                text: "SELECT value FROM settings WHERE name = $1".to_owned(),
                noise: None,
                count,
                distinct_values: 1,
                same_values: count,
                in_requests: 5,
                rows: count,
                elapsed_ms,
                repetition: Some(Repetition::SameValues),
            }],
            dropped: 0,
            unreadable: 0,
        });
    }
}

/// A recommendation that rests on a finding about all steps together, and saves that share of all time.
pub(super) fn recommendation(id: &str, code: &str, saved_ratio: Option<f64>) -> Recommendation {
    Recommendation {
        id: id.to_owned(),
        kind: RecommendationKind::CreateIndex,
        title: String::new(),
        what: String::new(),
        why: String::new(),
        rests_on: vec![FindingReference { code: code.to_owned(), subject: Subject::Total }],
        statements: Vec::new(),
        steps: Vec::new(),
        actions: vec![Action::Change(id.to_owned())],
        effect: Effect::Estimated {
            gain: Gain { saved_ratio, saved_by_step: BTreeMap::new(), changes: Vec::new() },
            how: String::new(),
        },
        effort: Effort::Low,
        risk: Risk::Low,
        risk_note: String::new(),
        undo: Vec::new(),
        verify: Vec::new(),
    }
}

/// A B-tree on the reservations.
pub(super) fn index(name: &str, columns: &[&str]) -> IndexFacts {
    IndexFacts {
        oid: 1,
        table: relation("reservations"),
        definition: format!(
            "CREATE INDEX {name} ON public.reservations USING btree ({})",
            columns.join(", ")
        ),
        bytes: 20 << 20,
        row_estimate: 50_000.0,
        counters: None,
        ..crate::database::fixtures::index(name, columns)
    }
}

fn relation(name: &str) -> RelationName {
    RelationName { schema: "public".to_owned(), name: name.to_owned() }
}

fn finding(code: &str, subject: Subject, severity: Severity, remedy: &str) -> Finding {
    Finding {
        code: code.to_owned(),
        subject,
        severity,
        message: format!("{code} was seen"),
        remedy: remedy.to_owned(),
        numbers: BTreeMap::new(),
    }
}

fn step(name: &str, requests: u64) -> StepRecord {
    let response_time = TimeSummary { count: requests, mean_us: Some(50_000.0), ..TimeSummary::default() };
    StepRecord { name: name.to_owned(), requests, response_time, ..StepRecord::default() }
}

fn empty_record() -> RunRecord {
    RunRecord {
        elapsed_s: 600.0,
        scenario: crate::fixtures::scenario(600.0),
        load: LoadRecord::default(),
        slos: Vec::new(),
        findings: Vec::new(),
        verdict: Verdict::Met,
        ..crate::fixtures::Fixture::empty().record()
    }
}

fn report() -> DatabaseReport {
    let seq_scan =
        finding("seq-scan", Subject::Statement(ADMIN_LIST.to_owned()), Severity::Warning, "an index");
    let missing = finding(
        "missing-index",
        Subject::Part("table public.reservations".to_owned()),
        Severity::Critical,
        CREATE,
    );
    DatabaseReport {
        format_version: DATABASE_FORMAT_VERSION,
        aforo_version: "0.1.0".to_owned(),
        began_at: Utc.with_ymd_and_hms(2026, 1, 1, 0, 10, 0).unwrap(),
        elapsed_s: 1.0,
        server: server(),
        read: ReadSummary::default(),
        hot: vec![
            hot(
                ADMIN_LIST,
                600,
                20.0,
                1.0,
                "SELECT r.id FROM reservations AS r WHERE r.status = $1 AND r.check_in >= $2",
            ),
            hot(EVENT, 24_000, 0.1, 40.0, "SELECT event FROM reservation_events WHERE reservation_id = $1"),
        ],
        explained: vec![
            explained(
                ADMIN_LIST,
                PlanNode {
                    node_type: "Seq Scan".to_owned(),
                    relation: Some("reservations".to_owned()),
                    schema: Some("public".to_owned()),
                    filter: Some("((r.status = $1) AND (r.check_in >= $2))".to_owned()),
                    ..PlanNode::default()
                },
            ),
            explained(EVENT, PlanNode { node_type: "Sort".to_owned(), ..PlanNode::default() }),
        ],
        plan_findings: vec![(0, PlanFinding { node: Vec::new(), finding: seq_scan.clone() })],
        probes: Vec::new(),
        not_probed: Vec::new(),
        traces: Vec::new(),
        attribution: Answer::Found(Attribution {
            slice_count: 600,
            condition_number: 5.0,
            statements: Vec::new(),
        }),
        index_advice: Answer::Found(advice()),
        indexes: Vec::new(),
        checklist: Checklist { checks: Vec::new(), health: health() },
        waits: Vec::new(),
        activity: None,
        findings: vec![missing, seq_scan],
        skipped: Vec::new(),
    }
}

fn health() -> HealthScore {
    HealthScore {
        score: Answer::Found(100.0),
        deductions: Vec::new(),
        total_weight: 0.0,
        judged_weight: 0.0,
        skipped_weight_ratio: 0.0,
        skipped_weight_limit: 0.3,
    }
}

fn server() -> ServerFacts {
    ServerFacts {
        version: "15.18".to_owned(),
        version_number: 150_018,
        started_at: None,
        is_standby: false,
        pooler: None,
        database: "hotel".to_owned(),
        database_bytes: None,
        role: "aforo".to_owned(),
        is_superuser: true,
        search_path: Vec::new(),
        extensions: BTreeMap::new(),
        available_extensions: BTreeMap::new(),
        host_memory_bytes: Some(16 << 30),
        host_core_count: Some(4),
    }
}

fn hot(fingerprint: &str, calls: u64, mean_ms: f64, calls_per_request: f64, text: &str) -> HotStatement {
    let per_request =
        Interval { estimate: calls_per_request, low: 0.9 * calls_per_request, high: 1.1 * calls_per_request };
    HotStatement {
        fingerprint: fingerprint.to_owned(),
        text: Some(text.to_owned()),
        is_top_level: true,
        keys: Vec::new(),
        counters: StatementCounters {
            calls,
            exec_time_ms: calls as f64 * mean_ms,
            ..StatementCounters::default()
        },
        share_of_time_ratio: 0.5,
        mean_ms,
        calls_per_request: Some(calls as f64 / 1_200.0),
        rows_per_call: 1.0,
        blocks_per_call: 1.0,
        temp_blocks_per_call: 0.0,
        wal_bytes_per_call: 0.0,
        steps: vec![StatementStep { step: "admin_list".to_owned(), calls_per_request: per_request }],
        is_listed: false,
        is_slow: false,
        noise: None,
    }
}

fn explained(fingerprint: &str, root: PlanNode) -> ExplainedStatement {
    ExplainedStatement {
        fingerprint: fingerprint.to_owned(),
        kind: ExplainKind::Generic,
        parameters: Vec::new(),
        execution_times_ms: Vec::new(),
        is_contradicted: false,
        not_executed: None,
        outcome: ExplainOutcome::Planned(Box::new(Plan { root, ..Plan::default() })),
    }
}

fn advice() -> IndexAdvice {
    let advised = AdvisedIndex {
        index: IndexDefinition {
            table: relation("reservations"),
            method: IndexMethod::Btree,
            keys: ["status", "check_in"].map(IndexColumn::ascending).to_vec(),
            included: Vec::new(),
            predicate: None,
        },
        name: "reservations_status_check_in_idx".to_owned(),
        create_sql: CREATE.to_owned(),
        drop_sql: r#"DROP INDEX CONCURRENTLY "public"."reservations_status_check_in_idx";"#.to_owned(),
        priority: 1,
        size_bytes: 720 << 10,
        workload_cost_before: 600_000.0,
        workload_cost_after: 6_000.0,
        costed_by: CostSource::Statistics,
        serves: vec![ServedStatement {
            fingerprint: ADMIN_LIST.to_owned(),
            calls: 600.0,
            cost_before: 1_000.0,
            cost_after: 10.0,
        }],
        write_cost: IndexWriteCost {
            wal_bytes_per_entry: 100.0,
            entry_ratio: 1.0,
            ..IndexWriteCost::default()
        },
    };
    IndexAdvice {
        indexes: vec![advised],
        budget_bytes: 1 << 30,
        workload_cost_before: 600_000.0,
        workload_cost_after: 6_000.0,
        costed_by: CostSource::Statistics,
        what_if_calls: 10,
        statement_count: 2,
        not_costed: Vec::new(),
        rejected: Vec::new(),
    }
}

fn n_plus_one(fingerprint: &str, step: &str, calls: f64, mean_ms: f64) -> NPlusOne {
    NPlusOne {
        step: step.to_owned(),
        fingerprint: fingerprint.to_owned(),
        text: Some("SELECT event FROM reservation_events WHERE reservation_id = $1".to_owned()),
        is_top_level: true,
        is_write: false,
        parent: None,
        item_path: "$.items".to_owned(),
        seen_on_wire: None,
        slope: Interval { estimate: 1.0, low: 1.0, high: 1.0 },
        intercept: 0.0,
        r_squared: 1.0,
        rows_per_call: 1.0,
        mean_ms,
        production_page_size: 50,
        projected_calls: calls,
        projected_time_ms: calls * mean_ms,
        severity: Severity::Warning,
        fix_sql: Some("SELECT event FROM reservation_events WHERE reservation_id = ANY($1)".to_owned()),
        fix_words: Vec::new(),
    }
}
