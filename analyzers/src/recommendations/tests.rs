//! All advisers together, on all that can be found and on any part of it.

use std::collections::BTreeSet;

use aforo_model::database::{CheckArea, IndexFacts};
use aforo_model::{Answer, Effort, Recommendation, Severity};
use proptest::prelude::*;

use super::fixtures::{ADMIN_LIST, EVENT, Fixture, index};
use super::{name_best_help, recommend};

/// A hotel with everything wrong at once.
fn everything() -> Fixture {
    let mut fixture = Fixture::hotel();
    fixture.probe_finds(EVENT, "admin_list", 40.0);
    fixture.trace("admin_list", 12, 6.0);
    fixture.add_step_finding("repeated-statement", "admin_list", Severity::Warning, "ask once");
    fixture.add_step_finding("unpaginated", "health", Severity::Critical, "give it a page size");
    for code in ["correlated-subplan", "row-misestimate", "heap-fetches", "nested-loop-inner-size"] {
        fixture.add_plan_finding(code, ADMIN_LIST, Severity::Warning, "write it as a join");
    }
    fixture.add_plan_finding("sort-to-disk", EVENT, Severity::Critical, "SET LOCAL work_mem = '32MB'");
    let settings = [
        ("random-page-cost", "ALTER SYSTEM SET random_page_cost = '1.1'; SELECT pg_reload_conf();"),
        ("shared-buffers", "ALTER SYSTEM SET shared_buffers = '4096MB'; and restart the server"),
        ("work-mem-total", "ALTER SYSTEM SET work_mem = '4MB'; SELECT pg_reload_conf();"),
    ];
    for (code, remedy) in settings {
        fixture.add_check(code, CheckArea::Memory);
        fixture.add(code, "postgres", Severity::Warning, remedy);
    }
    let table = r#"VACUUM (ANALYZE) "public"."reservations";"#;
    for code in ["dead-rows", "stale-statistics", "never-analyzed", "table-bloat", "table-freeze-age"] {
        fixture.add(code, "table public.reservations", Severity::Warning, table);
    }
    let foreign_key = r#"CREATE INDEX CONCURRENTLY ON "public"."reservations" ("accommodation_id");"#;
    fixture.add("missing-foreign-key-index", "table public.reservations", Severity::Critical, foreign_key);
    for (oid, (code, columns)) in
        (1..).zip([("unused-index", ["guest_phone", "id"]), ("redundant-index", ["guest_phone", "at"])])
    {
        let facts = IndexFacts { oid, ..index(code, &columns) };
        fixture.add(code, &format!("index public.{code}"), Severity::Warning, "DROP INDEX");
        fixture.report().indexes.push(facts);
    }
    fixture.add("memory-high", "host", Severity::Warning, "");
    fixture
}

fn gain_per_effort(recommendation: &Recommendation) -> f64 {
    let cost = match recommendation.effort {
        Effort::Low => 1.0,
        Effort::Medium => 3.0,
        Effort::High => 9.0,
    };
    recommendation.effect.gain().and_then(|gain| gain.saved_ratio).unwrap_or(0.0) / cost
}

fn check(recommendations: &[Recommendation]) {
    let ids: BTreeSet<&str> = recommendations.iter().map(|each| each.id.as_str()).collect();
    assert_eq!(ids.len(), recommendations.len(), "two with one id");
    for each in recommendations {
        assert!(!each.rests_on.is_empty() && !each.actions.is_empty(), "{each:?}");
        assert!(!each.undo.is_empty() && !each.verify.is_empty(), "{each:?}");
        assert!(each.id.starts_with(each.kind.as_str()), "{}", each.id);
        for text in [&each.title, &each.what, &each.why, &each.risk_note] {
            assert!(!text.is_empty() && !text.contains("NaN") && !text.contains('\n'), "{each:?}");
        }
        let gain = each.effect.gain();
        let ratios = gain.into_iter().flat_map(|gain| gain.saved_by_step.values().chain(&gain.saved_ratio));
        for ratio in ratios {
            assert!((0.0..=1.0).contains(ratio), "{each:?}");
        }
    }
    let gains: Vec<f64> = recommendations.iter().map(gain_per_effort).collect();
    assert!(gains.is_sorted_by(|one, other| one >= other), "{gains:?}");
}

#[test]
fn everything_that_is_wrong_is_advised_on_once() {
    let recommendations = recommend(&everything().record);
    check(&recommendations);
    let ids: Vec<&str> = recommendations.iter().map(|each| each.id.as_str()).collect();
    assert_eq!(
        ids,
        [
            "create-index:public.reservations(status,check_in)",
            "rewrite-query:admin_list/repeated-statement",
            "remove-n-plus-one:admin_list",
            "create-index:public.reservations(accommodation_id)",
            "rewrite-query:health/unpaginated",
            "postgres-setting:work_mem of statements",
            "postgres-setting:random_page_cost",
            "maintenance:public.reservations",
            "drop-index:public.redundant-index",
            "rewrite-query:eed80301196456fc",
            "drop-index:public.unused-index",
            "maintenance:rewrite public.reservations",
        ]
    );
}

#[test]
fn nothing_is_advised_where_nothing_was_found() {
    assert_eq!(recommend(&Fixture::empty().record), []);
    let mut quiet = Fixture::hotel();
    quiet.report().findings.clear();
    quiet.report().plan_findings.clear();
    assert_eq!(recommend(&quiet.record), []);
}

/// Advisers read the SQL of remedies: what the checks really write must be what they understand.
#[test]
fn the_sql_of_real_checks_is_understood() {
    let unhealthy = crate::database::fixtures::Fixture::healthy()
        .with_setting("fsync", "off")
        .with_setting("log_lock_waits", "off")
        .with_setting("enable_hashjoin", "off")
        .with_table_counters(|counters| {
            (counters.live_rows, counters.dead_rows) = (100_000, 90_000);
            counters.changed_since_analyze = 90_000;
        });
    let checklist = crate::check_database(&unhealthy.evidence);
    let mut fixture = Fixture::hotel();
    fixture.report().findings = crate::checklist_findings(&checklist);
    fixture.report().plan_findings.clear();
    fixture.report().checklist = checklist;
    let recommendations = recommend(&fixture.record);
    check(&recommendations);
    let ids: Vec<&str> = recommendations.iter().map(|each| each.id.as_str()).collect();
    assert_eq!(
        ids,
        [
            "postgres-setting:fsync",
            "postgres-setting:enable_hashjoin",
            "postgres-setting:logging",
            "maintenance:public.guests"
        ]
    );
    let actions: Vec<&str> = recommendations[3].actions.iter().map(aforo_model::Action::text).collect();
    assert_eq!(actions.last(), Some(&r#"VACUUM (ANALYZE) "public"."guests";"#));
}

#[test]
fn the_same_record_gives_the_same_bytes() {
    let saved = || serde_json::to_string(&recommend(&everything().record)).unwrap();
    assert_eq!(saved(), saved());
    let read: Vec<Recommendation> = serde_json::from_str(&saved()).unwrap();
    assert_eq!(read, recommend(&everything().record));
}

proptest! {
    #[test]
    fn any_part_of_what_can_be_found_gives_sound_advice(
        kept in prop::collection::vec(any::<bool>(), 40),
        parts in prop::collection::vec(any::<bool>(), 10),
        mean_ms in prop::sample::select(vec![-1.0, 0.0, 1e-9, 20.0, 1e300]),
        cost_before in prop::sample::select(vec![0.0, 1e-300, 1_000.0, 1e300]),
        mean_us in prop::sample::select(vec![None, Some(0.0), Some(1.0), Some(1e300)]),
    ) {
        let mut fixture = everything();
        let record = &mut fixture.record;
        if parts[0] {
            record.load.steps.clear();
        }
        for step in &mut record.load.steps {
            step.response_time.mean_us = mean_us;
        }
        let report = fixture.report();
        let mut at = 0;
        report.findings.retain(|_| { at += 1; kept[at % kept.len()] });
        report.hot.iter_mut().for_each(|statement| statement.mean_ms = mean_ms);
        let is_dropped = |part: usize| parts[part];
        if is_dropped(1) { report.hot.clear(); }
        if is_dropped(2) { report.explained.clear(); }
        if is_dropped(3) { report.plan_findings.clear(); }
        if is_dropped(4) { report.probes.clear(); }
        if is_dropped(5) { report.traces.clear(); }
        if is_dropped(6) { report.indexes.clear(); }
        if is_dropped(7) { report.attribution = Answer::absent("nobody looked"); }
        if is_dropped(8) { report.checklist.checks.clear(); }
        if let Answer::Found(advice) = &mut report.index_advice {
            advice.indexes.iter_mut().flat_map(|index| &mut index.serves).for_each(|served| {
                served.cost_before = cost_before;
            });
        }
        if is_dropped(9) { report.index_advice = Answer::absent("nobody looked"); }
        fixture.record.recommendations = recommend(&fixture.record);
        check(&fixture.record.recommendations);
        let saved = serde_json::to_string(&fixture.record.recommendations).unwrap();
        prop_assert!(serde_json::from_str::<Vec<Recommendation>>(&saved).is_ok(), "{}", saved);
        name_best_help(&mut fixture.record);
    }
}
