//! How long the slowest requests of each endpoint took: a curve over all quantiles.

use aforo_model::{CurvePoint, RunRecord, StepRecord, TimeSummary};
use minijinja::{Value, context};
use serde::Serialize;

use super::Section;
use crate::html::data::data_block;

pub(super) const SECTION: Section = Section {
    id: "percentiles",
    title: "Percentiles",
    view,
    template: include_str!("percentiles.html"),
    style: "",
    script: include_str!("percentiles.js"),
};

/// One endpoint's response time, from its smallest to its largest.
#[derive(Serialize)]
struct Curve<'a> {
    label: &'a str,
    quantiles: Vec<f64>,
    times_us: Vec<u64>,
}

fn view(record: &RunRecord) -> Option<Value> {
    let load = &record.load;
    let total = (load.steps.len() > 1).then_some(&load.total);
    let curves: Vec<Curve<'_>> = total.into_iter().chain(&load.steps).filter_map(curve).collect();
    let is_coarse = load.steps.iter().all(|step| step.response_time_curve.is_empty());
    (!curves.is_empty()).then(|| context! { data => data_block("percentiles-data", &curves), is_coarse })
}

fn curve(step: &StepRecord) -> Option<Curve<'_>> {
    let mut points = step.response_time_curve.clone();
    if points.is_empty() {
        points = known_quantiles(&step.response_time);
    }
    let label = if step.name == "total" { "all together" } else { &step.name };
    (!points.is_empty()).then(|| Curve {
        label,
        quantiles: points.iter().map(|point| point.quantile).collect(),
        times_us: points.iter().map(|point| point.time_us).collect(),
    })
}

/// What an older record keeps of a distribution.
fn known_quantiles(times: &TimeSummary) -> Vec<CurvePoint> {
    let known = [
        (0.5, times.p50_us),
        (0.9, times.p90_us),
        (0.95, times.p95_us),
        (0.99, times.p99_us),
        (0.999, times.p999_us),
        (1.0, times.max_us),
    ];
    known
        .into_iter()
        .filter_map(|(quantile, time_us)| Some(CurvePoint { quantile, time_us: time_us? }))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical;

    #[test]
    fn a_record_without_curves_shows_the_quantiles_it_has() {
        let record = canonical::record("met");
        let curve = curve(&record.load.total).unwrap();
        assert_eq!((curve.label, curve.quantiles.len()), ("all together", 6));
        assert_eq!(curve.times_us[1], record.load.total.response_time.p90_us.unwrap());
    }

    #[test]
    fn an_endpoint_that_was_never_asked_has_no_curve() {
        assert!(curve(&StepRecord::default()).is_none());
    }
}
