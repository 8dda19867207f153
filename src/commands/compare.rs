//! `aforo compare`: whether runs differ, of saved runs or of runs that are made for it.

mod repeated;
mod sides;

use std::path::PathBuf;

use aforo_model::Change;
use aforo_pipeline::reports::comparison::{COMPARISON_FORMATS, render_on};
use aforo_pipeline::{Comparison, RunStore, find_runs};
use clap::Args;

use self::sides::SideOptions;
use crate::commands::written;
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::options::{
    ConfigOption, HotelDataOptions, LoadOptions, RunProfileOptions, StoreOption, ToleranceOption,
};
use crate::terminal;

/// The format that is meant for the screen.
const TERMINAL: &str = "terminal";

const EXAMPLES: &str = "\
Examples:
  aforo compare previous latest                  the last two runs
  aforo compare main                             the newest run against the baseline called main
  aforo compare 20261120T0,20261120T1 20261121T0,20261121T1 --output compared
                                                 repeated runs, with the files kept
  aforo compare main latest --junit compared.xml  a test case a step, for CI
  aforo compare --scenario baseline --before-flaws none --after-flaws all --runs 5
                                                 the built-in hotel two ways, five runs of each in turns
  aforo compare --scenario ./checkout.toml --before-target http://127.0.0.1:8080 \\
                --after-target http://127.0.0.1:8081 --runs 7
                                                 two versions of your own API that both run

One run a side finds large changes only, five a side smaller ones; docs/compare.md has the rates that were measured.

Exit codes: 0 nothing got worse, 1 a regression, 3 inconclusive, 2 the runs cannot be compared.";

/// Say whether runs differ: an interval, not a guess
///
/// Holds runs against earlier ones, figure by figure: response time, throughput, errors, CPU and database time for a request; with
/// statements that got another plan, and what changed in the CPU profile. With --scenario the runs are made first, in turns, so that
/// what changes on the machine meanwhile falls on both sides alike.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CompareArgs {
    /// The runs that are held against: latest, previous, the id of a run or the start of one, its folder, or a baseline's name;
    /// several separated by commas
    #[arg(required_unless_present = "scenario", conflicts_with = "scenario")]
    before: Option<String>,
    /// The runs in question, named alike
    #[arg(default_value = "latest", conflicts_with = "scenario")]
    after: String,
    #[command(flatten)]
    tolerance: ToleranceOption,
    /// What to print
    #[arg(long, value_name = "FORMAT", default_value = TERMINAL,
          value_parser = clap::builder::PossibleValuesParser::new(COMPARISON_FORMATS.iter().map(|format| format.name)))]
    format: String,
    /// Print JSON; the same as --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// Write comparison.json, comparison.md and the differential flame graph into this folder
    #[arg(long, value_name = "FOLDER")]
    output: Option<PathBuf>,
    /// Write a test case a step into this file, for the test views of CI (JUnit XML)
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    #[command(flatten)]
    repeated: RepeatedOptions,
    #[command(flatten)]
    config: ConfigOption,
    #[command(flatten)]
    store: StoreOption,
}

/// The runs that are made to be compared.
#[derive(Debug, Args)]
#[command(next_help_heading = "Runs made in turns")]
struct RepeatedOptions {
    /// Make the runs now, of this scenario: the name of a built-in one, of one of your own, or a path
    #[arg(long, value_name = "NAME|PATH")]
    scenario: Option<String>,
    /// Runs of each side; fewer than 4 show large changes only
    #[arg(long, value_name = "N", default_value_t = 5, requires = "scenario",
          value_parser = clap::value_parser!(u32).range(1..=50))]
    runs: u32,
    #[command(flatten)]
    sides: SideOptions,
    #[command(flatten)]
    load: LoadOptions,
    #[command(flatten)]
    profile: RunProfileOptions,
    #[command(flatten)]
    data: HotelDataOptions,
}

pub(crate) fn compare(args: CompareArgs) -> Result<ExitCode, Failure> {
    let config = args.config.read()?;
    let store = args.store.store(&config);
    if let Some(scenario) = &args.repeated.scenario {
        let scenario = args.repeated.load.scenario(scenario, &config)?;
        return repeated::compare(&args, scenario, &store);
    }
    if args.repeated.load != LoadOptions::default() {
        return Err(Failure::usage(miette::miette!(
            help = "add --scenario to make runs; saved ones are compared as they are",
            "--users, --rate, --duration, --warm-up and --timeout say how runs are made, and these are made already"
        )));
    }
    let before = find_runs(&store, args.before.as_deref().unwrap_or_default())?;
    let after = find_runs(&store, &args.after)?;
    args.show(&store, &before, &after)
}

impl CompareArgs {
    /// Compares saved runs, saves and prints what that says.
    fn show(&self, store: &RunStore, before: &[PathBuf], after: &[PathBuf]) -> Result<ExitCode, Failure> {
        let mut comparison = aforo_pipeline::compare(store, before, after, self.tolerance.options())?;
        if let Some(folder) = &self.output {
            comparison.save(folder)?;
        }
        if let Some(file) = &self.junit {
            comparison.save_junit(file)?;
        }
        self.print(&comparison)?;
        Ok(exit_code(&comparison.record.change))
    }

    fn print(&self, comparison: &Comparison) -> Result<(), Failure> {
        let mut stdout = std::io::stdout().lock();
        let name = if self.json { "json" } else { &self.format };
        written(match COMPARISON_FORMATS.iter().find(|format| format.name == name) {
            Some(format) if name != TERMINAL => (format.render)(&comparison.record, &mut stdout),
            // The one format that depends on where it is shown.
            _ => {
                let folder = self.output.as_ref().map(|folder| folder.display().to_string());
                render_on(&terminal::screen(folder.as_deref()), &comparison.record, &mut stdout)
            }
        })
    }
}

/// The gate.
fn exit_code(change: &Change) -> ExitCode {
    match change {
        Change::Equivalent | Change::Improvement => ExitCode::Success,
        Change::Regression => ExitCode::Violated,
        Change::Inconclusive { .. } => ExitCode::Inconclusive,
    }
}
