//! The first sentence of a database report.

use aforo_model::database::DatabaseReport;
use aforo_model::{Answer, Severity};

use crate::figures;
use crate::style::Tone;

/// Below this, a score is shown as bad; below [`DOUBTFUL_SCORE`], as doubtful. They only choose a colour.
const BAD_SCORE: f64 = 60.0;
const DOUBTFUL_SCORE: f64 = 85.0;

/// The database with its health and how much stands out.
pub(super) fn headline(report: &DatabaseReport) -> String {
    format!("Database {}: {}", report.server.database, conclusion(report))
}

/// Health, and how much stands out.
pub(super) fn conclusion(report: &DatabaseReport) -> String {
    let count = |severity: Severity| {
        report.findings.iter().filter(|finding| finding.severity == severity).count() as u64
    };
    let found = match (count(Severity::Critical), count(Severity::Warning)) {
        (0, 0) => "nothing stands out".to_owned(),
        (critical, warnings) => {
            format!("{} critical, {} to look at", figures::count(critical), figures::count(warnings))
        }
    };
    let health = match &report.checklist.health.score {
        Answer::Found(score) => format!("server and schema {score:.0} of 100"),
        Answer::Absent { .. } => "no score of server and schema".to_owned(),
    };
    format!("{health}; {found}")
}

/// How the headline is toned.
pub(super) fn tone(report: &DatabaseReport) -> Tone {
    let is_critical = report.findings.iter().any(|finding| finding.severity == Severity::Critical);
    match report.checklist.health.score {
        _ if is_critical => Tone::Bad,
        Answer::Found(score) if score < BAD_SCORE => Tone::Bad,
        Answer::Found(score) if score >= DOUBTFUL_SCORE => Tone::Good,
        _ => Tone::Doubtful,
    }
}
