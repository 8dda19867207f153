//! Profiles as files, for other viewers of profiles.

use std::fs::File;
use std::io::{BufWriter, Error, Write};
use std::path::Path;

use aforo_model::profile::{ProfileFiles, ProfileRecord};
use aforo_reports::profile::{FlameGraphError, write_flame_graph, write_folded, write_pprof};
use chrono::{DateTime, TimeDelta, Utc};

/// The folder beside the report.
const FOLDER: &str = "profiles";
/// What the files of a run's profile are called.
pub(crate) const RUN_PROFILE: &str = "cpu";

/// The files of a profile, relative to the folder of its report.
pub(crate) fn names(stem: &str) -> ProfileFiles {
    let file = |extension: &str| Some(format!("{FOLDER}/{stem}.{extension}"));
    ProfileFiles { pprof: file("pb.gz"), folded: file("folded"), flame_graph: file("svg") }
}

/// Writes the files that the record names into `folder`. `started` is the start of the run, `title` is shown above the flame graph.
/// A profile without samples has no files.
///
/// # Errors
/// What the system says when a file cannot be written.
pub(crate) fn write_profile(
    record: &ProfileRecord,
    started: DateTime<Utc>,
    title: &str,
    folder: &Path,
) -> std::io::Result<()> {
    if record.profile.stacks.is_empty() {
        return Ok(());
    }
    std::fs::create_dir_all(folder.join(FOLDER))?;
    let began = started + TimeDelta::milliseconds((record.profile.window.from_s * 1e3) as i64);
    let samples = record.profile.samples;
    let comments = [
        title.to_owned(),
        format!(
            "{} at {} Hz, {} samples",
            record.profile.profiler.as_str(),
            // The format holds the time between two samples, of which 99.00000099 is made again.
            (record.profile.rate_hz * 100.0).round() / 100.0,
            samples.kept
        ),
    ];
    write(folder, record.files.pprof.as_deref(), |out| write_pprof(&record.profile, began, &comments, out))?;
    write(folder, record.files.folded.as_deref(), |out| write_folded(&record.profile, out))?;
    write(folder, record.files.flame_graph.as_deref(), |out| {
        write_flame_graph(&record.profile, title, out).map_err(of_flame_graph)
    })
}

/// Writes one file, if it has a name.
pub(crate) fn write(
    folder: &Path,
    name: Option<&str>,
    render: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
) -> std::io::Result<()> {
    let Some(name) = name else { return Ok(()) };
    let mut file = BufWriter::new(File::create(folder.join(name))?);
    render(&mut file)?;
    file.flush()
}

pub(crate) fn of_flame_graph(error: FlameGraphError) -> Error {
    match error {
        FlameGraphError::Write(error) => error,
        other => Error::other(other),
    }
}
