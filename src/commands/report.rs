//! `aforo report`: a saved run again, in any format; or the runs of a period together.

mod period;

use std::path::Path;

use aforo_model::RunRecord;
use aforo_pipeline::reports::period::PERIOD_FORMATS;
use aforo_pipeline::reports::{FORMATS, tables, terminal::render_on};
use clap::Args;

use crate::commands::written;
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::options::{ConfigOption, StoreOption};
use crate::terminal;

/// The formats that depend on where they are shown: the short one and the long one.
pub(crate) const TERMINAL: &str = "terminal";
const TABLES: &str = "tables";

const EXAMPLES: &str = "\
Examples:
  aforo report                                   the newest run in short
  aforo report latest --format tables            all of it: endpoints, resources, database, findings
  aforo report 20261120T2                        the run whose id starts like that
  aforo report latest --format summary > pr.md   for a pull request
  aforo report runs/20261120T224501Z-peak-7f3a91c0 --format json
  aforo report --period weekly                   the runs of this week together
  aforo report --period monthly --at 2026-10-01 --scenario peak --format markdown
  aforo report --since 2026-11-01 --until 2026-11-07 --format csv";

/// Show a saved run again, in any format; or the runs of a period together
///
/// A run that was killed is restored from what it had saved. Over a period there are the formats terminal, markdown, json, csv and
/// schema.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ReportArgs {
    /// latest, previous, the id of a run or the start of one, or its folder [default: latest]
    #[arg(conflicts_with_all = ["period", "since", "until", "scenario", "target"])]
    run: Option<String>,
    /// What to print
    #[arg(long, value_name = "FORMAT", default_value = TERMINAL,
          value_parser = clap::builder::PossibleValuesParser::new(format_names()))]
    format: String,
    #[command(flatten)]
    period: period::PeriodOptions,
    #[command(flatten)]
    config: ConfigOption,
    #[command(flatten)]
    store: StoreOption,
}

pub(crate) fn report(args: &ReportArgs) -> Result<ExitCode, Failure> {
    let store = args.store.store(&args.config.read()?);
    if args.period.is_wanted() {
        period::print(&args.period.report(&store)?, &args.format)?;
        return Ok(ExitCode::Success);
    }
    if FORMATS.iter().all(|format| format.name != args.format) {
        return Err(Failure::usage(miette::miette!(
            help = "add --period or --since for the runs of a period together",
            "a report on a single run has no format `{}`",
            args.format
        )));
    }
    let folder = store.find(args.run.as_deref().unwrap_or("latest"))?;
    let record = store.load(&folder)?;
    print(&record, &folder, &args.format)?;
    Ok(ExitCode::Success)
}

/// The names of all formats, each once: those of a run, then those that only a period has.
fn format_names() -> Vec<&'static str> {
    let mut names: Vec<&str> = FORMATS.iter().map(|format| format.name).collect();
    for format in PERIOD_FORMATS {
        if !names.contains(&format.name) {
            names.push(format.name);
        }
    }
    names
}

/// Prints a run in one of the formats to standard output.
pub(crate) fn print(record: &RunRecord, folder: &Path, format_name: &str) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    let folder = folder.display().to_string();
    let screen = terminal::screen(Some(&folder));
    written(match FORMATS.iter().find(|format| format.name == format_name) {
        Some(format) if ![TERMINAL, TABLES].contains(&format.name) => (format.render)(record, &mut stdout),
        _ if format_name == TABLES => tables::render_on(&screen, record, &mut stdout),
        _ => render_on(&screen, record, &mut stdout),
    })
}
