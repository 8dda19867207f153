//! Runs that are deleted: never a baseline's, and never one that goes on.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::lock::RunLock;
use super::{ListedRun, RunFilter, RunState, RunStore, StoreError};

/// The name of a folder that is being deleted begins with this. One that is left of a killed process is deleted the next time.
const DOOMED: &str = ".pruned-";

/// Which runs are deleted. Where both rules are set, a run must break both.
#[derive(Debug, Clone, Default)]
pub struct PruneRule {
    /// How many of the newest runs stay.
    pub keep: Option<usize>,
    /// Runs that began before this moment do not stay.
    pub before: Option<DateTime<Utc>>,
    /// Only runs of this scenario are counted and deleted.
    pub scenario: Option<String>,
    /// Nothing is deleted: it is only said what would be.
    pub is_dry: bool,
}

/// What was deleted, or would be.
#[derive(Debug, Default, Serialize)]
pub struct PruneOutcome {
    /// Whether nothing was deleted.
    pub is_dry: bool,
    /// The runs, oldest first.
    pub removed: Vec<PrunedRun>,
    /// Bytes of all of their files.
    pub freed_bytes: u64,
    /// Runs that the rule names and that stay, because a baseline pins them.
    pub pinned: Vec<String>,
    /// Runs that the rule names and that stay, because they go on.
    pub running: Vec<String>,
    /// Runs that cannot be read. They are looked at by no rule.
    pub unreadable: Vec<String>,
    /// What could not be deleted, and why.
    pub failed: Vec<String>,
}

/// A run that was deleted.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct PrunedRun {
    /// Its id.
    pub id: String,
    /// Bytes of its files.
    pub bytes: u64,
}

impl RunStore {
    /// Deletes runs by a rule; without one, none.
    ///
    /// # Errors
    /// Those of reading the store and its baselines: where it is not known what is pinned, nothing is deleted.
    pub fn prune(&self, rule: &PruneRule) -> Result<PruneOutcome, StoreError> {
        let mut outcome = PruneOutcome { is_dry: rule.is_dry, ..PruneOutcome::default() };
        if !self.directory().is_dir() {
            return Ok(outcome);
        }
        // No run is pinned while it is decided which ones go.
        let _lock = self.lock_baselines()?;
        self.baselines()?;
        if !rule.is_dry {
            self.finish_earlier(&mut outcome);
        }
        for run in self.named_by(rule, &mut outcome)?.into_iter().rev() {
            if !run.baselines.is_empty() {
                outcome.pinned.push(run.id);
            } else if run.state == RunState::Running {
                outcome.running.push(run.id);
            } else {
                self.remove(run.id, &mut outcome);
            }
        }
        Ok(outcome)
    }

    /// The runs that a rule names, newest first.
    fn named_by(&self, rule: &PruneRule, outcome: &mut PruneOutcome) -> Result<Vec<ListedRun>, StoreError> {
        let all = self.list(&RunFilter::default(), None)?;
        let (readable, unreadable): (Vec<_>, Vec<_>) = all.into_iter().partition(|run| run.entry.is_some());
        outcome.unreadable.extend(unreadable.into_iter().map(|run| run.id));
        if rule.keep.is_none() && rule.before.is_none() {
            return Ok(Vec::new());
        }
        let is_of_scenario = |run: &ListedRun| {
            let scenario = run.entry.as_ref().map(|entry| &entry.scenario);
            rule.scenario.is_none() || scenario == rule.scenario.as_ref()
        };
        let is_old = |run: &ListedRun| {
            let began = run.entry.as_ref().map(|entry| entry.started_at);
            rule.before.is_none_or(|before| began.is_some_and(|began| began < before))
        };
        let counted = readable.into_iter().filter(is_of_scenario);
        Ok(counted.skip(rule.keep.unwrap_or(0)).filter(is_old).collect())
    }

    fn remove(&self, id: String, outcome: &mut PruneOutcome) {
        let folder = self.directory().join(&id);
        // A link leads to what is not the store's.
        if !folder.symlink_metadata().is_ok_and(|folder| folder.is_dir()) {
            outcome.failed.push(format!("{id} is a link and no folder of the store; delete it by hand"));
            return;
        }
        let bytes = bytes_in(&folder);
        if !outcome.is_dry {
            match doom(&folder) {
                Ok(true) => {}
                Ok(false) => return outcome.running.push(id),
                Err(error) => return outcome.failed.push(error.to_string()),
            }
        }
        outcome.freed_bytes += bytes;
        outcome.removed.push(PrunedRun { id, bytes });
    }

    /// Deletes what a process that was killed has left of its pruning.
    fn finish_earlier(&self, outcome: &mut PruneOutcome) {
        for entry in std::fs::read_dir(self.directory()).into_iter().flatten().flatten() {
            let is_left = entry.file_name().to_string_lossy().starts_with(DOOMED)
                && entry.file_type().is_ok_and(|kind| kind.is_dir());
            if is_left {
                let bytes = bytes_in(&entry.path());
                match delete(&entry.path()) {
                    Ok(()) => outcome.freed_bytes += bytes,
                    Err(error) => outcome.failed.push(error.to_string()),
                }
            }
        }
    }
}

/// Deletes the folder of a run; false when it turns out to go on. It is renamed first, so that no half of it is ever listed.
fn doom(folder: &Path) -> Result<bool, StoreError> {
    let Some(_lock) = RunLock::take(folder)? else { return Ok(false) };
    let doomed = folder.with_file_name(format!("{DOOMED}{}", super::id_of(folder)));
    std::fs::rename(folder, &doomed).map_err(|why| StoreError::Delete { path: folder.to_owned(), why })?;
    delete(&doomed)?;
    Ok(true)
}

fn delete(folder: &Path) -> Result<(), StoreError> {
    std::fs::remove_dir_all(folder).map_err(|why| StoreError::Delete { path: folder.to_owned(), why })
}

/// Bytes of the files below a folder. Links are not followed.
fn bytes_in(folder: &Path) -> u64 {
    let mut bytes = 0;
    let mut folders: Vec<PathBuf> = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            match entry.metadata() {
                Ok(metadata) if metadata.is_dir() => folders.push(entry.path()),
                Ok(metadata) => bytes += metadata.len(),
                Err(_) => {}
            }
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::RECORD_FILE;
    use crate::store::fixtures::{add_run, store};
    use aforo_model::RunEnd;

    fn add(store: &RunStore, day: u32, scenario: &str) -> PathBuf {
        add_run(store, &format!("202611{day:02}T000000Z-{scenario}"), |record| {
            record.scenario.name = scenario.to_owned();
            record.started_at = format!("2026-11-{day:02}T00:00:00Z").parse().unwrap();
        })
    }

    fn left(store: &RunStore) -> usize {
        store.list(&RunFilter::default(), None).unwrap().len()
    }

    #[test]
    fn the_newest_stay_and_what_is_freed_is_told() {
        let (_folder, store) = store();
        let folders: Vec<PathBuf> = (1..=5).map(|day| add(&store, day, "peak")).collect();
        let bytes = std::fs::metadata(folders[0].join(RECORD_FILE)).unwrap().len();
        let rule = PruneRule { keep: Some(2), is_dry: true, ..PruneRule::default() };
        let dry = store.prune(&rule).unwrap();
        assert_eq!((dry.removed.len(), left(&store)), (3, 5), "a dry run deletes nothing");
        assert!(dry.freed_bytes >= 3 * bytes);
        let outcome = store.prune(&PruneRule { is_dry: false, ..rule }).unwrap();
        assert_eq!((outcome.removed.len(), left(&store)), (3, 2));
        assert_eq!(outcome.removed[0].id, "20261101T000000Z-peak");
        assert!(folders[4].exists() && !folders[2].exists());
    }

    #[test]
    fn a_run_must_break_both_rules_and_be_of_the_scenario() {
        let (_folder, store) = store();
        (1..=4).for_each(|day| drop(add(&store, day, "peak")));
        (5..=6).for_each(|day| drop(add(&store, day, "spike")));
        let before = Some("2026-11-02T00:00:00Z".parse().unwrap());
        let rule = PruneRule { keep: Some(1), before, ..PruneRule::default() };
        assert_eq!(store.prune(&rule).unwrap().removed.len(), 1);
        let spike = PruneRule { keep: Some(1), scenario: Some("spike".to_owned()), ..PruneRule::default() };
        assert_eq!(store.prune(&spike).unwrap().removed[0].id, "20261105T000000Z-spike");
        assert!(store.prune(&PruneRule::default()).unwrap().removed.is_empty(), "no rule names no run");
    }

    #[test]
    fn baselines_runs_that_go_on_links_and_the_unreadable_stay() {
        let (folder, store) = store();
        let pinned = add(&store, 1, "peak");
        store.set_baseline("main", std::slice::from_ref(&pinned)).unwrap();
        let going_on = add_run(&store, "20261102T000000Z-a", |record| record.end = RunEnd::Running);
        let _lock = RunLock::take(&going_on).unwrap().unwrap();
        let measuring = add(&store, 3, "peak");
        let _other_lock = RunLock::take(&measuring).unwrap().unwrap();
        let broken = add(&store, 4, "peak");
        std::fs::write(broken.join(RECORD_FILE), "{").unwrap();
        let elsewhere = add(&RunStore::new(folder.path().join("elsewhere")), 5, "peak");
        std::os::unix::fs::symlink(&elsewhere, store.directory().join("20261105T000000Z-link")).unwrap();
        let outcome = store.prune(&PruneRule { keep: Some(0), ..PruneRule::default() }).unwrap();
        assert_eq!(outcome.removed, []);
        assert_eq!((outcome.pinned.len(), outcome.running.len(), outcome.unreadable.len()), (1, 2, 1));
        assert_eq!(outcome.failed.len(), 1);
        assert!([pinned, going_on, measuring, broken, elsewhere].iter().all(|folder| folder.exists()));
    }

    #[test]
    fn without_knowing_the_baselines_nothing_is_deleted() {
        let (_folder, store) = store();
        add(&store, 1, "peak");
        std::fs::write(store.directory().join("baselines.json"), "{").unwrap();
        assert!(store.prune(&PruneRule { keep: Some(0), ..PruneRule::default() }).is_err());
        assert_eq!(left(&store), 1);
    }

    #[test]
    fn what_a_killed_prune_has_left_is_deleted_the_next_time() {
        let (_folder, store) = store();
        add(&store, 1, "peak");
        let half = store.directory().join(".pruned-20261101T000000Z-old");
        std::fs::create_dir_all(half.join("evidence")).unwrap();
        std::fs::write(half.join("run.json"), "12345").unwrap();
        assert_eq!(left(&store), 1, "it is never listed");
        let outcome = store.prune(&PruneRule { keep: Some(5), ..PruneRule::default() }).unwrap();
        assert!(outcome.freed_bytes == 5 && !half.exists());
    }
}
