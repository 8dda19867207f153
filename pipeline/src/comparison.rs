//! Comparing saved runs: finds them, reads their seconds, and saves what the comparison says.

use std::path::{Path, PathBuf};

use aforo_analyzers::{
    ComparisonOptions, Incomparable, RunSeconds, RunUnderComparison, compare_runs, comparison_obstacles,
};
use aforo_model::profile::ProfileRecord;
use aforo_model::{Answer, Difference, RunComparison, RunRecord, Scenario};
use aforo_reports::comparison::{COMPARISON_FORMATS, render_junit};
use aforo_reports::profile::write_differential_flame_graph;
use miette::Diagnostic;
use thiserror::Error;

use crate::profile_files::{self, of_flame_graph};
use crate::run::RunOutcome;
use crate::store::evidence::each_second;
use crate::store::{RunStore, StoreError, writer};

/// The differential flame graph, in the folder of the comparison.
const FLAME_GRAPH_FILE: &str = "profiles/diff.svg";

/// Why runs cannot be compared.
#[derive(Debug, Error, Diagnostic)]
pub enum CompareError {
    /// A run cannot be found or read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Store(#[from] StoreError),
    /// Neither a run nor a baseline goes by that name.
    #[error("no run and no baseline in {directory} is called `{name}`", directory = directory.display())]
    #[diagnostic(help(
        "`aforo list` shows the runs, of which the start of an id is enough, and `aforo baseline list` the baselines"
    ))]
    Unknown {
        /// As it was asked for.
        name: String,
        /// Where it was looked for.
        directory: PathBuf,
    },
    /// A run stands twice on one side.
    #[error("the run {id} stands twice on one side")]
    #[diagnostic(help(
        "name every run once: a run that counts twice makes the comparison look surer than it is"
    ))]
    Twice {
        /// The run.
        id: String,
    },
    /// A run stands on both sides.
    #[error("the run {id} stands on both sides: it would be compared with itself")]
    #[diagnostic(help(
        "name another run; `aforo list` shows them, and where none is named the later side is the newest one"
    ))]
    SameRun {
        /// The run.
        id: String,
    },
    /// They measured different things.
    #[error("these runs cannot be compared, since they measured different things:{}", told(.0))]
    #[diagnostic(help(
        "run the same scenario with the same load and the same build of Aforo on both sides; --users, --rate, --duration and --warm-up must be the same"
    ))]
    Incomparable(Vec<Difference>),
}

impl From<Incomparable> for CompareError {
    fn from(incomparable: Incomparable) -> Self {
        Self::Incomparable(incomparable.differences)
    }
}

/// One difference a line.
fn told(differences: &[Difference]) -> String {
    let line = |difference: &Difference| {
        format!("\n  {}: {} before, {} after", difference.what, difference.before, difference.after)
    };
    differences.iter().map(line).collect()
}

/// The folders of runs: names separated by commas, each of a run as [`RunStore::find`] knows it or of a baseline.
///
/// # Errors
/// [`CompareError`] when there is none of a name.
pub fn find_runs(store: &RunStore, names: &str) -> Result<Vec<PathBuf>, CompareError> {
    // A folder's path may hold a comma.
    if Path::new(names).is_dir() {
        return Ok(vec![store.find(names)?]);
    }
    let mut folders = Vec::new();
    for name in names.split(',').map(str::trim) {
        match store.baseline(name) {
            Ok(runs) => folders.extend(runs),
            Err(StoreError::UnknownBaseline { .. }) => folders.push(find_run(store, name)?),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(folders)
}

fn find_run(store: &RunStore, name: &str) -> Result<PathBuf, CompareError> {
    store.find(name).map_err(|error| match error {
        StoreError::Unknown { name, directory } => CompareError::Unknown { name, directory },
        error => error.into(),
    })
}

/// A comparison, with what its files are made of.
#[derive(Debug)]
pub struct Comparison {
    /// What it says.
    pub record: RunComparison,
    /// The profiles whose difference it tells.
    profiles: Option<Box<[ProfileRecord; 2]>>,
}

/// A run with its seconds, where they are wanted.
struct ReadRun {
    record: RunRecord,
    seconds: RunSeconds,
}

impl ReadRun {
    fn read(store: &RunStore, folder: &Path, wants_seconds: bool) -> Result<Self, StoreError> {
        let record = store.load(folder)?;
        let mut seconds = RunSeconds::new(&record.scenario);
        if wants_seconds {
            each_second(folder, |second| seconds.add(second))?;
        }
        Ok(Self { record, seconds })
    }

    fn under_comparison(&self) -> RunUnderComparison<'_> {
        RunUnderComparison { record: &self.record, seconds: &self.seconds }
    }
}

/// Holds the runs in the folders `after` against those `before`.
///
/// # Errors
/// [`CompareError`] when a run cannot be read, or they measured different things.
pub fn compare(
    store: &RunStore,
    before: &[PathBuf],
    after: &[PathBuf],
    options: ComparisonOptions,
) -> Result<Comparison, CompareError> {
    // Of several runs a side each is one value, and reading the seconds of many takes a while.
    let wants_seconds = before.len() == 1 && after.len() == 1;
    let [before, after] = [read_side(store, before, wants_seconds)?, read_side(store, after, wants_seconds)?];
    if let Some(run) = after.iter().find(|run| before.iter().any(|other| other.record.id == run.record.id)) {
        return Err(CompareError::SameRun { id: run.record.id.clone() });
    }
    let [before_runs, after_runs] =
        [&before, &after].map(|side| side.iter().map(ReadRun::under_comparison).collect::<Vec<_>>());
    let record = compare_runs(&before_runs, &after_runs, options)?;
    let profiles = compared_profiles(&record, &before, &after);
    Ok(Comparison { record, profiles })
}

/// The runs of a side, oldest first.
fn read_side(
    store: &RunStore,
    folders: &[PathBuf],
    wants_seconds: bool,
) -> Result<Vec<ReadRun>, CompareError> {
    let read = |folder: &PathBuf| ReadRun::read(store, folder, wants_seconds);
    let mut runs = folders.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    runs.sort_by(|one, other| {
        let key = |run: &ReadRun| (run.record.started_at, run.record.id.clone());
        key(one).cmp(&key(other))
    });
    match runs.windows(2).find(|pair| pair[0].record.id == pair[1].record.id) {
        Some(pair) => Err(CompareError::Twice { id: pair[0].record.id.clone() }),
        None => Ok(runs),
    }
}

/// The profiles whose difference the comparison tells: of the run that it names, and of the last one after.
fn compared_profiles(
    record: &RunComparison,
    before: &[ReadRun],
    after: &[ReadRun],
) -> Option<Box<[ProfileRecord; 2]>> {
    let diff = record.profile.found()?;
    let profile = |run: &ReadRun| run.record.profiles.first().cloned();
    let before = before.iter().find(|run| run.record.id == diff.before).and_then(profile)?;
    let after = after.last().and_then(profile)?;
    Some(Box::new([before, after]))
}

impl Comparison {
    /// Writes `comparison.json`, `comparison.md` and, where both sides have a profile, the differential flame graph into
    /// `folder`.
    ///
    /// # Errors
    /// [`StoreError::Write`].
    pub fn save(&mut self, folder: &Path) -> Result<(), StoreError> {
        let failed = |why| StoreError::Write { path: folder.to_owned(), why };
        std::fs::create_dir_all(folder).map_err(failed)?;
        if let (Some(profiles), Answer::Found(diff)) = (&self.profiles, &mut self.record.profile) {
            let title = format!("{}: what changed since {}", last_id(&self.record.after), diff.before);
            let [before, after] = &**profiles;
            std::fs::create_dir_all(folder.join("profiles")).map_err(failed)?;
            profile_files::write(folder, Some(FLAME_GRAPH_FILE), |out| {
                write_differential_flame_graph(before, after, &title, out).map_err(of_flame_graph)
            })
            .map_err(failed)?;
            diff.flame_graph = Some(FLAME_GRAPH_FILE.to_owned());
        }
        for format in COMPARISON_FORMATS {
            profile_files::write(folder, format.file_name, |out| (format.render)(&self.record, out))
                .map_err(failed)?;
        }
        Ok(())
    }

    /// Writes the comparison as JUnit XML, a test case a step, into the file `path`.
    ///
    /// # Errors
    /// [`StoreError::Write`].
    pub fn save_junit(&self, path: &Path) -> Result<(), StoreError> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)
                .map_err(|why| StoreError::Write { path: folder.to_owned(), why })?;
        }
        writer::replace(path, |out| render_junit(&self.record, out))
    }
}

fn last_id(runs: &[aforo_model::ComparedRun]) -> &str {
    runs.last().map_or("", |run| &run.id)
}

/// Whether a run of `scenario` by this Aforo can be held against the runs of a baseline: what forbids it is told before the load,
/// which would be for nothing.
///
/// # Errors
/// [`CompareError`] when a run cannot be read, or `scenario` is another load.
pub fn check_baseline(
    store: &RunStore,
    baseline: &[PathBuf],
    scenario: &Scenario,
) -> Result<(), CompareError> {
    for folder in baseline {
        let before = store.load(folder)?;
        let mut after = before.clone();
        after.scenario = scenario.clone();
        after.environment.debug_build = cfg!(debug_assertions);
        let obstacles = comparison_obstacles(&before, &after);
        if !obstacles.is_empty() {
            return Err(CompareError::Incomparable(obstacles));
        }
    }
    Ok(())
}

/// Holds a run that has just ended against the runs of a baseline, and saves the comparison with the run: in its folder, in its
/// record and in every report of it.
///
/// # Errors
/// [`CompareError`]; the run is then as it was.
pub fn compare_with_baseline(
    store: &RunStore,
    baseline: &[PathBuf],
    outcome: &mut RunOutcome,
    options: ComparisonOptions,
) -> Result<(), CompareError> {
    let mut comparison = compare(store, baseline, std::slice::from_ref(&outcome.folder), options)?;
    comparison.save(&outcome.folder)?;
    outcome.record.comparison = Some(Box::new(comparison.record));
    Ok(writer::write_reports(&outcome.folder, &outcome.record)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::fixtures::{add_run, store};

    #[test]
    fn runs_are_found_by_id_by_baseline_and_several_at_once() {
        let (_folder, store) = store();
        let [first, second, third] = ["20261101T000000Z-a-1", "20261102T000000Z-a-2", "20261103T000000Z-a-3"]
            .map(|id| add_run(&store, id, |_| {}));
        store.set_baseline("main", &[first.clone(), second.clone()]).unwrap();
        assert_eq!(find_runs(&store, "main").unwrap(), [first.clone(), second.clone()]);
        assert_eq!(find_runs(&store, "previous, 20261103").unwrap(), [second.clone(), third.clone()]);
        assert_eq!(find_runs(&store, "main,latest").unwrap(), [first.clone(), second, third]);
        assert_eq!(find_runs(&store, first.to_str().unwrap()).unwrap(), [first]);
        for nothing in ["mian", "", "main,", ",", "../a"] {
            let error = find_runs(&store, nothing).unwrap_err();
            assert!(matches!(error, CompareError::Unknown { .. }), "{nothing}: {error}");
        }
        assert!(matches!(
            find_runs(&store, "2026").unwrap_err(),
            CompareError::Store(StoreError::Ambiguous { .. })
        ));
    }

    #[test]
    fn a_run_without_its_seconds_is_told_with_the_file() {
        let (_folder, store) = store();
        let run = add_run(&store, "20261101T000000Z-a-1", |_| {});
        let runs = std::slice::from_ref(&run);
        let error = compare(&store, runs, runs, ComparisonOptions::default()).unwrap_err().to_string();
        assert!(error.contains("latency.hlog"), "{error}");
    }

    #[test]
    fn a_run_on_both_sides_is_refused() {
        let (_folder, store) = store();
        let [first, second] =
            ["20261101T000000Z-a-1", "20261102T000000Z-a-2"].map(|id| add_run(&store, id, |_| {}));
        // With several runs on a side no seconds are read, which these do not have.
        let both = [first, second.clone()];
        let error = compare(&store, &both, &[second], ComparisonOptions::default()).unwrap_err();
        assert!(matches!(&error, CompareError::SameRun { id } if id == "20261102T000000Z-a-2"), "{error}");
    }

    #[test]
    fn another_load_is_refused_before_there_is_a_run() {
        let (_folder, store) = store();
        let run = add_run(&store, "20261101T000000Z-a-1", |record| {
            record.environment.debug_build = cfg!(debug_assertions);
        });
        let mut scenario = store.load(&run).unwrap().scenario;
        check_baseline(&store, std::slice::from_ref(&run), &scenario).unwrap();
        scenario.load.duration_s += 1.0;
        let error = check_baseline(&store, &[run], &scenario).unwrap_err().to_string();
        assert!(error.contains("duration"), "{error}");
    }
}
