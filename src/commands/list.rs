//! `aforo list`: the run store.

use clap::Args;

use crate::commands::written;
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::options::{ConfigOption, StoreOption};
use crate::terminal;

const EXAMPLES: &str = "\
Examples:
  aforo list                    every saved run, newest first
  aforo list --runs-dir ci      those in another folder
  aforo list --json             the same for a program";

/// Show the saved runs, newest first
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ListArgs {
    /// Print JSON instead of a table
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigOption,
    #[command(flatten)]
    store: StoreOption,
}

pub(crate) fn list(args: &ListArgs) -> Result<ExitCode, Failure> {
    let store = args.store.store(&args.config.read()?);
    let (records, unreadable): (Vec<_>, Vec<_>) = store.list()?.into_iter().partition(Result::is_ok);
    let entries: Vec<_> = records.iter().flatten().map(aforo_pipeline::reports::RunListEntry::from).collect();
    let text = if args.json {
        format!("{}\n", serde_json::to_string_pretty(&entries).map_err(Failure::json)?)
    } else if entries.is_empty() {
        format!("No runs in {} yet; `aforo run baseline` makes one.\n", store.directory().display())
    } else {
        aforo_pipeline::reports::list_table(&entries, terminal::stdout_style(), terminal::stdout_columns())
    };
    written(std::io::Write::write_all(&mut std::io::stdout().lock(), text.as_bytes()))?;
    for error in unreadable.iter().filter_map(|result| result.as_ref().err()) {
        anstream::eprintln!("passed over: {error}");
    }
    Ok(ExitCode::Success)
}
