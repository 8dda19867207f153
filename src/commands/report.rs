//! `aforo report`: a saved run again, in any format.

use std::path::Path;

use aforo_model::RunRecord;
use aforo_pipeline::reports::{FORMATS, terminal::render_on};
use clap::Args;

use crate::commands::written;
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::options::{ConfigOption, StoreOption};
use crate::terminal;

/// The format that is meant for the screen.
pub(crate) const TERMINAL: &str = "terminal";

const EXAMPLES: &str = "\
Examples:
  aforo report                                   the newest run, as tables
  aforo report 20261120T2                        the run whose id starts like that
  aforo report latest --format summary > pr.md   for a pull request
  aforo report runs/20261120T224501Z-peak-7f3a91c0 --format json";

/// Show a saved run again, in any format
///
/// A run that was killed is restored from what it had saved.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ReportArgs {
    /// latest, the id of a run or the start of one, or its folder
    #[arg(default_value = "latest")]
    run: String,
    /// What to print
    #[arg(long, value_name = "FORMAT", default_value = TERMINAL,
          value_parser = clap::builder::PossibleValuesParser::new(FORMATS.iter().map(|format| format.name)))]
    format: String,
    #[command(flatten)]
    config: ConfigOption,
    #[command(flatten)]
    store: StoreOption,
}

pub(crate) fn report(args: &ReportArgs) -> Result<ExitCode, Failure> {
    let store = args.store.store(&args.config.read()?);
    let folder = store.find(&args.run)?;
    let record = store.load(&folder)?;
    print(&record, &folder, &args.format)?;
    Ok(ExitCode::Success)
}

/// Prints a run in one of the formats to standard output.
pub(crate) fn print(record: &RunRecord, folder: &Path, format_name: &str) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    let folder = folder.display().to_string();
    written(match FORMATS.iter().find(|format| format.name == format_name) {
        Some(format) if format_name != TERMINAL => (format.render)(record, &mut stdout),
        // The one format that depends on where it is shown.
        _ => render_on(&terminal::screen(Some(&folder)), record, &mut stdout),
    })
}
