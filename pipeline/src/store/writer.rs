//! Writes the folder of a run, second by second.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use aforo_model::{LoadSecond, ResourceSample, RunRecord, TimeHistogram};
use aforo_reports::{FORMATS, Format, IntervalLogWriter};
use serde::Serialize;

use crate::plan_files::write_plans;
use crate::profile_files::write_profile;

use super::lock::RunLock;
use super::{LATENCY_FILE, RECORD_FILE, RESOURCES_FILE, SECONDS_FILE, StoreError, create_folder};
use super::{index, judged_histograms};

/// The folder of a run that is going on.
pub(crate) struct RunWriter {
    folder: PathBuf,
    seconds: AppendedFile,
    resources: AppendedFile,
    latency: IntervalLogWriter<BufWriter<File>>,
    /// Tells a run that is going on from one that was killed.
    _lock: Option<RunLock>,
}

impl RunWriter {
    pub(super) fn create(folder: PathBuf, record: &RunRecord) -> Result<Self, StoreError> {
        create_folder(&folder.join("evidence"))?;
        let lock = RunLock::take(&folder)?;
        write_record(&folder, record)?;
        let latency_path = folder.join(LATENCY_FILE);
        let failed = |why| StoreError::Write { path: latency_path.clone(), why };
        let latency_file = File::create(&latency_path).map_err(failed)?;
        let latency =
            IntervalLogWriter::new(BufWriter::new(latency_file), record.started_at).map_err(failed)?;
        Ok(Self {
            seconds: AppendedFile::create(folder.join(SECONDS_FILE))?,
            resources: AppendedFile::create(folder.join(RESOURCES_FILE))?,
            latency,
            folder,
            _lock: lock,
        })
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn append_second(&mut self, second: &LoadSecond) -> Result<(), StoreError> {
        self.latency
            .write_second(second)
            .map_err(|why| StoreError::Write { path: self.folder.join(LATENCY_FILE), why })?;
        self.seconds.append(second)
    }

    pub(crate) fn append_resources(&mut self, sample: &ResourceSample) -> Result<(), StoreError> {
        self.resources.append(sample)
    }

    /// Writes the final record, every report, and the histograms of the judged part that reports over many runs merge.
    pub(crate) fn finish(
        self,
        record: &RunRecord,
        judged: &BTreeMap<String, TimeHistogram>,
    ) -> Result<(), StoreError> {
        write_reports(&self.folder, record)?;
        judged_histograms::keep(&self.folder, record.started_at, judged);
        Ok(())
    }
}

/// Writes the record, every report that is made of it and every plan into `folder`.
pub(crate) fn write_reports(folder: &Path, record: &RunRecord) -> Result<(), StoreError> {
    write_record(folder, record)?;
    for format in FORMATS.iter().filter(|format| format.file_name.is_some_and(|name| name != RECORD_FILE)) {
        let Some(file_name) = format.file_name else { continue };
        replace(&folder.join(file_name), |file| (format.render)(record, file))?;
    }
    let failed = |why| StoreError::Write { path: folder.to_owned(), why };
    for profile in &record.profiles {
        let title = format!("CPU of {}, {}", record.target.name, record.id);
        write_profile(profile, record.started_at, &title, folder).map_err(failed)?;
    }
    if let Some(report) = &record.database {
        write_plans(report, folder).map_err(failed)?;
    }
    index::renew(folder, record);
    Ok(())
}

/// The format of `run.json` itself.
fn record_format() -> &'static Format {
    FORMATS
        .iter()
        .find(|format| format.file_name == Some(RECORD_FILE))
        .expect("run.json is one of the formats")
}

fn write_record(folder: &Path, record: &RunRecord) -> Result<(), StoreError> {
    replace(&folder.join(RECORD_FILE), |file| (record_format().render)(record, file))
}

/// Writes beside the file and renames, so that a reader never sees half of it.
pub(crate) fn replace(
    path: &Path,
    render: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
) -> Result<(), StoreError> {
    // Two that write the same file at once write beside each other, and the last one to finish wins.
    let beside = path.with_added_extension(format!("{}.part", uuid::Uuid::new_v4().simple()));
    let written = File::create(&beside).and_then(|file| {
        let mut file = BufWriter::new(file);
        render(&mut file)?;
        file.flush()?;
        std::fs::rename(&beside, path)
    });
    if written.is_err() {
        // What is half written is of no use; that it cannot be deleted is no news after the failure itself.
        let _ = std::fs::remove_file(&beside);
    }
    written.map_err(|why| StoreError::Write { path: path.to_owned(), why })
}

/// A file of JSON documents, one a line, that is complete after every line.
struct AppendedFile {
    path: PathBuf,
    file: File,
}

impl AppendedFile {
    fn create(path: PathBuf) -> Result<Self, StoreError> {
        let file = File::create(&path).map_err(|why| StoreError::Write { path: path.clone(), why })?;
        Ok(Self { path, file })
    }

    fn append(&mut self, document: &impl Serialize) -> Result<(), StoreError> {
        let written = serde_json::to_vec(document).map_err(std::io::Error::from).and_then(|mut line| {
            line.push(b'\n');
            self.file.write_all(&line)
        });
        written.map_err(|why| StoreError::Write { path: self.path.clone(), why })
    }
}
