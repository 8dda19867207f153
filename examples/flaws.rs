//! Shows that `aforo analyze` names every database flaw of the hotel that is on, and none that is off.
//!
//! Each flaw alone, none, and all together, again and again; with `--background` while users send the same statements.
//! Prints a line for each analysis, then how many flaws were missed and how many findings have no flaw behind them.
//! An analysis takes about a minute: `make flaws` about three quarters of an hour.
//! Less of it: `cargo run --release --example flaws -- --repetitions 1 --only no-phone-index,none`.

#![expect(clippy::print_stdout, reason = "a table is what it is for")]

#[path = "hotel/announced.rs"]
#[expect(dead_code, reason = "the other example also asks for the process and its Redis")]
mod announced;
#[path = "../tests/e2e/ground_truth.rs"]
mod ground_truth;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};

use announced::{AnnouncedHotel, built_beside_this};
use clap::Parser;
use ground_truth::{DATABASE_FLAWS, DatabaseFlaw, unexplained};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

/// Analyze hotels with known flaws and count what is missed and what is made up
#[derive(Debug, Parser)]
struct Args {
    /// How often each set of flaws is analyzed
    #[arg(long, default_value_t = 5)]
    repetitions: u32,
    /// Only these: codes of database flaws, none, all
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Meanwhile, four users send the same requests
    #[arg(long)]
    background: bool,
    /// Reservations of each hotel; of fewer than these, the expiry job reads too few for its index to be missed
    #[arg(long, default_value_t = 50_000)]
    reservations: u32,
    /// Keep every report in this folder
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// The program [default: the one built in the same way as this]
    #[arg(long)]
    aforo: Option<PathBuf>,
}

/// Flaws missed, and findings without a flaw.
#[derive(Default)]
struct Tally {
    missed: usize,
    made_up: usize,
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let args = Args::parse();
    let sets = sets(&args.only)?;
    let mut tally = Tally::default();
    let mut analyses = 0;
    println!("{:<24} {:>10}  {:<34} findings without a flaw", "flaws", "repetition", "found");
    for repetition in 1..=args.repetitions {
        for (name, flaws) in &sets {
            let report = analyze(&args, name)?;
            analyses += 1;
            if let Some(folder) = &args.keep {
                std::fs::create_dir_all(folder)?;
                let file = folder.join(format!("{name}-{repetition}.json"));
                std::fs::write(file, serde_json::to_vec_pretty(&report)?)?;
            }
            tally.judge(name, repetition, flaws, &report);
        }
    }
    println!("{analyses} analyses: {} flaws missed, {} findings without a flaw", tally.missed, tally.made_up);
    let is_right = tally.missed == 0 && tally.made_up == 0;
    Ok(if is_right { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Tally {
    fn judge(&mut self, name: &str, repetition: u32, flaws: &[&DatabaseFlaw], report: &Value) {
        let is_missed = |flaw: &&&DatabaseFlaw| !flaw.is_found(report);
        let missed: Vec<&str> = flaws.iter().filter(is_missed).map(|flaw| flaw.code).collect();
        let made_up = unexplained(report, flaws);
        let found = match (flaws.len(), missed.as_slice()) {
            (0, _) => "-".to_owned(),
            (_, []) => format!("{0} of {0}", flaws.len()),
            (_, missed) => format!("not {}", missed.join(", ")),
        };
        println!("{name:<24} {repetition:>10}  {found:<34} {}", made_up.len());
        for finding in &made_up {
            println!("    {finding}");
        }
        self.missed += missed.len();
        self.made_up += made_up.len();
    }
}

/// The sets of flaws to analyze, by the words that switch them on.
fn sets(only: &[String]) -> Result<Vec<(&'static str, Vec<&'static DatabaseFlaw>)>, String> {
    let mut sets: Vec<_> = DATABASE_FLAWS.iter().map(|flaw| (flaw.code, vec![flaw])).collect();
    sets.push(("none", Vec::new()));
    sets.push(("all", DATABASE_FLAWS.iter().collect()));
    if let Some(unknown) = only.iter().find(|code| sets.iter().all(|(name, _)| name != code)) {
        let known: Vec<&str> = sets.iter().map(|(name, _)| *name).collect();
        return Err(format!("no database flaw is called `{unknown}`; there are {}", known.join(", ")));
    }
    sets.retain(|(name, _)| only.is_empty() || only.iter().any(|code| code == name));
    Ok(sets)
}

fn analyze(args: &Args, flaws: &str) -> Result<Value, Box<dyn Error>> {
    let aforo = match &args.aforo {
        Some(path) => path.clone(),
        None => built_beside_this()?,
    };
    let folder = tempfile::tempdir()?;
    let mut analysis = Command::new(&aforo);
    analysis.current_dir(folder.path()).args(["analyze", "--format", "json"]);
    let reservations = format!("--reservations={}", args.reservations);
    let flaws = format!("--flaws={flaws}");
    if !args.background {
        return report(analysis.arg(flaws).arg(reservations));
    }
    let mut hotel = LoadedHotel::start(&aforo, folder.path(), &[flaws, reservations])?;
    analysis.arg("--probe").args(["--target", &hotel.hotel.url, "--database-url", &hotel.hotel.database_url]);
    let report = report(&mut analysis)?;
    match hotel.load.try_wait()? {
        Some(status) => Err(format!("the load in the background ended by itself: {status}").into()),
        None => Ok(report),
    }
}

fn report(analysis: &mut Command) -> Result<Value, Box<dyn Error>> {
    let output = analysis.stdin(Stdio::null()).output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("aforo analyze ended with {}: {said}", output.status).into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// A hotel that four users keep busy.
struct LoadedHotel {
    load: Child,
    hotel: AnnouncedHotel,
}

impl LoadedHotel {
    fn start(aforo: &Path, folder: &Path, options: &[String]) -> Result<Self, Box<dyn Error>> {
        let hotel = AnnouncedHotel::start(aforo, options)?;
        let mut load = Command::new(aforo);
        load.current_dir(folder).args(["run", "baseline", "--concurrent", "--duration=10m"]);
        load.args(["--users=4", "--rate=4", "--target", &hotel.url]);
        load.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Ok(Self { load: load.spawn()?, hotel })
    }
}

impl Drop for LoadedHotel {
    fn drop(&mut self) {
        // It may have ended by itself, which is as good.
        if let Ok(pid) = i32::try_from(self.load.id()) {
            let _ = kill(Pid::from_raw(pid), Signal::SIGINT);
        }
        let _ = self.load.wait();
    }
}
