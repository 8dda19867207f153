//! The command line.

use std::path::PathBuf;

use clap::Parser;

/// Index advice on TPC-H: planner cost, real bytes and real time.
#[derive(Debug, Parser)]
pub(crate) struct Options {
    /// Folder with the queries, `1.sql` to `22.sql`.
    #[arg(long, default_value = "target/tpch-queries")]
    pub(crate) queries: PathBuf,
    /// A database that holds the data already, HypoPG included. Its indexes are created and dropped again. Without it, a
    /// throw-away server is started and filled.
    #[arg(long)]
    pub(crate) database_url: Option<String>,
    /// Scale factor of the data.
    #[arg(long, default_value_t = 1.0)]
    pub(crate) scale: f64,
    /// Budgets to try, in MB of index on disk.
    #[arg(long, value_delimiter = ',', default_values_t = [200, 400, 800])]
    pub(crate) budgets_mb: Vec<u64>,
    /// Do not build the indexes and run the queries.
    #[arg(long)]
    pub(crate) cost_only: bool,
    /// Weigh by statistics instead of HypoPG.
    #[arg(long)]
    pub(crate) by_statistics: bool,
    /// A query that takes longer is cut and counts as this many seconds.
    #[arg(long, default_value_t = 90)]
    pub(crate) cap_s: u64,
}
