//! The judgement as a whole.

use aforo_model::{
    Criticality, ErrorKind, Expression, RedFlag, ResourceSample, Role, RunEnd, Slo, Subject, Verdict,
};
use proptest::prelude::*;

use super::*;
use crate::fixtures::{
    Fixture, healthy_sample, healthy_second, open_scenario, open_second, scenario, step_second, summarized,
};

/// Objectives on every indicator, in both directions.
const EXPRESSIONS: [&str; 18] = [
    "p50 < 1s",
    "p90 < 1s",
    "p95 < 3s",
    "p99.9 > 1us",
    "p100 < 1h",
    "mean < 1s",
    "max < 10s",
    "error_rate < 1%",
    "error_rate >= 0",
    "server_error_rate <= 0",
    "throughput > 1/s",
    "throughput >= 0",
    "memory_growth < 20%",
    "p95_drift < 30%",
    "cache_hit_ratio > 50%",
    "cache_hit_ratio >= 0",
    "cache_fragmentation < 1.5",
    "connection_use < 80%",
];

fn verdict(fixture: &Fixture) -> Verdict {
    analyze(&fixture.evidence()).verdict
}

fn why(fixture: &Fixture) -> String {
    match verdict(fixture) {
        Verdict::Inconclusive { why } => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_healthy_run_meets_its_objectives_and_has_no_findings() {
    let judgement = analyze(&Fixture::healthy().evidence());
    assert_eq!(judgement.verdict, Verdict::Met);
    assert_eq!(judgement.findings, []);
    assert_eq!(judgement.slos.len(), 2);
}

#[test]
fn one_missed_objective_violates_whatever_else_is_unknown() {
    assert_eq!(verdict(&Fixture::healthy().with_slos(&["p99.9 < 1s", "p95 < 1ms"])), Verdict::Violated);
}

#[test]
fn one_objective_that_cannot_be_judged_is_named() {
    let why = why(&Fixture::healthy().with_slos(&["p95 < 3s", "p99.9 < 1s"]));
    assert!(why.starts_with("1 of 2 objectives could not be judged; total p99.9 < 1 s: only 1200"), "{why}");
}

#[test]
fn without_an_objective_or_a_request_nothing_is_met() {
    assert!(why(&Fixture::healthy().with_slos(&[])).contains("no SLO"));
    assert!(why(&Fixture::empty()).contains("not one request"));
}

#[test]
fn a_generator_that_was_the_bottleneck_voids_what_was_met_but_excuses_nothing() {
    let saturated = || Fixture::healthy().with_cpu(Role::Generator, 3.9);
    assert!(why(&saturated()).contains("short of CPU"));
    assert_eq!(verdict(&saturated().with_slos(&["p95 < 1ms"])), Verdict::Violated);
}

#[test]
fn a_raised_red_flag_violates() {
    let mut fixture = Fixture::healthy();
    fixture.scenario.red_flags =
        vec![RedFlag { subject: Subject::Total, when: "p95 > 50ms".parse().unwrap() }];
    let judgement = analyze(&fixture.evidence());
    assert_eq!(judgement.verdict, Verdict::Violated);
    assert_eq!(judgement.findings[0].code, "red-flag");
}

#[test]
fn a_run_that_aforo_ended_is_violated_and_says_why() {
    let mut fixture = Fixture::healthy();
    fixture.end = RunEnd::Aborted { at_s: 41.0, why: "the red flag `p95 > 10 s` was raised".to_owned() };
    let judgement = analyze(&fixture.evidence());
    assert_eq!(judgement.verdict, Verdict::Violated);
    assert_eq!(judgement.findings[0].code, "ended-early");
}

#[test]
fn a_schedule_that_was_not_kept_voids_what_was_met() {
    let mut fixture = Fixture { scenario: open_scenario(60.0), ..Fixture::healthy() };
    let run_with = |fixture: &mut Fixture, dropped: u64, delay_us: u64| {
        let seconds: Vec<_> =
            (0..60).map(|index| open_second(index, 10 - dropped, dropped, delay_us)).collect();
        fixture.load = summarized(&fixture.scenario, &seconds);
    };
    run_with(&mut fixture, 0, 300);
    assert_eq!(verdict(&fixture), Verdict::Met);
    run_with(&mut fixture, 1, 300);
    assert!(why(&fixture).contains("asked 10.0/s, started 9.0/s"));
    run_with(&mut fixture, 0, 3_000);
    assert!(why(&fixture).contains("more than 1 ms late"));
}

#[test]
fn a_target_that_died_leaves_nothing_met() {
    let mut fixture = Fixture::healthy();
    fixture.end = RunEnd::TargetDied { at_s: 41.0, why: "connection refused".to_owned() };
    assert!(why(&fixture).contains("cut short after 41 s of 60 s"));
}

#[test]
fn the_same_evidence_gives_the_same_bytes_and_the_most_severe_finding_first() {
    let mut fixture = Fixture::healthy()
        .with_cpu(Role::Generator, 3.9)
        .with_cpu(Role::Target, 3.0)
        .with_host(|host| host.memory_used_bytes = 7 << 30);
    fixture.environment.debug_build = true;
    let seconds: Vec<_> = (0..60)
        .map(|index| {
            let mut second = healthy_second(index);
            second.steps.insert("book".to_owned(), step_second(10, 2, 100_000));
            second
        })
        .collect();
    fixture.load = summarized(&fixture.scenario, &seconds);
    let judgement = analyze(&fixture.evidence());
    assert!(judgement.findings.len() >= 5, "{:?}", judgement.findings);
    assert!(judgement.findings.is_sorted_by_key(|finding| std::cmp::Reverse(finding.severity)));
    let bytes = |judgement: &Judgement| {
        serde_json::to_string(&(&judgement.slos, &judgement.findings, &judgement.verdict)).unwrap()
    };
    assert_eq!(bytes(&judgement), bytes(&analyze(&fixture.clone().evidence())));
}

/// Any number a damaged or odd record may hold.
fn wild_f64() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<f64>(),
        prop::num::f64::ANY,
        0.0f64..100.0,
        Just(f64::NAN),
        Just(f64::INFINITY),
        Just(0.0),
    ]
}

prop_compose! {
    fn wild_sample()(
        at_s in wild_f64(), cpu in wild_f64(), load_1m in wild_f64(), fragmentation in wild_f64(),
        bytes in any::<u64>(), total_bytes in any::<u64>(), count in any::<u32>(), limit in any::<u32>(),
        core_count in any::<u32>(), second in 0u32..61,
    ) -> ResourceSample {
        let mut sample = healthy_sample(second);
        sample.at_s = at_s;
        for process in &mut sample.processes {
            process.cpu_cores = Some(cpu);
            process.rss_bytes = bytes;
        }
        if let Some(host) = &mut sample.host {
            (host.cpu_ratio, host.core_count, host.load_1m) = (Some(cpu), core_count, load_1m);
            (host.memory_used_bytes, host.memory_total_bytes) = (bytes, total_bytes);
        }
        if let Some(postgres) = &mut sample.postgres {
            (postgres.connection_count, postgres.max_connections) = (count, limit);
        }
        if let Some(redis) = &mut sample.redis {
            (redis.keyspace_hits, redis.keyspace_misses, redis.evicted_keys) = (bytes, total_bytes, bytes);
            redis.fragmentation_ratio = fragmentation;
        }
        sample
    }
}

prop_compose! {
    fn wild_fixture()(
        resources in prop::collection::vec(wild_sample(), 0..20),
        seconds in prop::collection::vec((0u32..90, 1u64..40, 0u64..40, 0u64..20_000_000), 0..20),
        numbers in prop::collection::vec(wild_f64(), 8),
        objective in wild_f64(),
        requests in 0u64..u64::from(u32::MAX),
    ) -> Fixture {
        let mut fixture = Fixture { resources, ..Fixture::empty() };
        let seconds: Vec<_> = seconds
            .into_iter()
            .map(|(index, requests, errors, time_us)| {
                let mut second = healthy_second(index);
                second.steps.insert("book".to_owned(), step_second(requests, errors.min(requests), time_us));
                second
            })
            .collect();
        fixture.load = summarized(&fixture.scenario, &seconds);
        fixture.load.judged_s = numbers[0];
        fixture.load.mean_users = numbers[1];
        fixture.load.think_time_s = numbers[2];
        fixture.load.total.throughput_per_s = numbers[3];
        fixture.load.total.error_rate = Some(numbers[4]);
        fixture.load.steps[0].error_rate = Some(numbers[4]);
        fixture.load.steps[0].errors.insert(ErrorKind::Timeout, requests);
        fixture.load.timeline.total.errors.truncate(3);
        fixture.scenario.load.warm_up_s = numbers[5];
        fixture.scenario.load.duration_s = numbers[6];
        fixture.end = RunEnd::Killed { at_s: numbers[7] };
        fixture.scenario.slos = every_objective();
        fixture.scenario.slos[0].expect.objective.value = objective;
        fixture.scenario.red_flags = every_objective()
            .into_iter()
            .map(|slo| RedFlag { subject: slo.subject, when: slo.expect })
            .collect();
        fixture
    }
}

/// Every expression on all steps, on a step, and on a step that is not there.
fn every_objective() -> Vec<Slo> {
    let expressions = EXPRESSIONS.map(|text| text.parse::<Expression>().unwrap());
    let subjects = [Subject::Total, Subject::Step("book".to_owned()), Subject::Step("nowhere".to_owned())];
    subjects
        .iter()
        .flat_map(|subject| {
            expressions.map(|expect| Slo {
                subject: subject.clone(),
                expect,
                criticality: Criticality::Critical,
                abort: false,
            })
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_record_makes_the_judge_panic_and_every_number_it_gives_is_finite(fixture in wild_fixture()) {
        let judgement = analyze(&fixture.evidence());
        for finding in &judgement.findings {
            prop_assert!(finding.numbers.values().all(|number| number.is_finite()), "{finding:?}");
        }
        for result in &judgement.slos {
            prop_assert!(result.measured.is_none_or(f64::is_finite), "{result:?}");
        }
        prop_assert_ne!(judgement.verdict, Verdict::Met, "the run was killed");
    }

    #[test]
    fn no_objective_is_met_without_data(duration_s in 0.0f64..7200.0) {
        let fixture = Fixture { scenario: scenario(duration_s), ..Fixture::empty() };
        for slo in every_objective() {
            let result = judge(&slo, &fixture.evidence());
            prop_assert!(matches!(result.verdict, Verdict::Inconclusive { .. }), "{result:?}");
        }
    }
}
