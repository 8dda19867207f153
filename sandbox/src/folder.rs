//! The folder of one server, and the clean-up after owners that were killed.
//!
//! The owner holds a lock on a file in the folder for as long as it lives; the kernel gives the lock up however the owner ends.
//! So a folder whose lock can be had is garbage, whatever became of the process number in its name, and in any container that
//! shares the directory for temporary files.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use crate::SandboxError;
use crate::account::Account;

const PREFIX: &str = "aforo-sandbox-";
const LOCK: &str = "owner.lock";

/// A private folder that is removed with this value.
#[derive(Debug)]
pub(crate) struct Folder {
    directory: TempDir,
    /// Held, never read.
    _lock: File,
}

impl Folder {
    /// Removes what killed owners left behind, then makes a folder that only `account` (and root) can look into.
    pub(crate) fn create(account: &Account) -> Result<Self, SandboxError> {
        let parent = parent_for(account);
        sweep(&parent, account);
        Self::create_in(&parent, account).map_err(|source| SandboxError::Folder { parent, source })
    }

    fn create_in(parent: &Path, account: &Account) -> io::Result<Self> {
        let directory = tempfile::Builder::new()
            .prefix(&format!("{PREFIX}{}-", std::process::id()))
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(parent)?;
        // Locked under another name first: a sweep never sees the lock file of a living owner unlocked.
        let unlocked = directory.path().join("owner.new");
        let lock = File::create(&unlocked)?;
        lock.lock()?;
        fs::rename(&unlocked, directory.path().join(LOCK))?;
        account.own(directory.path())?;
        Ok(Self { directory, _lock: lock })
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Removes the folder now, instead of when the value is dropped, and says so if it cannot.
    pub(crate) fn remove(self) {
        if let Err(error) = remove(self.path()) {
            let folder = self.path().display();
            tracing::warn!(%folder, %error, "the folder of a throw-away server could not be removed");
        }
    }
}

/// A server that was killed can leave children that still write for a moment; so a directory that fills again is tried again.
fn remove(folder: &Path) -> io::Result<()> {
    const TRIES: usize = 40;
    for _ in 1..TRIES {
        match fs::remove_dir_all(folder) {
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => {
                std::thread::sleep(Duration::from_millis(25));
            }
            other => return other,
        }
    }
    fs::remove_dir_all(folder)
}

/// The system's directory for temporary files, unless the server's user cannot reach it (root's own `TMPDIR`).
fn parent_for(account: &Account) -> PathBuf {
    let preferred = std::env::temp_dir();
    let common = Path::new("/tmp");
    if !account.reaches(&preferred) && account.reaches(common) { common.to_owned() } else { preferred }
}

/// Removes the folders below `parent` that are ours and whose owner is gone. Failure is no reason not to start: it is logged.
fn sweep(parent: &Path, account: &Account) {
    let Ok(entries) = parent.read_dir() else { return };
    for entry in entries.flatten() {
        let named_ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX));
        if named_ours && let Some(_lock) = abandoned(&entry.path(), account) {
            let folder = entry.path();
            match remove(&folder) {
                Ok(()) => tracing::debug!(folder = %folder.display(), "removed a stale folder"),
                Err(error) => tracing::debug!(folder = %folder.display(), %error, "a stale folder stays"),
            }
        }
    }
}

/// The lock of a folder whose owner is gone; `None` for every other folder. The type and the user of folder and lock file are
/// looked at without following links: others can put things under our prefix into a shared directory.
fn abandoned(folder: &Path, account: &Account) -> Option<File> {
    let caller = nix::unistd::geteuid().as_raw();
    let ours = |uid: u32| uid == caller || uid == account.uid;
    let directory = folder.symlink_metadata().ok()?;
    if !directory.is_dir() || !ours(directory.uid()) {
        return None;
    }
    let lock_path = folder.join(LOCK);
    let lock_file = lock_path.symlink_metadata().ok()?;
    if !lock_file.is_file() || !ours(lock_file.uid()) {
        return None;
    }
    let lock = File::open(lock_path).ok()?;
    lock.try_lock().is_ok().then_some(lock)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stage() -> (TempDir, Account) {
        (tempfile::tempdir().unwrap(), Account::for_servers().unwrap())
    }

    #[test]
    fn the_folder_of_a_living_owner_is_left_alone() {
        let (parent, account) = stage();
        let folder = Folder::create_in(parent.path(), &account).unwrap();
        sweep(parent.path(), &account);
        assert!(folder.path().is_dir());
    }

    #[test]
    fn the_folder_of_an_owner_that_is_gone_is_removed() {
        let (parent, account) = stage();
        let folder = Folder::create_in(parent.path(), &account).unwrap();
        fs::write(folder.path().join("data"), "left behind").unwrap();
        let Folder { mut directory, _lock: lock } = folder;
        directory.disable_cleanup(true);
        drop(lock);
        sweep(parent.path(), &account);
        assert!(!directory.path().exists());
    }

    #[test]
    fn what_is_not_a_sandbox_is_never_removed() {
        let (parent, account) = stage();
        let other_name = parent.path().join("somebody-else");
        let without_lock = parent.path().join("aforo-sandbox-1-abcdef");
        let elsewhere = tempfile::tempdir().unwrap();
        fs::write(elsewhere.path().join(LOCK), "").unwrap();
        fs::create_dir(&other_name).unwrap();
        fs::write(other_name.join(LOCK), "").unwrap();
        fs::create_dir(&without_lock).unwrap();
        std::os::unix::fs::symlink(elsewhere.path(), parent.path().join("aforo-sandbox-2-link")).unwrap();
        sweep(parent.path(), &account);
        assert!(other_name.is_dir() && without_lock.is_dir() && elsewhere.path().join(LOCK).is_file());
    }

    #[test]
    fn a_folder_is_private_and_belongs_to_the_account() {
        let (parent, account) = stage();
        let folder = Folder::create_in(parent.path(), &account).unwrap();
        let metadata = folder.path().metadata().unwrap();
        assert_eq!((metadata.permissions().mode() & 0o777, metadata.uid()), (0o700, account.uid));
        let path = folder.path().to_owned();
        folder.remove();
        assert!(!path.exists());
    }
}
