//! One run from start to end, and the run store.
//!
//! [`execute`] puts the stages together: it starts the load and the watch, takes in what they hand over
//! second by second, lets the analyzers judge and the reports be written. It is the only place where the
//! stages meet.

/// The stages, for the command line: it knows them through the pipeline only.
pub use {aforo_reports as reports, aforo_scenarios as scenarios};

mod check;
mod config;
mod death;
mod environment;
mod record;
mod run;
mod store;
mod target;
mod target_process;

pub use check::{CheckItem, CheckOutcome, preflight};
pub use config::{CONFIG_FILE, Config, ConfigError};
pub use environment::find_processes;
pub use run::{RunError, RunEvent, RunOutcome, RunPlan, execute};
pub use store::{RECORD_FILE, RunStore, StoreError};
pub use target::{Target, TargetError, mask_password};
pub use target_process::{Announcement, TargetProcess, TargetProcessError};
