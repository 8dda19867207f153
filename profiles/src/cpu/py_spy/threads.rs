//! Whether a thread runs, where py-spy cannot tell.
//!
//! Python tells the kernel's number of its threads since 3.11. Before, py-spy knows no more than the address of the thread's record in glibc
//! (`struct pthread`), takes every thread to run, and a thread that waits for an answer on a socket is then the hottest of all. The record
//! holds the number, which is read from there. In a container the number is another one than outside.

use std::collections::HashMap;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;

use py_spy::StackTrace;

/// Where the record has the number, bytes from its beginning: after the thread's control block and a list's two pointers. Unchanged from
/// glibc 2.4 on. Where it is elsewhere, what is read is no thread of the process.
const NUMBER_AT: u64 = if cfg!(target_arch = "x86_64") { 720 } else { 208 };

/// The threads of one process.
#[derive(Debug)]
pub(super) struct Threads {
    pid: u32,
    memory: Option<File>,
    /// Numbers outside of a container by those inside of it.
    outside: HashMap<u32, u32>,
    is_contained: bool,
}

impl Threads {
    pub(super) fn of(pid: u32) -> Self {
        let is_contained = numbers(pid, pid).is_some_and(|numbers| numbers.len() > 1);
        Self {
            pid,
            memory: File::open(format!("/proc/{pid}/mem")).ok(),
            outside: HashMap::new(),
            is_contained,
        }
    }

    /// Whether a thread is known to wait. py-spy knows by itself of those whose number Python tells, outside of containers.
    pub(super) fn waits(&mut self, trace: &StackTrace) -> bool {
        let told = trace.os_thread_id.and_then(|number| u32::try_from(number).ok());
        if told.is_some() && !self.is_contained {
            return false;
        }
        let number = told.or_else(|| self.number(trace.thread_id));
        number.and_then(|number| self.state(number)).is_some_and(|state| state != 'R')
    }

    /// What the record of a thread gives as its number. Read anew each time: another thread may have the same record later.
    fn number(&self, record: u64) -> Option<u32> {
        let mut number = [0; 4];
        self.memory.as_ref()?.read_exact_at(&mut number, record.checked_add(NUMBER_AT)?).ok()?;
        Some(u32::from_ne_bytes(number)).filter(|number| *number > 0)
    }

    /// The state of a thread, `R` where it runs or is ready to.
    fn state(&mut self, number: u32) -> Option<char> {
        if !self.is_contained {
            return state(self.pid, number);
        }
        let known = self.outside.get(&number).and_then(|outside| state(self.pid, *outside));
        known.or_else(|| {
            self.outside = numbers_outside(self.pid);
            state(self.pid, *self.outside.get(&number)?)
        })
    }
}

/// From `/proc/PID/task/TID/stat`, where it follows the name in brackets; nothing where the process has no such thread.
fn state(pid: u32, thread: u32) -> Option<char> {
    let stat = fs::read_to_string(format!("/proc/{pid}/task/{thread}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.chars().next()
}

/// The numbers of a thread, the one in this process's own namespace first, the innermost last (`NSpid`).
fn numbers(pid: u32, thread: u32) -> Option<Vec<u32>> {
    let status = fs::read_to_string(format!("/proc/{pid}/task/{thread}/status")).ok()?;
    let numbers = status.lines().find_map(|line| line.strip_prefix("NSpid:"))?;
    numbers.split_whitespace().map(|number| number.parse().ok()).collect()
}

fn numbers_outside(pid: u32) -> HashMap<u32, u32> {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let threads = threads.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    threads.filter_map(|thread| Some((*numbers(pid, thread)?.last()?, thread))).collect()
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::process::{Child, Command, Stdio};
    use std::thread;
    use std::time::{Duration, Instant};

    use super::*;
    use crate::cpu::py_spy::tally::tests::trace;

    /// Two threads, one that waits for a line and one that computes; each tells its record's address and its number.
    const PROGRAM: &str = "import sys, threading
def tell(name):
    print(name, threading.get_ident(), threading.get_native_id(), flush=True)
def compute():
    tell('computes')
    while True:
        pass
tell('waits')
threading.Thread(target=compute, daemon=True).start()
sys.stdin.readline()
";

    struct Program(Child);

    impl Drop for Program {
        fn drop(&mut self) {
            self.0.kill().ok();
            self.0.wait().ok();
        }
    }

    /// The program, and address and number of the thread that waits and of the one that computes.
    fn program() -> (Program, (u64, u32), (u64, u32)) {
        let mut command = Command::new("python3");
        command.args(["-c", PROGRAM]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("python3 is needed: install it with `make setup`");
        let lines: Vec<String> =
            BufReader::new(child.stdout.take().unwrap()).lines().take(2).map(Result::unwrap).collect();
        let of = |name: &str| {
            let line = lines.iter().find_map(|line| line.strip_prefix(name));
            let line = line.unwrap_or_else(|| panic!("no {name} in {lines:?}"));
            let (record, number) = line.trim().split_once(' ').unwrap();
            (record.parse().unwrap(), number.parse().unwrap())
        };
        (Program(child), of("waits"), of("computes"))
    }

    /// What py-spy tells of a thread of an older Python.
    fn of_old_python(record: u64) -> StackTrace {
        StackTrace { thread_id: record, os_thread_id: None, ..trace(&["read", "module"]) }
    }

    fn becomes(mut is_so: impl FnMut() -> bool) -> bool {
        let deadline = Instant::now() + Duration::from_secs(20);
        while !is_so() && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(5));
        }
        is_so()
    }

    #[test]
    #[cfg(target_env = "gnu")]
    fn a_threads_record_gives_its_number_and_so_whether_it_waits() {
        let (program, waiting, computing) = program();
        let mut threads = Threads::of(program.0.id());
        assert_eq!(threads.number(waiting.0), Some(waiting.1));
        assert_eq!(threads.number(computing.0), Some(computing.1));
        assert!(becomes(|| threads.waits(&of_old_python(waiting.0))), "it waits for a line");
        assert!(!threads.waits(&of_old_python(computing.0)));
    }

    #[test]
    fn what_cannot_be_told_is_not_taken_to_wait() {
        let (program, waiting, _) = program();
        let mut threads = Threads::of(program.0.id());
        assert!(!threads.waits(&of_old_python(8)), "no memory is there");
        assert!(!threads.waits(&of_old_python(u64::MAX)));
        let told = StackTrace { os_thread_id: Some(waiting.1.into()), ..of_old_python(waiting.0) };
        assert!(!threads.waits(&told), "py-spy has looked");
        assert!(!Threads::of(u32::MAX).waits(&of_old_python(waiting.0)), "there is no such process");
    }

    #[test]
    fn a_thread_of_a_container_is_found_by_its_number_there() {
        let (mut program, waiting, computing) = program();
        let mut threads = Threads { is_contained: true, ..Threads::of(program.0.id()) };
        // Without a container both numbers are the same.
        assert_eq!(numbers(program.0.id(), waiting.1).unwrap().last(), Some(&waiting.1));
        assert!(becomes(|| threads.state(waiting.1) == Some('S')));
        assert_eq!(threads.outside.len(), 2);
        assert_eq!(threads.state(computing.1), Some('R'));
        program.0.stdin.take().unwrap().write_all(b"\n").unwrap();
        program.0.wait().unwrap();
        assert_eq!(threads.state(waiting.1), None, "it has ended");
    }
}
