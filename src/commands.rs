//! One file per command, without logic of its own: each reads its options, calls a stage, shows the outcome.

pub(crate) mod analyze;
pub(crate) mod baseline;
pub(crate) mod check;
pub(crate) mod compare;
pub(crate) mod completions;
pub(crate) mod history;
pub(crate) mod hotel;
pub(crate) mod list;
pub(crate) mod profile;
pub(crate) mod prune;
pub(crate) mod report;
pub(crate) mod run;

use std::io::ErrorKind;
use std::time::Duration;

use crate::cli::{Cli, Command};
use crate::exit_code::ExitCode;
use crate::failure::Failure;

/// How long a command waits at its end for reading and writing that it no longer needs.
const TIME_TO_STOP: Duration = Duration::from_secs(2);

/// Carries out a command line.
pub(crate) fn dispatch(cli: Cli) -> Result<ExitCode, Failure> {
    match cli.command {
        Command::Run(args) => run::run(args),
        Command::List(args) => list::list(&args),
        Command::Baseline(args) => baseline::baseline(&args),
        Command::Compare(args) => compare::compare(args),
        Command::History(args) => history::history(&args),
        Command::Prune(args) => prune::prune(&args),
        Command::Report(args) => report::report(&args),
        Command::Profile(args) => profile::profile(args),
        Command::Analyze(args) => analyze::analyze(args),
        Command::Check(args) => check::check(args),
        Command::Hotel(args) => hotel::hotel(args),
        Command::Completions(args) => completions::completions(&args),
    }
}

/// Runs a command that waits for things. The load has a runtime of its own; this one watches and writes.
fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure::unavailable_because("cannot start threads", &error))?;
    let outcome = runtime.block_on(work);
    // A file system that does not answer must not keep the command.
    runtime.shutdown_timeout(TIME_TO_STOP);
    outcome
}

/// What became of writing to standard output. A reader that has seen enough (`aforo list | head`) is no failure.
fn written(outcome: std::io::Result<()>) -> Result<(), Failure> {
    match outcome {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::unavailable_because("cannot write to standard output", &error))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_is_blocked_does_not_keep_a_command() {
        let (hold, held) = std::sync::mpsc::channel::<()>();
        let outcome = block_on(async {
            tokio::task::spawn_blocking(move || held.recv());
            Ok(7)
        });
        assert_eq!(outcome.ok(), Some(7));
        // Only now may it end.
        drop(hold);
    }
}
