//! A small file beside each record, so that looking over a thousand runs reads a few megabytes and not all of their records.
//!
//! `index.ndjson` has two lines: what a list shows of the run, and what reports over many runs need of it. It is made of the record, and
//! made again when it is not there, when the record has changed since, or when another version of Aforo made it. It is replaced as a whole,
//! and it is never needed: where it cannot be written, the record is read each time.

use std::fs::{File, Metadata};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::time::UNIX_EPOCH;

use aforo_analyzers::digest_run;
use aforo_model::{RunDigest, RunEnd, RunEntry, RunRecord, read_run};
use serde::{Deserialize, Serialize};

use super::{RECORD_FILE, StoreError, writer};

const INDEX_FILE: &str = "index.ndjson";
/// It rises when the same version of Aforo would read the file differently.
const INDEX_FORMAT_VERSION: u32 = 2;
/// Most of the first line that is read. A longer one, of a run with very long names, is not used.
const LONGEST_HEAD_BYTES: u64 = 64 << 10;
/// What is read at once: one page holds the first line.
const PAGE_BYTES: usize = 4096;

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
struct Head {
    format_version: u32,
    aforo_version: String,
    record: Stamp,
    run: RunEntry,
}

/// What tells one state of the record's file from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Stamp {
    bytes: u64,
    modified_ns: u64,
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        let since_1970 = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let modified_ns = since_1970.map_or(0, |time| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
        Self { bytes: metadata.len(), modified_ns }
    }
}

/// What is known of a run without reading its record, or after it.
#[derive(Debug)]
pub(super) struct Known<T> {
    pub(super) value: T,
    /// Whether the record is the first one, written when the load began.
    pub(super) is_running: bool,
}

/// What a list shows of a run.
pub(super) fn entry(folder: &Path) -> Result<Known<RunEntry>, StoreError> {
    let record = OpenRecord::open(folder)?;
    if let Some((head, _)) = record.index(folder) {
        return Ok(Known { value: head.run, is_running: false });
    }
    let known = record.digest(folder)?;
    Ok(Known { value: known.value.run, is_running: known.is_running })
}

/// What reports over many runs need of a run.
pub(super) fn digest(folder: &Path) -> Result<Known<RunDigest>, StoreError> {
    let record = OpenRecord::open(folder)?;
    let saved = record.index(folder).and_then(|(_, mut rest)| {
        let mut line = Vec::new();
        rest.read_until(b'\n', &mut line).ok()?;
        serde_json::from_slice(&line).ok()
    });
    match saved {
        Some(value) => Ok(Known { value, is_running: false }),
        None => record.digest(folder),
    }
}

/// Makes the index of a run whose record has just been written.
pub(super) fn renew(folder: &Path, record: &RunRecord) {
    let written = OpenRecord::open(folder).map(|open| open.save(folder, &digest_run(record)));
    if let Err(error) = written.and_then(|outcome| outcome) {
        tracing::debug!("the index of a run is left out: {error}");
    }
}

/// The file of a record. Its stamp is taken from the open file: another one that takes its place meanwhile has another stamp.
struct OpenRecord {
    file: File,
    stamp: Stamp,
}

impl OpenRecord {
    fn open(folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join(RECORD_FILE);
        let failed = |why| StoreError::Read { path: path.clone(), why };
        let file = File::open(&path).map_err(failed)?;
        let stamp = Stamp::of(&file.metadata().map_err(failed)?);
        Ok(Self { file, stamp })
    }

    /// The first line of the index, where it is the one of this record, and what comes after it.
    fn index(&self, folder: &Path) -> Option<(Head, BufReader<File>)> {
        let mut reader = BufReader::with_capacity(PAGE_BYTES, File::open(folder.join(INDEX_FILE)).ok()?);
        let mut line = Vec::new();
        reader.by_ref().take(LONGEST_HEAD_BYTES).read_until(b'\n', &mut line).ok()?;
        let head: Head = serde_json::from_slice(&line).ok()?;
        let is_current = head.format_version == INDEX_FORMAT_VERSION
            && head.aforo_version == env!("CARGO_PKG_VERSION")
            && head.record == self.stamp;
        is_current.then_some((head, reader))
    }

    /// Reads the record as a whole, and makes its index.
    fn digest(mut self, folder: &Path) -> Result<Known<RunDigest>, StoreError> {
        let path = folder.join(RECORD_FILE);
        let mut text = String::new();
        self.file.read_to_string(&mut text).map_err(|why| StoreError::Read { path: path.clone(), why })?;
        let record = read_run(&text).map_err(|why| StoreError::Format { path, why })?;
        let digest = digest_run(&record);
        let is_running = record.end == RunEnd::Running;
        // The record of a run that goes on is small, and soon another.
        if !is_running && let Err(error) = self.save(folder, &digest) {
            tracing::debug!("the index of a run is left out: {error}");
        }
        Ok(Known { value: digest, is_running })
    }

    fn save(&self, folder: &Path, digest: &RunDigest) -> Result<(), StoreError> {
        let head = Head {
            format_version: INDEX_FORMAT_VERSION,
            aforo_version: env!("CARGO_PKG_VERSION").to_owned(),
            record: self.stamp,
            run: digest.run.clone(),
        };
        writer::replace(&folder.join(INDEX_FILE), |out| {
            write_line(out, &head)?;
            write_line(out, digest)
        })
    }
}

fn write_line(out: &mut dyn Write, document: &impl Serialize) -> std::io::Result<()> {
    serde_json::to_writer(&mut *out, document)?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::fixtures::{add_run, record, store};

    #[test]
    fn the_index_says_what_the_record_says_and_is_used_the_next_time() {
        let (_folder, store) = store();
        let run = add_run(&store, "a", |_| {});
        let from_record = digest(&run).unwrap().value;
        let mut expected = record();
        expected.id = "a".to_owned();
        assert_eq!(from_record, digest_run(&expected));
        assert_eq!(digest(&run).unwrap().value, from_record);
        assert_eq!(entry(&run).unwrap().value, from_record.run);
        // The same size and time, other content: only the index can still say what was there.
        let path = run.join(RECORD_FILE);
        let metadata = std::fs::metadata(&path).unwrap();
        std::fs::write(&path, " ".repeat(metadata.len() as usize)).unwrap();
        File::options().append(true).open(&path).unwrap().set_modified(metadata.modified().unwrap()).unwrap();
        assert_eq!(entry(&run).unwrap().value, from_record.run);
    }

    #[test]
    fn an_index_that_is_old_broken_or_cut_short_is_made_again() {
        let (_folder, store) = store();
        let run = add_run(&store, "a", |_| {});
        let good = digest(&run).unwrap().value;
        let index = std::fs::read_to_string(run.join(INDEX_FILE)).unwrap();
        let head = index.lines().next().unwrap();
        let stale = head.replace("\"bytes\":", "\"bytes\":9");
        for text in
            ["", "{", "[]\n[]\n", head, &format!("{head}\n{{\"run\":"), &format!("{stale}\n{{}}\n"), "\u{0}"]
        {
            std::fs::write(run.join(INDEX_FILE), text).unwrap();
            assert_eq!(digest(&run).unwrap().value, good, "{text:.40}");
            assert_eq!(std::fs::read_to_string(run.join(INDEX_FILE)).unwrap(), index);
        }
        add_run(&store, "a", |record| record.scenario.name = "other".to_owned());
        assert_eq!(entry(&run).unwrap().value.scenario, "other", "the record has changed");
    }

    #[test]
    fn a_run_that_goes_on_leaves_no_index() {
        let (_folder, store) = store();
        let run = add_run(&store, "a", |record| record.end = RunEnd::Running);
        assert!(entry(&run).unwrap().is_running);
        assert!(!run.join(INDEX_FILE).exists());
    }

    #[test]
    fn many_readers_at_once_agree() {
        let (_folder, store) = store();
        let run = add_run(&store, "a", |_| {});
        std::thread::scope(|scope| {
            let readers: Vec<_> = (0..8).map(|_| scope.spawn(|| digest(&run).unwrap().value)).collect();
            let read: Vec<RunDigest> = readers.into_iter().map(|each| each.join().unwrap()).collect();
            assert!(read.windows(2).all(|pair| pair[0] == pair[1]));
        });
        assert!(OpenRecord::open(&run).unwrap().index(&run).is_some());
        let parts = std::fs::read_dir(&run)
            .unwrap()
            .flatten()
            .filter(|file| file.file_name().to_string_lossy().contains("part"));
        assert_eq!(parts.count(), 0, "nothing half written is left");
    }
}
