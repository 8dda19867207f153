//! Runs of two targets in turns, then their comparison.

use std::path::{Path, PathBuf};

use aforo_model::{Scenario, format_duration};
use aforo_pipeline::{
    Interleaved, RunEvent, RunOutcome, RunPlan, RunStore, Side, Stopped, Turn, execute, interleave,
};
use tokio_util::sync::CancellationToken;

use super::CompareArgs;
use super::sides::SideTarget;
use crate::commands::block_on;
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::interrupt;
use crate::options::TargetOptions;
use crate::progress::Progress;
use crate::target::with_target;

/// Makes the runs and compares them.
pub(super) fn compare(args: &CompareArgs, scenario: Scenario, store: &RunStore) -> Result<ExitCode, Failure> {
    let options = &args.repeated;
    let [before, after] = [
        options.sides.target(Side::Before, &options.data)?,
        options.sides.target(Side::After, &options.data)?,
    ];
    // For all the runs: one that came between them would be measured by both sides.
    let _lock = store.lock()?;
    let interrupt = interrupt::token();
    let runs = block_on(async {
        let runs = interleave(options.runs, scenario.load.duration_s, &interrupt, async |turn: Turn| {
            announce(turn);
            let side = if turn.side == Side::Before { &before } else { &after };
            one_run(args, &scenario, store, side, &interrupt).await
        });
        Ok(runs.await)
    })?;
    conclude(args, store, runs)
}

fn announce(turn: Turn) {
    anstream::eprintln!(
        "Run {} of {} ({}), about {} left",
        turn.number,
        turn.of,
        turn.side.as_str(),
        format_duration(turn.left_s.round() * 1e6)
    );
}

/// One run, on a target that runs or on a hotel that is new: what an earlier run wrote must not weigh on a later one.
async fn one_run(
    args: &CompareArgs,
    scenario: &Scenario,
    store: &RunStore,
    side: &SideTarget,
    interrupt: &CancellationToken,
) -> Result<RunOutcome, Failure> {
    let private = TargetOptions::default();
    let outcome = with_target(side.named.clone(), &side.hotel, &private, interrupt, async |target| {
        let mut progress = Progress::new();
        let plan = RunPlan {
            scenario: scenario.clone(),
            target,
            store: store.clone(),
            profile: args.repeated.profile.plan(),
            confirm_leak: false,
            probe: false,
            // Held for all the runs.
            lock: None,
        };
        let outcome =
            execute(plan, interrupt.clone(), &mut |event: RunEvent<'_>| progress.show(&event)).await;
        progress.finish();
        outcome
    });
    Ok(outcome.await??)
}

/// Compares what was made, and says so where that is less than was planned.
fn conclude(args: &CompareArgs, store: &RunStore, runs: Interleaved<Failure>) -> Result<ExitCode, Failure> {
    let made = format!("{} runs before and {} after were made", runs.before.len(), runs.after.len());
    let failure = match runs.stopped {
        None => None,
        Some(Stopped::Interrupted) => {
            anstream::eprintln!("Stopped: {made} of {} each", args.repeated.runs);
            None
        }
        Some(Stopped::Ended(why)) => {
            anstream::eprintln!("Ended early: {made} of {} each; {why}", args.repeated.runs);
            Some(Failure::told(ExitCode::Unavailable))
        }
        Some(Stopped::Failed(failure)) => Some(failure),
    };
    let nothing = runs.before.is_empty() || runs.after.is_empty();
    if nothing {
        return Err(failure.unwrap_or_else(|| Failure::told(ExitCode::Interrupted)));
    }
    let said = args.show(store, &runs.before, &runs.after)?;
    let runs_dir = store.directory().display();
    let [before, after] = [&runs.before, &runs.after].map(|folders| ids(folders));
    anstream::eprintln!(
        "Compare these runs again with\n  aforo compare --runs-dir {runs_dir} {before} {after}"
    );
    match failure {
        Some(failure) => Err(failure),
        None => Ok(said),
    }
}

/// Runs as `aforo compare` takes them.
fn ids(folders: &[PathBuf]) -> String {
    let id = |folder: &PathBuf| {
        folder.file_name().unwrap_or(Path::new("").as_os_str()).to_string_lossy().into_owned()
    };
    folders.iter().map(id).collect::<Vec<_>>().join(",")
}
