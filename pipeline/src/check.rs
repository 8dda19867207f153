//! The preflight checklist: what should be true of a target and this machine before load is worth something.

mod database;
mod machine;
mod redis;
mod target;

use std::path::Path;

use crate::target::Target;

/// One line of the checklist.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct CheckItem {
    /// Permanent kebab-case name.
    pub name: &'static str,
    /// How it stands.
    #[serde(flatten)]
    pub outcome: CheckOutcome,
    /// What was seen.
    pub detail: String,
}

/// How an item of the checklist stands.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum CheckOutcome {
    /// As it should be.
    Ok,
    /// A run is possible, and what it shows is weaker for this.
    Warning {
        /// What to do about it.
        remedy: String,
    },
    /// A run is not possible.
    Failed {
        /// What to do about it.
        remedy: String,
    },
    /// It could not be looked at.
    Skipped {
        /// What would make it possible.
        remedy: String,
    },
}

impl CheckItem {
    fn ok(name: &'static str, detail: impl Into<String>) -> Self {
        Self { name, outcome: CheckOutcome::Ok, detail: detail.into() }
    }

    fn warning(name: &'static str, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { name, outcome: CheckOutcome::Warning { remedy: remedy.into() }, detail: detail.into() }
    }

    fn failed(name: &'static str, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { name, outcome: CheckOutcome::Failed { remedy: remedy.into() }, detail: detail.into() }
    }

    fn skipped(name: &'static str, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { name, outcome: CheckOutcome::Skipped { remedy: remedy.into() }, detail: detail.into() }
    }

    /// What to do about it, unless it is as it should be.
    pub fn remedy(&self) -> Option<&str> {
        match &self.outcome {
            CheckOutcome::Ok => None,
            CheckOutcome::Warning { remedy }
            | CheckOutcome::Failed { remedy }
            | CheckOutcome::Skipped { remedy } => Some(remedy),
        }
    }
}

/// Goes through the whole checklist (R2.6). `runs_directory` is where a run would be saved.
pub async fn preflight(target: &Target, runs_directory: &Path) -> Vec<CheckItem> {
    let mut items = target::items(target).await;
    items.extend(database::items(target.database_url.as_deref()).await);
    items.extend(redis::items(target.redis_url.as_deref()).await);
    items.extend(machine::items(runs_directory));
    items
}
