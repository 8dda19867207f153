//! Whether anything grows without end under a load that stays the same: memory, descriptors, threads, connections.

mod confirmation;
mod findings;
mod limit;
mod series;
#[cfg(test)]
mod tests;

use aforo_model::{Answer, GrowthVerdict, Interval, Leak, LeakConfirmation, LeakFigure, LeakRecord, Role};

use crate::Evidence;
use crate::growth::{Condensed, Points, condense, judge, without_profiling};
use crate::statistics::median;
use crate::steady_load::SteadyLoad;

pub(crate) use findings::leak_findings;

/// Fewest points of five seconds: five minutes.
const LEAST_BLOCKS: usize = 60;
/// Fewest minima of windows, or readings of proportional memory, which are read every 30 s.
const LEAST_SPARSE_POINTS: usize = 8;
/// Growth below which memory does not matter, bytes, and relative to its level: a smaller one is not told from an allocator that
/// keeps what it once had.
const LEAST_BYTES: f64 = 2.0 * 1048576.0;
const LEAST_MEMORY_RATIO: f64 = 0.01;
/// Growth below which a count does not matter: pools fill up by a few.
const LEAST_DESCRIPTORS: f64 = 10.0;
const LEAST_THREADS: f64 = 5.0;
const LEAST_CONNECTIONS: f64 = 5.0;

/// What is looked at. Descriptors and threads of Postgres follow its connections.
const LOOKED_AT: [(Role, LeakFigure); 7] = [
    (Role::Target, LeakFigure::Rss),
    (Role::Target, LeakFigure::OpenFds),
    (Role::Target, LeakFigure::Threads),
    (Role::Postgres, LeakFigure::Rss),
    (Role::Postgres, LeakFigure::Connections),
    (Role::Redis, LeakFigure::Rss),
    (Role::Redis, LeakFigure::OpenFds),
];

/// Looks at everything that can leak; nothing where the load was not the same for ten minutes. A figure that was not read
/// is left out, except for the target's memory.
pub(crate) fn measure(evidence: &Evidence<'_>) -> Vec<LeakRecord> {
    let Some(steady) = SteadyLoad::of(evidence) else { return Vec::new() };
    LOOKED_AT.into_iter().filter_map(|(role, figure)| record(evidence, steady, role, figure)).collect()
}

fn record(evidence: &Evidence<'_>, steady: SteadyLoad, role: Role, figure: LeakFigure) -> Option<LeakRecord> {
    let absent = |why: &str| Some(LeakRecord { role, figure, leak: Answer::absent(why) });
    let during = || evidence.resources.iter().filter(|sample| steady.contains(sample.at_s));
    let place = evidence.target_place();
    let is_shared = series::shares_memory(during(), place, role);
    if figure == LeakFigure::Rss && is_shared && role == Role::Postgres {
        return absent(
            "its shared buffers fill as blocks are read, which looks like growth in every process",
        );
    }
    let figure = if figure == LeakFigure::Rss && is_shared { LeakFigure::Pss } else { figure };
    let points: Points = series::points(during(), place, role, figure);
    if points.is_empty() {
        return match (role, figure) {
            (Role::Target, LeakFigure::Rss) => absent("the target's process was not watched; name its pid"),
            (Role::Target, LeakFigure::Pss) => {
                absent("its processes share memory, and the shares of each could not be read")
            }
            _ => None,
        };
    }
    let leak = match leak_of(evidence, steady, role, figure, &points) {
        Some(leak) => Answer::Found(leak),
        None => Answer::absent("there are too few readings of it"),
    };
    Some(LeakRecord { role, figure, leak })
}

fn leak_of(
    evidence: &Evidence<'_>,
    steady: SteadyLoad,
    role: Role,
    figure: LeakFigure,
    points: &[(f64, f64)],
) -> Option<Leak> {
    let continuous = without_profiling(points, evidence.profile_windows);
    let Condensed { points, minimum_window_s, .. } = condense(&continuous.points);
    let is_sparse = minimum_window_s.is_some() || figure == LeakFigure::Pss;
    let least_points = if is_sparse { LEAST_SPARSE_POINTS } else { LEAST_BLOCKS };
    let level = median(points.iter().map(|(_, value)| *value))?;
    let growth = judge(&points, least_points, least_growth(figure, level) + continuous.least_growth())?;
    let per_s = growth.per_hour.scaled(1.0 / 3600.0);
    let requests_per_s = steady.requests_per_s(evidence);
    let limit = limit::of(evidence, role, figure);
    let is_growing = growth.verdict == GrowthVerdict::Growing;
    let time_to_limit_s = limit
        .filter(|_| is_growing)
        .map(|limit| time_to(limit.room, per_s))
        .filter(|time| time.high.is_finite());
    let confirmed = is_growing.then(|| {
        let idle = series::points(evidence.idle_after.iter(), evidence.target_place(), role, figure);
        confirmation::of(&growth, continuous.shift, figure, &idle)
    });
    let (confirmation, not_checked) = match confirmed {
        Some(Ok(confirmation)) => (confirmation, None),
        Some(Err(why)) => (LeakConfirmation::NotChecked, Some(why)),
        None => (LeakConfirmation::NotChecked, None),
    };
    Some(Leak {
        growth,
        minimum_window_s,
        profiling_shift: continuous.shift,
        per_request: (requests_per_s > 0.0).then(|| per_s.scaled(1.0 / requests_per_s)),
        limit: limit.map(|limit| limit.value),
        time_to_limit_s,
        confirmation,
        not_checked,
    })
}

/// The growth over the time that was looked at below which it does not matter, in the unit of the figure.
pub(crate) fn least_growth(figure: LeakFigure, level: f64) -> f64 {
    match figure {
        LeakFigure::Rss | LeakFigure::Pss => LEAST_BYTES.max(LEAST_MEMORY_RATIO * level),
        LeakFigure::OpenFds => LEAST_DESCRIPTORS,
        LeakFigure::Threads => LEAST_THREADS,
        LeakFigure::Connections => LEAST_CONNECTIONS,
    }
}

/// Time until `room` is used up, in seconds: the faster the pace, the sooner.
pub(crate) fn time_to(room: f64, per_s: Interval) -> Interval {
    let room = room.max(0.0);
    Interval { estimate: room / per_s.estimate, low: room / per_s.high, high: room / per_s.low }
}
