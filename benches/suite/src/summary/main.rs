//! The last step of `make bench`: what Criterion has saved becomes one table, `target/bench.json`, and the README's table.
//!
//! `docs/benchmarks.md` says what the figures mean.

mod bootstrap;
mod error;
mod estimate;
mod figures;
mod lines;
mod machine;
mod markdown;
mod median;
mod options;
mod readme;
mod record;
mod results;
mod table;
mod verdict;

use std::fs;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use aforo_bench_suite::{PAIRS, SINGLES};
use clap::Parser;

use crate::error::SummaryError;
use crate::machine::Machine;
use crate::options::Options;
use crate::record::Record;

/// The program could not work, as opposed to: something was not measured.
const FAILED: u8 = 2;

fn main() -> ExitCode {
    match summarize(&Options::parse()) {
        Ok(record) if record.is_complete() => ExitCode::SUCCESS,
        Ok(_) => {
            anstream::eprintln!(
                "error: not everything was measured; what is missing is named under the table"
            );
            ExitCode::FAILURE
        }
        Err(error) => {
            anstream::eprintln!("error: {error}");
            ExitCode::from(FAILED)
        }
    }
}

/// Reads the results, prints the table and saves it.
fn summarize(options: &Options) -> Result<Record, SummaryError> {
    let criterion = options.target.join("criterion");
    let results = results::read(&criterion, options.passes)?;
    let record = Record::new(Machine::read(), PAIRS, SINGLES, &results);
    anstream::println!("{}", table::render(&record));
    let saved = options.target.join("bench.json");
    save(&record, &saved)?;
    anstream::println!("Every figure: {}", saved.display());
    anstream::println!("Plots: {}", criterion.join("report/index.html").display());
    if let Some(readme) = &options.readme {
        renew(readme, &record)?;
    }
    Ok(record)
}

fn save(record: &Record, path: &Path) -> Result<(), SummaryError> {
    let failed = |source| SummaryError::Write { path: path.to_owned(), source };
    let mut json = serde_json::to_string_pretty(record).map_err(|error| failed(io::Error::from(error)))?;
    json.push('\n');
    fs::write(path, json).map_err(failed)
}

/// Puts the table into the README, unless something is missing in it.
fn renew(path: &Path, record: &Record) -> Result<(), SummaryError> {
    if !record.is_complete() {
        anstream::println!("The table in {} is left as it is: this one has gaps", path.display());
        return Ok(());
    }
    let old =
        fs::read_to_string(path).map_err(|source| SummaryError::Read { path: path.to_owned(), source })?;
    let new = readme::renewed(&old, &markdown::render(record))
        .map_err(|source| SummaryError::Readme { path: path.to_owned(), source })?;
    fs::write(path, new).map_err(|source| SummaryError::Write { path: path.to_owned(), source })?;
    anstream::println!("Table renewed: {}", path.display());
    Ok(())
}
