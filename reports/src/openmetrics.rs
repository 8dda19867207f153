//! `openmetrics.txt`: the figures of a run as metrics, for the metrics report of GitLab and for everything that reads OpenMetrics.
//!
//! One line an indicator and step, the unit last in the name. GitLab tells changes by comparing lines between two branches.

use std::collections::BTreeSet;
use std::io::{self, Write};

use aforo_model::{RunRecord, StepRecord, Verdict};

use crate::figures;
use crate::text::one_line;

/// A metric: its name without the prefix, its unit where it has one, and what it says.
struct Metric {
    name: &'static str,
    unit: Option<&'static str>,
    help: &'static str,
}

/// How a figure of a step is read; absent where there is none.
type Figure = fn(&StepRecord) -> Option<f64>;

/// Figures of every step and of all together, by the label `step`.
const OF_STEPS: [(Metric, Figure); 6] = [
    (
        Metric { name: "response_time_p50_seconds", unit: Some("seconds"), help: "Median response time" },
        |step| seconds(step.response_time.p50_us),
    ),
    (
        Metric {
            name: "response_time_p95_seconds",
            unit: Some("seconds"),
            help: "95th percentile of response time",
        },
        |step| seconds(step.response_time.p95_us),
    ),
    (
        Metric {
            name: "response_time_p99_seconds",
            unit: Some("seconds"),
            help: "99th percentile of response time",
        },
        |step| seconds(step.response_time.p99_us),
    ),
    (
        Metric { name: "error_ratio", unit: Some("ratio"), help: "Failed requests per request, 0 to 1" },
        |step| step.error_rate,
    ),
    (
        Metric {
            name: "throughput_requests_per_second",
            unit: None,
            help: "Requests that met their expectation, per second",
        },
        |step| Some(step.throughput_per_s),
    ),
    (
        Metric { name: "judged_requests", unit: None, help: "Requests in the judged part of the run" },
        |step| Some(step.requests as f64),
    ),
];

const CPU_PER_REQUEST: Metric = Metric {
    name: "cpu_per_request_seconds",
    unit: Some("seconds"),
    help: "CPU time of the target for a request of the judged part",
};
const SLO_MET: Metric = Metric {
    name: "slo_met",
    unit: None,
    help: "1 where the objective was met, 0 where not, NaN where it could not be judged",
};
const RUN_MET: Metric = Metric {
    name: "run_met",
    unit: None,
    help: "1 where every objective was met, 0 where not, NaN where the run carries no verdict",
};

/// Writes every metric as a gauge.
pub(crate) fn render(record: &RunRecord, out: &mut dyn Write) -> io::Result<()> {
    let scenario = ("scenario", record.scenario.name.as_str());
    for (metric, figure) in &OF_STEPS {
        let steps = record.load.steps.iter().chain([&record.load.total]);
        let of_step = |step: &StepRecord| Some((labels(&[scenario, ("step", &step.name)]), figure(step)?));
        write_metric(metric, steps.filter_map(of_step), out)?;
    }
    let cpu =
        record.resource_summary.target_cpu_per_request_us.map(|cpu_us| (labels(&[scenario]), cpu_us / 1e6));
    write_metric(&CPU_PER_REQUEST, cpu.into_iter(), out)?;
    let slos = record.slos.iter().map(|result| {
        let objective = format!("{} {}", figures::indicator(result), figures::demand(result));
        (labels(&[scenario, ("slo", &objective)]), met(&result.verdict))
    });
    write_metric(&SLO_MET, slos, out)?;
    write_metric(&RUN_MET, std::iter::once((labels(&[scenario]), met(&record.verdict))), out)?;
    out.write_all(b"# EOF\n")
}

/// A metric with its samples; nothing where it has none. One that stands there already is left out: two of one name say nothing.
fn write_metric(
    metric: &Metric,
    samples: impl Iterator<Item = (String, f64)>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let Metric { name, unit, help } = metric;
    let mut seen = BTreeSet::new();
    for (labels, value) in samples {
        if seen.is_empty() {
            writeln!(out, "# TYPE aforo_{name} gauge")?;
            if let Some(unit) = unit {
                writeln!(out, "# UNIT aforo_{name} {unit}")?;
            }
            writeln!(out, "# HELP aforo_{name} {help}.")?;
        }
        if !seen.contains(&labels) {
            writeln!(out, "aforo_{name}{{{labels}}} {value}")?;
            seen.insert(labels);
        }
    }
    Ok(())
}

fn labels(pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{name}=\"{}\"", label_value(value))).collect();
    pairs.join(",")
}

/// A value between quotation marks. GitLab takes what follows a `#` for a comment even there, and splits at blanks as a shell does: a
/// `#` is written as in a URL.
fn label_value(text: &str) -> String {
    one_line(text).replace('\\', "\\\\").replace('"', "\\\"").replace('#', "%23")
}

fn seconds(time_us: Option<u64>) -> Option<f64> {
    time_us.map(|time_us| time_us as f64 / 1e6)
}

fn met(verdict: &Verdict) -> f64 {
    match verdict {
        Verdict::Met => 1.0,
        Verdict::Violated => 0.0,
        Verdict::Inconclusive { .. } => f64::NAN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical;

    #[test]
    fn the_canonical_runs_look_like_this() {
        for (name, record) in canonical::records() {
            insta::assert_snapshot!(format!("openmetrics-{name}"), canonical::rendered(render, &record));
        }
    }

    #[test]
    fn a_figure_that_was_not_measured_has_no_line_and_no_verdict_is_no_number() {
        let mut record = canonical::record("cut-short");
        record.verdict = Verdict::inconclusive("nobody looked");
        let text = canonical::rendered(render, &record);
        assert!(!text.contains("response_time_p95_seconds{scenario=\"baseline\",step=\"cancel\"}"), "{text}");
        assert!(text.contains("aforo_run_met{scenario=\"baseline\"} NaN\n"), "{text}");
        assert!(!text.contains("cpu_per_request"), "{text}");
    }

    #[test]
    fn a_name_stays_between_its_quotation_marks() {
        assert_eq!(label_value("a\"b\\c#d\ne"), "a\\\"b\\\\c%23d e");
    }

    #[test]
    fn one_sample_is_written_once() {
        let mut record = canonical::record("met");
        record.slos.push(record.slos[0].clone());
        let text = canonical::rendered(render, &record);
        let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("aforo_slo_met{")).collect();
        assert_eq!(lines.len(), record.slos.len() - 1);
    }
}
