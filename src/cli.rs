//! The words of the command line.

use clap::{Parser, Subcommand};

use crate::commands::{analyze, check, completions, hotel, list, profile, report, run};

/// Performance testing for HTTP APIs on Postgres: load it, watch it, explain it, judge it.
#[derive(Debug, Parser)]
#[command(name = "aforo", version, after_help = crate::exit_code::HELP, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Run(run::RunArgs),
    List(list::ListArgs),
    Report(report::ReportArgs),
    Profile(profile::ProfileArgs),
    Analyze(analyze::AnalyzeArgs),
    Check(check::CheckArgs),
    Hotel(hotel::HotelArgs),
    Completions(completions::CompletionsArgs),
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_shows_an_example() {
        for command in Cli::command().get_subcommands() {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains("aforo "), "{} has no example", command.get_name());
        }
    }
}
