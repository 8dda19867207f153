//! `aforo run`: load, watch, judge, report; the exit code is the gate.

use std::time::Duration;

use aforo_model::{RunEnd, RunRecord, Verdict};
use aforo_pipeline::scenarios::Overrides;
use aforo_pipeline::{ProfilePlan, ProfileWanted, RunEvent, RunPlan, execute};
use clap::{Args, ValueEnum};

use crate::commands::{block_on, report};
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::interrupt;
use crate::options::{
    ConfigOption, HotelOptions, ProfilerOption, StoreOption, TargetOptions, scenario_directory,
};
use crate::progress::Progress;
use crate::target::with_target;

const EXAMPLES: &str = "\
Examples:
  aforo run baseline                                  the built-in hotel, 10 users for a minute
  aforo run peak --users 50 --duration 2m             less of it
  aforo run baseline --flaws none                     the hotel without its known defects
  aforo run ./checkout.toml --target http://127.0.0.1:8080 \\
            --database-url postgres://127.0.0.1/shop  your own API
  aforo run baseline --json > run.json                the whole record";

/// Load a target, watch it, judge it against its SLOs, and save the record
///
/// The exit code is the gate: 0 when every SLO was met, 1 when one was violated, 3 when the run carries no
/// verdict. Without a target the built-in hotel is started, loaded and stopped.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct RunArgs {
    /// baseline, peak, stress, spike, endurance, a scenario of your own by name, or a path to its file
    scenario: String,
    /// Virtual users at full load; of an open workload, the most there may be
    #[arg(long, value_name = "N")]
    users: Option<u32>,
    /// Virtual users started per second; of an open workload, rounds, such as 200/s
    #[arg(long, value_name = "RATE", value_parser = aforo_pipeline::scenarios::parse_rate)]
    rate: Option<f64>,
    /// How long, from the first user's start to the order to stop, such as 90s or 5m
    #[arg(long, value_name = "TIME", value_parser = aforo_model::parse_duration)]
    duration: Option<Duration>,
    /// The leading part of the run that is not judged
    #[arg(long, value_name = "TIME", value_parser = aforo_model::parse_duration)]
    warm_up: Option<Duration>,
    /// How long a request may take before it counts as timed out
    #[arg(long, value_name = "TIME", value_parser = aforo_model::parse_duration)]
    timeout: Option<Duration>,
    /// Profile the target's CPU for a while of the steady load: when a profiler fits, or only run with one, or not at all
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    profile: ProfileWord,
    #[command(flatten)]
    profiler: ProfilerOption,
    /// Watch the target for a minute after the load, to tell a leak from memory in use
    #[arg(long)]
    confirm_leak: bool,
    /// Print the record as JSON instead of tables
    #[arg(long)]
    json: bool,
    /// Measure even though another run is being measured
    #[arg(long)]
    concurrent: bool,
    #[command(flatten)]
    config: ConfigOption,
    #[command(flatten)]
    store: StoreOption,
    #[command(flatten)]
    target: TargetOptions,
    #[command(flatten)]
    hotel: HotelOptions,
}

/// When the target is profiled.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum ProfileWord {
    /// When a profiler fits; otherwise the run says what hinders each
    Auto,
    /// Always: without a profiler there is no run
    Required,
    /// Not at all
    Off,
}

impl ProfileWord {
    fn wanted(self) -> ProfileWanted {
        match self {
            Self::Auto => ProfileWanted::IfPossible,
            Self::Required => ProfileWanted::Required,
            Self::Off => ProfileWanted::Off,
        }
    }
}

impl RunArgs {
    fn overrides(&self) -> Overrides {
        Overrides {
            users: self.users,
            rate_per_s: self.rate,
            duration: self.duration,
            warm_up: self.warm_up,
            timeout: self.timeout,
        }
    }
}

pub(crate) fn run(args: RunArgs) -> Result<ExitCode, Failure> {
    let config = args.config.read()?;
    let mut scenario =
        aforo_pipeline::scenarios::load_scenario(&args.scenario, scenario_directory(&config).as_deref())
            .map_err(Failure::usage)?;
    let shortened =
        args.overrides().apply(&mut scenario).map_err(|error| Failure::usage(miette::miette!("{error}")))?;
    if let Some(shortened) = shortened {
        anstream::eprintln!("{shortened}");
    }
    let target = args.target.resolve(&config)?;
    let store = args.store.store(&config);
    // Before the hotel is started: whoever is refused should not have waited for it.
    let lock = if args.concurrent { None } else { Some(store.lock()?) };
    let interrupt = interrupt::token();

    let outcome = block_on(with_target(target, &args.hotel, &args.target, &interrupt, async |target| {
        let mut progress = Progress::new();
        let profile = ProfilePlan { wanted: args.profile.wanted(), choice: args.profiler.choice() };
        let plan = RunPlan { scenario, target, store, profile, confirm_leak: args.confirm_leak, lock };
        let outcome =
            execute(plan, interrupt.clone(), &mut |event: RunEvent<'_>| progress.show(&event)).await;
        progress.finish();
        outcome
    }))??;
    let format = if args.json { "json" } else { report::TERMINAL };
    report::print(&outcome.record, &outcome.folder, format)?;
    match outcome.unsaved {
        Some(error) => Err(error.into()),
        None => Ok(exit_code(&outcome.record)),
    }
}

/// The gate. A run that a dead target or a fault of ours cut short is no verdict on the target's speed.
fn exit_code(record: &RunRecord) -> ExitCode {
    match (&record.end, &record.verdict) {
        (RunEnd::TargetDied { .. } | RunEnd::Failed { .. }, _) => ExitCode::Unavailable,
        (_, verdict) => of_verdict(verdict),
    }
}

/// The exit code that a verdict stands for.
fn of_verdict(verdict: &Verdict) -> ExitCode {
    match verdict {
        Verdict::Met => ExitCode::Success,
        Verdict::Violated => ExitCode::Violated,
        Verdict::Inconclusive { .. } => ExitCode::Inconclusive,
    }
}
