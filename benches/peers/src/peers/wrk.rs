//! wrk: the floor. C, one epoll loop, answers counted and thrown away.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::case::Load;
use crate::error::{Absent, OutputError};
use crate::peers::{Counts, Peer, words};
use crate::places::Places;

pub(super) const PEER: Peer = Peer {
    name: "wrk",
    program,
    version: &["--version"],
    arguments,
    environment: &[],
    success: &[0],
    counts,
};

fn program(places: &Places) -> Result<PathBuf, Absent> {
    places.find_or_install("wrk", "install the package `wrk`", || {
        let is_root = nix::unistd::geteuid().is_root();
        let mut command = Command::new(if is_root { "apt-get" } else { "sudo" });
        if !is_root {
            command.args(["--non-interactive", "apt-get"]);
        }
        command.args(["install", "--yes", "--no-install-recommends", "wrk"]);
        vec![command]
    })
}

fn arguments(load: &Load, _: &Path) -> io::Result<Vec<OsString>> {
    let connections = format!("-c{}", load.users);
    let duration = format!("-d{}s", load.seconds);
    Ok(words([&"-t1", &connections, &duration, &load.url]))
}

/// `N requests in T`, and where there were any: `Non-2xx or 3xx responses: N`,
/// `Socket errors: connect N, read N, write N, timeout N`.
fn counts(output: &str) -> Result<Counts, OutputError> {
    let requests = output
        .lines()
        .find_map(|line| line.split_once(" requests in ")?.0.trim().parse().ok())
        .ok_or(OutputError::Missing { what: "`requests in`" })?;
    let after = |label| output.lines().find_map(|line: &str| line.trim().strip_prefix(label));
    let numbers = |text: &str| -> u64 {
        text.split(|character: char| !character.is_ascii_digit())
            .filter_map(|word| word.parse::<u64>().ok())
            .sum()
    };
    let errors =
        ["Non-2xx or 3xx responses:", "Socket errors:"].into_iter().filter_map(after).map(numbers).sum();
    Ok(Counts { requests, errors })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_has_the_count() {
        let counts = counts(include_str!("../../fixtures/wrk.txt")).unwrap();
        assert_eq!(counts, Counts { requests: 1_907, errors: 1_907 });
    }

    #[test]
    fn socket_errors_of_every_kind_are_added_up() {
        let output =
            "  12 requests in 1.00s, 0.95MB read\n  Socket errors: connect 1, read 2, write 3, timeout 4\n";
        assert_eq!(counts(output).unwrap(), Counts { requests: 12, errors: 10 });
    }
}
