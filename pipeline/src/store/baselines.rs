//! Baselines: runs pinned under a name, to be compared with and never pruned.
//!
//! They are kept in `baselines.json` of the store. It is replaced as a whole under a lock, so that neither a killed
//! process nor two at once can spoil it.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use aforo_model::RunRecord;
use serde::{Deserialize, Serialize};

use super::caveats::Caveats;
use super::lock::RunLock;
use super::{RECORD_FILE, RunStore, StoreError, create_folder, id_of, writer};

/// The names with their runs.
const BASELINES_FILE: &str = "baselines.json";
/// Held while the names change or runs are pruned.
const BASELINES_LOCK: &str = ".baselines.lock";
/// Version of the file's format.
const BASELINES_FORMAT_VERSION: u32 = 1;
/// Longest name, in characters.
const LONGEST_NAME: usize = 64;
/// Words that stand for a run already.
const RESERVED: [&str; 2] = ["latest", "previous"];

/// Runs pinned under a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Baseline {
    /// The name.
    pub name: String,
    /// Ids of its runs, oldest first. Several are repetitions of one measurement.
    pub runs: Vec<String>,
}

/// A baseline that was just set, and what is to be known of its runs.
#[derive(Debug, Clone, PartialEq)]
pub struct PinnedBaseline {
    /// The baseline.
    pub baseline: Baseline,
    /// What speaks against its runs as a measure for later ones, a sentence each without a full stop.
    pub caveats: Vec<String>,
}

/// What the file holds.
#[derive(Debug, Serialize, Deserialize)]
struct BaselinesFile {
    format_version: u32,
    baselines: BTreeMap<String, Vec<String>>,
}

impl RunStore {
    /// The folders of the runs that are pinned as `name`, oldest first; never empty.
    ///
    /// # Errors
    /// [`StoreError::UnknownBaseline`], which says which there are; [`StoreError::BaselineGone`] when a run of it was
    /// deleted by hand; and those of reading.
    pub fn baseline(&self, name: &str) -> Result<Vec<PathBuf>, StoreError> {
        let mut baselines = self.read_baselines()?;
        let runs = baselines.remove(name).ok_or_else(|| self.unknown_baseline(name, &baselines))?;
        runs.into_iter()
            .map(|id| {
                let folder = self.directory().join(&id);
                if is_id(&id) && folder.join(RECORD_FILE).is_file() {
                    return Ok(folder);
                }
                Err(StoreError::BaselineGone {
                    name: name.to_owned(),
                    id,
                    directory: self.directory().to_owned(),
                })
            })
            .collect()
    }

    /// Every baseline, by name.
    ///
    /// # Errors
    /// [`StoreError`] when they cannot be read.
    pub fn baselines(&self) -> Result<Vec<Baseline>, StoreError> {
        Ok(self.read_baselines()?.into_iter().map(|(name, runs)| Baseline { name, runs }).collect())
    }

    /// Pins these runs as `name`, in place of those that were pinned before. A run that was killed is restored first.
    ///
    /// # Errors
    /// [`StoreError::BaselineName`], [`StoreError::OutsideStore`], [`StoreError::BaselineLoads`] where the runs were not the same load,
    /// and those of reading and writing. Nothing is changed then.
    pub fn set_baseline(&self, name: &str, folders: &[PathBuf]) -> Result<PinnedBaseline, StoreError> {
        check_name(name)?;
        let mut caveats = Caveats::default();
        let mut runs = Vec::new();
        for folder in folders {
            let (id, record) = self.pinnable(folder)?;
            if !runs.contains(&id) {
                caveats.add(&id, record).map_err(|other_load| other_load.of_baseline(name))?;
                runs.push(id);
            }
        }
        runs.sort();
        if runs.is_empty() {
            return Err(StoreError::BaselineName { name: name.to_owned(), why: "no run is named for it" });
        }
        self.change_baselines(|baselines| {
            baselines.insert(name.to_owned(), runs.clone());
            Ok(())
        })?;
        let baseline = Baseline { name: name.to_owned(), runs };
        Ok(PinnedBaseline { baseline, caveats: caveats.told() })
    }

    /// Forgets a baseline; its runs stay.
    ///
    /// # Errors
    /// [`StoreError::UnknownBaseline`], and those of reading and writing.
    pub fn remove_baseline(&self, name: &str) -> Result<Baseline, StoreError> {
        let mut removed = Vec::new();
        self.change_baselines(|baselines| {
            removed = baselines.remove(name).ok_or_else(|| self.unknown_baseline(name, baselines))?;
            Ok(())
        })?;
        Ok(Baseline { name: name.to_owned(), runs: removed })
    }

    /// Keeps the names as they are for as long as the lock lives.
    pub(super) fn lock_baselines(&self) -> Result<RunLock, StoreError> {
        RunLock::wait_for(&self.directory().join(BASELINES_LOCK))
    }

    fn change_baselines(
        &self,
        change: impl FnOnce(&mut BTreeMap<String, Vec<String>>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        create_folder(self.directory())?;
        let _lock = self.lock_baselines()?;
        let mut baselines = self.read_baselines()?;
        change(&mut baselines)?;
        let file = BaselinesFile { format_version: BASELINES_FORMAT_VERSION, baselines };
        writer::replace(&self.directory().join(BASELINES_FILE), |out| {
            serde_json::to_writer_pretty(&mut *out, &file)?;
            out.write_all(b"\n")
        })
    }

    fn read_baselines(&self) -> Result<BTreeMap<String, Vec<String>>, StoreError> {
        let path = self.directory().join(BASELINES_FILE);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(BTreeMap::new()),
            Err(why) => return Err(StoreError::Read { path, why }),
        };
        read_file(&text).map_err(|why| StoreError::Baselines { path, why })
    }

    /// A run that can be pinned: one of this store, that has ended and can be read.
    fn pinnable(&self, folder: &Path) -> Result<(String, RunRecord), StoreError> {
        let parent = |path: &Path| path.canonicalize().ok()?.parent().map(Path::to_owned);
        let store = self.directory().canonicalize().ok();
        if store.is_none() || parent(folder) != store {
            return Err(StoreError::OutsideStore {
                folder: folder.to_owned(),
                directory: self.directory().to_owned(),
            });
        }
        let record = self.load(folder)?;
        let canonical =
            folder.canonicalize().map_err(|why| StoreError::Read { path: folder.to_owned(), why })?;
        Ok((id_of(&canonical), record))
    }

    fn unknown_baseline(&self, name: &str, known: &BTreeMap<String, Vec<String>>) -> StoreError {
        let names: Vec<&str> = known.keys().map(String::as_str).collect();
        let known = if names.is_empty() {
            "no baseline has been set".to_owned()
        } else {
            format!("there are {}", names.join(", "))
        };
        StoreError::UnknownBaseline { name: name.to_owned(), directory: self.directory().to_owned(), known }
    }
}

/// The names of a file with their runs, or what is wrong with it. The version is looked at first.
fn read_file(text: &str) -> Result<BTreeMap<String, Vec<String>>, String> {
    let malformed = |error| format!("this is not a file of baselines: {error}");
    let value: serde_json::Value = serde_json::from_str(text).map_err(malformed)?;
    let version = value.get("format_version").and_then(serde_json::Value::as_u64);
    let version = version.ok_or("this is not a file of baselines: it has no `format_version`")?;
    if version > u64::from(BASELINES_FORMAT_VERSION) {
        return Err(format!(
            "these baselines were written in format {version}, and this Aforo reads up to format {BASELINES_FORMAT_VERSION}; use a newer Aforo"
        ));
    }
    let file: BaselinesFile = serde_json::from_value(value).map_err(malformed)?;
    Ok(file.baselines)
}

/// Whether this is the name of a folder in the store and no way out of it.
fn is_id(id: &str) -> bool {
    !id.is_empty() && !id.starts_with('.') && !id.contains(['/', '\\', '\0'])
}

fn check_name(name: &str) -> Result<(), StoreError> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || ".-_/".contains(c);
    let why = if name.is_empty() {
        "it has no characters"
    } else if name.chars().count() > LONGEST_NAME {
        "it is longer than 64 characters"
    } else if !name.chars().all(allowed) {
        "it has other characters than letters, digits, `.`, `_`, `-` and `/`"
    } else if !name.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        "it does not start with a letter or a digit"
    } else if RESERVED.contains(&name) {
        "that word stands for a run already"
    } else {
        return Ok(());
    };
    let shown = name.chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect();
    Err(StoreError::BaselineName { name: shown, why })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::fixtures::{add_run, store};
    use proptest::prelude::*;

    #[test]
    fn several_runs_are_pinned_under_one_name_and_found_again() {
        let (folder, store) = store();
        let first = add_run(&store, "20261101T000000Z-a-1", |_| {});
        let second = add_run(&store, "20261102T000000Z-a-2", |_| {});
        store.set_baseline("main", &[second.clone(), first.clone(), second.clone()]).unwrap();
        assert_eq!(store.baseline("main").unwrap(), [first, second.clone()]);
        store.set_baseline("release/2.4", std::slice::from_ref(&second)).unwrap();
        store.set_baseline("main", std::slice::from_ref(&second)).unwrap();
        assert_eq!(store.baseline("main").unwrap(), [second]);
        let names: Vec<String> = store.baselines().unwrap().into_iter().map(|each| each.name).collect();
        assert_eq!(names, ["main", "release/2.4"]);
        store.remove_baseline("main").unwrap();
        let error = store.baseline("main").unwrap_err().to_string();
        assert!(error.contains("there are release/2.4"), "{error}");
        drop(folder);
    }

    #[test]
    fn a_store_without_baselines_says_so() {
        let (_folder, store) = store();
        assert!(store.baselines().unwrap().is_empty());
        let error = store.baseline("main").unwrap_err().to_string();
        assert!(error.contains("no baseline has been set"), "{error}");
        assert!(store.remove_baseline("main").is_err());
    }

    #[test]
    fn a_run_that_was_deleted_or_lies_elsewhere_is_told_of() {
        let (_folder, store) = store();
        let run = add_run(&store, "20261101T000000Z-a-1", |_| {});
        store.set_baseline("main", std::slice::from_ref(&run)).unwrap();
        let (_other_folder, other) = self::store();
        let error = other.set_baseline("main", std::slice::from_ref(&run)).unwrap_err();
        assert!(matches!(error, StoreError::OutsideStore { .. }), "{error}");
        std::fs::remove_dir_all(&run).unwrap();
        let error = store.baseline("main").unwrap_err();
        assert!(matches!(error, StoreError::BaselineGone { .. }), "{error}");
        assert!(matches!(store.set_baseline("b", &[run]).unwrap_err(), StoreError::OutsideStore { .. }));
    }

    #[test]
    fn a_file_edited_by_hand_never_leads_out_of_the_store() {
        let (folder, store) = store();
        let outside = RunStore::new(folder.path().join("outside"));
        add_run(&outside, "x", |_| {});
        for id in ["../outside/x", "/etc", "..", ".", "", "a/../../outside/x"] {
            let text = serde_json::json!({"format_version": 1, "baselines": {"main": [id]}}).to_string();
            std::fs::create_dir_all(store.directory()).unwrap();
            std::fs::write(store.directory().join(BASELINES_FILE), text).unwrap();
            let error = store.baseline("main").unwrap_err();
            assert!(matches!(error, StoreError::BaselineGone { .. }), "{id}: {error}");
        }
    }

    #[test]
    fn a_file_that_is_newer_or_broken_is_refused_and_never_overwritten() {
        let (_folder, store) = store();
        let run = add_run(&store, "20261101T000000Z-a-1", |_| {});
        let path = store.directory().join(BASELINES_FILE);
        for (text, word) in [
            (r#"{"format_version": 9, "baselines": 7}"#, "newer Aforo"),
            (r#"{"format_version": 1, "baselines": {"main": ["20261"#, "not a file of baselines"),
            ("{}", "format_version"),
            ("", "not a file of baselines"),
        ] {
            std::fs::write(&path, text).unwrap();
            let error = store.baseline("main").unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
            assert!(store.set_baseline("main", std::slice::from_ref(&run)).is_err());
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
    }

    #[test]
    fn many_at_once_lose_nothing() {
        let (_folder, store) = store();
        let run = add_run(&store, "20261101T000000Z-a-1", |_| {});
        std::thread::scope(|scope| {
            for at in 0..8 {
                let (store, run) = (&store, &run);
                scope
                    .spawn(move || store.set_baseline(&format!("b{at}"), std::slice::from_ref(run)).unwrap());
            }
        });
        assert_eq!(store.baselines().unwrap().len(), 8);
    }

    #[test]
    fn names_are_words_and_no_paths_or_markup() {
        let long = "x".repeat(10_000);
        for name in
            ["", "latest", "previous", "../x", "/x", "a b", "<b>", "\"", "é", "🙂", &long, "a\n", ".x", "-x"]
        {
            let error = check_name(name).unwrap_err().to_string();
            assert!(error.len() < 200, "{error}");
        }
        for name in ["main", "release/2.4", "v1.0_rc-1", "7"] {
            check_name(name).unwrap();
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in "\\PC{0,80}") {
            let _ = read_file(&text);
        }
    }
}
