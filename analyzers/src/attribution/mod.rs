//! Which step causes which statement, from a load that mixes them: the calls of each statement in short slices of the run
//! are explained by the requests of each step in the same slices, and by a background that only time explains.
//!
//! This works as far as the mix varies. In one that never does, all steps rise and fall together, and any could be the
//! cause; then there is no answer, or one with wide intervals. It tells whom to look at; what a single request says
//! (`n_plus_one`) is the proof.

mod bootstrap;
mod fit;
mod lagged;
mod slices;

use std::collections::BTreeMap;

use aforo_model::database::{
    AttributedStatement, Attribution, LoadSlice, StatementCauses, StatementKey, StatementStep,
};
use aforo_model::{Answer, Interval};

use crate::statements::Identities;
use crate::statistics::condition_number;
use bootstrap::Resamples;
use fit::Fit;
use lagged::LaggedProducts;
use slices::{Design, design};

/// Fewest slices; an interval from less says little.
const MIN_SLICES: usize = 10;
/// Slices for each column (step or background): with fewer, nearly any calls can be explained.
const SLICES_PER_COLUMN: usize = 2;
/// Condition number above which steps cannot be told apart: errors in counts of a tenth of a percent (one request of a
/// thousand, at the edge of a slice) could then change the answer by its own size.
const WORST_CONDITION: f64 = 1000.0;
/// Share of the variation that requests must explain.
const LEAST_R_SQUARED: f64 = 0.5;
/// Calls per request below which a step does not cause a statement: one request of two hundred.
const SMALLEST_RATE: f64 = 0.005;

/// Splits the calls of every statement among the steps of a load. `texts` are those of the statements as far as they may
/// be read.
pub fn attribute(slices: &[LoadSlice], texts: &BTreeMap<StatementKey, String>) -> Answer<Attribution> {
    let mut identities = Identities::default();
    let design = design(slices, texts, &mut identities);
    let columns = design.steps.len() + 1;
    let needed = MIN_SLICES.max(SLICES_PER_COLUMN * columns);
    if design.steps.is_empty() {
        return Answer::absent("no request was seen");
    }
    if design.rows.len() < needed {
        return Answer::absent(format!(
            "telling {} steps apart needs {needed} slices of a second or more, and there are {}",
            design.steps.len(),
            design.rows.len()
        ));
    }
    let products = LaggedProducts::of(columns, design.rows.iter());
    let condition_number = condition_number(products.unlagged());
    if condition_number.is_nan() || condition_number > WORST_CONDITION {
        return Answer::absent(
            "the steps rose and fell together, so any could be the cause; vary the mix of the load from second to second",
        );
    }
    let resamples = Resamples::of(columns, &design.rows);
    let mut statements: Vec<AttributedStatement> = identities
        .statements()
        .iter()
        .zip(&design.calls)
        .filter(|(identity, _)| identity.noise.is_none())
        .map(|(identity, calls)| AttributedStatement {
            fingerprint: identity.fingerprint.clone(),
            text: identity.text.clone(),
            is_top_level: identity.is_top_level,
            calls: calls.iter().sum::<f64>() as u64,
            causes: causes(&design, &products, &resamples, calls),
        })
        .collect();
    statements.sort_by(|left, right| {
        right.calls.cmp(&left.calls).then_with(|| left.fingerprint.cmp(&right.fingerprint))
    });
    let slice_count = u32::try_from(design.rows.len()).unwrap_or(u32::MAX);
    Answer::Found(Attribution { slice_count, condition_number, statements })
}

fn causes(
    design: &Design,
    products: &LaggedProducts,
    resamples: &Resamples,
    calls: &[f64],
) -> Answer<StatementCauses> {
    let columns = design.steps.len() + 1;
    let fit = Fit::of(design, products, calls, vec![true; columns]);
    let intervals = resamples.intervals(&design.rows, calls, &fit);
    // Under a steady load, a call a second is as well some of a call for every request of all steps. Of the two the job
    // beside the load is the likelier, so steps that are not certain leave their part to the rest.
    let mut is_used: Vec<bool> = intervals.iter().map(|rate| rate.low > 0.0).collect();
    if let Some(background) = is_used.last_mut() {
        *background = true;
    }
    let fit = Fit::of(design, products, calls, is_used);
    if fit.r_squared.is_nan() || fit.r_squared < LEAST_R_SQUARED {
        let seconds: f64 = design.rows.iter().filter_map(|(row, _)| row.last()).sum();
        return Answer::absent(format!(
            "the requests of no step explain for certain when it ran, {:.1} times a second on average",
            calls.iter().sum::<f64>() / seconds
        ));
    }
    let intervals = resamples.intervals(&design.rows, calls, &fit);
    let requests = |column: usize| design.rows.iter().map(|(row, _)| row[column]).sum::<f64>();
    let mut steps: Vec<(f64, StatementStep)> = std::iter::zip(&design.steps, &intervals)
        .enumerate()
        .filter(|(_, (_, rate))| rate.estimate >= SMALLEST_RATE)
        .map(|(column, (step, rate))| {
            (rate.estimate * requests(column), StatementStep { step: step.clone(), calls_per_request: *rate })
        })
        .collect();
    steps.sort_by(|left, right| right.0.total_cmp(&left.0));
    let none = Interval { estimate: 0.0, low: 0.0, high: 0.0 };
    Answer::Found(StatementCauses {
        steps: steps.into_iter().map(|(_, step)| step).collect(),
        background_per_s: intervals.last().copied().unwrap_or(none),
        r_squared: fit.r_squared,
    })
}

#[cfg(test)]
mod tests;
