//! The checklist of a database: what each check saw, and the health score they add up to.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Answer, Subject};

/// Every check of one reading of a database, by area and code, and the score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Checklist {
    /// One line a check, those that could not look included.
    pub checks: Vec<CheckLine>,
    /// What they add up to.
    pub health: HealthScore,
}

/// What a check is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CheckArea {
    /// Sessions, transactions and locks at the time of reading.
    Connections,
    /// Reads that memory served, and what did not fit into it.
    Cache,
    /// Memory settings against the memory of the machine.
    Memory,
    /// Write-ahead log, checkpoints and durability.
    Wal,
    /// What the planner believes about the machine, and what it may use.
    Planner,
    /// What the server writes down for those who look for causes.
    Logging,
    /// Dead rows, statistics and transaction ids.
    Vacuum,
    /// Tables, constraints, sequences and functions.
    Schema,
    /// Indexes that are missing, broken, or cost more than they give.
    Indexes,
    /// Standbys, slots and the archive.
    Replication,
    /// How passwords are kept.
    Security,
    /// Age of the server's version.
    Version,
    /// What statements cost, and how they read.
    Statements,
    /// What sessions waited for while they were watched.
    Waits,
}

/// One check: what it is, and what it concluded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CheckLine {
    /// Permanent kebab-case code, also that of its findings.
    pub code: String,
    /// What it is about.
    pub area: CheckArea,
    /// What it looks for, in one line.
    pub summary: String,
    /// Points of the health score that it may cost, before they are scaled to what could be judged.
    pub weight: f64,
    /// The views and settings its value is read from.
    pub reads: String,
    /// From which value on it is a warning, and critical.
    pub threshold: String,
    /// Whose threshold that is.
    pub source: String,
    /// What it concluded, for the server as a whole or for each table, session, … that stands out; never empty.
    pub results: Vec<CheckResult>,
}

impl CheckLine {
    /// The worst grade among its results. A check that could look at something was not skipped.
    pub fn grade(&self) -> Grade {
        self.results.iter().map(|result| result.outcome.grade()).max().unwrap_or(Grade::Skipped)
    }
}

/// What a check concluded about one subject.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CheckResult {
    /// The server (`postgres`), or a part of the database such as `table public.guests`.
    pub subject: Subject,
    /// What it concluded.
    pub outcome: CheckOutcome,
}

/// How a check ended. A check that could not look is skipped, never ok.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum CheckOutcome {
    /// The value is within the threshold.
    Ok {
        /// What was seen, with its numbers, as a sentence without a full stop.
        seen: String,
        /// The numbers it rests on, by name with the unit last.
        numbers: BTreeMap<String, f64>,
    },
    /// It will hurt at some load.
    Warning {
        /// What was seen, with its numbers, as a sentence without a full stop.
        seen: String,
        /// What to do about it, with the exact SQL where there is one.
        remedy: String,
        /// The numbers it rests on, by name with the unit last.
        numbers: BTreeMap<String, f64>,
    },
    /// It hurts now, or data is at risk.
    Critical {
        /// What was seen, with its numbers, as a sentence without a full stop.
        seen: String,
        /// What to do about it, with the exact SQL where there is one.
        remedy: String,
        /// The numbers it rests on, by name with the unit last.
        numbers: BTreeMap<String, f64>,
    },
    /// It could not look.
    Skipped {
        /// Why, as a sentence without a full stop.
        why: String,
        /// What would let it look.
        remedy: String,
    },
}

impl CheckOutcome {
    /// The outcome without its words.
    pub fn grade(&self) -> Grade {
        match self {
            Self::Ok { .. } => Grade::Ok,
            Self::Warning { .. } => Grade::Warning,
            Self::Critical { .. } => Grade::Critical,
            Self::Skipped { .. } => Grade::Skipped,
        }
    }
}

/// How a check ended, from nothing known to the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Grade {
    /// It could not look.
    Skipped,
    /// Within the threshold.
    Ok,
    /// It will hurt at some load.
    Warning,
    /// It hurts now, or data is at risk.
    Critical,
}

/// The health of a database in one number, and where it comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HealthScore {
    /// 0–100, 100 is without any deduction; absent where too little could be judged.
    pub score: Answer<f64>,
    /// What it cost, the most expensive first. They are there without a score, too.
    pub deductions: Vec<Deduction>,
    /// Weight of all checks.
    pub total_weight: f64,
    /// Weight of the checks that could look.
    pub judged_weight: f64,
    /// Weight of the checks that could not look, relative to that of all, 0–1.
    pub skipped_weight_ratio: f64,
    /// The highest such share with which a score is given, 0–1.
    pub skipped_weight_limit: f64,
}

/// What one check takes from the health score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Deduction {
    /// The check.
    pub code: String,
    /// Whether it gave a warning or worse.
    pub grade: Grade,
    /// Points of 100: half the weight for a warning, the whole for critical, relative to the weight that was judged.
    pub points: f64,
    /// What was seen, for the worst of its subjects, with how many more there are.
    pub why: String,
}
