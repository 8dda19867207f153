//! `latency.hlog`: the histograms of a run, second by second, as an `HdrHistogram` interval log.
//!
//! Any tool that reads interval logs reads it. Values are microseconds, and so is the column of the largest
//! value (readers that assume nanoseconds scale it by `maxValueUnitRatio`; here that ratio is 1). Each step
//! has up to three tags: `step` for response time, `step:service` for service time, `step:failed` for the
//! response time of failed requests. The tag `:start-delay` is how late the rounds of an open workload started. Characters of a name that a tag cannot hold are written as `%XX`.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Duration;

use aforo_model::{LoadSecond, TimeHistogram};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use hdrhistogram::serialization::interval_log::{
    IntervalLogHistogram, IntervalLogIterator, IntervalLogWriterBuilder, LogEntry, Tag,
};
use hdrhistogram::serialization::{Deserializer, V2DeflateSerializer};
use thiserror::Error;

/// Version of the tags and units; that of the log itself is `HdrHistogram`'s. It rises with every change that
/// an older reader would misread.
const FORMAT_VERSION: u64 = 1;
const VERSION_LINE: &str = "#[Aforo interval log format ";
const SERVICE: &str = ":service";
const FAILED: &str = ":failed";
const START_DELAY: &str = ":start-delay";

/// Writes the log as the run goes.
pub struct IntervalLogWriter<W: Write> {
    out: W,
    serializer: V2DeflateSerializer,
}

impl<W: Write> IntervalLogWriter<W> {
    /// Begins a log of a run that began at `started_at`.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn new(out: W, started_at: DateTime<Utc>) -> io::Result<Self> {
        let mut writer = Self { out, serializer: V2DeflateSerializer::new() };
        let mut header = Vec::new();
        IntervalLogWriterBuilder::new()
            .add_comment("[Histogram log format version 1.3]")
            .add_comment(&format!("{}{FORMAT_VERSION}]", VERSION_LINE.trim_start_matches('#')))
            .add_comment("[Values and Interval_Max are microseconds (maxValueUnitRatio 1)]")
            .add_comment(
                "[Tags: step = response time, step:service = service time, step:failed = failed requests, :start-delay = lateness of starts]",
            )
            .with_start_time(started_at.into())
            .with_base_time(started_at.into())
            .begin_log_with(&mut header, &mut writer.serializer)?;
        header.extend_from_slice(
            b"\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n",
        );
        writer.out.write_all(&header)?;
        writer.out.flush()?;
        Ok(writer)
    }

    /// Writes the histograms of one second in one piece and flushes, so that a run that is killed keeps every
    /// second before. Empty histograms are left out.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write_second(&mut self, second: &LoadSecond) -> io::Result<()> {
        let mut lines = Vec::new();
        let mut log = IntervalLogWriterBuilder::new().begin_log_with(&mut lines, &mut self.serializer)?;
        let from = Duration::from_secs(second.second.into());
        for (step, figures) in &second.steps {
            let name = encoded(step);
            let histograms = [
                ("", Some(&figures.response_time)),
                (SERVICE, figures.service_time.as_ref()),
                (FAILED, Some(&figures.failed_response_time)),
            ];
            for (kind, histogram) in histograms {
                let Some(histogram) = histogram.filter(|histogram| !histogram.is_empty()) else { continue };
                let tag = format!("{name}{kind}");
                log.write_histogram(histogram.counts(), from, Duration::from_secs(1), Tag::new(&tag))
                    .map_err(|error| io::Error::other(error.to_string()))?;
            }
        }
        if !second.start_delay.is_empty() {
            let counts = second.start_delay.counts();
            log.write_histogram(counts, from, Duration::from_secs(1), Tag::new(START_DELAY))
                .map_err(|error| io::Error::other(error.to_string()))?;
        }
        self.out.write_all(&lines)?;
        self.out.flush()
    }
}

/// A log that was read. Its histograms are decoded second by second when they are asked for: those of a long
/// run would not fit into memory at once.
#[derive(Debug, Default)]
pub struct IntervalLog<'a> {
    seconds: BTreeMap<u32, Vec<Interval<'a>>>,
}

/// One line of a log and its number, counted from 1.
#[derive(Debug)]
struct Interval<'a> {
    line: usize,
    histogram: IntervalLogHistogram<'a>,
}

impl IntervalLog<'_> {
    /// Puts the histograms of this second into `second`, whose counts were saved apart. Steps that `second`
    /// does not have are passed over.
    ///
    /// # Errors
    /// [`IntervalLogError::Broken`] when a histogram of this second cannot be decoded.
    pub fn restore(&self, second: &mut LoadSecond) -> Result<(), IntervalLogError> {
        for interval in self.seconds.get(&second.second).into_iter().flatten() {
            restore_interval(&interval.histogram, second)
                .map_err(|why| IntervalLogError::Broken { line: interval.line, why })?;
        }
        Ok(())
    }
}

/// Why an interval log cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum IntervalLogError {
    /// It does not say that it is one of ours.
    #[error(
        "this is not an interval log of Aforo: it does not start with `#[… log format …]` lines that say so"
    )]
    Foreign,
    /// A newer Aforo wrote it.
    #[error(
        "this interval log was written in format {found}, and this Aforo reads up to format {FORMAT_VERSION}; use a newer Aforo"
    )]
    Newer {
        /// The version it was written in.
        found: u64,
    },
    /// A line before the last one is broken.
    #[error(
        "line {line} of the interval log is broken: {why}; restore the file from a copy, or delete that line"
    )]
    Broken {
        /// Which line, counted from 1.
        line: usize,
        /// What is wrong with it.
        why: String,
    },
}

/// Reads a log. The last line may be cut off, as a killed run leaves it; it is then left out.
///
/// # Errors
/// [`IntervalLogError`] when it is not a log of Aforo, a newer one wrote it, or a line before the last is broken.
pub fn read_interval_log(bytes: &[u8]) -> Result<IntervalLog<'_>, IntervalLogError> {
    check_version(bytes)?;
    let mut log = IntervalLog::default();
    let lines: Vec<&[u8]> = bytes.split_inclusive(|&byte| byte == b'\n').collect();
    for (at, bytes) in lines.iter().enumerate() {
        let line = at + 1;
        match read_line(bytes) {
            Ok(Some((second, histogram))) => {
                log.seconds.entry(second).or_default().push(Interval { line, histogram });
            }
            Ok(None) => {}
            Err(_) if line == lines.len() => {}
            Err(why) => return Err(IntervalLogError::Broken { line, why }),
        }
    }
    Ok(log)
}

fn check_version(bytes: &[u8]) -> Result<(), IntervalLogError> {
    let header = bytes.split(|&byte| byte == b'\n').take_while(|line| line.starts_with(b"#"));
    let version = header
        .filter_map(|line| std::str::from_utf8(line).ok()?.trim_end().strip_prefix(VERSION_LINE))
        .find_map(|rest| rest.strip_suffix(']')?.parse().ok());
    match version {
        None => Err(IntervalLogError::Foreign),
        Some(found) if found > FORMAT_VERSION => Err(IntervalLogError::Newer { found }),
        Some(_) => Ok(()),
    }
}

/// The interval of one line and its second; `None` for a comment or the legend.
fn read_line(line: &[u8]) -> Result<Option<(u32, IntervalLogHistogram<'_>)>, String> {
    match IntervalLogIterator::new(line).next() {
        None | Some(Ok(LogEntry::StartTime(_) | LogEntry::BaseTime(_))) => Ok(None),
        Some(Err(_)) => Err("it is neither a comment nor an interval".to_owned()),
        Some(Ok(LogEntry::Interval(interval))) => {
            let second = u32::try_from(interval.start_timestamp().as_secs())
                .map_err(|_| "its second is beyond any run".to_owned())?;
            Ok(Some((second, interval)))
        }
    }
}

fn restore_interval(interval: &IntervalLogHistogram<'_>, second: &mut LoadSecond) -> Result<(), String> {
    let tag = interval.tag().ok_or("it has no tag")?.as_str();
    let (name, kind) = tag.split_once(':').unwrap_or((tag, ""));
    let name = decoded(name).ok_or("its tag is not a step's name")?;
    let bytes = STANDARD.decode(interval.encoded_histogram()).map_err(|error| error.to_string())?;
    let counts = Deserializer::new().deserialize(&mut bytes.as_slice()).map_err(|error| error.to_string())?;
    let times = TimeHistogram::from_counts(counts);
    if tag == START_DELAY {
        second.start_delay = times;
        return Ok(());
    }
    let Some(step) = second.steps.get_mut(&name) else { return Ok(()) };
    match kind {
        "" => step.response_time = times,
        "service" => step.service_time = Some(times),
        "failed" => step.failed_response_time = times,
        other => return Err(format!("`{other}` is not a kind of time")),
    }
    Ok(())
}

/// A step's name as a tag can hold it. `:` sets the kind of time apart, `%` marks what was replaced.
fn encoded(name: &str) -> String {
    let mut tag = String::with_capacity(name.len());
    for c in name.chars() {
        if matches!(c, ',' | ' ' | '\r' | '\n' | ':' | '%') {
            tag += &format!("%{:02X}", u32::from(c));
        } else {
            tag.push(c);
        }
    }
    tag
}

/// The step's name that a tag holds; `None` when a `%` is not followed by two hexadecimal digits.
fn decoded(tag: &str) -> Option<String> {
    let mut parts = tag.split('%');
    let mut name = parts.next()?.to_owned();
    for part in parts {
        let code = u8::from_str_radix(part.get(..2)?, 16).ok()?;
        name.push(char::from(code));
        name += part.get(2..)?;
    }
    Some(name)
}

#[cfg(test)]
mod tests;
