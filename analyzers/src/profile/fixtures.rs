//! Profiles to test with.

use aforo_model::profile::{Frame, Profile, ProfileClock, ProfileWindow, ProfilerKind, SampleCounts, Stack};

/// A profile of these stacks, each as `outer;inner` with its samples. A function `own::…` lies in the target's own source, all
/// others in a library's.
pub(crate) fn profile(stacks: &[(&str, u64)]) -> Profile {
    let mut frames: Vec<Frame> = Vec::new();
    let mut place = |function: &str| {
        let directory =
            if function.starts_with("own::") { "/app/src" } else { "/home/me/.cargo/registry/src/x" };
        let frame =
            Frame { function: function.to_owned(), file: Some(format!("{directory}/lib.rs")), line: Some(7) };
        let known = frames.iter().position(|known| *known == frame);
        let place = known.unwrap_or_else(|| {
            frames.push(frame);
            frames.len() - 1
        });
        u32::try_from(place).unwrap()
    };
    let stacks: Vec<Stack> = stacks
        .iter()
        .map(|(stack, samples)| Stack {
            frames: stack.split(';').map(&mut place).collect(),
            samples: *samples,
        })
        .collect();
    let kept = stacks.iter().map(|stack| stack.samples).sum();
    Profile {
        profiler: ProfilerKind::PerfEvent,
        clock: ProfileClock::Cpu,
        rate_hz: 100.0,
        window: ProfileWindow { from_s: 10.0, to_s: 20.0 },
        samples: SampleCounts { expected: Some(kept as f64), kept, lost: 0 },
        target_cpu_time_s: Some(kept as f64 / 100.0),
        notes: Vec::new(),
        frames,
        stacks,
    }
}
