//! The command line.

use std::path::PathBuf;

use clap::Parser;

/// Sums up what the benchmarks of the suite have measured: a table, and target/bench.json.
///
/// Ends with 0 if everything in the tables was measured, whatever came out; with 1 if something was not; with 2 if it could not work.
#[derive(Debug, Parser)]
#[command(name = "bench-summary")]
pub(crate) struct Options {
    /// Cargo's target folder: Criterion's results are read from `criterion` in it, and `bench.json` is written into it.
    #[arg(long, default_value = "target")]
    pub(crate) target: PathBuf,
    /// How many passes were made; pass 1 is Criterion's baseline `pass1`.
    #[arg(long, default_value_t = 3, value_parser = passes)]
    pub(crate) passes: usize,
    /// Puts the table into this file as well, between its markers `<!-- bench:begin -->` and `<!-- bench:end -->`.
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "README.md")]
    pub(crate) readme: Option<PathBuf>,
}

/// More than a few passes nobody makes; a bound keeps a slip of the finger from being one.
const MOST_PASSES: usize = 100;

fn passes(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|passes| (1..=MOST_PASSES).contains(passes))
        .ok_or_else(|| format!("a number from 1 to {MOST_PASSES}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_at_least_one_pass() {
        assert_eq!(passes("3"), Ok(3));
        for wrong in ["0", "101", "-1", "three", ""] {
            assert!(passes(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_readme_is_renewed_only_when_told_to() {
        let readme = |arguments: &[&str]| Options::try_parse_from(arguments).unwrap().readme;
        assert_eq!(readme(&["bench-summary"]), None);
        assert_eq!(readme(&["bench-summary", "--readme"]), Some("README.md".into()));
        assert_eq!(readme(&["bench-summary", "--readme", "OTHER.md"]), Some("OTHER.md".into()));
    }
}
