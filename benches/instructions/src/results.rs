//! Reading the folder into which gungraun puts what callgrind wrote.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::callgrind::{CallgrindError, Profile, read_callgrind};

/// Why there are no results.
#[derive(Debug, thiserror::Error)]
pub enum ResultsError {
    /// A folder or file cannot be read.
    #[error("{} cannot be read: {source}; run `make bench-gate`, which measures first", path.display())]
    Unreadable {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file is no profile.
    #[error("{} is no profile: {source}", path.display())]
    Malformed {
        /// Which one.
        path: PathBuf,
        /// What is wrong with it.
        source: CallgrindError,
    },
}

/// The profile of each benchmark under a folder, by the name of the benchmark's own folder, `function.case`. A benchmark of several
/// threads has a file for each; they are added up.
///
/// # Errors
/// [`ResultsError`].
pub fn read_results(folder: &Path) -> Result<BTreeMap<String, Profile>, ResultsError> {
    let mut results = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let unreadable = |source| ResultsError::Unreadable { path: folder.clone(), source };
        for entry in fs::read_dir(&folder).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            if path.is_dir() {
                folders.push(path);
            } else if is_profile(&path) {
                let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let profile: &mut Profile = results.entry(name).or_default();
                profile.add(read(path)?);
            }
        }
    }
    Ok(results)
}

/// `callgrind.<benchmark>.out`, with the number of a thread or part at its end or before; not what an earlier run left as `.old`.
fn is_profile(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with("callgrind.") && name.ends_with(".out")
}

fn read(path: PathBuf) -> Result<Profile, ResultsError> {
    match fs::read_to_string(&path) {
        Ok(text) => read_callgrind(&text).map_err(|source| ResultsError::Malformed { path, source }),
        Err(source) => Err(ResultsError::Unreadable { path, source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_profiles_of_a_benchmark_are_added_up_and_older_ones_left_alone() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("package/hot_paths/own/render.html");
        fs::create_dir_all(&folder).unwrap();
        for (name, cost) in
            [("render.html.t1.out", 5), ("render.html.t2.out", 7), ("render.html.out.old", 100)]
        {
            fs::write(folder.join(format!("callgrind.{name}")), format!("events: Ir\nfn=f\n1 {cost}\n"))
                .unwrap();
        }
        fs::write(folder.join("callgrind.render.html.log"), "==1==").unwrap();
        let results = read_results(root.path()).unwrap();
        assert_eq!(results["render.html"].total(), 12);
        assert_eq!(results.len(), 1);
    }

    #[test]
    fn a_folder_that_is_not_there_and_a_file_that_is_no_profile_are_named() {
        let root = tempfile::tempdir().unwrap();
        let error = read_results(&root.path().join("nothing")).unwrap_err();
        assert!(matches!(error, ResultsError::Unreadable { .. }), "{error}");
        fs::write(root.path().join("callgrind.x.out"), "nothing").unwrap();
        let error = read_results(root.path()).unwrap_err();
        assert!(error.to_string().contains("callgrind.x.out"), "{error}");
    }
}
