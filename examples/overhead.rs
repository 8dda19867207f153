//! What being observed costs the target, in CPU time for each request.
//!
//! The hotel is loaded again and again in the same way: by the engine alone, and by `aforo run` with everything on (a reading
//! of all resources a second, and a profile at 99 Hz for half of the time). The two alternate, and so does which is first. CPU time is
//! what the system counts for the hotel's process. What it costs the hotel to look up the symbols of its own profile, once the
//! window is over, is in it.
//!
//! `make overhead`; other profilers and lengths: `cargo run --release --example overhead -- --profiler perf-event --pairs 4`.

#![expect(clippy::print_stdout, reason = "a table is what it is for")]

use std::error::Error;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

use aforo_pipeline::scenarios::{HttpTarget, Overrides, load_scenario, start};
use clap::Parser;
use nix::unistd::{SysconfVar, sysconf};
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use url::Url;

/// Measure what being observed costs the target
#[derive(Debug, Parser)]
struct Args {
    /// Pairs of loads, observed and not
    #[arg(long, default_value_t = 8)]
    pairs: u32,
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

/// One load: requests, and the target's CPU time.
#[derive(Debug, Clone, Copy)]
struct Load {
    requests: u64,
    cpu_s: f64,
}

impl Load {
    fn cpu_us_per_request(self) -> f64 {
        self.cpu_s * 1e6 / self.requests.max(1) as f64
    }
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let args = Args::parse();
    let hotel = Hotel::start(&args.flaws)?;
    // What the first load fills and compiles is no overhead.
    unobserved(&args, &hotel)?;
    println!("{:>5} {:>16} {:>16} {:>8}", "pair", "without, µs/req", "with, µs/req", "extra");
    let mut ratios = Vec::new();
    for pair in 1..=args.pairs {
        let (without, with) = if pair % 2 == 0 {
            let without = unobserved(&args, &hotel)?;
            (without, observed(&args, &hotel)?)
        } else {
            let with = observed(&args, &hotel)?;
            (unobserved(&args, &hotel)?, with)
        };
        let ratio = with.cpu_us_per_request() / without.cpu_us_per_request() - 1.0;
        println!(
            "{pair:>5} {:>16.1} {:>16.1} {:>+7.1}%",
            without.cpu_us_per_request(),
            with.cpu_us_per_request(),
            ratio * 100.0
        );
        ratios.push(ratio);
    }
    let _ = std::fs::remove_file(scenario_file()?);
    ratios.sort_by(f64::total_cmp);
    let median = (ratios[(ratios.len() - 1) / 2] + ratios[ratios.len() / 2]) / 2.0;
    let (least, most) = (ratios[0], ratios[ratios.len() - 1]);
    println!(
        "median {:+.1} % of the target's CPU for a request (from {:+.1} % to {:+.1} %)",
        median * 100.0,
        least * 100.0,
        most * 100.0
    );
    Ok(ExitCode::SUCCESS)
}

/// Loads the hotel with the engine alone.
fn unobserved(args: &Args, hotel: &Hotel) -> Result<Load, Box<dyn Error>> {
    let mut scenario = load_scenario(&scenario_file()?, None)?;
    let overrides = Overrides {
        users: Some(args.users),
        rate_per_s: Some(f64::from(args.users)),
        duration: Some(Duration::from_secs(args.seconds)),
        ..Overrides::default()
    };
    overrides.apply(&mut scenario)?;
    let before_s = hotel.cpu_s()?;
    let target = HttpTarget { base_url: hotel.url.clone() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let requests = runtime.block_on(async {
        let mut load = start(&scenario, &target, CancellationToken::new())?;
        let mut requests = 0;
        while let Some(second) = load.seconds.recv().await {
            requests += second.steps.values().map(|step| step.requests).sum::<u64>();
        }
        load.join().await?;
        Ok::<u64, Box<dyn Error>>(requests)
    })?;
    Ok(Load { requests, cpu_s: hotel.cpu_s()? - before_s })
}

/// Loads the hotel with `aforo run`, everything on.
fn observed(args: &Args, hotel: &Hotel) -> Result<Load, Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let before_s = hotel.cpu_s()?;
    let output = Command::new(built_beside_this()?)
        .args(["run", &scenario_file()?, "--concurrent", "--json", "--profile=required"])
        .args([format!("--users={0}", args.users), format!("--rate={0}", args.users)])
        .args([format!("--duration={}s", args.seconds), format!("--profiler={}", args.profiler)])
        .args(["--target", hotel.url.as_str(), "--database-url", &hotel.database_url])
        .args(["--redis-url", &hotel.redis_url, "--runs-dir"])
        .arg(folder.path())
        .stdin(Stdio::null())
        .output()?;
    let cpu_s = hotel.cpu_s()? - before_s;
    let record: Value = serde_json::from_slice(&output.stdout)
        .map_err(|error| format!("{error}: {}", String::from_utf8_lossy(&output.stderr)))?;
    if record["profiles"].as_array().is_none_or(Vec::is_empty) {
        return Err(format!("the run has no profile: {}", record["findings"]).into());
    }
    let id = record["id"].as_str().ok_or("the record has no id")?;
    Ok(Load { requests: requests(&folder.path().join(id))?, cpu_s })
}

/// The load, written to where both sides read it.
fn scenario_file() -> Result<String, Box<dyn Error>> {
    let path = std::env::temp_dir().join(format!("aforo-overhead-{}.toml", std::process::id()));
    std::fs::write(&path, include_str!("overhead.toml"))?;
    Ok(path.to_string_lossy().into_owned())
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

/// `target/<profile>/aforo`, where this is `target/<profile>/examples/overhead`.
fn built_beside_this() -> Result<PathBuf, Box<dyn Error>> {
    let this = std::env::current_exe()?;
    let folder = this.parent().and_then(Path::parent).ok_or("this program is in no folder")?;
    Ok(folder.join("aforo"))
}

/// A hotel of its own. Its standard input closes with this program, and that ends it.
struct Hotel {
    process: Child,
    url: Url,
    database_url: String,
    redis_url: String,
}

impl Hotel {
    fn start(flaws: &str) -> Result<Self, Box<dyn Error>> {
        let mut process = Command::new(built_beside_this()?)
            .args(["hotel", "--announce", "--port=0", &format!("--flaws={flaws}")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(process.stdout.take().ok_or("no standard output")?).read_line(&mut line)?;
        let announced: Value = serde_json::from_str(&line)?;
        let text = |name: &str| announced[name].as_str().ok_or(format!("the hotel does not tell its {name}"));
        Ok(Self {
            url: text("url")?.parse()?,
            database_url: text("database_url")?.to_owned(),
            redis_url: text("redis_url")?.to_owned(),
            process,
        })
    }

    /// CPU time of all its threads, those that have ended included, in seconds.
    fn cpu_s(&self) -> Result<f64, Box<dyn Error>> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id()))?;
        // The program's name, in brackets, may hold anything.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks = |place: usize| fields.get(place).and_then(|field| field.parse::<f64>().ok());
        let ticks = ticks(11).zip(ticks(12)).ok_or("the hotel's CPU time cannot be read")?;
        let per_s = sysconf(SysconfVar::CLK_TCK)?.unwrap_or(100);
        Ok((ticks.0 + ticks.1) / per_s as f64)
    }
}

impl Drop for Hotel {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        // It may have ended by itself, which is as good.
        let _ = self.process.wait();
    }
}
