//! Rendering: a request's body and a run's report.

use aforo_bench_suite::{CpuTime, cpu_time, singles};
use aforo_hot_paths::{BodyTemplate, Report};
use criterion::{Criterion, criterion_group, criterion_main};

fn render(criterion: &mut Criterion<CpuTime>) {
    let mut body = BodyTemplate::default();
    let report = Report::default();
    let mut group = criterion.benchmark_group(singles::RENDER_BODY.group);
    group.bench_function(singles::RENDER_BODY.function, |bencher| bencher.iter(|| body.render()));
    group.bench_function(singles::RENDER_REPORT.function, |bencher| bencher.iter(|| report.render()));
    group.finish();
}

criterion_group!(name = benches; config = cpu_time(); targets = render);
criterion_main!(benches);
