//! All rounds: who takes part, and the measurements one after the other.

use std::path::{Path, PathBuf};

use crate::case::{CASES, Case, Load, rotated};
use crate::error::{Absent, MeasurementError, PeersError};
use crate::machine::Cores;
use crate::measurement::{Measurement, Outcome, generate};
use crate::options::Options;
use crate::peers::{PEERS, Peer};
use crate::places::{Places, version};
use crate::server::TargetServer;

/// A peer, and its program or why it takes no part.
pub(crate) struct Entrant {
    /// The peer.
    pub(crate) peer: &'static Peer,
    /// Its program.
    pub(crate) program: Result<Program, Absent>,
}

/// A program that was found.
pub(crate) struct Program {
    path: PathBuf,
    /// What it says about its version.
    pub(crate) version: String,
}

/// Finds, builds or installs every peer that was asked for.
pub(crate) fn muster(options: &Options, places: &Places) -> Result<Vec<Entrant>, PeersError> {
    let asked_for = |name: &str| options.only.is_empty() || options.only.iter().any(|asked| asked == name);
    if let Some(name) = options.only.iter().find(|asked| PEERS.iter().all(|peer| peer.name != **asked)) {
        let known = PEERS.each_ref().map(|peer| peer.name).join(", ");
        return Err(PeersError::UnknownPeer { name: name.clone(), known });
    }
    let entrants = PEERS.iter().map(|peer| {
        let path = if asked_for(peer.name) { (peer.program)(places) } else { Err(Absent::NotAskedFor) };
        let program = path.map(|path| Program { version: version(&path, peer.version), path });
        match &program {
            Ok(program) => anstream::eprintln!("{}: {}", peer.name, program.version),
            Err(absent) => anstream::eprintln!("{}: skipped, {absent}", peer.name),
        }
        Entrant { peer, program }
    });
    Ok(entrants.collect())
}

/// What all measurements have in common.
pub(crate) struct Setting {
    /// How often everybody is measured in every case.
    pub(crate) rounds: u32,
    /// Seconds of full load.
    pub(crate) seconds: u32,
    /// The program of the server.
    pub(crate) server: PathBuf,
    /// Where server and generator run.
    pub(crate) cores: Cores,
    /// Users that the limit of open files is enough for.
    pub(crate) most_users: u64,
}

/// Measures everybody in every case, round after round, so that what else the machine does meets all.
pub(crate) fn measure_all(setting: &Setting, entrants: &[Entrant]) -> Result<Vec<Measurement>, PeersError> {
    let (possible, impossible): (Vec<Case>, Vec<Case>) =
        CASES.into_iter().partition(|case| u64::from(case.users) <= setting.most_users);
    for Case { users, .. } in impossible {
        let most = setting.most_users;
        anstream::eprintln!("{users} users: skipped, the limit of open files (`ulimit -Hn`) allows {most}");
    }
    let mut measurements = Vec::new();
    for round in 0..setting.rounds {
        for case in &possible {
            for entrant in rotated(entrants, round).filter(|entrant| case.includes(entrant.peer.name)) {
                let Ok(program) = &entrant.program else { continue };
                let measurement = measure(setting, entrant.peer, &program.path, round + 1, case.users)?;
                tell(&measurement, setting.rounds);
                measurements.push(measurement);
            }
        }
    }
    Ok(measurements)
}

/// One generator against a new server. That it fails is an outcome; that the server fails is an error.
fn measure(
    setting: &Setting,
    peer: &Peer,
    program: &Path,
    round: u32,
    users: u32,
) -> Result<Measurement, PeersError> {
    let server = TargetServer::start(&setting.server, setting.cores.server).map_err(PeersError::Server)?;
    let load = Load { users, seconds: setting.seconds, url: server.url.clone() };
    let cost = generate(peer, program, &load, setting.cores.generator);
    let served = server.stop().map_err(PeersError::Server)?;
    let outcome = match cost {
        Ok(_) | Err(MeasurementError::Output(_)) if served.requests == 0 => {
            Outcome::Error(MeasurementError::Idle.to_string())
        }
        Ok(cost) => Outcome::Cost(cost),
        Err(error) => Outcome::Error(error.to_string()),
    };
    Ok(Measurement { round, users, peer: peer.name, served, outcome })
}

/// One line of progress.
fn tell(measurement: &Measurement, rounds: u32) {
    let Measurement { round, users, peer, outcome, .. } = measurement;
    let figures = match (outcome, measurement.cpu_s_per_million()) {
        (Outcome::Error(error), _) => error.clone(),
        (_, Some(cpu)) => format!("{cpu:.2} CPU-s per million requests"),
        (_, None) => "no figures".to_owned(),
    };
    anstream::eprintln!("round {round} of {rounds}, {users} users, {peer}: {figures}");
}
