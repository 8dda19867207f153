//! All Python processes of the target at once, those included that start meanwhile.

use std::collections::{HashMap, HashSet};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::reader::{self, Order, Seen};
use super::tree::Tree;
use crate::processes::ProcessId;

/// Between two looks for new processes.
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

/// The most processes read at once. Each has a thread of Aforo's own, and at 100 Hz takes about 4 % of a core (measured).
const MOST_PROCESSES: usize = 32;

/// The most often that a process is attached to in vain.
const MOST_REFUSALS: u32 = 3;

/// What was seen of the target.
#[derive(Debug, Default)]
pub(super) struct Sampled {
    /// Of each process that could be read; of one that executed another program, once for each.
    pub(super) seen: Vec<Seen>,
    /// Processes that could be read.
    pub(super) processes: HashSet<ProcessId>,
    /// Processes that could not, with the last reason of each.
    pub(super) refusals: HashMap<ProcessId, String>,
    /// Whether there were more processes than are read.
    pub(super) has_unread: bool,
    /// Whether the root ended.
    pub(super) target_ended: bool,
    /// How long it took.
    pub(super) elapsed: Duration,
}

/// One thread that reads one process.
type Reading = JoinHandle<Result<Seen, String>>;

/// Reads the processes of the tree until the order is over, or all of them have ended.
pub(super) fn sample(tree: &mut Tree, order: &Order) -> Sampled {
    let begin = Instant::now();
    let mut sampled = Sampled::default();
    let mut readings: HashMap<ProcessId, Reading> = HashMap::new();
    let mut refused: HashMap<ProcessId, u32> = HashMap::new();
    loop {
        collect(&mut readings, &mut sampled, &mut refused, |reading| reading.is_finished());
        for python in tree.pythons() {
            let is_hopeless = refused.get(&python.id).is_some_and(|times| *times >= MOST_REFUSALS);
            if is_hopeless || readings.contains_key(&python.id) {
                continue;
            }
            if readings.len() == MOST_PROCESSES {
                sampled.has_unread = true;
                break;
            }
            match start(python.id, order.clone()) {
                Ok(reading) => drop(readings.insert(python.id, reading)),
                Err(error) => drop(sampled.refusals.insert(python.id, error.to_string())),
            }
        }
        let now = Instant::now();
        sampled.target_ended = !tree.lives(tree.root());
        if order.is_over(now) || (sampled.target_ended && readings.is_empty()) {
            break;
        }
        thread::sleep(BETWEEN_LOOKS.min(order.ends - now));
    }
    collect(&mut readings, &mut sampled, &mut refused, |_| true);
    sampled.elapsed = begin.elapsed();
    sampled
}

fn start(process: ProcessId, order: Order) -> std::io::Result<Reading> {
    thread::Builder::new()
        .name(format!("py-spy-{}", process.pid))
        .spawn(move || reader::read(process, &order))
}

/// Takes what those readings saw for which `is_due` holds, waiting for those that go on.
fn collect(
    readings: &mut HashMap<ProcessId, Reading>,
    sampled: &mut Sampled,
    refused: &mut HashMap<ProcessId, u32>,
    is_due: impl Fn(&Reading) -> bool,
) {
    for (process, reading) in readings.extract_if(|_, reading| is_due(reading)) {
        match reading.join().unwrap_or_else(|_| Err("py-spy panicked while it read the process".to_owned())) {
            Ok(seen) => {
                sampled.seen.push(seen);
                sampled.processes.insert(process);
            }
            Err(why) => {
                *refused.entry(process).or_default() += 1;
                sampled.refusals.insert(process, why);
            }
        }
    }
}
