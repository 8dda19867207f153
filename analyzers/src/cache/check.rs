//! What a check of a cache is, and the words in which it concludes.

use aforo_model::cache::{CacheCheckLine, CacheEvidence, KeyPattern, LargeValue};
use aforo_model::database::CheckResult;
use aforo_model::{Finding, Severity, Subject};

pub(super) use crate::database::about;
use crate::database::{CheckReading, Numbers, finding_of, result, results_of};

/// What results about the server as a whole are about.
const REDIS: &str = "redis";

/// One check of a cache: what it looks for, and the function that looks.
#[derive(Debug, Clone, Copy)]
pub(super) struct CacheCheck {
    /// Permanent kebab-case code, also that of its findings and of its file.
    pub(super) code: &'static str,
    /// What it looks for, in one line.
    pub(super) summary: &'static str,
    /// What its value is read from.
    pub(super) reads: &'static str,
    /// From which value on it is a warning, and critical.
    pub(super) threshold: &'static str,
    /// Whose threshold that is.
    pub(super) source: &'static str,
    /// Looks, and says what it saw, or why it could not look.
    pub(super) run: fn(&CacheFacts) -> CheckReading,
}

/// What checks look at: what was read, and what follows from its sample.
#[derive(Debug)]
pub(super) struct CacheFacts {
    pub(super) evidence: CacheEvidence,
    /// All patterns, the one with most memory first.
    pub(super) patterns: Vec<KeyPattern>,
    /// All large values, the largest first.
    pub(super) large_values: Vec<LargeValue>,
}

impl CacheCheck {
    /// Looks.
    pub(super) fn line(&self, facts: &CacheFacts) -> CacheCheckLine {
        CacheCheckLine {
            code: self.code.to_owned(),
            summary: self.summary.to_owned(),
            reads: self.reads.to_owned(),
            threshold: self.threshold.to_owned(),
            source: self.source.to_owned(),
            results: results_of((self.run)(facts), REDIS),
        }
    }
}

/// The warnings and worse of a line.
pub(super) fn findings(line: &CacheCheckLine) -> impl Iterator<Item = Finding> {
    line.results.iter().filter_map(|result| finding_of(&line.code, result))
}

/// The one result of a check that judges the server as a whole. The remedy is for the case that something is wrong.
pub(super) fn judged(
    severity: Option<Severity>,
    seen: impl Into<String>,
    remedy: impl Into<String>,
    numbers: Numbers<'_>,
) -> CheckReading {
    Ok(vec![result(Subject::Part(REDIS.to_owned()), severity, seen, remedy, numbers)])
}

/// The one result of a check that found nothing to object to.
pub(super) fn fine(seen: impl Into<String>, numbers: Numbers<'_>) -> CheckReading {
    judged(None, seen, "", numbers)
}

/// The results about those that stand out, or that none does.
pub(super) fn those_or_fine(outstanding: Vec<CheckResult>, fine_seen: impl Into<String>) -> CheckReading {
    if outstanding.is_empty() { fine(fine_seen, &[]) } else { Ok(outstanding) }
}
