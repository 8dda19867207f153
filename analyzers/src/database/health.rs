//! The health score: 100 points, less what the checks take from them.
//!
//! A warning costs half the weight of its check and a critical result the whole; both are scaled to the weight
//! that could be judged, so that a check that could not look neither costs nor earns points. Where that is too much
//! weight, there is no score: a number over the small rest would pass for one over the whole.

use aforo_model::Answer;
use aforo_model::database::{CheckLine, CheckOutcome, Deduction, Grade, HealthScore};

use crate::wording::percent;

/// The highest share of skipped weight with which a score is given.
const SKIPPED_WEIGHT_LIMIT: f64 = 0.30;

/// Adds up what the checks found.
pub(super) fn score(lines: &[CheckLine]) -> HealthScore {
    let total_weight: f64 = lines.iter().map(|line| line.weight).sum();
    // Summed by itself: the rest of a subtraction of shares may lie a hair above the limit.
    let skipped = lines.iter().filter(|line| line.grade() == Grade::Skipped);
    let skipped_weight: f64 = skipped.map(|line| line.weight).sum();
    let judged_weight = total_weight - skipped_weight;
    let skipped_weight_ratio = if total_weight > 0.0 { skipped_weight / total_weight } else { 1.0 };
    let mut deductions: Vec<_> = lines.iter().filter_map(|line| deduction(line, judged_weight)).collect();
    deductions.sort_by(|one, other| other.points.total_cmp(&one.points));
    let lost: f64 = deductions.iter().map(|deduction| deduction.points).sum();
    let score = if judged_weight <= 0.0 {
        Answer::absent("not one check could look")
    } else if skipped_weight_ratio > SKIPPED_WEIGHT_LIMIT {
        Answer::absent(format!(
            "checks with {} of the weight could not look, and above {} there is no score; see what each of \
             them lacks",
            percent(skipped_weight_ratio),
            percent(SKIPPED_WEIGHT_LIMIT)
        ))
    } else {
        Answer::Found((100.0 - lost).clamp(0.0, 100.0))
    };
    HealthScore {
        score,
        deductions,
        total_weight,
        judged_weight,
        skipped_weight_ratio,
        skipped_weight_limit: SKIPPED_WEIGHT_LIMIT,
    }
}

fn deduction(line: &CheckLine, judged_weight: f64) -> Option<Deduction> {
    let grade = line.grade();
    let share = match grade {
        Grade::Skipped | Grade::Ok => return None,
        Grade::Warning => 0.5,
        Grade::Critical => 1.0,
    };
    let worst = line.results.iter().find(|result| result.outcome.grade() == grade)?;
    let (CheckOutcome::Warning { seen, .. } | CheckOutcome::Critical { seen, .. }) = &worst.outcome else {
        return None;
    };
    let others = line.results.iter().filter(|result| result.outcome.grade() >= Grade::Warning).count() - 1;
    let why = if others == 0 { seen.clone() } else { format!("{seen} (and {others} more)") };
    Some(Deduction {
        code: line.code.clone(),
        grade,
        points: 100.0 * share * line.weight / judged_weight,
        why,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use aforo_model::Subject;
    use aforo_model::database::{CheckArea, CheckResult};
    use proptest::prelude::*;

    fn line(weight: f64, grades: &[Grade]) -> CheckLine {
        let result = |grade: &Grade| {
            let (seen, numbers) = ("seen".to_owned(), std::collections::BTreeMap::new());
            let remedy = "remedy".to_owned();
            let outcome = match grade {
                Grade::Skipped => CheckOutcome::Skipped { why: "why".to_owned(), remedy },
                Grade::Ok => CheckOutcome::Ok { seen, numbers },
                Grade::Warning => CheckOutcome::Warning { seen, remedy, numbers },
                Grade::Critical => CheckOutcome::Critical { seen, remedy, numbers },
            };
            CheckResult { subject: Subject::Part("postgres".to_owned()), outcome }
        };
        CheckLine {
            code: "some-check".to_owned(),
            area: CheckArea::Cache,
            summary: String::new(),
            weight,
            reads: String::new(),
            threshold: String::new(),
            source: String::new(),
            results: grades.iter().map(result).collect(),
        }
    }

    #[test]
    fn a_warning_costs_half_the_weight_and_a_critical_result_the_whole() {
        let lines = [line(5.0, &[Grade::Ok]), line(2.0, &[Grade::Warning]), line(3.0, &[Grade::Critical])];
        let health = score(&lines);
        assert_eq!(health.score.found(), Some(&60.0));
        let points: Vec<_> = health.deductions.iter().map(|deduction| deduction.points).collect();
        assert_eq!(points, [30.0, 10.0], "the most expensive first");
        assert_eq!((health.total_weight, health.judged_weight), (10.0, 10.0));
    }

    #[test]
    fn many_subjects_of_one_check_cost_once() {
        let health = score(&[line(5.0, &[Grade::Ok]), line(5.0, &[Grade::Warning, Grade::Warning])]);
        assert_eq!(health.score.found(), Some(&75.0));
        assert_eq!(health.deductions[0].why, "seen (and 1 more)");
    }

    #[test]
    fn what_could_not_look_neither_costs_nor_earns() {
        let lines = [line(4.0, &[Grade::Ok]), line(4.0, &[Grade::Critical]), line(2.0, &[Grade::Skipped])];
        let health = score(&lines);
        assert_eq!(health.score.found(), Some(&50.0));
        assert!((health.skipped_weight_ratio - 0.2).abs() < 1e-12);
    }

    #[test]
    fn above_the_limit_there_is_no_score_but_its_deductions_are_told() {
        let at =
            |skipped| score(&[line(10.0 - skipped, &[Grade::Warning]), line(skipped, &[Grade::Skipped])]);
        assert!(at(3.0).score.found().is_some());
        let health = at(3.1);
        assert!(matches!(&health.score, Answer::Absent { why } if why.contains("31%")), "{:?}", health.score);
        assert_eq!(health.deductions.len(), 1);
        assert_eq!(score(&[]).score.found(), None);
    }

    proptest! {
        #[test]
        fn a_score_lies_between_nothing_and_a_hundred(
            checks in prop::collection::vec((1_u8..10, 0_usize..4), 0..40)
        ) {
            let grades = [Grade::Skipped, Grade::Ok, Grade::Warning, Grade::Critical];
            let lines: Vec<_> =
                checks.iter().map(|(weight, grade)| line(f64::from(*weight), &[grades[*grade]])).collect();
            if let Some(score) = score(&lines).score.found() {
                prop_assert!((0.0..=100.0).contains(score));
            }
        }
    }
}
