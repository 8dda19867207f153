//! `aforo prune`: runs that are no longer needed.

use aforo_model::parse_age;
use aforo_pipeline::reports::bytes;
use aforo_pipeline::{PruneOutcome, PruneRule};
use chrono::{TimeDelta, Utc};
use clap::Args;

use crate::commands::written;
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::options::{ConfigOption, StoreOption};

const EXAMPLES: &str = "\
Examples:
  aforo prune --keep 50 --dry-run              what would be deleted
  aforo prune --keep 50                        all but the 50 newest
  aforo prune --older-than 30d --scenario peak
  aforo prune --keep 50 --older-than 30d       those beyond the 50 newest that are older than 30 days";

/// Delete runs, by how many there are or how old they are
///
/// Runs that are pinned as a baseline and runs that go on are never deleted.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, group(clap::ArgGroup::new("rule").required(true).multiple(true).args(["keep", "older_than"])))]
pub(crate) struct PruneArgs {
    /// Keep this many of the newest
    #[arg(long, value_name = "N")]
    keep: Option<usize>,
    /// Delete only runs that began longer ago than this, such as 30d, 2w or 36h
    #[arg(long, value_name = "AGE", value_parser = parse_age)]
    older_than: Option<TimeDelta>,
    /// Count and delete only runs of this scenario
    #[arg(long, value_name = "NAME")]
    scenario: Option<String>,
    /// Say what would be deleted, and delete nothing
    #[arg(long)]
    dry_run: bool,
    /// Print JSON instead of sentences
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigOption,
    #[command(flatten)]
    store: StoreOption,
}

pub(crate) fn prune(args: &PruneArgs) -> Result<ExitCode, Failure> {
    let store = args.store.store(&args.config.read()?);
    // An age that leads beyond the calendar is older than any run.
    let before = args.older_than.map(|age| Utc::now().checked_sub_signed(age).unwrap_or_default());
    let rule = PruneRule { keep: args.keep, before, scenario: args.scenario.clone(), is_dry: args.dry_run };
    let outcome = store.prune(&rule)?;
    let text = if args.json {
        format!("{}\n", serde_json::to_string_pretty(&outcome).map_err(Failure::json)?)
    } else {
        told(&outcome)
    };
    written(std::io::Write::write_all(&mut std::io::stdout().lock(), text.as_bytes()))?;
    for failed in &outcome.failed {
        anstream::eprintln!("{failed}");
    }
    Ok(if outcome.failed.is_empty() { ExitCode::Success } else { ExitCode::Unavailable })
}

fn told(outcome: &PruneOutcome) -> String {
    let verb = if outcome.is_dry { "would delete" } else { "deleted" };
    let mut text: String =
        outcome.removed.iter().map(|run| format!("{verb} {} ({})\n", run.id, bytes(run.bytes))).collect();
    let runs = |count: usize| if count == 1 { "1 run".to_owned() } else { format!("{count} runs") };
    text += &format!("{verb} {}, {}\n", runs(outcome.removed.len()), bytes(outcome.freed_bytes));
    for (ids, why) in [
        (&outcome.pinned, "pinned as a baseline"),
        (&outcome.running, "going on"),
        (&outcome.unreadable, "unreadable, to be deleted by hand"),
    ] {
        if !ids.is_empty() {
            text += &format!("kept {}: {} ({})\n", why, runs(ids.len()), ids.join(", "));
        }
    }
    text
}
