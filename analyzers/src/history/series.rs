//! One figure over many runs of the same load, and where its level changed.

use aforo_model::{
    Answer, FigureHistory, HISTORY_FORMAT_VERSION, HistoryChange, HistoryPoint, Indicator, LeftOut,
    RunDigest, Subject,
};

use super::figure::figure;
use crate::change_points::{ChangePointOptions, change_points};

/// Fewest runs of which a change of level is told. The search by permutations says nothing of fewer
/// (E-divisive as Hunter and `MongoDB` use it).
const MIN_RUNS: usize = 15;

/// What is asked of a history.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryQuestion {
    /// The step, or all together.
    pub subject: Subject,
    /// What was measured.
    pub indicator: Indicator,
    /// Most runs, the newest ones; absent for all.
    pub limit: Option<usize>,
    /// Whether runs are mixed whose target said different things of itself, such as the hotel with other flaws.
    pub any_description: bool,
}

/// A figure over the runs that had the load of the newest one, and whose target said the same of itself unless the question mixes them;
/// `None` without any run. `runs` are in order, oldest first. Other runs, and those without the figure, are counted and not shown.
pub fn figure_history(runs: &[RunDigest], question: &HistoryQuestion) -> Option<FigureHistory> {
    let HistoryQuestion { subject, indicator, limit, any_description } = question;
    let newest = runs.last()?;
    let load = newest.load.clone();
    let is_other_target = |run: &RunDigest| !any_description && run.run.description != newest.run.description;
    let mut left_out = Vec::new();
    let mut points = Vec::new();
    for run in runs {
        let value = if run.load.hash != load.hash {
            Err("of another load, scenario or target (--scenario and --target choose others)".to_owned())
        } else if is_other_target(run) {
            Err("whose target said something else of itself, such as other flaws (--any-description shows them too)".to_owned())
        } else if let Some(why) = &run.spoilt {
            Err(why.clone())
        } else {
            figure(run, subject, *indicator)
        };
        match value {
            Ok(value) => points.push(point(run, value)),
            Err(why) => count(&mut left_out, why),
        }
    }
    // A change is found in all of the runs, and stands even where its run is not shown any more.
    let changes = changes(&points);
    let surplus = limit.map_or(0, |limit| points.len().saturating_sub(limit));
    points.drain(..surplus);
    Some(FigureHistory {
        format_version: HISTORY_FORMAT_VERSION,
        load,
        description: newest.run.description.clone().filter(|_| !any_description),
        subject: subject.clone(),
        indicator: *indicator,
        unit: indicator.unit(),
        points,
        changes,
        left_out,
    })
}

/// Where the level of the points changed.
pub(super) fn changes(points: &[HistoryPoint]) -> Answer<Vec<HistoryChange>> {
    if points.len() < MIN_RUNS {
        return Answer::absent(format!(
            "a change of level is looked for in {MIN_RUNS} runs of one load or more, and there are {}",
            points.len()
        ));
    }
    let values: Vec<f64> = points.iter().map(|point| point.value).collect();
    let found = change_points(&values, ChangePointOptions::default());
    let changes = found.into_iter().filter_map(|change| {
        let first = points.get(change.index)?;
        Some(HistoryChange {
            run: first.run.clone(),
            started_at: first.started_at,
            before: change.before,
            after: change.after,
            change_ratio: (change.before > 0.0).then(|| change.after / change.before - 1.0),
            p_value: change.p_value,
        })
    });
    Answer::Found(changes.collect())
}

/// A run with its figure.
pub(super) fn point(run: &RunDigest, value: f64) -> HistoryPoint {
    HistoryPoint {
        run: run.run.id.clone(),
        started_at: run.run.started_at,
        value,
        verdict: run.run.verdict.clone(),
    }
}

/// Counts a run that is left out.
pub(super) fn count(left_out: &mut Vec<LeftOut>, why: String) {
    match left_out.iter_mut().find(|known| known.why == why) {
        Some(known) => known.runs += 1,
        None => left_out.push(LeftOut { why, runs: 1 }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::fixtures::digest;

    fn question(indicator: Indicator) -> HistoryQuestion {
        HistoryQuestion { subject: Subject::Total, indicator, limit: None, any_description: false }
    }

    #[test]
    fn runs_of_another_load_are_not_mixed_in_and_are_counted() {
        let mut runs: Vec<_> = (0..6).map(|at| digest(at, 100)).collect();
        runs[1].load.hash = "other".to_owned();
        runs[2].spoilt = Some("cut short before their time".to_owned());
        runs[3].steps[0].response_time.count = 99;
        let history = figure_history(&runs, &question(Indicator::Quantile(0.95))).unwrap();
        assert_eq!(history.points.len(), 3);
        let counted: Vec<(&str, u64)> =
            history.left_out.iter().map(|each| (each.why.as_str(), each.runs)).collect();
        assert_eq!(
            counted[0],
            ("of another load, scenario or target (--scenario and --target choose others)", 1)
        );
        assert_eq!(counted[1], ("cut short before their time", 1));
        assert!(counted[2].0.contains("100 timed requests that p95 needs"), "{counted:?}");
        assert!(matches!(history.changes, Answer::Absent { why } if why.contains("there are 3")));
    }

    #[test]
    fn runs_of_other_flaws_are_mixed_in_only_when_asked_for() {
        let mut runs: Vec<_> = (0..6).map(|at| digest(at, 100)).collect();
        for (run, flaws) in runs.iter_mut().zip(["all", "all", "none", "all", "none", "none"]) {
            run.run.description = Some(format!("flaws: {flaws}"));
        }
        let alone = figure_history(&runs, &question(Indicator::Mean)).unwrap();
        assert_eq!((alone.points.len(), alone.description.as_deref()), (3, Some("flaws: none")));
        assert_eq!(alone.left_out[0].runs, 3);
        assert!(alone.left_out[0].why.contains("--any-description"), "{:?}", alone.left_out);
        let mixed = HistoryQuestion { any_description: true, ..question(Indicator::Mean) };
        let mixed = figure_history(&runs, &mixed).unwrap();
        assert_eq!((mixed.points.len(), mixed.description, mixed.left_out.len()), (6, None, 0));
    }

    #[test]
    fn a_change_of_level_has_its_share_but_for_a_level_of_zero() {
        let run = digest(0, 100);
        let share = |before: f64, after: f64| {
            let value = |at: i32| if at < 12 { before } else { after + f64::from(at % 3) * 0.01 };
            let points: Vec<_> = (0..24).map(|at| point(&run, value(at))).collect();
            changes(&points).found().map(|found| found[0].change_ratio)
        };
        assert!(share(10.0, 12.0).flatten().is_some_and(|ratio| (ratio - 0.2).abs() < 0.01));
        assert_eq!(share(0.0, 12.0), Some(None));
    }

    #[test]
    fn without_runs_there_is_no_history_and_a_step_that_is_not_there_has_no_points() {
        assert_eq!(figure_history(&[], &question(Indicator::Mean)), None);
        let runs = [digest(0, 100)];
        let asked =
            HistoryQuestion { subject: Subject::Step("nowhere".to_owned()), ..question(Indicator::Mean) };
        let history = figure_history(&runs, &asked).unwrap();
        assert!(history.points.is_empty() && history.left_out[0].why.contains("nowhere"));
    }

    #[test]
    fn every_figure_of_requests_is_there_and_others_need_an_objective() {
        let runs = [digest(0, 100)];
        for word in [
            "p50",
            "p90",
            "p95",
            "p99",
            "p99.9",
            "p100",
            "mean",
            "max",
            "error_rate",
            "server_error_rate",
            "throughput",
        ] {
            let history = figure_history(&runs, &question(word.parse().unwrap())).unwrap();
            assert_eq!(history.points.len(), 1, "{word}: {:?}", history.left_out);
        }
        let history = figure_history(&runs, &question(Indicator::MemoryGrowth)).unwrap();
        assert!(history.left_out[0].why.contains("no objective on memory_growth"), "{:?}", history.left_out);
    }

    #[test]
    fn a_limit_keeps_the_newest() {
        let runs: Vec<_> = (0..6).map(|at| digest(at, 100)).collect();
        let asked = HistoryQuestion { limit: Some(2), ..question(Indicator::Mean) };
        let points = figure_history(&runs, &asked).unwrap().points;
        assert_eq!(points.iter().map(|point| point.run.as_str()).collect::<Vec<_>>(), ["run-4", "run-5"]);
    }
}
