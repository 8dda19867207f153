//! Times over many inputs.

use std::hint::black_box;

use criterion::Bencher;
use criterion::measurement::Measurement as _;

use crate::cpu_time::CpuTime;

/// Measures passes over all of the inputs, and counts the CPU time of one input: no time then depends on which inputs it was taken of.
pub fn per_input<I, O>(bencher: &mut Bencher<'_, CpuTime>, inputs: &[I], mut routine: impl FnMut(&I) -> O) {
    per_input_of_pass(bencher, inputs.len(), || {
        for input in inputs {
            black_box(routine(black_box(input)));
        }
    });
}

/// As [`per_input`], where a pass has something to begin with.
pub fn per_input_of_pass(bencher: &mut Bencher<'_, CpuTime>, inputs: usize, mut pass: impl FnMut()) {
    bencher.iter_custom(|passes| {
        let started_ns = CpuTime.start();
        for _ in 0..passes {
            pass();
        }
        CpuTime.end(started_ns) / inputs as f64
    });
}
