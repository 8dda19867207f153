//! Every check on one reading of a database.

use aforo_model::Finding;
use aforo_model::database::{CheckLine, Checklist, DatabaseEvidence};

use super::check::{DatabaseCheck, finding_of, results_of};
use super::{checks, health};

/// Looks with every check, and adds up the health score.
pub fn check_database(evidence: &DatabaseEvidence) -> Checklist {
    let checks: Vec<_> = checks::database_checks().map(|check| line(check, evidence)).collect();
    let health = health::score(&checks);
    Checklist { checks, health }
}

/// The warnings and worse of a checklist as findings, in its order.
pub fn checklist_findings(checklist: &Checklist) -> Vec<Finding> {
    let of_line = |line: &'_ CheckLine| -> Vec<Finding> {
        line.results.iter().filter_map(|result| finding_of(&line.code, result)).collect()
    };
    checklist.checks.iter().flat_map(of_line).collect()
}

fn line(check: &DatabaseCheck, evidence: &DatabaseEvidence) -> CheckLine {
    CheckLine {
        code: check.code.to_owned(),
        area: check.area,
        summary: check.summary.to_owned(),
        weight: check.weight,
        reads: check.reads.to_owned(),
        threshold: check.threshold.to_owned(),
        source: check.source.to_owned(),
        results: results_of((check.run)(evidence), "postgres"),
    }
}

#[cfg(test)]
mod tests {
    use aforo_model::database::{CheckOutcome, CheckResult};

    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;
    use aforo_model::{Severity, Subject};

    #[test]
    fn a_healthy_database_gives_no_finding_and_the_full_score() {
        let checklist = check_database(&Fixture::healthy().evidence);
        for line in &checklist.checks {
            assert_eq!(line.grade(), Grade::Ok, "{}: {:?}", line.code, line.results);
        }
        assert_eq!(checklist.health.score.found(), Some(&100.0));
        assert_eq!(checklist.health.skipped_weight_ratio, 0.0);
        assert_eq!(checklist_findings(&checklist), []);
    }

    #[test]
    fn a_database_of_which_nothing_was_read_skips_every_check_and_has_no_score() {
        let checklist = check_database(&Fixture::empty().evidence);
        for line in &checklist.checks {
            let [CheckResult { outcome: CheckOutcome::Skipped { why, remedy }, .. }] = &line.results[..]
            else {
                panic!("{}: {:?}", line.code, line.results)
            };
            assert!(!why.is_empty() && !remedy.is_empty(), "{}", line.code);
        }
        assert_eq!(checklist.health.score.found(), None);
        assert_eq!(checklist.health.skipped_weight_ratio, 1.0);
        assert_eq!(checklist_findings(&checklist), []);
    }

    #[test]
    fn what_is_wrong_becomes_a_finding_with_the_code_of_its_check() {
        let checklist = check_database(&Fixture::healthy().with_setting("fsync", "off").evidence);
        let findings = checklist_findings(&checklist);
        assert_eq!(findings.len(), 1);
        assert_eq!((findings[0].code.as_str(), findings[0].severity), ("fsync-off", Severity::Critical));
        assert_eq!(findings[0].subject, Subject::Part("postgres".to_owned()));
        assert!(findings[0].remedy.contains("ALTER SYSTEM SET fsync = 'on'"), "{}", findings[0].remedy);
    }

    #[test]
    fn judging_twice_gives_the_same_bytes_and_survives_being_saved() {
        let evidence = Fixture::healthy().with_setting("fsync", "off").evidence;
        let saved = || serde_json::to_string(&check_database(&evidence)).unwrap();
        assert_eq!(saved(), saved());
        assert_eq!(serde_json::from_str::<Checklist>(&saved()).unwrap(), check_database(&evidence));
    }

    /// Where the numbers of a document are.
    fn numbers(value: &serde_json::Value, path: &str, found: &mut Vec<String>) {
        match value {
            serde_json::Value::Number(_) => found.push(path.to_owned()),
            serde_json::Value::Array(items) => {
                items.iter().enumerate().for_each(|(at, item)| numbers(item, &format!("{path}/{at}"), found));
            }
            serde_json::Value::Object(fields) => {
                fields.iter().for_each(|(name, field)| numbers(field, &format!("{path}/{name}"), found));
            }
            _ => {}
        }
    }

    #[test]
    fn numbers_as_far_out_as_their_types_allow_break_nothing() {
        let mut saved = serde_json::to_value(Fixture::healthy().evidence).unwrap();
        let mut paths = Vec::new();
        numbers(&saved, "", &mut paths);
        assert!(paths.len() > 100, "{}", paths.len());
        for path in paths {
            let largest =
                [f64::MAX.into(), u64::MAX.into(), i64::MAX.into(), u32::MAX.into(), i16::MAX.into()];
            let fits = largest.into_iter().find(|number: &serde_json::Value| {
                saved.pointer_mut(&path).unwrap().clone_from(number);
                serde_json::from_value::<DatabaseEvidence>(saved.clone()).is_ok()
            });
            assert!(fits.is_some(), "{path}");
        }
        let checklist = check_database(&serde_json::from_value(saved).unwrap());
        assert!(!checklist_findings(&checklist).is_empty());
        assert!(serde_json::to_string(&checklist).is_ok());
    }
}
