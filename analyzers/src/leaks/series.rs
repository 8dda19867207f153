//! The readings of one figure.

use aforo_model::{LeakFigure, ProcessSample, ResourceSample, Role};

use crate::growth::Points;

/// The readings of a figure, with their time.
pub(super) fn points<'a>(
    samples: impl Iterator<Item = &'a ResourceSample>,
    role: Role,
    figure: LeakFigure,
) -> Points {
    samples
        .filter_map(|sample| {
            let value = match figure {
                LeakFigure::Connections => f64::from(sample.postgres?.connection_count),
                LeakFigure::Rss => process(sample, role)?.rss_bytes as f64,
                LeakFigure::Pss => process(sample, role)?.pss_bytes? as f64,
                LeakFigure::OpenFds => process(sample, role)?.open_fd_count? as f64,
                LeakFigure::Threads => process(sample, role)?.thread_count? as f64,
            };
            Some((sample.at_s, value))
        })
        .collect()
}

/// Whether a tree had several processes: then resident memory counts what they share in each.
pub(super) fn shares_memory<'a>(mut samples: impl Iterator<Item = &'a ResourceSample>, role: Role) -> bool {
    samples.any(|sample| process(sample, role).is_some_and(|process| process.process_count > 1))
}

/// One reading of a tree; of a target on another machine, what it tells itself.
pub(super) fn process(sample: &ResourceSample, role: Role) -> Option<&ProcessSample> {
    let remote = || sample.remote.as_ref()?.process.as_ref();
    sample.process(role).or_else(|| if role == Role::Target { remote() } else { None })
}
