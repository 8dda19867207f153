//! The load generators. To add one: a file in `peers/` and a line in [`PEERS`].

mod aforo;
mod k6;
mod locust_fast;
mod oha;
mod stock_goose;
mod wrk;

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::case::Load;
use crate::error::{Absent, OutputError};
use crate::places::Places;

/// A load generator.
pub(crate) struct Peer {
    /// Its name in tables and options.
    pub(crate) name: &'static str,
    /// Finds its program, or builds or installs it.
    pub(crate) program: fn(&Places) -> Result<PathBuf, Absent>,
    /// Makes its program print its version.
    pub(crate) version: &'static [&'static str],
    /// How it is asked for a load; files it needs are written to the folder.
    pub(crate) arguments: fn(&Load, &Path) -> io::Result<Vec<OsString>>,
    /// What its environment needs besides.
    pub(crate) environment: &'static [(&'static str, &'static str)],
    /// Exit codes of a run that did what was asked.
    pub(crate) success: &'static [i32],
    /// Reads its own count of requests from what it printed on standard output.
    pub(crate) counts: fn(&str) -> Result<Counts, OutputError>,
}

/// All of them, in the order of the tables. `aforo` and `wrk` are what ratios are given against.
pub(crate) static PEERS: [Peer; 6] =
    [aforo::PEER, stock_goose::PEER, wrk::PEER, oha::PEER, k6::PEER, locust_fast::PEER];

/// What a generator says it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counts {
    /// Requests that were answered or failed.
    pub(crate) requests: u64,
    /// Those that failed.
    pub(crate) errors: u64,
}

/// Arguments from words and values.
fn words<const N: usize>(words: [&dyn std::fmt::Display; N]) -> Vec<OsString> {
    words.iter().map(|word| word.to_string().into()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique() {
        let names: std::collections::BTreeSet<_> = PEERS.iter().map(|peer| peer.name).collect();
        assert_eq!(names.len(), PEERS.len());
    }

    #[test]
    fn every_peer_is_asked_for_the_users_and_the_address_or_gets_them_in_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let load = Load { users: 4_711, seconds: 3, url: "http://127.0.0.1:65001/".to_owned() };
        for peer in &PEERS {
            let asked = (peer.arguments)(&load, folder.path()).unwrap();
            let asked = asked.join(" ".as_ref()).into_string().unwrap();
            assert!(asked.contains("4711"), "{}: {asked}", peer.name);
            assert!(asked.contains("127.0.0.1:65001"), "{}: {asked}", peer.name);
        }
    }

    #[test]
    fn no_peer_takes_empty_or_foreign_output_for_a_count() {
        for peer in &PEERS {
            for output in ["", "hello", "{}", "[]"] {
                let counts = (peer.counts)(output);
                assert!(counts.is_err(), "{} reads {counts:?} from {output:?}", peer.name);
            }
        }
    }
}
