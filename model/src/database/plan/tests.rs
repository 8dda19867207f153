use proptest::prelude::*;

use super::*;

/// Two workers and the leader sort a table in parallel, a sub-query with an `InitPlan` beside it; times made up so that shares
/// are round.
const PARALLEL: &str = r#"[{"Plan": {
    "Node Type": "Gather", "Total Cost": 100.5, "Plan Rows": 30, "Plan Width": 8, "Workers Planned": 2, "Workers Launched": 2,
    "Actual Total Time": 90.0, "Actual Rows": 30, "Actual Loops": 1, "Shared Hit Blocks": 7,
    "Plans": [
        {"Node Type": "Result", "Parent Relationship": "InitPlan", "Subplan Name": "InitPlan 1 (returns $0)",
         "Actual Total Time": 40.0, "Actual Rows": 1, "Actual Loops": 1},
        {"Node Type": "Seq Scan", "Parent Relationship": "Outer", "Parallel Aware": true, "Relation Name": "rooms",
         "Schema": "public", "Plan Rows": 12, "Actual Total Time": 60.0, "Actual Rows": 10.33, "Actual Loops": 3,
         "Rows Removed by Filter": 5, "A Field Of Tomorrow": {"deep": [1]},
         "Workers": [{"Worker Number": 0, "Sort Method": "quicksort"}]}
    ]},
    "Settings": {"work_mem": "64MB"}, "Planning": {"Shared Hit Blocks": 3}, "Planning Time": 1.5, "Execution Time": 100.0,
    "JIT": {"Functions": 4, "Timing": {"Generation": {"Deform": 0.1, "Total": 0.5}, "Total": 12.5}},
    "Triggers": [{"Trigger Name": "audit", "Relation": "rooms", "Time": 2.5, "Calls": 30}]}]"#;

fn parallel() -> Plan {
    Plan::from_explain_json(PARALLEL).unwrap()
}

#[test]
fn a_plan_is_read_with_what_is_measured() {
    let plan = parallel();
    assert_eq!((plan.planning_time_ms, plan.execution_time_ms), (Some(1.5), Some(100.0)));
    assert_eq!(plan.settings["work_mem"], "64MB");
    let jit = plan.jit.as_ref().unwrap();
    assert_eq!((jit.functions, jit.timing.as_ref().unwrap().total_ms), (4, 12.5));
    assert_eq!((plan.triggers[0].name.as_str(), plan.triggers[0].time_ms), ("audit", Some(2.5)));
    assert_eq!(plan.root.blocks.shared_hit, Some(7.0));
    let scan = plan.node(&[1]).unwrap();
    assert_eq!(scan.qualified_relation().as_deref(), Some("public.rooms"));
    assert_eq!(scan.actual_rows, Some(10.33), "fractions, from Postgres 18 on");
    assert_eq!(scan.total_removed_rows(), Some(15.0));
    assert_eq!(scan.workers[0].sort_method.as_deref(), Some("quicksort"));
    assert_eq!(plan.node(&[2]), None);
}

#[test]
fn a_plan_can_be_handed_to_other_viewers_and_read_again() {
    let plan = parallel();
    let json = plan.to_explain_json().unwrap();
    assert!(json.starts_with('[') && json.contains("\"Node Type\": \"Gather\""));
    assert!(!json.contains("null"), "what was not told is left out");
    assert_eq!(Plan::from_explain_json(&json).unwrap(), plan);
}

#[test]
fn what_is_no_plan_is_refused_with_what_to_do() {
    for text in ["[]", "[\"Utility Statement\"]", "{}", "3", "[{\"Planning Time\": 1}]"] {
        assert!(matches!(Plan::from_explain_json(text), Err(PlanError::NoPlan)), "{text}");
    }
    for text in ["", "Seq Scan on rooms", "[{\"Plan\": 3}]", "[{\"Plan\": {\"Plan Rows\": \"many\"}}]"] {
        let error = Plan::from_explain_json(text).unwrap_err();
        assert!(error.to_string().contains("FORMAT JSON"), "{text}: {error}");
    }
    let twice =
        r#"[{"Plan": {"Node Type": "Sort", "Sort Method": "quicksort", "Sort Method": "external merge"}}]"#;
    assert_eq!(Plan::from_explain_json(twice).unwrap().root.sort_method.as_deref(), Some("external merge"));
}

#[test]
fn time_is_on_the_clock_and_shared_among_processes() {
    let plan = parallel();
    let visits = plan.visit();
    assert_eq!(visits.iter().map(|visit| visit.path.clone()).collect::<Vec<_>>(), [vec![], vec![0], vec![1]]);
    let [gather, once, scan] = visits.as_slice() else { panic!("{visits:?}") };
    // 60 ms in each of three processes, side by side; the InitPlan is somebody else's time.
    assert_eq!((scan.inclusive_ms, scan.self_ms, scan.self_ratio), (Some(60.0), Some(60.0), Some(0.6)));
    assert_eq!((gather.inclusive_ms, gather.self_ms), (Some(90.0), Some(30.0)));
    assert_eq!(once.self_ms, Some(40.0), "one process does it");
    assert_eq!((scan.processes, scan.parallel_divisor), (3.0, 2.4));
    assert_eq!(gather.processes, 1.0);
}

#[test]
fn loops_multiply_time() {
    let json = r#"[{"Plan": {"Node Type": "Nested Loop", "Actual Total Time": 10.0, "Actual Loops": 1, "Plans": [
        {"Node Type": "Index Scan", "Parent Relationship": "Inner", "Actual Total Time": 0.01, "Actual Loops": 800},
        {"Node Type": "Index Scan", "Parent Relationship": "Outer", "Actual Total Time": 5.0, "Actual Loops": 0}]}}]"#;
    let plan = Plan::from_explain_json(json).unwrap();
    let visits = plan.visit();
    assert_eq!((visits[1].self_ms, visits[0].self_ms), (Some(8.0), Some(2.0)));
    assert_eq!((visits[2].self_ms, visits[2].node.is_never_executed()), (Some(0.0), true));
    assert_eq!(visits[1].self_ratio, Some(0.8), "of the root's time where the execution's is not told");
}

#[test]
fn a_limit_stops_what_does_not_have_to_read_all() {
    let stops = |above: &str, between: &str| {
        let json = format!(
            r#"[{{"Plan": {{{above}, "Plans": [{{{between}, "Parent Relationship": "Inner", "Plans": [{{"Node Type": "Seq Scan"}}]}}]}}}}]"#
        );
        Plan::from_explain_json(&json).unwrap().visit()[2].may_stop_early
    };
    assert!(stops(r#""Node Type": "Limit""#, r#""Node Type": "Nested Loop""#));
    assert!(!stops(r#""Node Type": "Limit""#, r#""Node Type": "Sort""#));
    assert!(!stops(r#""Node Type": "Limit""#, r#""Node Type": "Aggregate", "Strategy": "Hashed""#));
    assert!(stops(r#""Node Type": "Limit""#, r#""Node Type": "Aggregate", "Strategy": "Sorted""#));
    assert!(stops(r#""Node Type": "Nested Loop", "Join Type": "Semi""#, r#""Node Type": "Append""#));
    assert!(stops(r#""Node Type": "Merge Join""#, r#""Node Type": "Append""#));
    assert!(!stops(r#""Node Type": "Nested Loop", "Join Type": "Inner""#, r#""Node Type": "Append""#));
}

#[test]
fn a_plan_that_was_not_executed_has_no_times() {
    let json =
        r#"[{"Plan": {"Node Type": "Gather", "Workers Planned": 4, "Plans": [{"Node Type": "Seq Scan"}]}}]"#;
    let plan = Plan::from_explain_json(json).unwrap();
    let visits = plan.visit();
    assert_eq!(
        (visits[1].self_ms, visits[1].self_ratio, visits[1].node.total_actual_rows()),
        (None, None, None)
    );
    assert_eq!(visits[1].parallel_divisor, 4.0, "with four workers the leader does nothing but lead");
}

#[test]
fn a_very_deep_plan_is_refused_and_does_not_overflow() {
    let deep = |levels: usize| {
        let open = r#"{"Node Type": "Append", "Plans": ["#.repeat(levels);
        Plan::from_explain_json(&format!(r#"[{{"Plan": {open}{}}}]"#, "]}".repeat(levels)))
    };
    assert_eq!(deep(50).unwrap().visit().len(), 50);
    assert!(deep(100_000).is_err());
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC{0,80}") {
        let _ = Plan::from_explain_json(&text);
    }

    #[test]
    fn a_mutilated_plan_is_read_or_refused(from in 0usize..PARALLEL.len(), length in 0usize..40, put in "[\\[\\]{}\",:0-9eE.a-z -]{0,6}") {
        let mut text = PARALLEL.to_owned();
        let end = (from + length).min(text.len());
        text.replace_range(from..end, &put);
        if let Ok(plan) = Plan::from_explain_json(&text) {
            let ratios = plan.visit().into_iter().filter_map(|visit| visit.self_ratio);
            for ratio in ratios {
                prop_assert!((0.0..=1.0).contains(&ratio), "{}", ratio);
            }
        }
    }
}
