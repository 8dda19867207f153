//! `aforo completions`: completions for a shell.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::cli::Cli;
use crate::commands::written;
use crate::exit_code::ExitCode;
use crate::failure::Failure;

const EXAMPLES: &str = "\
Examples:
  aforo completions bash > /etc/bash_completion.d/aforo
  aforo completions zsh  > ~/.zfunc/_aforo
  aforo completions fish > ~/.config/fish/completions/aforo.fish";

/// Print completions for a shell
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

pub(crate) fn completions(args: &CompletionsArgs) -> Result<ExitCode, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "aforo", &mut script);
    written(std::io::Write::write_all(&mut std::io::stdout().lock(), &script))?;
    Ok(ExitCode::Success)
}
