//! Recording what requests did, and taking in what was recorded.

use aforo_bench_suite::{CpuTime, cpu_time, singles};
use aforo_hot_paths::{RecordedSecond, Recording, RunSeconds};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};

fn record(criterion: &mut Criterion<CpuTime>) {
    let mut recording = Recording::default();
    let mut seconds = RunSeconds::default();
    let mut group = criterion.benchmark_group(singles::RECORD_SAMPLE.group);
    group.bench_function(singles::RECORD_SAMPLE.function, |bencher| {
        bencher.iter(|| recording.record_next());
    });
    group.bench_function(singles::MERGE_SECOND.function, |bencher| {
        bencher.iter_batched_ref(RecordedSecond::default, RecordedSecond::merge, BatchSize::SmallInput);
    });
    group.bench_function(singles::TAKE_IN_SECOND.function, |bencher| {
        bencher.iter_batched_ref(
            || seconds.summary(),
            |summary| seconds.take_in(summary),
            BatchSize::SmallInput,
        );
    });
    group.bench_function(singles::RECORD_TIMES.function, |bencher| {
        bencher.iter(|| seconds.record_thousand_times());
    });
    group.bench_function(singles::MERGE_HISTOGRAMS.function, |bencher| {
        bencher.iter(|| seconds.merge_histograms());
    });
    group.finish();
}

criterion_group!(name = benches; config = cpu_time(); targets = record);
criterion_main!(benches);
