//! How a command fails: what happened, why, what to do next, and the exit code that goes with it.

use aforo_hotel::HotelError;
use aforo_pipeline::{
    AnalysisError, CacheAnalysisError, CompareError, ConfigError, DatabaseError, RunError, StepLoadError,
    StoreError, TargetError, TargetProcessError, TracerError,
};
use miette::Report;

use crate::exit_code::ExitCode;

/// A failure with its exit code.
#[derive(Debug)]
pub(crate) struct Failure {
    code: ExitCode,
    /// Absent when what happened has been said already.
    report: Option<Report>,
}

impl Failure {
    /// Wrong usage or configuration.
    pub(crate) fn usage(report: impl Into<Report>) -> Self {
        Self { code: ExitCode::Usage, report: Some(report.into()) }
    }

    /// An option's value says nothing that could be understood.
    pub(crate) fn argument(error: impl std::error::Error) -> Self {
        Self::usage(miette::miette!("{error}"))
    }

    /// The target or something in the environment is not available.
    pub(crate) fn unavailable(report: impl Into<Report>) -> Self {
        Self { code: ExitCode::Unavailable, report: Some(report.into()) }
    }

    /// Something of the system that Aforo cannot do without failed.
    pub(crate) fn unavailable_because(what: &str, why: &std::io::Error) -> Self {
        Self { code: ExitCode::Unavailable, report: Some(miette::miette!("{what}: {why}")) }
    }

    /// A value of ours could not be written as JSON.
    pub(crate) fn json(error: serde_json::Error) -> Self {
        Self { code: ExitCode::Bug, report: Some(miette::miette!("cannot write JSON: {error}")) }
    }

    /// A failure of which the user has been told.
    pub(crate) fn told(code: ExitCode) -> Self {
        Self { code, report: None }
    }

    /// Tells the user, and gives the exit code.
    pub(crate) fn report(self) -> ExitCode {
        if let Some(report) = self.report {
            anstream::eprintln!("{report:?}");
        }
        self.code
    }
}

impl From<AnalysisError> for Failure {
    fn from(error: AnalysisError) -> Self {
        match error {
            AnalysisError::Target(error) => error.into(),
            AnalysisError::Interrupted => Self { code: ExitCode::Interrupted, report: Some(error.into()) },
            AnalysisError::Database(DatabaseError::Url(_)) => Self::usage(error),
            AnalysisError::Database(_) => Self::unavailable(error),
            AnalysisError::Engine(_) => Self::usage(error),
            AnalysisError::Tracer(error) => error.into(),
        }
    }
}

impl From<TracerError> for Failure {
    fn from(error: TracerError) -> Self {
        match error {
            TracerError::Url(_) => Self::usage(error),
            TracerError::Proxy(_) | TracerError::Server(_) | TracerError::NotUsed { .. } => {
                Self::unavailable(error)
            }
        }
    }
}

impl From<CompareError> for Failure {
    fn from(error: CompareError) -> Self {
        match error {
            CompareError::Store(error) => error.into(),
            CompareError::Unknown { .. }
            | CompareError::Twice { .. }
            | CompareError::SameRun { .. }
            | CompareError::Incomparable(_) => Self::usage(error),
        }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::usage(error)
    }
}

impl From<TargetError> for Failure {
    fn from(error: TargetError) -> Self {
        match error {
            TargetError::BadUrl { .. } | TargetError::NotAllowed { .. } => Self::usage(error),
            TargetError::UnknownHost { .. } | TargetError::Unreachable { .. } => Self::unavailable(error),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unknown { .. }
            | StoreError::UnknownBaseline { .. }
            | StoreError::BaselineGone { .. }
            | StoreError::BaselineName { .. }
            | StoreError::BaselineLoads { .. }
            | StoreError::UnknownStep { .. }
            | StoreError::Baselines { .. }
            | StoreError::OutsideStore { .. }
            | StoreError::NoProfile { .. }
            | StoreError::Ambiguous { .. }
            | StoreError::Format { .. }
            | StoreError::IntervalLog { .. } => Self::usage(error),
            StoreError::Write { .. }
            | StoreError::Delete { .. }
            | StoreError::Read { .. }
            | StoreError::StillRunning { .. }
            | StoreError::Busy { .. } => Self::unavailable(error),
        }
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Target(error) => error.into(),
            RunError::Store(error) => error.into(),
            RunError::NoProfiler(_) => Self::unavailable(error),
            RunError::Unprofilable(_) => Self::usage(error),
            RunError::Engine(_) => Self { code: ExitCode::Bug, report: Some(Report::new(error)) },
            RunError::Interrupted => Self { code: ExitCode::Interrupted, report: Some(Report::new(error)) },
        }
    }
}

impl From<CacheAnalysisError> for Failure {
    fn from(error: CacheAnalysisError) -> Self {
        match error {
            CacheAnalysisError::Target(error) => error.into(),
            CacheAnalysisError::Engine(_) => Self::usage(error),
            CacheAnalysisError::Cache(_) | CacheAnalysisError::Trace(_) => Self::unavailable(error),
            CacheAnalysisError::Interrupted => {
                Self { code: ExitCode::Interrupted, report: Some(error.into()) }
            }
        }
    }
}

impl From<StepLoadError> for Failure {
    fn from(error: StepLoadError) -> Self {
        match error {
            StepLoadError::Target(error) => error.into(),
            StepLoadError::Engine(_) => Self::usage(error),
            StepLoadError::Fails { .. } | StepLoadError::NoRequests { .. } => Self::unavailable(error),
            StepLoadError::Interrupted => Self { code: ExitCode::Interrupted, report: Some(error.into()) },
        }
    }
}

impl From<HotelError> for Failure {
    fn from(error: HotelError) -> Self {
        let report = miette::miette!("{error}");
        match error {
            HotelError::Config { .. } | HotelError::ForeignDatabase { .. } => Self::usage(report),
            _ => Self::unavailable(report),
        }
    }
}

impl From<TargetProcessError> for Failure {
    fn from(error: TargetProcessError) -> Self {
        match &error {
            // The hotel has said on standard error what it lacks; its exit code is ours.
            TargetProcessError::Ended(status) if status.code() == Some(ExitCode::Unavailable as i32) => {
                Self::told(ExitCode::Unavailable)
            }
            TargetProcessError::Ended(status) if status.code() == Some(ExitCode::Usage as i32) => {
                Self::told(ExitCode::Usage)
            }
            _ => Self::unavailable(error),
        }
    }
}

/// Makes a panic a message that asks for a report, instead of a stack of internals.
pub(crate) fn install_panic_hook() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(|place| format!(" at {place}")).unwrap_or_default();
        let said = panic.payload_as_str().unwrap_or("no message");
        anstream::eprintln!(
            "aforo: this is a bug in Aforo{place}: {said}\n\
             Please report it with the command you ran; AFORO_LOG=debug shows more."
        );
    }));
}
