//! How all subjects are measured.

use std::time::Duration;

use criterion::Criterion;
use criterion::measurement::WallTime;

use crate::cpu_time::CpuTime;
use crate::profiler::FlameProfiler;

/// `make bench` measures everything in several passes, each a process of its own, so that one pass need not be long.
const MEASUREMENT: Duration = Duration::from_secs(1);
const WARM_UP: Duration = Duration::from_millis(300);
/// Times of a pass; each is of many calls where a call is short.
const SAMPLES: usize = 20;
/// Draws for Criterion's own intervals. Its default is ten times as many, which takes as long as measuring; the table has intervals of
/// its own.
const CRITERIONS_DRAWS: usize = 10_000;

fn settings() -> Criterion {
    Criterion::default()
        .measurement_time(MEASUREMENT)
        .warm_up_time(WARM_UP)
        .sample_size(SAMPLES)
        .nresamples(CRITERIONS_DRAWS)
        .with_profiler(FlameProfiler::default())
}

/// For what only computes: CPU time of the thread.
pub fn cpu_time() -> Criterion<CpuTime> {
    settings().with_measurement(CpuTime)
}

/// For what waits for servers or other threads: wall time.
pub fn wall_time() -> Criterion<WallTime> {
    settings()
}
