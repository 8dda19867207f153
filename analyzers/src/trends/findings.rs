//! `trend-to-limit`
//!
//! **What:** a figure that grows under a steady load and reaches its threshold soon.
//! **Why it hurts:** a longer run, or a day in service, gets there.
//! **Threshold:** a pace that is certain (see `growth`), and no farther than four times the time that was seen.
//! **Remedy:** find what accumulates before the threshold is reached.

use aforo_model::{Finding, Severity, Subject, TrendFigure, TrendRecord};

use crate::checks::finding;
use crate::wording::{percent, seconds};

/// One finding for each figure that is heading for its threshold.
pub(crate) fn trend_findings(records: &[TrendRecord]) -> Vec<Finding> {
    records.iter().filter_map(found).collect()
}

fn found(record: &TrendRecord) -> Option<Finding> {
    let time_s = record.time_to_threshold_s.found()?;
    let threshold = record.threshold?;
    let show = |value: f64| if record.figure.is_ratio() { percent(value) } else { seconds(value / 1e6) };
    let (part, remedy) = advice(record.figure);
    let message = format!(
        "{} was {} and grows by {} an hour under a steady load; it reaches {} in {} to {}",
        record.figure.as_str(),
        show(record.growth.last),
        show(record.growth.per_hour.estimate),
        show(threshold),
        seconds(time_s.low),
        seconds(time_s.high)
    );
    let numbers = [
        ("per_hour", record.growth.per_hour.estimate),
        ("threshold", threshold),
        ("time_to_threshold_s", time_s.estimate),
        ("time_to_threshold_low_s", time_s.low),
        ("time_to_threshold_high_s", time_s.high),
    ];
    Some(finding("trend-to-limit", part, Severity::Warning, message, remedy.to_owned(), &numbers))
}

fn advice(figure: TrendFigure) -> (Subject, &'static str) {
    let part = |name: &str| Subject::Part(name.to_owned());
    match figure {
        TrendFigure::HostCpu => {
            (part("host"), "see which process uses more and more CPU, and profile it early and late in a run")
        }
        TrendFigure::TargetCpu => (
            part("target"),
            "profile the target early and late in a run and compare: a function that takes longer each time works on data that grows",
        ),
        TrendFigure::HostMemory => {
            (part("host"), "see in the resources which process takes more and more memory")
        }
        TrendFigure::DiskCapacity => {
            (part("host"), "delete or rotate what is written, or make the file system larger")
        }
        TrendFigure::Connections => {
            (part("postgres"), "bound the pool of connections, and give every connection back, on errors too")
        }
        TrendFigure::P95 => (
            Subject::Total,
            "run for longer, and look for statements and collections whose work grows with the data",
        ),
    }
}
