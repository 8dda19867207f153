//! `aforo-instructions check|bless <results> <baseline>`: what `scripts/bench-gate.sh` ends with.

use std::error::Error;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use aforo_instructions::{Baseline, Environment, Outcome, compare, describe, read_results};

const USAGE: &str = "usage: aforo-instructions check|bless <folder of results> <baseline.json>";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["check", results, baseline] => check(Path::new(results), Path::new(baseline)),
        ["bless", results, baseline] => bless(Path::new(results), Path::new(baseline)),
        _ => Err(USAGE.into()),
    };
    match done {
        // As of `aforo` itself.
        Ok(Outcome::Passes) => ExitCode::SUCCESS,
        Ok(Outcome::Fails) => ExitCode::from(1),
        Ok(Outcome::Inconclusive) => ExitCode::from(3),
        Err(error) => {
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::from(2)
        }
    }
}

fn check(results: &Path, baseline: &Path) -> Result<Outcome, Box<dyn Error>> {
    let measured = read_results(results)?;
    let text = std::fs::read_to_string(baseline).map_err(|error| {
        format!("{} cannot be read: {error}; make it with `make bench-gate BLESS=1`", baseline.display())
    })?;
    let baseline = Baseline::from_json(&text)?;
    let comparison = compare(&baseline, &measured, &Environment::here()?);
    write!(io::stdout(), "\n{}", describe(&comparison))?;
    Ok(comparison.outcome())
}

fn bless(results: &Path, baseline: &Path) -> Result<Outcome, Box<dyn Error>> {
    let measured = read_results(results)?;
    if measured.is_empty() {
        return Err(format!("there is nothing in {}: nothing was measured", results.display()).into());
    }
    std::fs::write(baseline, Baseline::of(&measured, Environment::here()?).to_json()?)?;
    writeln!(
        io::stdout(),
        "{} holds {} benchmarks: commit it, and say why they changed",
        baseline.display(),
        measured.len()
    )?;
    Ok(Outcome::Passes)
}
