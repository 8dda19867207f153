//! The readings of one figure.

use aforo_model::{LeakFigure, ResourceSample, Role};

use crate::growth::Points;
use crate::target_place::TargetPlace;

/// The readings of a figure, with their time.
pub(super) fn points<'a>(
    samples: impl Iterator<Item = &'a ResourceSample>,
    place: TargetPlace,
    role: Role,
    figure: LeakFigure,
) -> Points {
    samples
        .filter_map(|sample| {
            let value = match figure {
                LeakFigure::Connections => f64::from(sample.postgres?.connection_count),
                LeakFigure::Rss => place.process(sample, role)?.rss_bytes as f64,
                LeakFigure::Pss => place.process(sample, role)?.pss_bytes? as f64,
                LeakFigure::OpenFds => place.process(sample, role)?.open_fd_count? as f64,
                LeakFigure::Threads => place.process(sample, role)?.thread_count? as f64,
            };
            Some((sample.at_s, value))
        })
        .collect()
}

/// Whether a tree had several processes: then resident memory counts what they share in each.
pub(super) fn shares_memory<'a>(
    mut samples: impl Iterator<Item = &'a ResourceSample>,
    place: TargetPlace,
    role: Role,
) -> bool {
    samples.any(|sample| place.process(sample, role).is_some_and(|process| process.process_count > 1))
}
