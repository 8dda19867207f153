//! A child process that does as it is told, for tests: this test program, run again.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use nix::sys::resource::{Usage, UsageWho, getrusage};
use nix::sys::time::TimeVal;

/// Set for a puppet, so that the test below does nothing when somebody runs it.
const MARK: &str = "AFORO_PUPPET";
/// Begins an answer; the test harness writes lines of its own.
const ANSWER: &str = "puppet: ";

/// One puppet. It ends, and its children with it, when this value is dropped.
pub(super) struct Puppet {
    child: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Puppet {
    pub(super) fn start() -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "processes::puppet::puppet", "--ignored", "--nocapture", "--test-threads=1"])
            .env(MARK, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let orders = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().unwrap());
        let mut puppet = Self { child, orders, answers };
        puppet.tell("hello");
        puppet
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Gives an order and waits until it is done.
    pub(super) fn tell(&mut self, order: &str) -> String {
        writeln!(self.orders.as_mut().unwrap(), "{order}").unwrap();
        loop {
            let mut line = String::new();
            assert_ne!(self.answers.read_line(&mut line).unwrap(), 0, "the puppet died over `{order}`");
            // The harness' "test … ... " may stand before it on the same line.
            if let Some((_, answer)) = line.split_once(ANSWER) {
                return answer.trim_end().to_owned();
            }
        }
    }

    /// Lets it end, without taking note of its end: it becomes a zombie.
    pub(super) fn end(&mut self) {
        self.orders = None;
        let mut rest = String::new();
        while self.answers.read_line(&mut rest).unwrap() > 0 {}
    }

    /// Lets it end and takes note.
    pub(super) fn end_and_wait(&mut self) {
        self.end();
        self.child.wait().unwrap();
    }
}

impl Drop for Puppet {
    fn drop(&mut self) {
        self.orders = None;
        self.child.wait().ok();
    }
}

/// What a puppet has and holds.
#[derive(Default)]
struct Stage {
    memory: Vec<Vec<u8>>,
    files: Vec<File>,
    child: Option<Puppet>,
}

impl Stage {
    fn obey(&mut self, order: &str) -> String {
        let (verb, rest) = order.split_once(' ').unwrap_or((order, ""));
        let number = || rest.parse::<u64>().unwrap();
        match verb {
            "hello" => {}
            "burn-ms" => burn_ms(number()),
            "allocate-bytes" => self.memory.push(vec![1; number() as usize]),
            "open" => self.files.extend((0..number()).map(|_| File::open("/dev/null").unwrap())),
            "write" => {
                let mut file = File::create(rest).unwrap();
                file.write_all(&vec![1; super::tests::WRITTEN_BYTES as usize]).unwrap();
                file.sync_all().unwrap();
            }
            "threads" => {
                for _ in 0..number() {
                    std::thread::spawn(std::thread::park);
                }
            }
            "burn-on" => {
                for _ in 0..number() {
                    std::thread::spawn(|| {
                        loop {
                            std::hint::spin_loop();
                        }
                    });
                }
            }
            "cpu-us" => return cpu_us().to_string(),
            "start-child" => {
                let child = Puppet::start();
                let pid = child.pid();
                self.child = Some(child);
                return pid.to_string();
            }
            "tell-child" => return self.child.as_mut().unwrap().tell(rest),
            "end-child" => self.child.as_mut().unwrap().end_and_wait(),
            // It becomes a zombie that its parent never waits for.
            "leave-child" => self.child.as_mut().unwrap().end(),
            unknown => panic!("no such order: {unknown}"),
        }
        "done".to_owned()
    }
}

/// Uses that much CPU time, as the kernel's resource usage counts it.
fn burn_ms(ms: u64) {
    let until_us = total_us(&getrusage(UsageWho::RUSAGE_SELF).unwrap()) + ms * 1_000;
    while total_us(&getrusage(UsageWho::RUSAGE_SELF).unwrap()) < until_us {}
}

/// CPU time of this process and of its children that it waited for, by getrusage(2).
fn cpu_us() -> u64 {
    [UsageWho::RUSAGE_SELF, UsageWho::RUSAGE_CHILDREN]
        .map(|who| total_us(&getrusage(who).unwrap()))
        .iter()
        .sum()
}

fn total_us(usage: &Usage) -> u64 {
    let us = |time: TimeVal| time.tv_sec() as u64 * 1_000_000 + time.tv_usec() as u64;
    us(usage.user_time()) + us(usage.system_time())
}

#[test]
#[ignore = "run by other tests as their child process"]
fn puppet() {
    if std::env::var_os(MARK).is_none() {
        return;
    }
    let mut stage = Stage::default();
    for order in std::io::stdin().lines() {
        let answer = stage.obey(&order.unwrap());
        println!("{ANSWER}{answer}");
    }
}
