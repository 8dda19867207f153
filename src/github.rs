//! What a run says to GitHub Actions, when it runs there.

use std::env;
use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;

use aforo_model::RunRecord;
use aforo_pipeline::reports::github::{STEP_SUMMARY_BYTES, annotations, step_summary};

/// Less room than this holds no summary worth reading.
const LEAST_ROOM_BYTES: usize = 4_096;

/// Writes the annotations and the summary of the job, where GitHub's variables are there. What fails here is told and fails nothing:
/// the gate is the run's.
///
/// The annotations go to standard error: the runner reads the commands of both streams, and standard output is for the report, which with
/// `--json` must stay JSON.
pub(crate) fn tell(record: &RunRecord) {
    if env::var_os("GITHUB_ACTIONS").is_none_or(|value| value != "true") {
        return;
    }
    anstream::eprint!("{}", annotations(record));
    let named = |path: &OsString| !path.is_empty();
    let Some(path) = env::var_os("GITHUB_STEP_SUMMARY").filter(named) else { return };
    if let Err(why) = append_summary(record, Path::new(&path)) {
        anstream::eprintln!("the summary of the job was not written to {}: {why}", path.display());
    }
}

/// Appends the summary in the room that earlier commands of the step have left.
fn append_summary(record: &RunRecord, path: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new().append(true).create(true).open(path)?;
    let taken = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
    let room = STEP_SUMMARY_BYTES.saturating_sub(taken);
    if room < LEAST_ROOM_BYTES {
        return Err(io::Error::other(
            "the summary of this step has the 1 MiB that GitHub takes; use a step of its own for each run",
        ));
    }
    file.write_all(step_summary(record, room).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use aforo_model::read_run;

    fn record() -> RunRecord {
        read_run(include_str!("../reports/fixtures/violated.json")).unwrap()
    }

    #[test]
    fn a_summary_is_added_to_what_is_there_and_never_takes_more_than_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("summary.md");
        std::fs::write(&path, "# Before\n").unwrap();
        append_summary(&record(), &path).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("# Before\n# VIOLATED"), "{text}");

        std::fs::write(&path, "x".repeat(STEP_SUMMARY_BYTES - 5_000)).unwrap();
        append_summary(&record(), &path).unwrap();
        let length = std::fs::metadata(&path).unwrap().len() as usize;
        assert!((STEP_SUMMARY_BYTES - 4_900..=STEP_SUMMARY_BYTES).contains(&length), "{length}");
        let full = append_summary(&record(), &path).unwrap_err().to_string();
        assert!(full.contains("1 MiB"), "{full}");
    }
}
