//! What a check is, and the words in which it concludes.

use std::collections::BTreeMap;

use aforo_model::database::{CheckArea, CheckOutcome, CheckResult, DatabaseEvidence, Grade, RelationName};
use aforo_model::{Finding, Severity, Subject};

/// One check of the database: what it looks for, and the function that looks.
#[derive(Debug, Clone, Copy)]
pub struct DatabaseCheck {
    /// Permanent kebab-case code, also that of its findings and of its file.
    pub code: &'static str,
    /// What it is about; also its folder.
    pub area: CheckArea,
    /// Points of the health score that it may cost.
    pub weight: f64,
    /// What it looks for, in one line.
    pub summary: &'static str,
    /// The views and settings its value is read from.
    pub reads: &'static str,
    /// From which value on it is a warning, and critical.
    pub threshold: &'static str,
    /// Whose threshold that is.
    pub source: &'static str,
    /// Looks, and says what it saw, or why it could not look.
    pub run: fn(&DatabaseEvidence) -> CheckReading,
}

/// What a check saw, at least one result, or why it could not look.
pub type CheckReading = Result<Vec<CheckResult>, Skip>;

/// Why a check could not look, and what would let it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skip {
    /// Why, as a sentence without a full stop.
    pub why: String,
    /// What enables it: a `GRANT`, an extension, a setting, a longer look.
    pub remedy: String,
}

impl Skip {
    pub(crate) fn new(why: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { why: why.into(), remedy: remedy.into() }
    }
}

/// Numbers a result rests on, by name with the unit last.
pub(crate) type Numbers<'a> = &'a [(&'a str, f64)];

/// The one result of a check that judges the server as a whole. The remedy is for the case that something is wrong.
pub(super) fn judged(
    severity: Option<Severity>,
    seen: impl Into<String>,
    remedy: impl Into<String>,
    numbers: Numbers<'_>,
) -> CheckReading {
    Ok(vec![result(Subject::Part("postgres".to_owned()), severity, seen, remedy, numbers)])
}

/// The one result of a check that found nothing to object to.
pub(super) fn fine(seen: impl Into<String>, numbers: Numbers<'_>) -> CheckReading {
    judged(None, seen, "", numbers)
}

/// A result about one table.
pub(super) fn about_table(
    table: &RelationName,
    severity: Severity,
    seen: impl Into<String>,
    remedy: impl Into<String>,
    numbers: Numbers<'_>,
) -> CheckResult {
    about("table", &format!("{}.{}", table.schema, table.name), severity, seen, remedy, numbers)
}

/// A result about one thing of `kind` (`sequence`, `slot`, …).
pub(crate) fn about(
    kind: &str,
    name: &str,
    severity: Severity,
    seen: impl Into<String>,
    remedy: impl Into<String>,
    numbers: Numbers<'_>,
) -> CheckResult {
    result(Subject::Part(format!("{kind} {name}")), Some(severity), seen, remedy, numbers)
}

/// The results about those that stand out, or that none does.
pub(super) fn those_or_fine(outstanding: Vec<CheckResult>, fine_seen: impl Into<String>) -> CheckReading {
    if outstanding.is_empty() { fine(fine_seen, &[]) } else { Ok(outstanding) }
}

/// A result about anything. Without a severity, it is fine.
pub(crate) fn result(
    subject: Subject,
    severity: Option<Severity>,
    seen: impl Into<String>,
    remedy: impl Into<String>,
    numbers: Numbers<'_>,
) -> CheckResult {
    // Those that are not finite cannot be saved, and say nothing.
    let finite = numbers.iter().filter(|(_, number)| number.is_finite());
    let numbers: BTreeMap<_, _> = finite.map(|(name, number)| ((*name).to_owned(), *number)).collect();
    let (seen, remedy) = (seen.into(), remedy.into());
    let outcome = match severity {
        None | Some(Severity::Info) => CheckOutcome::Ok { seen, numbers },
        Some(Severity::Warning) => CheckOutcome::Warning { seen, remedy, numbers },
        Some(Severity::Critical) => CheckOutcome::Critical { seen, remedy, numbers },
    };
    CheckResult { subject, outcome }
}

/// A warning where it is so.
pub(crate) fn warning_if(is_so: bool) -> Option<Severity> {
    is_so.then_some(Severity::Warning)
}

/// Critical where it is so.
pub(crate) fn critical_if(is_so: bool) -> Option<Severity> {
    is_so.then_some(Severity::Critical)
}

/// Warning from the first threshold on, critical from the second.
pub(crate) fn rising(value: f64, warning_from: f64, critical_from: f64) -> Option<Severity> {
    critical_if(value >= critical_from).or(warning_if(value >= warning_from))
}

/// Warning below the first threshold, critical below the second.
pub(crate) fn falling(value: f64, warning_below: f64, critical_below: f64) -> Option<Severity> {
    critical_if(value < critical_below).or(warning_if(value < warning_below))
}

/// What a check saw; where it could not look, one result about `part` that says why.
pub(crate) fn results_of(reading: CheckReading, part: &str) -> Vec<CheckResult> {
    reading.unwrap_or_else(|skip| {
        let outcome = CheckOutcome::Skipped { why: skip.why, remedy: skip.remedy };
        vec![CheckResult { subject: Subject::Part(part.to_owned()), outcome }]
    })
}

/// The finding that a result of the check with this code is; nothing for what is fine or could not be looked at.
pub(crate) fn finding_of(code: &str, result: &CheckResult) -> Option<Finding> {
    let severity = severity_of(result.outcome.grade())?;
    let (CheckOutcome::Warning { seen, remedy, numbers } | CheckOutcome::Critical { seen, remedy, numbers }) =
        &result.outcome
    else {
        return None;
    };
    Some(Finding {
        code: code.to_owned(),
        subject: result.subject.clone(),
        severity,
        message: seen.clone(),
        remedy: remedy.clone(),
        numbers: numbers.clone(),
    })
}

/// A grade as a severity; nothing for what is not a finding.
pub(crate) fn severity_of(grade: Grade) -> Option<Severity> {
    match grade {
        Grade::Skipped | Grade::Ok => None,
        Grade::Warning => Some(Severity::Warning),
        Grade::Critical => Some(Severity::Critical),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_belong_to_what_lies_above_them_or_below() {
        assert_eq!(
            [0.69, 0.7, 0.9].map(|value| rising(value, 0.7, 0.9)),
            [None, Some(Severity::Warning), Some(Severity::Critical)]
        );
        assert_eq!(
            [0.99, 0.98, 0.89].map(|value| falling(value, 0.99, 0.9)),
            [None, Some(Severity::Warning), Some(Severity::Critical)]
        );
        assert_eq!(rising(f64::NAN, 0.7, 0.9), None);
        assert_eq!(falling(f64::NAN, 0.7, 0.9), None);
    }

    #[test]
    fn a_number_that_cannot_be_saved_is_left_out() {
        let results = fine("seen", &[("ratio", f64::NAN), ("count", 1.0)]).unwrap();
        let CheckOutcome::Ok { numbers, .. } = &results[0].outcome else { panic!("{results:?}") };
        assert_eq!(numbers.keys().collect::<Vec<_>>(), ["count"]);
    }
}
