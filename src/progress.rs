//! What is shown on standard error while a run or an analysis goes on.

use std::time::{Duration, Instant};

use aforo_pipeline::reports::{LiveView, live_line};
use aforo_pipeline::{AnalysisEvent, RunEvent, StepProfileEvent};

use crate::terminal;

/// How often a line is written where it cannot be written over, such as in a CI log.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// The live line of a run.
pub(crate) struct Progress {
    overwrites: bool,
    last_line: Option<Instant>,
    line_is_open: bool,
}

impl Progress {
    pub(crate) fn new() -> Self {
        Self { overwrites: terminal::stderr_is_terminal(), last_line: None, line_is_open: false }
    }

    /// Shows one event.
    pub(crate) fn show(&mut self, event: &RunEvent<'_>) {
        match event {
            RunEvent::Started { record, folder } => self.say(&format!(
                "Loading {} with {}; saving to {}",
                record.target.url,
                record.scenario.name,
                folder.display()
            )),
            RunEvent::Notice(text) => self.say(text),
            RunEvent::Analysis(AnalysisEvent::Began(what)) => self.say(&format!("Analysis: {what}")),
            // A run has no proxy, and its line is the load's.
            RunEvent::Analysis(
                AnalysisEvent::Probing { .. } | AnalysisEvent::WaitingForApplication { .. },
            ) => {}
            RunEvent::Second { live, duration_s } => {
                let line = live_line(&LiveView {
                    elapsed_s: u64::from(live.second) + 1,
                    duration_s: duration_s.round() as u64,
                    users: live.users,
                    requests_per_s: live.requests_per_s,
                    p95_us: live.p95_us,
                    error_rate: live.error_rate,
                });
                if self.overwrites {
                    anstream::eprint!("\r\x1b[2K{line}");
                    self.line_is_open = true;
                } else if self.last_line.is_none_or(|last| last.elapsed() >= LINE_EVERY) {
                    anstream::eprintln!("{line}");
                    self.last_line = Some(Instant::now());
                }
            }
        }
    }

    /// Leaves the live line, so that what comes next starts on a line of its own.
    pub(crate) fn finish(&mut self) {
        if std::mem::take(&mut self.line_is_open) {
            anstream::eprintln!();
        }
    }

    fn say(&mut self, text: &str) {
        self.finish();
        anstream::eprintln!("{text}");
    }
}

/// The parts of an analysis, as they begin.
pub(crate) struct Stages {
    overwrites: bool,
    line_is_open: bool,
}

impl Stages {
    pub(crate) fn new() -> Self {
        Self { overwrites: terminal::stderr_is_terminal(), line_is_open: false }
    }

    /// Shows one event.
    pub(crate) fn show(&mut self, event: &AnalysisEvent<'_>) {
        match event {
            AnalysisEvent::Began(what) => {
                self.finish();
                anstream::eprintln!("Analysis: {what}");
            }
            AnalysisEvent::WaitingForApplication { url, limit_s } => {
                self.finish();
                anstream::eprintln!(
                    "Start the application with this database URL; it is good until the analysis is over:\n  {url}"
                );
                if url.contains(":***@") {
                    anstream::eprintln!("*** stands for the password, which stays what it is.");
                }
                anstream::eprintln!("Waiting up to {limit_s} s for the application to connect and to answer");
            }
            AnalysisEvent::Probing { sent, planned } if self.overwrites => {
                anstream::eprint!("\r\x1b[2K{sent} of {planned} requests");
                self.line_is_open = true;
            }
            AnalysisEvent::Probing { .. } => {}
        }
    }

    /// Leaves a line that is written over.
    pub(crate) fn finish(&mut self) {
        if std::mem::take(&mut self.line_is_open) {
            anstream::eprintln!();
        }
    }
}

/// The live line of a step that is profiled.
pub(crate) struct ProfileProgress {
    overwrites: bool,
    line_is_open: bool,
    wanted: u64,
}

impl ProfileProgress {
    pub(crate) fn new(wanted: u64) -> Self {
        Self { overwrites: terminal::stderr_is_terminal(), line_is_open: false, wanted }
    }

    /// Shows one event.
    pub(crate) fn show(&mut self, event: &StepProfileEvent) {
        match event {
            StepProfileEvent::Began(Some(profiler)) => {
                self.say(&format!("Loading the step alone; {profiler} takes the profile"));
            }
            StepProfileEvent::Began(None) => self.say("Loading the step alone, without a profile"),
            StepProfileEvent::Notice(text) => self.say(text),
            StepProfileEvent::Second(progress) if self.overwrites => {
                let cpu =
                    progress.target_cpu_s.map(|cpu_s| format!(", {cpu_s:.1} s of CPU")).unwrap_or_default();
                anstream::eprint!(
                    "\r\x1b[2K{:.0} s: {} of {} requests{cpu}",
                    progress.judged_s,
                    progress.requests,
                    self.wanted
                );
                self.line_is_open = true;
            }
            StepProfileEvent::Second(_) => {}
        }
    }

    /// Leaves a line that is written over.
    pub(crate) fn finish(&mut self) {
        if std::mem::take(&mut self.line_is_open) {
            anstream::eprintln!();
        }
    }

    fn say(&mut self, text: &str) {
        self.finish();
        anstream::eprintln!("{text}");
    }
}
