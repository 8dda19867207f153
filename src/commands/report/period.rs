//! The report over the runs of a period.

use aforo_model::{Period, PeriodEnd, PeriodKind, PeriodReport, parse_moment};
use aforo_pipeline::RunStore;
use aforo_pipeline::reports::period::{PERIOD_FORMATS, render_on};
use chrono::Utc;
use clap::{Args, ValueEnum};

use super::TERMINAL;
use crate::commands::written;
use crate::failure::Failure;
use crate::options::RunFilterOptions;
use crate::terminal;

/// Which period a report is over.
#[derive(Debug, Args)]
#[command(next_help_heading = "Runs of a period (times are UTC, weeks those of ISO 8601)")]
pub(super) struct PeriodOptions {
    /// Report over the runs of a day, a week or a month
    #[arg(long, value_name = "PERIOD", conflicts_with_all = ["since", "until"])]
    period: Option<PeriodWord>,
    /// The one that holds this moment, such as 2026-11-20 or 7d for seven days ago [default: now]
    #[arg(long, value_name = "WHEN", requires = "period")]
    at: Option<String>,
    #[command(flatten)]
    filter: RunFilterOptions,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum PeriodWord {
    /// From midnight to midnight, UTC
    Daily,
    /// From Monday to Sunday
    Weekly,
    /// A month of the calendar
    Monthly,
}

impl PeriodOptions {
    /// Whether a report over a period is asked for.
    pub(super) fn is_wanted(&self) -> bool {
        self.period.is_some() || self.filter.is_set()
    }

    pub(super) fn report(&self, store: &RunStore) -> Result<PeriodReport, Failure> {
        let filter = self.filter.filter()?;
        let now = Utc::now();
        let period = match self.period {
            Some(word) => {
                let at = self.at.as_deref().unwrap_or("now");
                let moment = parse_moment(at, now, PeriodEnd::First).map_err(Failure::argument)?;
                Period::holding(word.into(), moment)
            }
            None => Period { kind: PeriodKind::Custom, from: filter.from, to: filter.to.unwrap_or(now) },
        };
        Ok(store.period_report(period, &filter)?)
    }
}

impl From<PeriodWord> for PeriodKind {
    fn from(word: PeriodWord) -> Self {
        match word {
            PeriodWord::Daily => Self::Daily,
            PeriodWord::Weekly => Self::Weekly,
            PeriodWord::Monthly => Self::Monthly,
        }
    }
}

/// Prints a report over a period in one of its formats.
pub(super) fn print(report: &PeriodReport, format_name: &str) -> Result<(), Failure> {
    let Some(format) = PERIOD_FORMATS.iter().find(|format| format.name == format_name) else {
        let known: Vec<&str> = PERIOD_FORMATS.iter().map(|format| format.name).collect();
        return Err(Failure::usage(miette::miette!(
            help = "leave --period and the like away for a single run",
            "a report over a period has no format `{format_name}`; it has {}",
            known.join(", ")
        )));
    };
    let mut stdout = std::io::stdout().lock();
    written(if format_name == TERMINAL {
        render_on(&terminal::screen(None), report, &mut stdout)
    } else {
        (format.render)(report, &mut stdout)
    })
}
