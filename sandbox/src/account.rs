//! The user a server runs as.

use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use nix::unistd::{User, geteuid};

use crate::SandboxError;

/// The user a server runs as: the caller itself, or an unprivileged one if the caller is root, which Postgres refuses to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    pub name: String,
    pub uid: u32,
    /// The group to change to; `None` if the user does not change.
    changed_gid: Option<u32>,
}

impl Account {
    /// Root becomes `postgres`, else `nobody`; anybody else stays who they are.
    pub(crate) fn for_servers() -> Result<Self, SandboxError> {
        let uid = geteuid();
        if !uid.is_root() {
            // A user without an entry in the user database still has a number.
            let name = User::from_uid(uid).ok().flatten().map_or_else(|| uid.to_string(), |user| user.name);
            return Ok(Self { name, uid: uid.as_raw(), changed_gid: None });
        }
        ["postgres", "nobody"]
            .into_iter()
            .find_map(|name| User::from_name(name).ok().flatten())
            .map(|user| Self {
                name: user.name,
                uid: user.uid.as_raw(),
                changed_gid: Some(user.gid.as_raw()),
            })
            .ok_or(SandboxError::NoAccount)
    }

    /// Lets `command` run as this user. The standard library also drops the supplementary groups of root.
    pub(crate) fn apply(&self, command: &mut Command) {
        if let Some(gid) = self.changed_gid {
            command.uid(self.uid).gid(gid);
        }
    }

    /// Gives `path` to this user.
    pub(crate) fn own(&self, path: &Path) -> io::Result<()> {
        match self.changed_gid {
            Some(gid) => std::os::unix::fs::chown(path, Some(self.uid), Some(gid)),
            None => Ok(()),
        }
    }

    /// Whether this user can reach files below `directory`: only in question when the user changes.
    pub(crate) fn reaches(&self, directory: &Path) -> bool {
        self.changed_gid.is_none() || directory.ancestors().all(|ancestor| self.may_search(ancestor))
    }

    fn may_search(&self, directory: &Path) -> bool {
        directory.metadata().is_ok_and(|metadata| {
            let search = if metadata.uid() == self.uid { 0o100 } else { 0o001 };
            metadata.permissions().mode() & search != 0
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_never_runs_as_root() {
        let account = Account::for_servers().unwrap();
        assert_ne!(account.uid, 0);
        assert_eq!(account.changed_gid.is_some(), geteuid().is_root());
    }

    #[test]
    fn an_account_that_changes_reaches_only_what_everybody_may_search() {
        let private =
            tempfile::Builder::new().permissions(PermissionsExt::from_mode(0o700)).tempdir().unwrap();
        let account = |changed_gid| Account { name: "stranger".to_owned(), uid: 54_321, changed_gid };
        assert!(account(Some(54_321)).reaches(Path::new("/")));
        assert!(!account(Some(54_321)).reaches(private.path()));
        assert!(account(None).reaches(private.path()), "who does not change reaches what the caller reaches");
    }
}
