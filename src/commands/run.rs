//! `aforo run`: load, watch, judge, report; the exit code is the gate.

use aforo_model::{Change, RunEnd, RunRecord, Verdict};
use aforo_pipeline::{RunEvent, RunPlan, check_baseline, compare_with_baseline, execute, find_runs};
use clap::Args;

use crate::commands::{block_on, report};
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::github;
use crate::interrupt;
use crate::options::{
    ConfigOption, HotelOptions, LoadOptions, RunProfileOptions, StoreOption, TargetOptions, ToleranceOption,
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
  aforo run ./checkout.toml --target http://10.0.0.7:8080 \\
            --metrics-url http://10.0.0.7:8080/metrics,http://10.0.0.7:9100/metrics
                                                      on another machine, with node_exporter
  aforo run baseline --json > run.json                the whole record";

/// Load a target, watch it, judge it against its SLOs, and save the record
///
/// The exit code is the gate: 0 when every SLO was met, 1 when one was violated or, with --baseline, when the run
/// became slower by more than chance and tolerance explain, 3 when the run carries no verdict. Without a target the built-in hotel is started, loaded and stopped.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct RunArgs {
    /// baseline, peak, stress, spike, endurance, a scenario of your own by name, or a path to its file
    scenario: String,
    #[command(flatten)]
    load: LoadOptions,
    /// Hold the run against earlier ones and fail on a regression: a baseline's name, latest, the id of a run or the start of
    /// one; several separated by commas are repetitions of one measurement
    #[arg(long, value_name = "NAME|RUN")]
    baseline: Option<String>,
    #[command(flatten)]
    tolerance: ToleranceOption,
    #[command(flatten)]
    profile: RunProfileOptions,
    /// Watch the target for a minute after the load, to tell a leak from memory in use
    #[arg(long)]
    confirm_leak: bool,
    /// After the load, ask every endpoint that only reads alone for pages of several sizes, to find N+1 queries
    #[arg(long)]
    probe: bool,
    /// Print the record as JSON instead of the short report
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

pub(crate) fn run(args: RunArgs) -> Result<ExitCode, Failure> {
    let config = args.config.read()?;
    let scenario = args.load.scenario(&args.scenario, &config)?;
    let target = args.target.resolve(&config)?;
    let store = args.store.store(&config);
    // Before the load, which takes a while; and before there is a new run that `latest` would mean.
    let baseline = args.baseline.as_deref().map(|names| find_runs(&store, names)).transpose()?;
    if let Some(runs) = &baseline {
        check_baseline(&store, runs, &scenario)?;
    }
    // Before the hotel is started: whoever is refused should not have waited for it.
    let lock = if args.concurrent { None } else { Some(store.lock()?) };
    let interrupt = interrupt::token();

    let plan_store = store.clone();
    let outcome = block_on(with_target(target, &args.hotel, &args.target, &interrupt, async |target| {
        let mut progress = Progress::new();
        let profile = args.profile.plan();
        let plan = RunPlan {
            scenario,
            target,
            store: plan_store,
            profile,
            confirm_leak: args.confirm_leak,
            probe: args.probe,
            lock,
        };
        let outcome =
            execute(plan, interrupt.clone(), &mut |event: RunEvent<'_>| progress.show(&event)).await;
        progress.finish();
        outcome
    }));
    let mut outcome = outcome??;
    let compared = baseline
        .filter(|_| outcome.unsaved.is_none())
        .map(|runs| compare_with_baseline(&store, &runs, &mut outcome, args.tolerance.options()));
    let format = if args.json { "json" } else { report::TERMINAL };
    report::print(&outcome.record, &outcome.folder, format)?;
    github::tell(&outcome.record);
    if let Some(error) = outcome.unsaved {
        return Err(error.into());
    }
    compared.transpose()?;
    Ok(exit_code(&outcome.record))
}

/// The gate. A run that a dead target or a fault of ours cut short is no verdict on the target's speed; a comparison that cannot
/// tell fails nothing.
fn exit_code(record: &RunRecord) -> ExitCode {
    let change = record.comparison.as_ref().map(|comparison| &comparison.change);
    match (&record.end, change) {
        (RunEnd::TargetDied { .. } | RunEnd::Failed { .. }, _) => ExitCode::Unavailable,
        (_, Some(Change::Regression)) => ExitCode::Violated,
        _ => of_verdict(&record.verdict),
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
