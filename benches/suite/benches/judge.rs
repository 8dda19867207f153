//! Judging a run, and understanding what its database did.

use aforo_bench_suite::{CpuTime, cpu_time, singles};
use aforo_hot_paths::{JudgedRun, Plans, ProbedEndpoint, Statements};
use criterion::{Criterion, criterion_group, criterion_main};

fn run(criterion: &mut Criterion<CpuTime>) {
    let run = JudgedRun::default();
    let mut group = criterion.benchmark_group(singles::EVALUATE_SLO.group);
    group.bench_function(singles::EVALUATE_SLO.function, |bencher| bencher.iter(|| run.evaluate_objective()));
    group.bench_function(singles::JUDGE_RUN.function, |bencher| bencher.iter(|| run.judge()));
    group.finish();
}

fn database(criterion: &mut Criterion<CpuTime>) {
    let (plans, statements, endpoint) = (Plans, Statements::default(), ProbedEndpoint::default());
    let mut group = criterion.benchmark_group(singles::PARSE_PLANS.group);
    group.bench_function(singles::PARSE_PLANS.function, |bencher| bencher.iter(|| plans.parse()));
    group.bench_function(singles::FINGERPRINT_STATEMENTS.function, |bencher| {
        bencher.iter(|| statements.fingerprint());
    });
    group.bench_function(singles::FIT_N_PLUS_ONE.function, |bencher| bencher.iter(|| endpoint.judge()));
    group.finish();
}

criterion_group!(name = benches; config = cpu_time(); targets = run, database);
criterion_main!(benches);
