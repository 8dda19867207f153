//! What a run costs Aforo itself: keeping times, taking in a second, judging a whole run.

use std::hint::black_box;

use aforo_analyzers::{Evidence, LoadSummary, analyze};
use aforo_model::{LoadSecond, RunRecord, StepSecond, TimeHistogram, read_run};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};

/// A run with thirteen steps, as the report tests use it.
fn canonical_run() -> RunRecord {
    read_run(include_str!("../reports/fixtures/met.json")).expect("the fixture is a run record")
}

/// Times as a fast API gives them, spread over three orders of magnitude; any fixed spread would do.
fn times_us() -> impl Iterator<Item = u64> {
    (0..1_000_u64).map(|index| 500 + index * index)
}

fn histogram(criterion: &mut Criterion) {
    let mut histogram = TimeHistogram::new();
    criterion.bench_function("record 1000 times", |bencher| {
        bencher.iter(|| times_us().for_each(|time_us| histogram.record_us(black_box(time_us))));
    });
    let other = histogram.clone();
    criterion.bench_function("merge two histograms", |bencher| {
        bencher.iter(|| histogram.merge(black_box(&other)));
    });
}

fn second(criterion: &mut Criterion) {
    let run = canonical_run();
    let mut step = StepSecond { requests: 1_000, ..StepSecond::default() };
    times_us().for_each(|time_us| step.response_time.record_us(time_us));
    let steps = run.scenario.step_names().into_iter().map(|name| (name.to_owned(), step.clone())).collect();
    let second = LoadSecond { users: 100, steps, ..LoadSecond::default() };
    criterion.bench_function("take in a second of 13 steps", |bencher| {
        bencher.iter_batched_ref(
            || LoadSummary::new(&run.scenario),
            |summary| summary.add(black_box(&second)),
            BatchSize::SmallInput,
        );
    });
}

fn judgement(criterion: &mut Criterion) {
    let run = canonical_run();
    let evidence = Evidence {
        scenario: &run.scenario,
        load: &run.load,
        resources: &run.resources,
        idle_after: &[],
        profile_windows: &[],
        profiles: &[],
        profiler_obstacles: &[],
        profile_failure: None,
        end: &run.end,
        environment: &run.environment,
    };
    criterion.bench_function("judge a run", |bencher| bencher.iter(|| analyze(black_box(&evidence))));
}

criterion_group!(benches, histogram, second, judgement);
criterion_main!(benches);
