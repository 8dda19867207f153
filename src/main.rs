//! The command line of Aforo.

mod cli;
mod commands;
mod exit_code;
mod failure;
mod github;
mod interrupt;
mod logging;
mod options;
mod progress;
mod target;
mod terminal;

use clap::Parser;

use crate::cli::Cli;
use crate::exit_code::ExitCode;

/// Virtual users allocate for every request they send.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    let cli = Cli::parse();
    logging::init();
    failure::install_panic_hook();
    let outcome = std::panic::catch_unwind(|| commands::dispatch(cli));
    let code = match outcome {
        Ok(Ok(code)) => code,
        Ok(Err(failure)) => failure.report(),
        // The hook has said what happened.
        Err(_panic) => ExitCode::Bug,
    };
    code.into()
}
