//! What was compared, and how: answers under a word each.

use aforo_model::profile::ProfileDiff;
use aforo_model::{ComparedRun, ComparisonMethod, RunComparison, format_duration};

use super::ranking;
use crate::counted::counted;
use crate::figures;
use crate::headline::word as verdict_word;

/// Reasons that are told where nothing can be said of figures; the others are in the JSON.
const REASONS_SHOWN: usize = 4;

/// The two sides, what else differs between them, and the method.
pub(crate) fn facts(comparison: &RunComparison) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        ("before", side(&comparison.before)),
        ("after", side(&comparison.after)),
        ("method", method(comparison)),
    ];
    let differences = comparison.differences.iter().map(|difference| {
        ("differs", format!("{}: {} → {}", difference.what, difference.before, difference.after))
    });
    facts.extend(differences);
    facts
}

/// The runs of a side.
fn side(runs: &[ComparedRun]) -> String {
    let requests: u64 = runs.iter().map(|run| run.requests).sum();
    let requests = counted(requests, "request");
    match runs {
        [] => "no run".to_owned(),
        [run] => format!("{}, {}, {requests}, {}", run.id, target(run), verdict_word(&run.verdict)),
        [first, .., last] => {
            format!("{} runs, {} to {}, {}, {requests}", runs.len(), first.id, last.id, target(first))
        }
    }
}

fn target(run: &ComparedRun) -> String {
    match &run.description {
        Some(description) => format!("{} ({description})", run.target),
        None => run.target.clone(),
    }
}

fn method(comparison: &RunComparison) -> String {
    let method = match comparison.method {
        ComparisonMethod::WithinRuns { block_s: 0, .. } => {
            "one run a side, too short for its seconds to be drawn again in blocks".to_owned()
        }
        ComparisonMethod::WithinRuns { block_s, resamples, run_to_run_ratio } => format!(
            "one run a side: seconds drawn again in blocks of {block_s} s, {} times, and {} allowed for what changes from run \
             to run, which one run cannot show",
            figures::count(resamples.into()),
            figures::percent(run_to_run_ratio)
        ),
        ComparisonMethod::BetweenRuns { permutations: 0, .. } => {
            "several runs, too few to exchange them between the sides: a t test".to_owned()
        }
        ComparisonMethod::BetweenRuns { permutations, is_exact } => {
            let all = if is_exact { ", which are all" } else { "" };
            let permutations = counted(permutations.into(), "way");
            format!("several runs a side, exchanged between the sides in {permutations}{all}")
        }
    };
    format!("{method}; a change up to {} is none", figures::percent(comparison.tolerance_ratio))
}

/// What is not in the table of changes, as counts: `31 figures are equivalent`.
pub(crate) fn folded(comparison: &RunComparison) -> Vec<String> {
    let mut lines = Vec::new();
    match ranking::equivalent_count(comparison) {
        0 => {}
        count => lines.push(format!("{} equivalent.", figures_are(count))),
    }
    let reasons = ranking::reasons(comparison);
    let told = reasons.iter().take(REASONS_SHOWN);
    lines.extend(told.map(|(why, count)| format!("{} inconclusive: {why}.", figures_are(*count))));
    let rest: usize = reasons.iter().skip(REASONS_SHOWN).map(|(_, count)| count).sum();
    if rest > 0 {
        lines.push(format!("{} inconclusive for other reasons, which are in the JSON.", figures_are(rest)));
    }
    lines
}

fn figures_are(count: usize) -> String {
    let are = if count == 1 { "is" } else { "are" };
    format!("{} {are}", counted(count as u64, "figure"))
}

/// What the columns of the table mean.
pub(crate) fn columns_mean(comparison: &RunComparison) -> &'static str {
    match comparison.method {
        ComparisonMethod::WithinRuns { .. } => {
            "Change: after ÷ before; of errors the difference in percentage points (pp). Ranges hold with 95 % confidence. \
             CPU and DB: time for a request."
        }
        ComparisonMethod::BetweenRuns { .. } => {
            "Before and after are the means of the runs. Change: after ÷ before; of errors the difference in percentage \
             points (pp). Ranges hold with 95 % confidence. CPU and DB: time for a request."
        }
    }
}

/// What is said where no function changed by more than chance.
pub(crate) const NO_FUNCTION: &str = "No function's own CPU changed by more than chance.";

/// CPU of all functions together.
pub(crate) fn cpu(diff: &ProfileDiff) -> String {
    let [before, after] = [diff.before_cpu_ms, diff.after_cpu_ms].map(|cpu_ms| format_duration(cpu_ms * 1e3));
    format!("1000 requests took {after} of CPU, and {before} before.")
}

/// Where the flame graph lies.
pub(super) fn flame_graph(diff: &ProfileDiff) -> String {
    match &diff.flame_graph {
        Some(file) => format!("Differential flame graph: {file} beside the comparison."),
        None => "--output FOLDER writes the differential flame graph.".to_owned(),
    }
}
