//! `aforo list`: the run store.

use aforo_pipeline::reports::{RunRow, list_table};
use aforo_pipeline::{ListedRun, RunState};
use clap::Args;

use crate::commands::written;
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::options::{ConfigOption, RunFilterOptions, StoreOption, VerdictWord};
use crate::terminal;

const EXAMPLES: &str = "\
Examples:
  aforo list                                   every saved run, newest first
  aforo list --scenario peak --target hotel --verdict violated
  aforo list --since 7d --limit 20             the newest of the last week
  aforo list --since 2026-11-01 --until 2026-11-07
  aforo list --runs-dir ci --json              those in another folder, for a program";

/// Show the saved runs, newest first
///
/// The column `load` is the most virtual users at once × how long the load took. A terminal of 90 columns or more also shows the target and
/// what it says of itself, one of 130 when the run began and how many requests were judged.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    filter: RunFilterOptions,
    /// Only runs with this verdict
    #[arg(long, value_name = "VERDICT")]
    verdict: Option<VerdictWord>,
    /// At most this many
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
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
    let mut filter = args.filter.filter()?;
    filter.verdict = args.verdict.map(Into::into);
    let runs = store.list(&filter, args.limit)?;
    let text = if args.json {
        format!("{}\n", serde_json::to_string_pretty(&runs).map_err(Failure::json)?)
    } else if args.limit == Some(0) {
        "--limit 0 shows none of the runs; leave it out to see all of them.\n".to_owned()
    } else if !runs.is_empty() {
        let rows: Vec<RunRow<'_>> = runs.iter().map(row).collect();
        list_table(&rows, terminal::stdout_style(), terminal::stdout_columns())
    } else if args.filter.is_set() || args.verdict.is_some() {
        format!("No run in {} is like that; `aforo list` shows all of them.\n", store.directory().display())
    } else {
        format!("No runs in {} yet; `aforo run baseline` makes one.\n", store.directory().display())
    };
    written(std::io::Write::write_all(&mut std::io::stdout().lock(), text.as_bytes()))?;
    for problem in runs.iter().filter_map(|run| run.problem.as_ref()) {
        anstream::eprintln!("not read: {problem}");
    }
    if let Err(error) = store.baselines() {
        anstream::eprintln!("baselines are not shown: {error}");
    }
    Ok(ExitCode::Success)
}

fn row(run: &ListedRun) -> RunRow<'_> {
    let state = match run.state {
        RunState::Ended => None,
        RunState::Running => Some("running"),
        RunState::Killed => Some("killed"),
        RunState::Newer => Some("newer format"),
        RunState::Broken => Some("unreadable"),
    };
    RunRow { id: &run.id, entry: run.entry.as_ref(), state, baselines: &run.baselines }
}
