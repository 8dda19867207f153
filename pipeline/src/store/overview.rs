//! Reports over many runs of the store.

use aforo_analyzers::{HistoryQuestion, PeriodSummary, figure_history};
use aforo_model::{FigureHistory, LeftOut, Period, PeriodReport};

use super::judged_histograms::judged_histograms;
use super::{RunFilter, RunStore, StoreError};

impl RunStore {
    /// One figure over the runs that are wanted and had the load of the newest of them; `None` without any.
    ///
    /// # Errors
    /// [`StoreError::Read`] when the folder of the store itself cannot be read.
    pub fn history(
        &self,
        filter: &RunFilter,
        question: &HistoryQuestion,
    ) -> Result<Option<FigureHistory>, StoreError> {
        let digests = self.digests(filter)?;
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
