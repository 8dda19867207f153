//! How often comparisons are right: runs made of the seconds of recorded ones, alike or with one side slower, compared many times.
//!
//! `cargo run --release -p aforo-analyzers --example comparison_rates [TRIALS]` prints a table; each line is of so many trials.

#[path = "../tests/comparison_rates/recorded.rs"]
mod recorded;

use std::io::{self, Write};

use recorded::{MadeOf, Recorded, Said, Trial};

/// Runs a side, seconds of a run, and what is allowed for between single runs.
const CELLS: [(usize, usize, f64); 10] = [
    (5, 180, 0.0),
    (5, 60, 0.0),
    (3, 180, 0.0),
    (7, 180, 0.0),
    (1, 180, 0.05),
    (1, 180, 0.0),
    (1, 60, 0.05),
    (1, 600, 0.05),
    (1, 180, 0.1),
    (1, 600, 0.1),
];
const SLOWER: [f64; 5] = [0.0, 0.05, 0.1, 0.2, 0.5];

fn main() -> io::Result<()> {
    let trials = std::env::args().nth(1).and_then(|count| count.parse().ok()).unwrap_or(200);
    let mut out = io::stdout().lock();
    writeln!(out, "Each line: {trials} comparisons, and percent of them.")?;
    for (machine, recorded) in [("busy", Recorded::busy()), ("quiet", Recorded::quiet())] {
        writeln!(out, "\nRuns recorded on a {machine} machine:")?;
        let (called, pairs) = recorded.called_as_recorded();
        writeln!(out, "As recorded, {called} of {pairs} pairs are called a regression.")?;
        write_table(&mut out, &recorded, trials)?;
    }
    Ok(())
}

fn write_table(out: &mut impl Write, recorded: &Recorded, trials: u64) -> io::Result<()> {
    writeln!(
        out,
        "made of   runs   length  slower  allowed   regression  improvement  equivalent  inconclusive  total P95 slower"
    )?;
    for (runs, seconds, run_to_run_ratio) in CELLS {
        for made_of in [MadeOf::OneRun, MadeOf::AnyRun, MadeOf::AllRuns] {
            for slower in SLOWER {
                let trial = Trial { runs, seconds, slower, made_of, seed: 1000, run_to_run_ratio };
                write_line(out, trial, &Said::of(recorded, trial, trials), trials)?;
            }
        }
    }
    Ok(())
}

fn write_line(out: &mut impl Write, trial: Trial, said: &Said, trials: u64) -> io::Result<()> {
    let percent = |count: u32| 100.0 * f64::from(count) / trials as f64;
    writeln!(
        out,
        "{:<9}{:>5}{:>7} s{:>6.0} %{:>7.0} %{:>13.1}{:>13.1}{:>12.1}{:>14.1}{:>18.1}",
        match trial.made_of {
            MadeOf::OneRun => "one run",
            MadeOf::AnyRun => "any run",
            MadeOf::AllRuns => "all runs",
        },
        trial.runs,
        trial.seconds,
        trial.slower * 100.0,
        trial.run_to_run_ratio * 100.0,
        percent(said.regression),
        percent(said.improvement),
        percent(said.equivalent),
        percent(said.inconclusive),
        percent(said.total_p95),
    )?;
    out.flush()
}
