//! What being observed costs the target, in CPU time for each request.
//!
//! The hotel is loaded again and again in the same way, by the same program: by `aforo run` with what a load needs and no more (no
//! profile, no word of Postgres and Redis), by `aforo run` with a reading of everything each second but no profile, and by
//! `aforo run` with everything on (a profile at 99 Hz for half of the time as well). The three alternate, and so does which is first.
//! CPU time is what the system counts for the hotel's process. What it costs the hotel to look up the symbols of its own profiles,
//! once their windows are over, is in it; the first profile of the process is taken before, and told apart.
//!
//! `make overhead`; other profilers and lengths: `cargo run --release --example overhead -- --profiler perf-event --rounds 4`.

#![expect(clippy::print_stdout, reason = "a table is what it is for")]

#[path = "hotel/announced.rs"]
mod announced;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use announced::{AnnouncedHotel, built_beside_this};
use clap::Parser;
use nix::unistd::{SysconfVar, sysconf};
use serde_json::Value;

/// Measure what being observed costs the target
#[derive(Debug, Parser)]
struct Args {
    /// Rounds of three loads
    #[arg(long, default_value_t = 8)]
    rounds: u32,
    /// Length of each load, in seconds
    #[arg(long, default_value_t = 30)]
    seconds: u64,
    /// Virtual users
    #[arg(long, default_value_t = 4)]
    users: u32,
    /// What takes the profile
    #[arg(long, default_value = "auto")]
    profiler: String,
    /// Known defects of the hotel that are on
    #[arg(long, default_value = "none")]
    flaws: String,
}

/// How much is observed while the hotel is loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Observed {
    LoadOnly,
    Readings,
    Everything,
}

const ARMS: [Observed; 3] = [Observed::LoadOnly, Observed::Readings, Observed::Everything];

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let args = Args::parse();
    let bench = Bench::start(args)?;
    // What the first load fills and compiles is no overhead.
    bench.cpu_us_per_request(Observed::LoadOnly)?;
    // A process that profiles itself reads its own symbols for its first profile, and keeps them: a cost for each process, not for each
    // request, and told apart.
    let with_first_profile_us = bench.cpu_us_per_request(Observed::Everything)?;
    println!(
        "{:>5} {:>16} {:>16} {:>8} {:>19} {:>8}",
        "round", "load only, µs", "readings, µs", "extra", "with profile, µs", "extra"
    );
    let (mut readings_ratios, mut everything_ratios) = (Vec::new(), Vec::new());
    for round in 0..bench.args.rounds as usize {
        let mut cost_us = [0.0; ARMS.len()];
        for turn in 0..ARMS.len() {
            let arm = (turn + round) % ARMS.len();
            cost_us[arm] = bench.cpu_us_per_request(ARMS[arm])?;
        }
        let [load_only, readings, everything] = cost_us;
        readings_ratios.push(readings / load_only - 1.0);
        everything_ratios.push(everything / load_only - 1.0);
        println!(
            "{:>5} {load_only:>16.1} {readings:>16.1} {:>+7.1}% {everything:>19.1} {:>+7.1}%",
            round + 1,
            readings_ratios[round] * 100.0,
            everything_ratios[round] * 100.0
        );
    }
    summarize("readings", readings_ratios);
    summarize("readings and profile", everything_ratios);
    println!("the load with the process's first profile: {with_first_profile_us:.1} µs for a request");
    Ok(ExitCode::SUCCESS)
}

fn summarize(name: &str, mut ratios: Vec<f64>) {
    ratios.sort_by(f64::total_cmp);
    let (Some(least), Some(most)) = (ratios.first(), ratios.last()) else { return };
    let median = (ratios[(ratios.len() - 1) / 2] + ratios[ratios.len() / 2]) / 2.0;
    println!(
        "{name}: median {:+.1} % of the target's CPU for a request (from {:+.1} % to {:+.1} %)",
        median * 100.0,
        least * 100.0,
        most * 100.0
    );
}

/// A hotel of its own, and what loads it.
struct Bench {
    args: Args,
    aforo: PathBuf,
    hotel: AnnouncedHotel,
    folder: tempfile::TempDir,
}

impl Bench {
    fn start(args: Args) -> Result<Self, Box<dyn Error>> {
        let aforo = built_beside_this()?;
        let hotel = AnnouncedHotel::start(&aforo, &[format!("--flaws={}", args.flaws)])?;
        let folder = tempfile::tempdir()?;
        std::fs::write(folder.path().join("overhead.toml"), include_str!("overhead.toml"))?;
        Ok(Self { args, aforo, hotel, folder })
    }

    /// One load of the hotel: what a request costs it.
    fn cpu_us_per_request(&self, observed: Observed) -> Result<f64, Box<dyn Error>> {
        let before_s = self.cpu_s()?;
        let mut run = Command::new(&self.aforo);
        run.current_dir(self.folder.path()).args(["run", "overhead.toml", "--concurrent", "--json"]);
        run.args([format!("--users={}", self.args.users), format!("--rate={}", self.args.users)]);
        run.args([format!("--duration={}s", self.args.seconds), format!("--target={}", self.hotel.url)]);
        if observed != Observed::LoadOnly {
            run.args(["--database-url", &self.hotel.database_url, "--redis-url", &self.hotel.redis_url]);
        }
        if observed == Observed::Everything {
            run.args(["--profile=required", &format!("--profiler={}", self.args.profiler)]);
        } else {
            run.arg("--profile=off");
        }
        let output = run.stdin(Stdio::null()).output()?;
        let cpu_s = self.cpu_s()? - before_s;
        let record: Value = serde_json::from_slice(&output.stdout)
            .map_err(|error| format!("{error}: {}", String::from_utf8_lossy(&output.stderr)))?;
        let has_profile = record["profiles"].as_array().is_some_and(|profiles| !profiles.is_empty());
        if has_profile != (observed == Observed::Everything) {
            return Err(format!("the run was to be {observed:?}: {}", record["findings"]).into());
        }
        let id = record["id"].as_str().ok_or("the record has no id")?;
        let requests = requests(&self.folder.path().join("runs").join(id))?;
        Ok(cpu_s * 1e6 / requests.max(1) as f64)
    }

    /// CPU time of all the hotel's threads, those that have ended included, in seconds.
    fn cpu_s(&self) -> Result<f64, Box<dyn Error>> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.hotel.pid()))?;
        // The program's name, in brackets, may hold anything.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks = |place: usize| fields.get(place).and_then(|field| field.parse::<f64>().ok());
        let ticks = ticks(11).zip(ticks(12)).ok_or("the hotel's CPU time cannot be read")?;
        let per_s = sysconf(SysconfVar::CLK_TCK)?.unwrap_or(100);
        Ok((ticks.0 + ticks.1) / per_s as f64)
    }
}

/// Requests of every second of a run, those of the warm-up included.
fn requests(folder: &Path) -> Result<u64, Box<dyn Error>> {
    let text = std::fs::read_to_string(folder.join("evidence/seconds.ndjson"))?;
    let mut requests = 0;
    for line in text.lines() {
        let second: Value = serde_json::from_str(line)?;
        let steps = second["steps"].as_object().into_iter().flat_map(|steps| steps.values());
        requests += steps.filter_map(|step| step["requests"].as_u64()).sum::<u64>();
    }
    Ok(requests)
}
