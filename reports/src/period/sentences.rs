//! A period in sentences: the same for the terminal and for Markdown.

use aforo_model::{
    HistoryPoint, LoadAggregate, PeriodReport, RecommendationCourse, RecommendationSeen, Unit, VerdictCounts,
};

use crate::counted::counted;
use crate::figures;
use crate::history::sheets;
use crate::text::one_line;

/// What the quantiles of the table of steps are.
pub(super) const TIMES_MEAN: &str = "P50 to P99 are of all requests of all runs together: histograms are merged, quantiles are never averaged.";
/// What its last column is.
pub(super) const RANGE_MEANS: &str = "The last column is the lowest and the highest P95 of a single run.";

/// The runs of the period with their verdicts.
pub(super) fn headline(report: &PeriodReport) -> String {
    match report.runs.len() {
        0 => "No runs.".to_owned(),
        count => format!("{}: {}.", counted(count as u64, "run"), verdicts(&report.verdicts)),
    }
}

/// `10 met, 1 violated, 1 inconclusive`; of those, only the ones there are.
pub(super) fn verdicts(counts: &VerdictCounts) -> String {
    let counts = [(counts.met, "met"), (counts.violated, "violated"), (counts.inconclusive, "inconclusive")];
    let parts = counts.into_iter().filter(|(count, _)| *count > 0);
    parts.map(|(count, word)| format!("{} {word}", figures::count(count))).collect::<Vec<_>>().join(", ")
}

/// The title of a load: `peak on hotel (flaws: all): 12 runs, 10 met, 2 violated`.
pub(super) fn title(load: &LoadAggregate) -> String {
    let runs = counted(load.runs, "run");
    let says =
        load.description.as_ref().map_or_else(String::new, |says| format!(" ({})", sheets::name(says)));
    format!("{}{says}: {runs}, {}", sheets::name_of(&load.load), verdicts(&load.verdicts))
}

/// What the figures of a load rest on, where that is not all of its runs.
pub(super) fn basis(load: &LoadAggregate) -> Option<String> {
    let counts = (load.measured_runs < load.runs).then(|| {
        format!(
            "Figures are of {} of {}: those cut short or with a measurement in doubt are left out.",
            load.measured_runs,
            counted(load.runs, "run")
        )
    });
    let times = (load.merged_runs < load.measured_runs).then(|| {
        format!(
            "Times are of {} of {}: the histograms of the others could not be read.",
            load.merged_runs,
            counted(load.measured_runs, "run")
        )
    });
    let sentences: Vec<String> = counts.into_iter().chain(times).collect();
    (!sentences.is_empty()).then(|| sentences.join(" "))
}

/// The best and the worst run, and where the level changed.
pub(super) fn course(load: &LoadAggregate) -> Vec<String> {
    let extreme = |word: &str, point: &Option<HistoryPoint>| {
        let point = point.as_ref()?;
        let p95 = sheets::value(point.value, Unit::Microseconds);
        Some(format!("{word} run: {} with a P95 of {p95}.", one_line(&point.run)))
    };
    let extremes = [extreme("Best", &load.best), extreme("Worst", &load.worst)];
    let changes = sheets::changes(&load.changes, Unit::Microseconds).into_iter();
    extremes
        .into_iter()
        .flatten()
        .chain(changes.map(|change| format!("P95 of all steps together. {change}")))
        .collect()
}

/// A recommendation and what became of it.
pub(super) fn recommendation(seen: &RecommendationSeen) -> String {
    let title = sheets::name(&seen.title);
    match &seen.course {
        RecommendationCourse::Stands => format!("stands: {title}"),
        RecommendationCourse::Appeared { run } => format!("new since {}: {title}", one_line(run)),
        RecommendationCourse::Disappeared { run } => {
            format!("no longer advised since {}: {title}", one_line(run))
        }
    }
}
