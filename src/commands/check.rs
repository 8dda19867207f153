//! `aforo check`: the preflight checklist.

use std::io::Write;

use aforo_pipeline::{CheckItem, CheckOutcome, find_processes, preflight};
use anstyle::{AnsiColor, Style};
use clap::Args;

use crate::commands::{block_on, written};
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::interrupt;
use crate::options::{ConfigOption, HotelOptions, StoreOption, TargetOptions};
use crate::target::with_target;

const EXAMPLES: &str = "\
Examples:
  aforo check                                        the built-in hotel
  aforo check --target http://127.0.0.1:8080 \\
              --database-url postgres://127.0.0.1/shop --redis-url redis://127.0.0.1
  aforo check --json";

/// Go through the checklist before a run: is the target there, is its data realistic, is this machine fit
///
/// Exits with 4 when something makes a run impossible.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CheckArgs {
    /// Print JSON instead of a list
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigOption,
    #[command(flatten)]
    store: StoreOption,
    #[command(flatten)]
    target: TargetOptions,
    #[command(flatten)]
    hotel: HotelOptions,
}

pub(crate) fn check(args: CheckArgs) -> Result<ExitCode, Failure> {
    let config = args.config.read()?;
    let target = args.target.resolve(&config)?;
    let store = args.store.store(&config);
    let interrupt = interrupt::token();
    let items = block_on(with_target(target, &args.hotel, &args.target, &interrupt, async |target| {
        preflight(&find_processes(target), store.directory()).await
    }))?;
    let mut stdout = anstream::stdout().lock();
    if args.json {
        let json = serde_json::to_string_pretty(&items).map_err(Failure::json)?;
        written(writeln!(stdout, "{json}"))?;
    } else {
        written(items.iter().try_for_each(|item| show(item, &mut stdout)))?;
    }
    let possible = !items.iter().any(|item| matches!(item.outcome, CheckOutcome::Failed { .. }));
    Ok(if possible { ExitCode::Success } else { ExitCode::Unavailable })
}

fn show(item: &CheckItem, output: &mut dyn Write) -> std::io::Result<()> {
    let (word, colour) = match item.outcome {
        CheckOutcome::Ok => ("ok", AnsiColor::Green),
        CheckOutcome::Warning { .. } => ("warning", AnsiColor::Yellow),
        CheckOutcome::Failed { .. } => ("failed", AnsiColor::Red),
        CheckOutcome::Skipped { .. } => ("skipped", AnsiColor::Blue),
    };
    let style = Style::new().fg_color(Some(colour.into()));
    writeln!(output, "{style}{word:>8}{style:#}  {:<20}  {}", item.name, item.detail)?;
    if let Some(remedy) = item.remedy() {
        writeln!(output, "{:>8}  {:<20}  → {remedy}", "", "")?;
    }
    Ok(())
}
