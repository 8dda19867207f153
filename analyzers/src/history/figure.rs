//! One figure of a run, from what is kept of it.

use aforo_model::{Indicator, RunDigest, StepDigest, Subject, TimeSummary};

use crate::indicators::{MIN_REQUESTS, quantile_of, samples_needed};

/// A figure of a run, or why there is none, as the end of "runs …".
pub(super) fn figure(run: &RunDigest, subject: &Subject, indicator: Indicator) -> Result<f64, String> {
    let of_step = |measure: &dyn Fn(&StepDigest) -> Result<f64, String>| {
        let step = run.steps.iter().find(|step| step.subject == *subject);
        measure(step.ok_or_else(|| format!("without a step `{subject}`"))?)
    };
    match indicator {
        Indicator::Quantile(quantile) => of_step(&|step| {
            let needed = if quantile >= 1.0 { MIN_REQUESTS } else { samples_needed(quantile) };
            timed(&step.response_time, needed, indicator, |times| quantile_of(times, quantile).value)
        }),
        Indicator::Mean => {
            of_step(&|step| timed(&step.response_time, MIN_REQUESTS, indicator, |times| times.mean_us))
        }
        Indicator::Max => of_step(&|step| {
            timed(&step.response_time, MIN_REQUESTS, indicator, |times| times.max_us.map(|us| us as f64))
        }),
        Indicator::ErrorRate => of_step(&|step| rate(step, |_| true)),
        Indicator::ServerErrorRate => of_step(&|step| rate(step, aforo_model::ErrorKind::is_server_side)),
        Indicator::Throughput => of_step(&|step| enough(step).map(|()| step.throughput_per_s)),
        Indicator::MemoryGrowth
        | Indicator::P95Drift
        | Indicator::CacheHitRatio
        | Indicator::CacheFragmentation
        | Indicator::ConnectionUse => of_objective(run, subject, indicator),
    }
}

/// P95 of all steps together, µs.
pub(super) fn total_p95_us(run: &RunDigest) -> Option<f64> {
    figure(run, &Subject::Total, Indicator::Quantile(0.95)).ok()
}

fn timed(
    times: &TimeSummary,
    needed: u64,
    indicator: Indicator,
    value: impl Fn(&TimeSummary) -> Option<f64>,
) -> Result<f64, String> {
    let measured = value(times).filter(|value| value.is_finite() && times.count >= needed);
    measured.ok_or_else(|| format!("with fewer than the {needed} timed requests that {indicator} needs"))
}

fn enough(step: &StepDigest) -> Result<(), String> {
    if step.requests < MIN_REQUESTS {
        return Err(format!("with fewer than {MIN_REQUESTS} requests"));
    }
    Ok(())
}

fn rate(step: &StepDigest, counts: impl Fn(aforo_model::ErrorKind) -> bool) -> Result<f64, String> {
    enough(step)?;
    let errors: u64 = step.errors.iter().filter(|(kind, _)| counts(**kind)).map(|(_, count)| count).sum();
    Ok(errors as f64 / step.requests as f64)
}

/// What describes the whole run is measured where an objective asks for it.
fn of_objective(run: &RunDigest, subject: &Subject, indicator: Indicator) -> Result<f64, String> {
    let asked = |result: &&aforo_model::SloResult| {
        result.slo.expect.indicator == indicator && result.slo.subject == *subject
    };
    let mut results = run.slos.iter().filter(asked).peekable();
    if results.peek().is_none() {
        return Err(format!("whose scenario has no objective on {indicator}, so that it was not measured"));
    }
    results
        .find_map(|result| result.measured)
        .filter(|value| value.is_finite())
        .ok_or_else(|| format!("in which {indicator} could not be measured"))
}
