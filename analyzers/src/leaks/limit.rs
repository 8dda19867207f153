//! How far a figure may grow.

use aforo_model::{LeakFigure, ResourceSample, Role};

use crate::Evidence;
use crate::target_place::TargetPlace;

/// A limit, and what is left of it at the end of the readings, in the unit of the figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Limit {
    pub(super) value: f64,
    pub(super) room: f64,
}

/// The limit that is reached first; `None` where none is known.
pub(super) fn of(evidence: &Evidence<'_>, role: Role, figure: LeakFigure) -> Option<Limit> {
    let place = evidence.target_place();
    let mut latest = evidence.resources.iter().rev();
    match figure {
        LeakFigure::Rss | LeakFigure::Pss => memory(latest.next()?, place, role, figure),
        LeakFigure::OpenFds => latest.find_map(|sample| {
            // Each process has a limit of its own, and a tree has no sum of them that means anything.
            let process = place.process(sample, role).filter(|process| process.process_count == 1)?;
            let limit = process.open_fd_limit? as f64;
            Some(Limit { value: limit, room: limit - process.open_fd_count? as f64 })
        }),
        LeakFigure::Connections => latest.find_map(|sample| {
            let postgres = sample.postgres?;
            let limit = f64::from(postgres.max_connections);
            Some(Limit { value: limit, room: limit - f64::from(postgres.connection_count) })
        }),
        LeakFigure::Threads => None,
    }
}

/// What its control group or the machine has left, whichever is less.
fn memory(sample: &ResourceSample, place: TargetPlace, role: Role, figure: LeakFigure) -> Option<Limit> {
    let process = place.process(sample, role)?;
    let host = if sample.process(role).is_some() { sample.host.as_ref() } else { place.remote_host(sample) };
    let of_host = host.map(|host| host.memory_total_bytes.saturating_sub(host.memory_used_bytes));
    let of_group = process.cgroup.and_then(|group| {
        let used = group.memory_working_set_bytes.or(group.memory_current_bytes)?;
        Some(group.memory_limit_bytes?.saturating_sub(used))
    });
    let room = of_host.into_iter().chain(of_group).min()? as f64;
    let used = match figure {
        LeakFigure::Pss => process.pss_bytes.unwrap_or(process.rss_bytes),
        _ => process.rss_bytes,
    };
    Some(Limit { value: used as f64 + room, room })
}
