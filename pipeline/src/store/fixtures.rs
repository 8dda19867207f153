//! Stores for tests: runs made of one canonical record.

use std::path::PathBuf;

use aforo_model::{RunRecord, read_run};
use tempfile::TempDir;

use super::{RECORD_FILE, RunStore};

/// An empty store in a folder that goes with the test.
pub(crate) fn store() -> (TempDir, RunStore) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let store = RunStore::new(folder.path().join("runs"));
    (folder, store)
}

/// The canonical run that violated objectives.
pub(crate) fn record() -> RunRecord {
    read_run(include_str!("../../../reports/fixtures/violated.json")).expect("the canonical record is a run")
}

/// Saves a changed copy of the canonical run under this id.
pub(crate) fn add_run(store: &RunStore, id: &str, change: impl FnOnce(&mut RunRecord)) -> PathBuf {
    let mut record = record();
    record.id = id.to_owned();
    change(&mut record);
    let folder = store.directory().join(id);
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    std::fs::write(folder.join(RECORD_FILE), serde_json::to_vec(&record).expect("a record is JSON"))
        .expect("a file can be written");
    folder
}
