//! A clock that stands still while somebody else has the processor.

use criterion::measurement::{Measurement, ValueFormatter, WallTime};
use nix::time::{ClockId, clock_gettime};

/// CPU time of the measuring thread, in nanoseconds: what a function computes costs the same on a busy machine as on a quiet one, or
/// nearly. Says nothing of a function that waits.
#[derive(Debug, Clone, Copy, Default)]
pub struct CpuTime;

/// CPU time and wall time are written the same way.
static WALL_TIME: WallTime = WallTime;

fn now_ns() -> f64 {
    let now =
        clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).expect("Linux counts the CPU time of each thread");
    now.tv_sec() as f64 * 1e9 + now.tv_nsec() as f64
}

impl Measurement for CpuTime {
    type Intermediate = f64;
    type Value = f64;

    fn start(&self) -> f64 {
        now_ns()
    }

    fn end(&self, started_ns: f64) -> f64 {
        now_ns() - started_ns
    }

    fn add(&self, one_ns: &f64, other_ns: &f64) -> f64 {
        one_ns + other_ns
    }

    fn zero(&self) -> f64 {
        0.0
    }

    fn to_f64(&self, value_ns: &f64) -> f64 {
        *value_ns
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        WALL_TIME.formatter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;
    use std::time::Duration;

    #[test]
    fn the_clock_moves_while_the_thread_computes() {
        let started_ns = CpuTime.start();
        while CpuTime.end(started_ns) < 1e6 {}
    }

    #[test]
    fn the_clock_stands_still_while_the_thread_waits() {
        const WAIT: Duration = Duration::from_millis(200);
        let started_ns = CpuTime.start();
        thread::sleep(WAIT);
        // Going to sleep and waking up take a few microseconds.
        assert!(CpuTime.end(started_ns) < WAIT.as_nanos() as f64 / 10.0);
    }
}
