//! The server of a measurement: a process of its own, on a core of its own, new for each.

use std::io::{self, BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use serde::{Deserialize, Serialize};
use wait4::Wait4 as _;

/// A running server. It ends when this is dropped, because its standard input is closed then.
pub(crate) struct TargetServer {
    child: Child,
    output: BufReader<ChildStdout>,
    /// Where it answers, with the slash of the path.
    pub(crate) url: String,
}

/// What it says at its end.
#[derive(Debug, Deserialize)]
struct LastLine {
    requests: u64,
    connections: u64,
    active_s: f64,
}

/// What the server saw: the truth that the generators' own counts are compared with.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Served {
    /// Requests it answered.
    pub(crate) requests: u64,
    /// Connections it accepted.
    pub(crate) connections: u64,
    /// From its first answer to its last, in seconds.
    pub(crate) active_s: f64,
    /// CPU time it took, in seconds.
    pub(crate) cpu_s: f64,
}

impl TargetServer {
    /// Starts it on a core.
    pub(crate) fn start(program: &Path, core: usize) -> io::Result<Self> {
        let mut child = Command::new("taskset")
            .args(["--cpu-list", &core.to_string()])
            .arg(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let output = child.stdout.take().ok_or_else(|| io::Error::other("it has no output"))?;
        let mut output = BufReader::new(output);
        let mut address = String::new();
        output.read_line(&mut address)?;
        if address.is_empty() {
            return Err(io::Error::other("it ended before it said its address"));
        }
        Ok(Self { child, output, url: format!("http://{}/", address.trim()) })
    }

    /// Ends it and takes its counts.
    pub(crate) fn stop(mut self) -> io::Result<Served> {
        drop(self.child.stdin.take());
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        let LastLine { requests, connections, active_s } = serde_json::from_str(&line)?;
        let usage = self.child.wait4()?.rusage;
        let cpu_s = (usage.utime + usage.stime).as_secs_f64();
        Ok(Served { requests, connections, active_s, cpu_s })
    }
}
