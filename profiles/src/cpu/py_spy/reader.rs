//! One Python process, read tick by tick.

use std::thread;
use std::time::{Duration, Instant};

use py_spy::config::{Config, LockingStrategy};
use py_spy::{Pid, PythonSpy, StackTrace};
use tokio_util::sync::CancellationToken;

use super::clock::Clock;
use super::tally::Tally;
use super::threads::Threads;
use super::tree::lives;
use crate::processes::{ProcessId, SystemSource};

/// An interpreter that has just started cannot be found at once: attempts, and the time between two.
const ATTEMPTS: u32 = 5;
const BETWEEN_ATTEMPTS: Duration = Duration::from_millis(20);

/// Ticks in a row that could not be read, after which the process is looked for anew: it may have executed another program.
const FAILURES_IN_A_ROW: u32 = 20;

/// The longest sleep, so that an order to stop is heard.
const LONGEST_SLEEP: Duration = Duration::from_millis(50);

/// What is to be read, and until when.
#[derive(Debug, Clone)]
pub(super) struct Order {
    pub(super) rate_hz: f64,
    pub(super) ends: Instant,
    pub(super) stop: CancellationToken,
}

impl Order {
    pub(super) fn is_over(&self, now: Instant) -> bool {
        now >= self.ends || self.stop.is_cancelled()
    }
}

/// What was seen of one process.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) stacks: Tally,
    /// Ticks at which the process was read.
    pub(super) ticks_read: u64,
    /// Ticks that came so late that the next was due.
    pub(super) ticks_late: u64,
    /// Ticks at which the process changed while it was read, so that nothing could be told.
    pub(super) ticks_failed: u64,
    /// Stacks of active threads that could not be read, at ticks that could.
    pub(super) stacks_unreadable: u64,
}

/// Attaches to a process without stopping it. Costs some 20 to 60 ms, mostly for the symbols of the interpreter.
///
/// # Errors
/// Why it cannot be read, as py-spy tells.
pub(super) fn attach(process: ProcessId) -> Result<PythonSpy, String> {
    let pid = Pid::try_from(process.pid).map_err(|error| error.to_string())?;
    // Thread names would be looked up in the target's memory, and nobody asks for them.
    let config =
        Config { blocking: LockingStrategy::NonBlocking, collect_thread_names: false, ..Config::default() };
    let mut attempt = 1;
    loop {
        match PythonSpy::new(pid, &config) {
            Ok(spy) => return Ok(spy),
            Err(error) if attempt == ATTEMPTS => return Err(format!("{error:#}")),
            Err(_) => attempt += 1,
        }
        thread::sleep(BETWEEN_ATTEMPTS);
    }
}

/// Reads a process until the order is over or the process ends. `PythonSpy` may not pass between threads, so this is all one call.
///
/// # Errors
/// Why it cannot be read, as py-spy tells.
pub(super) fn read(process: ProcessId, order: &Order) -> Result<Seen, String> {
    let mut spy = attach(process)?;
    let mut source = SystemSource::new();
    let mut threads = Threads::of(process.pid);
    let mut seen = Seen::default();
    let mut failures_in_a_row = 0;
    let mut now = Instant::now();
    let mut clock = Clock::new(now, order.rate_hz);
    while !order.is_over(now) {
        let time_left = clock.time_left(now);
        if time_left.is_zero() {
            clock.take(now);
            match spy.get_stack_traces() {
                Ok(traces) => {
                    failures_in_a_row = 0;
                    seen.ticks_read += 1;
                    for trace in traces.iter().filter(|trace| trace.active) {
                        if waits_for_work(trace) || threads.waits(trace) {
                            continue;
                        }
                        seen.stacks_unreadable += u64::from(!seen.stacks.add(trace));
                    }
                }
                Err(_) if !lives(&mut source, process) || failures_in_a_row == FAILURES_IN_A_ROW => break,
                Err(_) => {
                    failures_in_a_row += 1;
                    seen.ticks_failed += 1;
                }
            }
        } else {
            thread::sleep(time_left.min(LONGEST_SLEEP).min(order.ends - now));
        }
        now = Instant::now();
    }
    seen.ticks_late = clock.missed();
    Ok(seen)
}

/// Whether a thread waits for work although it was ready to run a moment ago: its state is read before its stack. py-spy leaves these out
/// by the names of functions as well, but 0.4.3 compares them with names that since Python 3.11 begin with the class
/// (`EpollSelector.select`).
fn waits_for_work(trace: &StackTrace) -> bool {
    let Some(innermost) = trace.frames.first() else { return false };
    let name = innermost.name.rsplit('.').next().unwrap_or_default();
    (name == "select" && innermost.filename.ends_with("/selectors.py"))
        || (name == "wait" && innermost.filename.ends_with("/threading.py"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::py_spy::tally::tests::trace;

    #[test]
    fn an_event_loop_and_a_worker_without_work_wait_and_others_do_not() {
        let waits = |function: &str, file: &str| {
            let mut trace = trace(&[function, "run"]);
            trace.frames[0].filename = file.to_owned();
            waits_for_work(&trace)
        };
        assert!(waits("EpollSelector.select", "/usr/lib/python3.11/selectors.py"));
        assert!(waits("select", "/usr/lib/python3.9/selectors.py"));
        assert!(waits("Condition.wait", "/usr/lib/python3.12/threading.py"));
        assert!(!waits("select", "/srv/app/wine_selectors.py"));
        assert!(!waits("Condition.notify", "/usr/lib/python3.12/threading.py"));
        assert!(!waits_for_work(&trace(&[])));
    }
}
