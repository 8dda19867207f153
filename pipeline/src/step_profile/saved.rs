//! Profiles of steps in the run store, each in a folder of its own.

use std::path::{Path, PathBuf};

use aforo_analyzers::compare_profiles;
use aforo_model::Answer;
use aforo_model::profile::{ProfileRecord, StepProfile};
use aforo_reports::profile::{PROFILE_FORMATS, write_differential_flame_graph};
use chrono::{DateTime, Utc};

use crate::profile_files::{names, of_flame_graph, write, write_profile};
use crate::store::{RunStore, StoreError};

/// The profile of a step, in its folder.
const PROFILE_FILE: &str = "profile.json";
/// The differential flame graph, in the same folder.
const DIFF_FILE: &str = "profiles/diff.svg";

/// Where profiles of steps are kept: beside the runs.
#[derive(Debug, Clone)]
pub struct ProfileStore {
    runs: RunStore,
}

impl ProfileStore {
    /// The profiles beside these runs.
    pub fn beside(runs: RunStore) -> Self {
        Self { runs }
    }

    /// Reads an earlier profile of the same step: `latest`, or a folder that holds one. With it comes the name by which it is told.
    ///
    /// # Errors
    /// [`StoreError`] when there is none of the step by that name, or it cannot be read.
    pub fn find(&self, name: &str, step: &str) -> Result<(String, ProfileRecord), StoreError> {
        let unknown = || StoreError::NoProfile { name: name.to_owned(), step: step.to_owned() };
        let found = if name == "latest" {
            self.latest(step)?
        } else {
            let folder = self.folder(name);
            let is_profile = folder.join(PROFILE_FILE).is_file();
            if is_profile { Some((read(&folder)?, folder)) } else { None }
        };
        // Another step does other work: what differs would be no change.
        let (report, folder) = found.filter(|(report, _)| report.step == step).ok_or_else(unknown)?;
        let told = folder.file_name().map_or_else(|| name.to_owned(), |id| id.to_string_lossy().into_owned());
        Ok((told, report.profile.found().cloned().ok_or_else(unknown)?))
    }

    /// The newest profile of a step. Two steps may share the name of a folder, so that the profile itself tells whose it is.
    fn latest(&self, step: &str) -> Result<Option<(StepProfile, PathBuf)>, StoreError> {
        for folder in self.folders_of(step).into_iter().rev() {
            let report = read(&folder)?;
            if report.step == step {
                return Ok(Some((report, folder)));
            }
        }
        Ok(None)
    }

    /// A folder as it was named, or the one in the store.
    fn folder(&self, name: &str) -> PathBuf {
        let path = Path::new(name);
        if path.join(PROFILE_FILE).is_file() { path.to_owned() } else { self.runs.directory().join(name) }
    }

    /// Folders of earlier profiles that may be a step's, oldest first: their names begin with the time.
    fn folders_of(&self, step: &str) -> Vec<PathBuf> {
        let part = format!("-profile-{}-", file_name(step));
        let entries = std::fs::read_dir(self.runs.directory()).into_iter().flatten().flatten();
        let mut folders: Vec<PathBuf> = entries
            .filter(|entry| entry.file_name().to_string_lossy().contains(&part))
            .map(|entry| entry.path())
            .filter(|path| path.join(PROFILE_FILE).is_file())
            .collect();
        folders.sort();
        folders
    }

    /// Compares the profile with an earlier one, if there is one, and saves it with its files in a new folder.
    ///
    /// # Errors
    /// [`StoreError::Write`].
    pub fn save(
        &self,
        mut report: StepProfile,
        before: Option<(String, ProfileRecord)>,
        ended: DateTime<Utc>,
    ) -> Result<(StepProfile, PathBuf), StoreError> {
        let short_id = &uuid::Uuid::new_v4().simple().to_string()[..8];
        let id = format!("{}-profile-{}-{short_id}", ended.format("%Y%m%dT%H%M%SZ"), file_name(&report.step));
        let folder = self.runs.directory().join(id);
        let failed = |why| StoreError::Write { path: folder.clone(), why };
        std::fs::create_dir_all(folder.join("profiles")).map_err(failed)?;
        if let Answer::Found(record) = &mut report.profile {
            record.files = names(&file_name(&report.step));
        }
        let title = format!("{}, {} requests", report.step, report.requests);
        if let Some(record) = report.profile.found() {
            write_profile(record, ended, &title, &folder).map_err(failed)?;
        }
        // First without the comparison: what was measured is not to be lost with it.
        write_report(&report, &folder).map_err(failed)?;
        if let Some((name, before)) = before {
            report.diff = Some(compared(&report, &name, &before, &folder)?);
            write_report(&report, &folder).map_err(failed)?;
        }
        Ok((report, folder))
    }
}

fn write_report(report: &StepProfile, folder: &Path) -> std::io::Result<()> {
    PROFILE_FORMATS
        .iter()
        .try_for_each(|format| write(folder, format.file_name, |out| (format.render)(report, out)))
}

fn compared(
    report: &StepProfile,
    name: &str,
    before: &ProfileRecord,
    folder: &Path,
) -> Result<Answer<aforo_model::profile::ProfileDiff>, StoreError> {
    let Some(after) = report.profile.found() else {
        return Ok(Answer::absent("there is no profile to compare"));
    };
    let mut diff = compare_profiles(name, before, after);
    if let Answer::Found(diff) = &mut diff {
        let title = format!("{}: after {name}", report.step);
        write(folder, Some(DIFF_FILE), |out| {
            write_differential_flame_graph(before, after, &title, out).map_err(of_flame_graph)
        })
        .map_err(|why| StoreError::Write { path: folder.join(DIFF_FILE), why })?;
        diff.flame_graph = Some(DIFF_FILE.to_owned());
    }
    Ok(diff)
}

fn read(folder: &Path) -> Result<StepProfile, StoreError> {
    let path = folder.join(PROFILE_FILE);
    let text = std::fs::read_to_string(&path).map_err(|why| StoreError::Read { path: path.clone(), why })?;
    serde_json::from_str(&text).map_err(|why| StoreError::Format { path, why: why.into() })
}

/// A step may be called anything.
fn file_name(step: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    step.chars().map(|letter| if is_plain(letter) { letter } else { '_' }).take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use aforo_analyzers::{ProfileContext, record_of};
    use aforo_model::profile::{
        Frame, Profile, ProfileClock, ProfileWindow, ProfilerKind, SampleCounts, Stack,
    };

    fn record() -> ProfileRecord {
        let profile = Profile {
            profiler: ProfilerKind::PerfEvent,
            clock: ProfileClock::Cpu,
            rate_hz: 100.0,
            window: ProfileWindow { from_s: 0.0, to_s: 10.0 },
            samples: SampleCounts { expected: Some(400.0), kept: 400, lost: 0 },
            target_cpu_time_s: Some(4.0),
            notes: Vec::new(),
            frames: vec![Frame { function: "serve".to_owned(), file: None, line: None }],
            stacks: vec![Stack { frames: vec![0], samples: 400 }],
        };
        record_of(profile, &ProfileContext { requests: &[100; 10], resources: &[], steady_s: (0.0, 10.0) })
    }

    fn report(step: &str) -> StepProfile {
        StepProfile {
            format_version: aforo_model::RUN_FORMAT_VERSION,
            step: step.to_owned(),
            needed_steps: Vec::new(),
            requests: 1_000,
            users: 4,
            elapsed_s: 10.0,
            profile: Answer::Found(record()),
            obstacles: Vec::new(),
            wall: Answer::absent("it is not known"),
            unread: Vec::new(),
            load_notes: Vec::new(),
            diff: None,
            findings: Vec::new(),
        }
    }

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap()
    }

    #[test]
    fn only_a_profile_of_the_same_step_is_found() {
        let directory = tempfile::tempdir().unwrap();
        let store = ProfileStore::beside(RunStore::new(directory.path().to_owned()));
        let (_, of_search) = store.save(report("the search"), None, at(0)).unwrap();
        // The name of its folder differs in the time alone.
        let (_, of_other) = store.save(report("the_search"), None, at(1)).unwrap();

        let name = |folder: &Path| folder.file_name().unwrap().to_string_lossy().into_owned();
        let found = |asked: &str, step: &str| store.find(asked, step).map(|(told, _)| told);
        assert_eq!(found("latest", "the search").unwrap(), name(&of_search));
        assert_eq!(found("latest", "the_search").unwrap(), name(&of_other));
        assert_eq!(found(&name(&of_search), "the search").unwrap(), name(&of_search));
        assert_eq!(found(&of_search.display().to_string(), "the search").unwrap(), name(&of_search));
        for (asked, step) in [
            (of_other.display().to_string(), "the search"),
            ("latest".to_owned(), "book"),
            ("none".to_owned(), "book"),
        ] {
            let error = found(&asked, step).unwrap_err();
            assert!(matches!(error, StoreError::NoProfile { .. }), "{asked}: {error}");
        }
    }

    #[test]
    fn a_comparison_is_saved_and_one_that_cannot_be_written_loses_no_profile() {
        let directory = tempfile::tempdir().unwrap();
        let store = ProfileStore::beside(RunStore::new(directory.path().to_owned()));
        let before = || Some(("earlier".to_owned(), record()));
        let (saved, folder) = store.save(report("search"), before(), at(0)).unwrap();
        assert_eq!(read(&folder).unwrap(), saved);
        assert!(folder.join(DIFF_FILE).is_file() && saved.diff.is_some());

        // A flame graph cannot be drawn of nothing.
        let mut nothing = record();
        nothing.profile.stacks.clear();
        let mut empty = report("other");
        let Answer::Found(record) = &mut empty.profile else { unreachable!() };
        record.profile.stacks.clear();
        let failed = store.save(empty, Some(("earlier".to_owned(), nothing)), at(1));
        assert!(failed.is_err());
        assert_eq!(store.folders_of("other").len(), 1);
        assert_eq!(read(&store.folders_of("other")[0]).unwrap().step, "other");
    }
}
