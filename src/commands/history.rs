//! `aforo history`: one figure over runs.

use aforo_model::{Indicator, Subject};
use aforo_pipeline::HistoryQuestion;
use aforo_pipeline::reports::history::{HISTORY_FORMATS, render_on};
use clap::Args;

use crate::commands::report::TERMINAL;
use crate::commands::written;
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::options::{ConfigOption, RunFilterOptions, StoreOption};
use crate::terminal;

const EXAMPLES: &str = "\
Examples:
  aforo history p95                            of all steps, over the runs of the newest run's load and flaws
  aforo history p99 --step prereserve --scenario peak
  aforo history error_rate --since 30d
  aforo history throughput --format csv > throughput.csv";

/// Show one figure over runs, and where its level changed
///
/// Only runs of the same scenario, target and load as the newest one, whose target said the same of itself (the hotel: its flaws), are shown
/// together; the others are counted.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct HistoryArgs {
    // Not a doc comment: it would ask for backquotes, which a terminal shows as they are.
    #[arg(
        value_name = "FIGURE",
        help = "p50, p90, p95, p99, p99.9, mean, max, error_rate, server_error_rate, throughput, or what an objective asks for"
    )]
    indicator: Indicator,
    /// Of this step [default: all together]
    #[arg(long, value_name = "NAME")]
    step: Option<String>,
    #[command(flatten)]
    filter: RunFilterOptions,
    /// Show at most this many, the newest
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Also runs whose target said something else of itself, such as the hotel with other flaws
    #[arg(long)]
    any_description: bool,
    /// What to print
    #[arg(long, value_name = "FORMAT", default_value = TERMINAL,
          value_parser = clap::builder::PossibleValuesParser::new(HISTORY_FORMATS.iter().map(|format| format.name)))]
    format: String,
    /// Print JSON; the same as --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,
    #[command(flatten)]
    config: ConfigOption,
    #[command(flatten)]
    store: StoreOption,
}

pub(crate) fn history(args: &HistoryArgs) -> Result<ExitCode, Failure> {
    let store = args.store.store(&args.config.read()?);
    let subject = args.step.clone().map_or(Subject::Total, Subject::Step);
    let question = HistoryQuestion {
        subject,
        indicator: args.indicator,
        limit: args.limit,
        any_description: args.any_description,
    };
    let Some(history) = store.history(&args.filter.filter()?, &question)? else {
        return Err(Failure::usage(miette::miette!(
            help = "`aforo list` shows the runs there are; --runs-dir names another folder",
            "no run in {} is like that, so there is no history of it",
            store.directory().display()
        )));
    };
    let name = if args.json { "json" } else { &args.format };
    let mut stdout = std::io::stdout().lock();
    written(match HISTORY_FORMATS.iter().find(|format| format.name == name) {
        Some(format) if name != TERMINAL => (format.render)(&history, &mut stdout),
        // The one format that depends on where it is shown.
        _ => render_on(&terminal::screen(None), &history, &mut stdout),
    })?;
    Ok(ExitCode::Success)
}
