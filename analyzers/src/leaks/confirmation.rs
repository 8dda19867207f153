//! What stays when nothing is asked for any more.

use aforo_model::{Growth, LeakConfirmation, LeakFigure};

use crate::statistics::median;

/// Fewest readings of an idle time, and shortest time from the first to the last, seconds.
const MIN_READINGS: usize = 5;
/// The same of proportional memory, which is read every 30 s: twice in a minute, and the kernel sums up all pages for each reading.
const MIN_SPARSE_READINGS: usize = 2;
const MIN_SPAN_S: f64 = 20.0;
/// Share of what had grown that must be given back for it to have been in use only.
const RELEASED_RATIO: f64 = 0.5;

/// Compares the later half of an idle time after the load with the level at the load's end. `profiling_shift` was taken
/// out of `growth`, and is in the readings. Where it cannot be told, why, as a sentence without a full stop.
pub(super) fn of(
    growth: &Growth,
    profiling_shift: f64,
    figure: LeakFigure,
    idle: &[(f64, f64)],
) -> Result<LeakConfirmation, String> {
    let (Some(first), Some(last)) = (idle.first(), idle.last()) else {
        return Err("nothing was read after the load; --confirm-leak waits a minute for that".to_owned());
    };
    let least = if figure == LeakFigure::Pss { MIN_SPARSE_READINGS } else { MIN_READINGS };
    let span_s = last.0 - first.0;
    let later = idle[idle.len() / 2..].iter().map(|(_, value)| *value);
    let left = median(later).filter(|_| idle.len() >= least && span_s >= MIN_SPAN_S);
    let Some(left) = left else {
        return Err(format!(
            "it takes {least} readings over {MIN_SPAN_S:.0} s without load, and there were {} over {span_s:.0} s",
            idle.len()
        ));
    };
    let grown = growth.per_hour.estimate / 3600.0 * (growth.to_s - growth.from_s);
    let given_back = growth.last + profiling_shift - left;
    let is_released = given_back >= RELEASED_RATIO * grown;
    Ok(if is_released { LeakConfirmation::Released } else { LeakConfirmation::Confirmed })
}
