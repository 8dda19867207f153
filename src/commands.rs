//! One file per command, without logic of its own: each reads its options, calls a stage, shows the outcome.

pub(crate) mod analyze;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod hotel;
pub(crate) mod list;
pub(crate) mod report;
pub(crate) mod run;

use std::io::ErrorKind;

use crate::cli::{Cli, Command};
use crate::exit_code::ExitCode;
use crate::failure::Failure;

/// Carries out a command line.
pub(crate) fn dispatch(cli: Cli) -> Result<ExitCode, Failure> {
    match cli.command {
        Command::Run(args) => run::run(args),
        Command::List(args) => list::list(&args),
        Command::Report(args) => report::report(&args),
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
    runtime.block_on(work)
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
