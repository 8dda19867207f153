//! Which figures are told first.

use std::cmp::Reverse;

use aforo_model::{Change, FigureComparison, RunComparison, Subject};

/// The figures that changed: what became worse before what became better, what decides before what explains, a step, which says
/// where, before all together, and the largest change first.
pub(crate) fn changed(comparison: &RunComparison) -> Vec<&FigureComparison> {
    let mut changed: Vec<&FigureComparison> = comparison
        .figures
        .iter()
        .filter(|compared| matches!(compared.change, Change::Regression | Change::Improvement))
        .collect();
    // A stable sort: what is equal stays in the order of the scenario.
    changed.sort_by(|one, other| {
        let rank = |compared: &FigureComparison| {
            let is_decisive = compared.figure.is_decisive();
            (compared.change != Change::Regression, Reverse(is_decisive), compared.subject == Subject::Total)
        };
        rank(one).cmp(&rank(other)).then_with(|| size(other).total_cmp(&size(one)))
    });
    changed
}

/// The figures of all steps together that did not change, or of which nothing can be said.
pub(crate) fn unchanged_totals(comparison: &RunComparison) -> Vec<&FigureComparison> {
    let is_unchanged = |compared: &&FigureComparison| {
        compared.subject == Subject::Total
            && matches!(compared.change, Change::Equivalent | Change::Inconclusive { .. })
    };
    comparison.figures.iter().filter(is_unchanged).collect()
}

/// How large a change is, alike upwards and downwards.
fn size(compared: &FigureComparison) -> f64 {
    let estimate = compared.effect.found().map_or(0.0, |effect| effect.estimate);
    match (compared.effect.found(), compared.figure.is_difference()) {
        (None, _) => 0.0,
        (Some(_), true) => estimate.abs(),
        (Some(_), false) => estimate.max(f64::MIN_POSITIVE).ln().abs(),
    }
}

/// The reasons for which nothing can be said of figures, each with how many figures it holds for, the most frequent first.
pub(super) fn reasons(comparison: &RunComparison) -> Vec<(&str, usize)> {
    let mut reasons: Vec<(&str, usize)> = Vec::new();
    for compared in &comparison.figures {
        let Change::Inconclusive { why, .. } = &compared.change else { continue };
        match reasons.iter_mut().find(|(known, _)| known == why) {
            Some((_, count)) => *count += 1,
            None => reasons.push((why, 1)),
        }
    }
    reasons.sort_by_key(|&(_, count)| Reverse(count));
    reasons
}

/// How many figures did not change.
pub(super) fn equivalent_count(comparison: &RunComparison) -> usize {
    comparison.figures.iter().filter(|compared| compared.change == Change::Equivalent).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparison::canonical;
    use aforo_model::ComparedFigure;

    #[test]
    fn what_became_worse_and_decides_comes_first_the_largest_before_the_smaller() {
        let comparison = canonical::regression();
        let told = changed(&comparison);
        assert_eq!(
            (&told[0].subject, told[0].figure),
            (&Subject::Step("admin_list".into()), ComparedFigure::P95)
        );
        let first_improvement = told.iter().position(|each| each.change == Change::Improvement).unwrap();
        assert!(told[first_improvement..].iter().all(|each| each.change == Change::Improvement));
    }

    #[test]
    fn a_step_comes_before_all_together_even_where_these_changed_more() {
        let mut comparison = canonical::regression();
        let total = |compared: &&mut FigureComparison| {
            compared.subject == Subject::Total && compared.figure == ComparedFigure::P95
        };
        let total = comparison.figures.iter_mut().find(total).unwrap();
        total.change = Change::Regression;
        total.effect =
            aforo_model::Answer::Found(aforo_model::Interval { estimate: 900.0, low: 800.0, high: 1000.0 });
        let told = changed(&comparison);
        assert_eq!(told[0].subject, Subject::Step("admin_list".into()));
        assert!(told.iter().any(|each| each.effect.found().is_some_and(|effect| effect.estimate == 900.0)));
    }

    #[test]
    fn reasons_are_counted_and_the_most_frequent_is_first() {
        let comparison = canonical::inconclusive();
        let reasons = reasons(&comparison);
        assert!(reasons.is_sorted_by_key(|&(_, count)| Reverse(count)), "{reasons:?}");
        let all: usize = reasons.iter().map(|(_, count)| count).sum();
        assert_eq!(
            all + equivalent_count(&comparison) + changed(&comparison).len(),
            comparison.figures.len()
        );
    }
}
