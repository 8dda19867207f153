//! The readings of one figure, and what it must stay below.

use aforo_model::{Indicator, ResourceSample, Subject, TrendFigure};

use crate::Evidence;
use crate::growth::Points;
use crate::host_cpu;
use crate::steady_load::SteadyLoad;

/// From here on memory and disks are critical: the threshold the hotel's operations alert on.
const CAPACITY_RATIO: f64 = 0.90;
/// From here on connections are critical: the last few are kept for superusers.
const CONNECTIONS_RATIO: f64 = 0.95;

/// The readings of a figure under steady load, with their time.
pub(super) fn points(evidence: &Evidence<'_>, steady: SteadyLoad, figure: TrendFigure) -> Points {
    if figure == TrendFigure::P95 {
        let seconds = evidence.load.timeline.rolling_p95_us.iter().enumerate();
        // Each stands for the five seconds that end with it.
        return seconds
            .filter_map(|(second, p95_us)| Some((second as f64 + 1.0, (*p95_us)? as f64)))
            .filter(|(at_s, _)| steady.contains(*at_s))
            .collect();
    }
    let target_cpu = evidence.target_cpu();
    let share = |sample| match figure {
        TrendFigure::TargetCpu => Some(target_cpu(sample)?.ratio()),
        _ => share(sample, figure),
    };
    evidence
        .resources
        .iter()
        .filter(|sample| steady.contains(sample.at_s))
        .filter_map(|sample| Some((sample.at_s, share(sample)?)))
        .filter(|(_, value)| value.is_finite())
        .collect()
}

fn share(sample: &ResourceSample, figure: TrendFigure) -> Option<f64> {
    match figure {
        TrendFigure::HostCpu => sample.host.as_ref()?.cpu_ratio,
        TrendFigure::HostMemory => {
            let host = sample.host.as_ref()?;
            Some(host.memory_used_bytes as f64 / host.memory_total_bytes as f64)
        }
        TrendFigure::DiskCapacity => {
            let fullest = sample.host.as_ref()?.fullest_file_system.as_ref()?;
            Some(1.0 - fullest.available_bytes as f64 / fullest.total_bytes as f64)
        }
        TrendFigure::Connections => {
            let postgres = sample.postgres?;
            Some(f64::from(postgres.connection_count) / f64::from(postgres.max_connections))
        }
        TrendFigure::TargetCpu | TrendFigure::P95 => None,
    }
}

/// What the figure must stay below; of the P95 the strictest objective on all steps.
pub(super) fn threshold(evidence: &Evidence<'_>, figure: TrendFigure) -> Option<f64> {
    match figure {
        TrendFigure::HostCpu | TrendFigure::TargetCpu => Some(host_cpu::CRITICAL_RATIO),
        TrendFigure::HostMemory | TrendFigure::DiskCapacity => Some(CAPACITY_RATIO),
        TrendFigure::Connections => Some(CONNECTIONS_RATIO),
        TrendFigure::P95 => evidence
            .scenario
            .slos
            .iter()
            .filter(|slo| slo.subject == Subject::Total && slo.expect.indicator == Indicator::Quantile(0.95))
            .map(|slo| slo.expect.objective.value)
            .min_by(f64::total_cmp),
    }
}
