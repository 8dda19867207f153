//! The comparison as a whole.

use aforo_model::{
    Answer, COMPARISON_FORMAT_VERSION, Change, ComparedRun, ComparisonMethod, Difference, PlanChange,
    RunComparison, RunRecord,
};
use thiserror::Error;

use super::comparable::{notes, obstacles};
use super::doubts::doubt;
use super::family::{Basis, compared_figures};
use super::judge::overall;
use super::plan_changes::plan_changes;
use super::{ComparisonOptions, RunSeconds};
use crate::profile::compare_profiles;
use aforo_model::profile::ProfileDiff;

/// A run that is compared.
#[derive(Debug, Clone, Copy)]
pub struct RunUnderComparison<'a> {
    /// Its record.
    pub record: &'a RunRecord,
    /// Its seconds. They are looked at where each side has one run; where one has several, they may be empty.
    pub seconds: &'a RunSeconds,
}

/// The runs measured different things, so that no difference between them says anything.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "these runs cannot be compared, because they were not the same load: {}; compare runs of one scenario with the same settings",
    as_sentence(.differences)
)]
pub struct Incomparable {
    /// In what they differ.
    pub differences: Vec<Difference>,
}

fn as_sentence(differences: &[Difference]) -> String {
    let of = |difference: &Difference| {
        format!("{}: {} before, {} after", difference.what, difference.before, difference.after)
    };
    differences.iter().map(of).collect::<Vec<_>>().join("; ")
}

/// Holds the runs `after` against those `before`.
///
/// - One run a side: the seconds of each are drawn again in blocks (circular block bootstrap). That tells how sure each run is of
///   its own figures. How much runs of the same target differ, one run cannot tell; a deviation is allowed for
///   ([`ComparisonOptions::run_to_run_ratio`]).
/// - More than one on a side: each run gives one value of a figure, and runs are exchanged between the sides, or a t test is made where
///   there are too few to exchange.
///
/// A figure is called worse or better only where the chance of it, adjusted for the number of steps, is at most 5 % and it changed by more
/// than is tolerated. [`RunComparison::change`] is the worst of P95, error rate and throughput. Runs that cannot be relied on (cut
/// short, a busy machine, a generator that could not keep up) are shown and never called.
///
/// # Errors
/// [`Incomparable`] where they were not the same load, or a side has no run.
pub fn compare_runs(
    before: &[RunUnderComparison<'_>],
    after: &[RunUnderComparison<'_>],
    options: ComparisonOptions,
) -> Result<RunComparison, Incomparable> {
    let (Some(first), Some(last_before), Some(last_after)) = (before.first(), before.last(), after.last())
    else {
        return Err(without_runs(before.len(), after.len()));
    };
    let others = || before[1..].iter().chain(after);
    let differences = each_once(others().flat_map(|run| obstacles(first.record, run.record)));
    if !differences.is_empty() {
        return Err(Incomparable { differences });
    }
    let doubt = before.iter().chain(after).find_map(|run| doubt(run.record));
    let (basis, method) = basis(before, after, &options);
    let figures = compared_figures(before, after, &basis, doubt.as_deref(), &options);
    let change = match doubt {
        Some(why) => Change::Inconclusive { why, runs_needed: None },
        None => overall(&figures),
    };
    let shown = |runs: &[RunUnderComparison<'_>]| runs.iter().map(|run| shown(run.record)).collect();
    Ok(RunComparison {
        format_version: COMPARISON_FORMAT_VERSION,
        aforo_version: env!("CARGO_PKG_VERSION").to_owned(),
        before: shown(before),
        after: shown(after),
        method,
        tolerance_ratio: options.tolerance_ratio,
        differences: each_once(others().flat_map(|run| notes(first.record, run.record))),
        figures,
        plan_changes: changed_plans(before, after),
        profile: changed_profile(last_before.record, last_after.record),
        change,
    })
}

fn without_runs(before: usize, after: usize) -> Incomparable {
    let count = |count: usize| count.to_string();
    let runs = Difference { what: "runs".to_owned(), before: count(before), after: count(after) };
    Incomparable { differences: vec![runs] }
}

/// By what is judged, and the same for the record.
fn basis(
    before: &[RunUnderComparison<'_>],
    after: &[RunUnderComparison<'_>],
    options: &ComparisonOptions,
) -> (Basis, ComparisonMethod) {
    let basis = Basis::of(before, after, options);
    let method = match &basis {
        Basis::OneRun(blocks) => ComparisonMethod::WithinRuns {
            block_s: blocks.as_ref().map_or(0, |blocks| u32::try_from(blocks.block_s).unwrap_or(u32::MAX)),
            resamples: options.resamples,
            run_to_run_ratio: options.run_to_run_ratio,
        },
        Basis::Several(exchanges) => ComparisonMethod::BetweenRuns {
            permutations: u32::try_from(exchanges.tried.len()).unwrap_or(u32::MAX),
            is_exact: exchanges.is_exact,
        },
    };
    (basis, method)
}

/// Differences with one line for each thing that differs.
fn each_once(differences: impl Iterator<Item = Difference>) -> Vec<Difference> {
    let mut found: Vec<Difference> = Vec::new();
    for difference in differences {
        if found.iter().all(|other| other.what != difference.what) {
            found.push(difference);
        }
    }
    found
}

/// Of the latest run of each side whose database was read.
fn changed_plans(before: &[RunUnderComparison<'_>], after: &[RunUnderComparison<'_>]) -> Vec<PlanChange> {
    let latest =
        |runs: &[RunUnderComparison<'_>]| runs.iter().rev().find_map(|run| run.record.database.clone());
    latest(before).zip(latest(after)).map_or_else(Vec::new, |(was, is)| plan_changes(&was, &is))
}

fn changed_profile(before: &RunRecord, after: &RunRecord) -> Answer<ProfileDiff> {
    match (before.profiles.first(), after.profiles.first()) {
        (Some(was), Some(is)) => compare_profiles(&before.id, was, is),
        (None, None) => Answer::absent("neither run was profiled"),
        (None, Some(_)) => Answer::absent("only the later run was profiled"),
        (Some(_), None) => Answer::absent("only the earlier run was profiled"),
    }
}

fn shown(record: &RunRecord) -> ComparedRun {
    ComparedRun {
        id: record.id.clone(),
        started_at: record.started_at,
        target: record.target.name.clone(),
        description: record.target.description.clone(),
        requests: record.load.total.requests,
        verdict: record.verdict.clone(),
    }
}
