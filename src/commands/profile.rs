//! `aforo profile`: where the time of one endpoint goes.

use std::time::Duration;

use aforo_model::profile::StepProfile;
use aforo_pipeline::reports::profile::{PROFILE_FORMATS, render_on};
use aforo_pipeline::scenarios::alone;
use aforo_pipeline::{ProfileStore, StepProfilePlan, profile_step};
use clap::Args;

use crate::commands::{block_on, written};
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::interrupt;
use crate::options::{
    ConfigOption, HotelOptions, ProfilerOption, StoreOption, TargetOptions, scenario_directory,
};
use crate::progress::ProfileProgress;
use crate::target::with_target;
use crate::terminal;

/// The format that is meant for the screen.
const TERMINAL: &str = "terminal";

const EXAMPLES: &str = "\
Examples:
  aforo profile webhook_text                            a step of the built-in hotel
  aforo profile admin_list --requests 5000 --users 8    more of it, with more users at a time
  aforo profile webhook_text --flaws none --diff latest what has changed since the last profile
  aforo profile quote --target http://127.0.0.1:8000 \\
                --scenario ./booking.toml               a step of your own API
  aforo profile webhook_text --profiler perf-event      libraries and the kernel included

Open profiles/*.svg in a browser, *.pb.gz with `go tool pprof -http :` or in speedscope, *.folded in Firefox Profiler.";

/// Profile one endpoint: hot functions, flame graph, and where the rest of a request's time goes
///
/// The step is loaded alone; the steps that it needs values from are sent before it. The load goes on until all requests have
/// ended and the profile has some thousand samples, and not longer than --max-duration.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ProfileArgs {
    /// The step, as its scenario calls it
    step: String,
    /// Requests of the step, at the least
    #[arg(long, value_name = "N", default_value_t = 1000)]
    requests: u64,
    /// Virtual users that send it at a time
    #[arg(long, value_name = "N", default_value_t = 4)]
    users: u32,
    /// The longest that it is loaded
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = aforo_model::parse_duration)]
    max_duration: Duration,
    /// Where the step is described: a built-in scenario, or the path of one
    #[arg(long, value_name = "NAME|PATH", default_value = "baseline")]
    scenario: String,
    /// What has changed since an earlier profile of the same step: latest, or the folder of one
    #[arg(long, value_name = "latest|FOLDER")]
    diff: Option<String>,
    /// What to print
    #[arg(long, value_name = "FORMAT", default_value = TERMINAL,
          value_parser = clap::builder::PossibleValuesParser::new(PROFILE_FORMATS.iter().map(|format| format.name)))]
    format: String,
    #[command(flatten)]
    profiler: ProfilerOption,
    #[command(flatten)]
    config: ConfigOption,
    #[command(flatten)]
    store: StoreOption,
    #[command(flatten)]
    target: TargetOptions,
    #[command(flatten)]
    hotel: HotelOptions,
}

pub(crate) fn profile(args: ProfileArgs) -> Result<ExitCode, Failure> {
    let config = args.config.read()?;
    let scenario =
        aforo_pipeline::scenarios::load_scenario(&args.scenario, scenario_directory(&config).as_deref())
            .map_err(Failure::usage)?;
    let alone = alone(&scenario, &args.step, args.users, args.max_duration).map_err(Failure::usage)?;
    let store = ProfileStore::beside(args.store.store(&config));
    // Before the work, which takes a while.
    let before = args.diff.as_deref().map(|name| store.find(name, &args.step)).transpose()?;
    let target = args.target.resolve(&config)?;
    let interrupt = interrupt::token();
    let profiled = block_on(with_target(target, &args.hotel, &args.target, &interrupt, async |target| {
        let mut progress = ProfileProgress::new(args.requests);
        let plan =
            StepProfilePlan { alone, requests: args.requests, target, profiler: args.profiler.choice() };
        let profiled = profile_step(plan, interrupt.clone(), &mut |event| progress.show(&event)).await;
        progress.finish();
        profiled
    }))??;
    let (profiled, folder) = store.save(profiled, before, chrono::Utc::now())?;
    print(&profiled, &folder.display().to_string(), &args.format)?;
    Ok(if profiled.profile.found().is_some() { ExitCode::Success } else { ExitCode::Inconclusive })
}

fn print(report: &StepProfile, folder: &str, format_name: &str) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    written(match PROFILE_FORMATS.iter().find(|format| format.name == format_name) {
        Some(format) if format_name != TERMINAL => (format.render)(report, &mut stdout),
        // The one format that depends on where it is shown.
        _ => render_on(&terminal::screen(Some(folder)), report, &mut stdout),
    })
}
