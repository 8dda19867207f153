//! `aforo baseline`: runs pinned under a name.

use aforo_pipeline::reports::baseline_table;
use aforo_pipeline::{Baseline, PinnedBaseline};
use clap::{Args, Subcommand};

use crate::commands::written;
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::options::{ConfigOption, StoreOption};
use crate::terminal;

const EXAMPLES: &str = "\
Examples:
  aforo baseline set main latest             what later runs are compared with
  aforo baseline set main 20261120T2 20261121T0
                                             several runs of one measurement
  aforo baseline list
  aforo baseline remove release/2.4";

/// Pin runs under a name, to be compared with and never pruned
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct BaselineArgs {
    #[command(subcommand)]
    action: BaselineAction,
    #[command(flatten)]
    config: ConfigOption,
    #[command(flatten)]
    store: StoreOption,
}

#[derive(Debug, Subcommand)]
enum BaselineAction {
    /// Pin runs under this name, in place of those that were
    Set {
        /// Letters, digits, `.`, `_`, `-` and `/`, such as main or release/2.4
        name: String,
        /// latest, previous, the id of a run or the start of one, or its folder; several are repetitions of one measurement, and
        /// must be the same load; separated by blanks or commas
        #[arg(required = true, value_delimiter = ',')]
        runs: Vec<String>,
    },
    /// Show the names with their runs
    List {
        /// Print JSON instead of a table
        #[arg(long)]
        json: bool,
    },
    /// Forget a name; its runs stay
    Remove {
        /// The name
        name: String,
    },
}

pub(crate) fn baseline(args: &BaselineArgs) -> Result<ExitCode, Failure> {
    let store = args.store.store(&args.config.read()?);
    let text = match &args.action {
        BaselineAction::Set { name, runs } => {
            let folders = runs.iter().map(|run| store.find(run)).collect::<Result<Vec<_>, _>>()?;
            let PinnedBaseline { baseline: Baseline { name, runs }, caveats } =
                store.set_baseline(name, &folders)?;
            for caveat in caveats {
                anstream::eprintln!("Mind: {caveat}.");
            }
            format!("{name} is now {}\n", runs.join(", "))
        }
        BaselineAction::Remove { name } => {
            let Baseline { name, runs } = store.remove_baseline(name)?;
            format!("{name} is forgotten; its runs stay: {}\n", runs.join(", "))
        }
        BaselineAction::List { json } => {
            let baselines = store.baselines()?;
            if *json {
                format!("{}\n", serde_json::to_string_pretty(&baselines).map_err(Failure::json)?)
            } else if baselines.is_empty() {
                "No baseline has been set; `aforo baseline set main latest` pins the newest run.\n".to_owned()
            } else {
                let rows = baselines.iter().map(|each| (each.name.as_str(), each.runs.as_slice()));
                baseline_table(rows, terminal::stdout_style(), terminal::stdout_columns())
            }
        }
    };
    written(std::io::Write::write_all(&mut std::io::stdout().lock(), text.as_bytes()))?;
    Ok(ExitCode::Success)
}
