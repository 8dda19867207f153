//! A lock that a killed process cannot leave behind: the system lets go of it when the process ends.

use std::fs::{File, TryLockError};
use std::path::Path;

use super::StoreError;

const LOCK_FILE: &str = ".lock";

/// The right to measure into a folder, as long as this value lives.
#[derive(Debug)]
pub struct RunLock {
    _file: File,
}

impl RunLock {
    /// Waits for the lock on `path`, which is held only for as long as a small file takes to be written.
    pub(super) fn wait_for(path: &Path) -> Result<Self, StoreError> {
        let failed = |why| StoreError::Write { path: path.to_owned(), why };
        let file = File::options().create(true).truncate(false).write(true).open(path).map_err(failed)?;
        file.lock().map_err(failed)?;
        Ok(Self { _file: file })
    }

    /// Whether somebody holds the lock of `folder`. Nothing is written.
    pub(super) fn is_held(folder: &Path) -> bool {
        let Ok(file) = File::open(folder.join(LOCK_FILE)) else { return false };
        matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
    }

    /// Takes the lock of `folder`, or nothing when somebody else has it.
    pub(crate) fn take(folder: &Path) -> Result<Option<Self>, StoreError> {
        let path = folder.join(LOCK_FILE);
        let failed = |why| StoreError::Write { path: path.clone(), why };
        let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(why)) => Err(failed(why)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_has_the_lock_and_letting_go_frees_it() {
        let folder = tempfile::tempdir().unwrap();
        let first = RunLock::take(folder.path()).unwrap();
        assert!(first.is_some());
        assert!(RunLock::take(folder.path()).unwrap().is_none());
        drop(first);
        assert!(RunLock::take(folder.path()).unwrap().is_some());
    }
}
