//! The run store: one folder a run, written as the run goes.
//!
//! `run.json` is there from the start, marked as running; the evidence is appended every second; at the end
//! `run.json` is replaced and the reports are written. A killed run is thus restored from its evidence
//! ([`restore`]).

mod baselines;
mod caveats;
pub(crate) mod evidence;
#[cfg(test)]
pub(crate) mod fixtures;
mod index;
mod judged_histograms;
mod listing;
mod lock;
mod look_ups;
mod overview;
mod prune;
pub(crate) mod restore;
pub(crate) mod writer;

use std::path::{Path, PathBuf};

use aforo_model::{Difference, FormatError, RunEnd, RunRecord, read_run};
use aforo_reports::IntervalLogError;
use miette::Diagnostic;
use thiserror::Error;

pub use self::lock::RunLock;
use self::writer::RunWriter;

pub use self::baselines::{Baseline, PinnedBaseline};
pub use self::listing::{ListedRun, RunFilter, RunState, WantedVerdict};
pub use self::prune::{PruneOutcome, PruneRule, PrunedRun};

/// The record of a run.
pub const RECORD_FILE: &str = "run.json";
/// Histograms of every step and second.
const LATENCY_FILE: &str = "latency.hlog";
/// Counts of every step and second, a JSON document a line.
const SECONDS_FILE: &str = "evidence/seconds.ndjson";
/// Readings of resources, a JSON document a line.
const RESOURCES_FILE: &str = "evidence/resources.ndjson";

/// A folder of runs.
#[derive(Debug, Clone)]
pub struct RunStore {
    directory: PathBuf,
}

/// Why the run store cannot do what was asked.
#[derive(Debug, Error, Diagnostic)]
pub enum StoreError {
    /// A file cannot be written.
    #[error("cannot write {path}: {why}", path = path.display())]
    #[diagnostic(help(
        "check that the disk has room and that the folder may be written; --runs-dir names another folder"
    ))]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        why: std::io::Error,
    },
    /// A run cannot be deleted.
    #[error("cannot delete {path}: {why}", path = path.display())]
    #[diagnostic(help("check that the folder may be written; delete it by hand otherwise"))]
    Delete {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        why: std::io::Error,
    },
    /// A file cannot be read.
    #[error("cannot read {path}: {why}", path = path.display())]
    #[diagnostic(help("`aforo list` shows the runs there are; --runs-dir names another folder"))]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        why: std::io::Error,
    },
    /// A record cannot be understood.
    #[error("{path}: {why}", path = path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: FormatError,
    },
    /// The file of baselines cannot be understood.
    #[error("{path}: {why}", path = path.display())]
    #[diagnostic(help("restore the file from a copy, or delete it and set the baselines again"))]
    Baselines {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The histograms of a killed run cannot be understood.
    #[error("{path}: {why}", path = path.display())]
    IntervalLog {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: IntervalLogError,
    },
    /// No run goes by that name.
    #[error("no run in {directory} is called `{name}`", directory = directory.display())]
    #[diagnostic(help(
        "`aforo list` shows the runs there are; `latest` is the newest, `previous` the one before it, and the start of an id is enough"
    ))]
    Unknown {
        /// As it was asked for.
        name: String,
        /// Where it was looked for.
        directory: PathBuf,
    },
    /// Several runs start like that.
    #[error("`{name}` is the start of {count} runs")]
    #[diagnostic(help("write more of the id; `aforo list` shows them"))]
    Ambiguous {
        /// As it was asked for.
        name: String,
        /// How many there are.
        count: usize,
    },
    /// No baseline goes by that name.
    #[error("no baseline in {directory} is called `{name}`; {known}", directory = directory.display())]
    #[diagnostic(help("`aforo baseline set {name} latest` pins the newest run under that name"))]
    UnknownBaseline {
        /// As it was asked for.
        name: String,
        /// Where it was looked for.
        directory: PathBuf,
        /// Which there are, as the end of a sentence.
        known: String,
    },
    /// A run of a baseline was deleted by hand.
    #[error("the baseline `{name}` names the run {id}, and {directory} has no such run any more", directory = directory.display())]
    #[diagnostic(help(
        "`aforo baseline set {name} <run> …` pins others; `aforo baseline remove {name}` forgets it"
    ))]
    BaselineGone {
        /// The baseline.
        name: String,
        /// The run that is missed.
        id: String,
        /// The store.
        directory: PathBuf,
    },
    /// The name cannot be that of a baseline.
    #[error("a baseline cannot be called `{name}`: {why}")]
    #[diagnostic(help(
        "a name is 1 to 64 letters, digits, `.`, `_`, `-` and `/`, such as main or release/2.4"
    ))]
    BaselineName {
        /// As it was asked for, cut to what a screen holds.
        name: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Runs that were not the same load are no repetitions of one measurement.
    #[error(
        "{first} and {other} cannot be one baseline, since they measured different things:{}",
        told(first, other, differences)
    )]
    #[diagnostic(help(
        "pin repeated runs of one scenario with the same load; runs of another load get a baseline of their own, such as {name}-2"
    ))]
    BaselineLoads {
        /// The baseline.
        name: String,
        /// The first run.
        first: String,
        /// The run that is not like it.
        other: String,
        /// In what they differ.
        differences: Vec<Difference>,
    },
    /// The scenario has no such step.
    #[error("no run of this load has a step `{name}`; there {known}")]
    #[diagnostic(help("leave --step out for all steps together"))]
    UnknownStep {
        /// As it was asked for, cut to what a screen holds.
        name: String,
        /// Which there are, as the end of a sentence.
        known: String,
    },
    /// A run that lies elsewhere cannot be pinned.
    #[error("{folder} is not in the run store {directory}", folder = folder.display(), directory = directory.display())]
    #[diagnostic(help(
        "a baseline is a run of the store; copy the folder into it, or name its store with --runs-dir"
    ))]
    OutsideStore {
        /// The folder of the run.
        folder: PathBuf,
        /// The store.
        directory: PathBuf,
    },
    /// There is no earlier profile of that name.
    #[error("`{name}` holds no CPU profile of the step `{step}` to compare with")]
    #[diagnostic(help(
        "name a folder that `aforo profile` wrote for the same step, or `latest` for the newest one; a run's profile is of all steps"
    ))]
    NoProfile {
        /// As it was asked for.
        name: String,
        /// The step.
        step: String,
    },
    /// The run has not ended.
    #[error("the run {id} is still going on")]
    #[diagnostic(help("wait for it to end; stopping it with Ctrl-C keeps what it has seen"))]
    StillRunning {
        /// The run.
        id: String,
    },
    /// Another run is being measured.
    #[error("another run is being measured, and its files are in {directory} too", directory = directory.display())]
    #[diagnostic(help(
        "two runs at once disturb each other's figures: wait for the other one, or say --concurrent if that is what you want"
    ))]
    Busy {
        /// The store.
        directory: PathBuf,
    },
}

/// One difference a line.
fn told(first: &str, other: &str, differences: &[Difference]) -> String {
    let line = |difference: &Difference| {
        let Difference { what, before, after } = difference;
        format!("\n  {what}: {before} in {first}, {after} in {other}")
    };
    differences.iter().map(line).collect()
}

impl RunStore {
    /// The store in `directory`, which need not exist yet.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self { directory: directory.into() }
    }

    /// Its folder.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Takes the right to measure, so that a second run at the same time is refused.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when another run has it, [`StoreError::Write`] when the folder cannot be used.
    pub fn lock(&self) -> Result<RunLock, StoreError> {
        create_folder(&self.directory)?;
        RunLock::take(&self.directory)?.ok_or_else(|| StoreError::Busy { directory: self.directory.clone() })
    }

    /// Makes the folder of a run and writes its first record.
    pub(crate) fn begin(&self, record: &RunRecord) -> Result<RunWriter, StoreError> {
        RunWriter::create(self.directory.join(&record.id), record)
    }

    /// Folders of runs, oldest first: their names start with the time.
    fn folders(&self) -> Result<Vec<PathBuf>, StoreError> {
        let entries = match std::fs::read_dir(&self.directory) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(why) => return Err(StoreError::Read { path: self.directory.clone(), why }),
        };
        let mut folders: Vec<PathBuf> =
            entries.flatten().map(|entry| entry.path()).filter(|path| is_run(path)).collect();
        folders.sort();
        Ok(folders)
    }

    /// The folder of a run: `latest`, `previous` (the one before the latest), an id, the start of one, or a path to the folder or its `run.json`.
    ///
    /// # Errors
    /// [`StoreError::Unknown`] and [`StoreError::Ambiguous`].
    pub fn find(&self, name: &str) -> Result<PathBuf, StoreError> {
        let path = Path::new(name);
        if path.join(RECORD_FILE).is_file() {
            return Ok(path.to_owned());
        }
        if path.file_name().is_some_and(|file| file == RECORD_FILE) && path.is_file() {
            return Ok(path.parent().unwrap_or(Path::new(".")).to_owned());
        }
        let unknown = || StoreError::Unknown { name: name.to_owned(), directory: self.directory.clone() };
        let mut folders = self.folders()?;
        if name == "latest" {
            return folders.pop().ok_or_else(unknown);
        }
        if name == "previous" {
            folders.pop();
            return folders.pop().ok_or_else(unknown);
        }
        if let Some(exact) = folders.iter().find(|folder| id_of(folder) == name) {
            return Ok(exact.clone());
        }
        folders.retain(|folder| !name.is_empty() && id_of(folder).starts_with(name));
        match folders.len() {
            0 => Err(unknown()),
            1 => Ok(folders.remove(0)),
            count => Err(StoreError::Ambiguous { name: name.to_owned(), count }),
        }
    }

    /// Reads a run; one that was killed is restored from its evidence and saved again.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be read, or is still going on.
    pub fn load(&self, folder: &Path) -> Result<RunRecord, StoreError> {
        let record = read_record(folder)?;
        if record.end != RunEnd::Running {
            return Ok(record);
        }
        let Some(_lock) = RunLock::take(folder)? else {
            return Err(StoreError::StillRunning { id: record.id });
        };
        let restored = restore::restore(folder, record)?;
        writer::write_reports(folder, &restored)?;
        Ok(restored)
    }
}

/// Most characters of a scenario's name in that of a folder.
const LONGEST_WORD: usize = 60;

/// A name as a part of a folder's name: one that cannot lead elsewhere, and that any file system holds.
pub(crate) fn folder_word(name: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
    name.chars().map(|letter| if is_plain(letter) { letter } else { '_' }).take(LONGEST_WORD).collect()
}

/// Whether a folder is that of a run. One that may not be looked into is, if it is called like one: it is not to vanish from lists.
fn is_run(folder: &Path) -> bool {
    if id_of(folder).starts_with('.') {
        return false;
    }
    match std::fs::metadata(folder.join(RECORD_FILE)) {
        Ok(record) => record.is_file(),
        Err(error) => error.kind() == std::io::ErrorKind::PermissionDenied,
    }
}

/// The name of a run's folder, which is the run's id.
fn id_of(folder: &Path) -> String {
    folder.file_name().map(|id| id.to_string_lossy().into_owned()).unwrap_or_default()
}

fn read_record(folder: &Path) -> Result<RunRecord, StoreError> {
    let path = folder.join(RECORD_FILE);
    let text = std::fs::read_to_string(&path).map_err(|why| StoreError::Read { path: path.clone(), why })?;
    let mut record = read_run(&text).map_err(|why| StoreError::Format { path, why })?;
    look_ups::fill_in(&mut record.resources);
    Ok(record)
}

fn create_folder(path: &Path) -> Result<(), StoreError> {
    std::fs::create_dir_all(path).map_err(|why| StoreError::Write { path: path.to_owned(), why })
}

#[cfg(test)]
mod tests {
    use super::fixtures::{add_run, store};
    use super::*;

    #[test]
    fn no_name_of_a_scenario_leads_out_of_the_store() {
        assert_eq!(folder_word("peak-hour_2"), "peak-hour_2");
        let long = "x".repeat(10_000);
        for name in ["../x", "/etc/passwd", "a/b", "..", "\0", "<b>\"'&", "🙂🙂", "C:\\x", &long] {
            let word = folder_word(name);
            assert!(word.len() <= 60 && !word.contains(['/', '\\', '.', '<', '\0']), "{word}");
        }
    }

    #[test]
    fn the_run_before_the_latest_is_called_previous() {
        let (_folder, store) = store();
        let first = add_run(&store, "20261101T000000Z-a", |_| {});
        assert!(matches!(store.find("previous").unwrap_err(), StoreError::Unknown { .. }));
        let second = add_run(&store, "20261102T000000Z-a", |_| {});
        assert_eq!((store.find("previous").unwrap(), store.find("latest").unwrap()), (first, second));
    }
}
