//! Reports over many runs of the store.

use aforo_analyzers::{HistoryQuestion, PeriodSummary, figure_history};
use aforo_model::{FigureHistory, LeftOut, Period, PeriodReport, RunDigest, Subject};

use super::judged_histograms::judged_histograms;
use super::{RunFilter, RunStore, StoreError};

impl RunStore {
    /// One figure over the runs that are wanted and had the load of the newest of them, and a target that said the same of itself unless
    /// the question mixes them; `None` without any.
    ///
    /// # Errors
    /// [`StoreError::UnknownStep`] when none of these runs has the step that is asked for, and [`StoreError::Read`] when the folder of the
    /// store itself cannot be read.
    pub fn history(
        &self,
        filter: &RunFilter,
        question: &HistoryQuestion,
    ) -> Result<Option<FigureHistory>, StoreError> {
        let digests = self.digests(filter)?;
        if let Subject::Step(name) = &question.subject {
            check_step(&digests.runs, name)?;
        }
        let history = figure_history(&digests.runs, question);
        Ok(history.map(|history| FigureHistory {
            left_out: history.left_out.into_iter().chain(digests.left_out).collect(),
            ..history
        }))
    }

    /// What the runs of a period show together. The moments of `filter` are not looked at.
    ///
    /// # Errors
    /// [`StoreError::Read`] when the folder of the store itself cannot be read.
    pub fn period_report(&self, period: Period, filter: &RunFilter) -> Result<PeriodReport, StoreError> {
        let up_to_its_end = RunFilter { from: None, to: Some(period.to), ..filter.clone() };
        let digests = self.digests(&up_to_its_end)?;
        let mut summary = PeriodSummary::new(period, &digests.runs);
        for run in summary.wanted() {
            match judged_histograms(&self.folder_of(&run.run.id), run) {
                Ok(steps) => {
                    summary.merge(run, &steps);
                }
                // The report says of how many runs the histograms are merged.
                Err(error) => tracing::debug!("the histograms of {} are left out: {error}", run.run.id),
            }
        }
        Ok(summary.finish(self.unread(period)?))
    }

    /// The runs of a period that cannot be told of.
    fn unread(&self, period: Period) -> Result<Vec<LeftOut>, StoreError> {
        let of_period = RunFilter { from: period.from, to: Some(period.to), ..RunFilter::default() };
        Ok(self.digests(&of_period)?.left_out)
    }
}

/// Most characters of a step's name that an error shows.
const LONGEST_STEP: usize = 60;

/// Whether a run of the newest one's load has the step.
fn check_step(runs: &[RunDigest], name: &str) -> Result<(), StoreError> {
    let Some(newest) = runs.last() else { return Ok(()) };
    let mut of_load = runs.iter().filter(|run| run.load.hash == newest.load.hash);
    if of_load.any(|run| steps(run).any(|step| step == name)) {
        return Ok(());
    }
    let shown = |name: &str| -> String {
        name.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST_STEP).collect()
    };
    let names: Vec<String> = steps(newest).map(shown).collect();
    let known =
        if names.is_empty() { "is none".to_owned() } else { format!("are the steps {}", names.join(", ")) };
    Err(StoreError::UnknownStep { name: shown(name), known })
}

fn steps(run: &RunDigest) -> impl Iterator<Item = &str> {
    run.steps.iter().filter_map(|step| match &step.subject {
        Subject::Step(name) => Some(name.as_str()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use aforo_model::Indicator;

    use super::*;
    use crate::store::fixtures::{add_run, store};

    #[test]
    fn a_step_that_no_run_has_is_answered_with_those_there_are() {
        let (_folder, store) = store();
        let of = |step: &str| HistoryQuestion {
            subject: Subject::Step(step.to_owned()),
            indicator: Indicator::Quantile(0.95),
            limit: None,
            any_description: false,
        };
        let all = RunFilter::default();
        assert!(store.history(&all, &of("nosuch")).unwrap().is_none(), "there is no run at all");
        let run = add_run(&store, "20261101T000000Z-a-1", |_| {});
        let step = store.load(&run).unwrap().load.steps[0].name.clone();
        assert_eq!(store.history(&all, &of(&step)).unwrap().unwrap().points.len(), 1);
        let error = store.history(&all, &of("no\u{1b}such")).unwrap_err().to_string();
        assert!(error.contains("`no such`") && error.contains(&step), "{error}");
    }
}
