//! The words of the command line.

use clap::{Parser, Subcommand};

use crate::commands::{
    analyze, baseline, check, compare, completions, history, hotel, list, profile, prune, report, run,
};

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
    Baseline(baseline::BaselineArgs),
    Compare(compare::CompareArgs),
    Report(report::ReportArgs),
    History(history::HistoryArgs),
    Prune(prune::PruneArgs),
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

    /// The commands of Aforo in a file for a CI, without what a shell does with them.
    fn commands(file: &str) -> Vec<Vec<String>> {
        let lines = file.lines().map(|line| line.trim().trim_start_matches("- ").trim_start_matches("run: "));
        let lines =
            lines.map(|line| line.trim_start_matches("if ")).filter(|line| line.starts_with("aforo "));
        let command = |line: &str| line.split([';', '|', '>']).next().unwrap_or(line).to_owned();
        lines
            .map(|line| command(line).split_whitespace().map(|word| word.replace('"', "")).collect())
            .collect()
    }

    #[test]
    fn the_commands_in_the_files_for_ci_are_commands() {
        for (file, count) in
            [(include_str!("../docs/ci/github.yml"), 9), (include_str!("../docs/ci/gitlab.yml"), 11)]
        {
            let commands = commands(file);
            assert_eq!(commands.len(), count, "{commands:#?}");
            for command in commands {
                assert!(Cli::try_parse_from(&command).is_ok(), "{command:?}");
            }
        }
    }

    #[test]
    fn every_command_shows_an_example() {
        for command in Cli::command().get_subcommands() {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains("aforo "), "{} has no example", command.get_name());
        }
    }
}
