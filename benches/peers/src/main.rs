//! `make peers`: Aforo beside other load generators, against the same small server, on the same two cores.
//!
//! `docs/peers.md` says how it is measured, and how to add a peer.

mod case;
mod error;
mod goals;
mod machine;
mod measurement;
mod options;
mod peers;
mod places;
mod record;
mod server;
mod session;
mod statistics;
mod summary;
mod table;

use std::process::ExitCode;

use clap::Parser;

use crate::error::PeersError;
use crate::machine::{Cores, Machine};
use crate::options::Options;
use crate::places::Places;
use crate::record::Comparison;
use crate::session::Setting;

fn main() -> ExitCode {
    match compare(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            anstream::eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Measures every peer that is here, prints the table and saves everything.
fn compare(options: &Options) -> Result<(), PeersError> {
    let cores = Cores::find()?;
    let most_users = machine::raise_open_files()?;
    let places = Places::new(options)?;
    let entrants = session::muster(options, &places)?;
    let machine = Machine::read();
    let setting = Setting {
        rounds: options.rounds,
        seconds: options.seconds,
        server: places.server(),
        cores,
        most_users,
    };
    let measurements = session::measure_all(&setting, &entrants)?;
    let comparison = Comparison::new(machine, options.rounds, options.seconds, &entrants, measurements);
    anstream::println!("{}", table::render(&comparison));
    comparison.save(&places.record_file())?;
    anstream::eprintln!("every round: {}", places.record_file().display());
    Ok(())
}
