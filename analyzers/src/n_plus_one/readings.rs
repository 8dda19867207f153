//! Which readings can be judged.

use std::collections::BTreeMap;

use aforo_model::database::{LeftOut, ProbeReading};

use super::paths::item_paths;

/// Readings that can be judged, and those that cannot.
pub(super) struct Usable<'a> {
    pub(super) readings: Vec<&'a ProbeReading>,
    pub(super) left_out: Vec<LeftOut>,
    /// Whether every reading asked for items not asked for before.
    pub(super) is_first_touch: bool,
}

/// Sorts the readings of one step.
///
/// Left out are answers that are not the expected ones, as an error runs other statements than success; readings over
/// which counters were lost; and items asked for again, which a cache may answer. A step that cannot be asked for other
/// items is judged by all the same.
pub(super) fn usable<'a>(all: &[&'a ProbeReading]) -> Usable<'a> {
    let mut reasons: BTreeMap<&str, u32> = BTreeMap::new();
    let mut leave_out =
        |readings: &mut Vec<&'a ProbeReading>, why, is_left_out: fn(&ProbeReading) -> bool| {
            let before = readings.len();
            readings.retain(|reading| !is_left_out(reading));
            let count = u32::try_from(before - readings.len()).unwrap_or(u32::MAX);
            if count > 0 {
                *reasons.entry(why).or_default() += count;
            }
        };
    let mut readings = all.to_vec();
    leave_out(&mut readings, "the answer was not the expected one", |reading| {
        !reading.is_expected || reading.status.is_none_or(|status| status >= 500)
    });
    leave_out(&mut readings, "statement counters were lost meanwhile (evicted or reset)", |reading| {
        !reading.is_complete
    });
    let mut fresh = readings.clone();
    fresh.retain(|reading| reading.is_fresh);
    if item_paths(&fresh).is_ok() {
        let why = "the same items had been asked for before, and a cache may know them";
        leave_out(&mut readings, why, |reading| !reading.is_fresh);
    }
    let is_first_touch = readings.iter().all(|reading| reading.is_fresh);
    let left_out =
        reasons.into_iter().map(|(why, readings)| LeftOut { why: why.to_owned(), readings }).collect();
    Usable { readings, left_out, is_first_touch }
}
