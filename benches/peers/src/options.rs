//! The command line.

use std::path::PathBuf;

use clap::Parser;

/// Measure Aforo beside other load generators: CPU per request, memory per user
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Options {
    /// Times each peer is measured in each case; an odd number has a true median
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rounds: u32,
    /// Seconds of full load in each measurement
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) seconds: u32,
    /// Only these peers, such as aforo,wrk [default: every one that is here or can be installed]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub(crate) only: Vec<String>,
    /// Skip what is missing instead of installing it
    #[arg(long)]
    pub(crate) no_install: bool,
    /// Measure this Aforo instead of building the one of this source tree
    #[arg(long, value_name = "FILE")]
    pub(crate) aforo: Option<PathBuf>,
}
