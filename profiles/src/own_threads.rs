//! How the scheduler serves Aforo's own threads.

use std::collections::HashMap;
use std::fs;
use std::time::Instant;

use aforo_model::GeneratorSample;

use crate::processes::{Scheduled, parse_schedstat};

/// The threads of this process, by what the kernel counts of each (`/proc/self/task/TID/schedstat`).
#[derive(Debug, Default)]
pub(crate) struct OwnThreads {
    before: Option<(Instant, HashMap<String, Scheduled>)>,
}

impl OwnThreads {
    /// What the busiest thread did since the last reading; nothing at the first, and where the system does not tell.
    pub(crate) fn read(&mut self, now: Instant) -> Option<GeneratorSample> {
        let threads = scheduled()?;
        let (before_at, before) = self.before.replace((now, threads.clone()))?;
        let elapsed_ns = now.saturating_duration_since(before_at).as_nanos() as f64;
        let grown = threads.iter().map(|(thread, after)| {
            let before = before.get(thread).copied().unwrap_or_default();
            // A thread's number may have passed to a new one.
            Scheduled {
                run_ns: after.run_ns.checked_sub(before.run_ns).unwrap_or(after.run_ns),
                wait_ns: after.wait_ns.checked_sub(before.wait_ns).unwrap_or(after.wait_ns),
                turns: after.turns.checked_sub(before.turns).unwrap_or(after.turns),
            }
        });
        let busiest = grown.max_by_key(|thread| thread.run_ns)?;
        (elapsed_ns > 0.0).then(|| GeneratorSample {
            busiest_thread_cores: busiest.run_ns as f64 / elapsed_ns,
            run_queue_delay_us: (busiest.turns > 0)
                .then(|| busiest.wait_ns as f64 / busiest.turns as f64 / 1e3),
        })
    }
}

fn scheduled() -> Option<HashMap<String, Scheduled>> {
    let threads = fs::read_dir("/proc/self/task").ok()?;
    let threads = threads.flatten().filter_map(|thread| {
        let counts = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        Some((thread.file_name().to_str()?.to_owned(), parse_schedstat(&counts)?))
    });
    let threads: HashMap<_, _> = threads.collect();
    // Without the kernel's option every count is zero.
    threads.values().any(|thread| thread.run_ns > 0).then_some(threads)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn a_thread_that_works_is_the_busiest_of_this_process() {
        let mut threads = OwnThreads::default();
        let begin = Instant::now();
        assert_eq!(threads.read(begin), None, "the first reading has nothing to compare with");
        let mut sum = 0_u64;
        while begin.elapsed() < Duration::from_millis(50) {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
        let sample = threads.read(Instant::now()).unwrap();
        // How much of a core it was given is up to the machine.
        assert!(sample.busiest_thread_cores > 0.0 && sample.busiest_thread_cores < 1.1, "{sample:?}");
        assert!(sample.run_queue_delay_us.is_none_or(|delay_us| delay_us >= 0.0), "{sample:?}");
    }
}
