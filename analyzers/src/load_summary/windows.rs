//! The judged part in equal windows.

use std::collections::BTreeMap;

use aforo_model::{LoadSecond, TimeHistogram, WindowRecord};

use super::SecondTotal;
use super::judged_part::JudgedPart;

/// Windows of a long run: few enough that each holds many requests, enough to see a trend.
const MOST_WINDOWS: u32 = 12;
/// The shortest window. Shorter ones hold too few requests for a 95th percentile.
const SHORTEST_S: u32 = 10;

/// The growing windows.
#[derive(Debug)]
pub(super) struct Windows {
    windows: Vec<Window>,
}

#[derive(Debug)]
struct Window {
    from_s: u32,
    to_s: u32,
    total: TimeHistogram,
    steps: BTreeMap<String, TimeHistogram>,
}

impl Windows {
    /// Cuts the planned judged time into equal windows, to the whole second.
    pub(super) fn new(part: JudgedPart) -> Self {
        let planned_s = part.stop_s.saturating_sub(part.from_s);
        let count = (planned_s / SHORTEST_S).clamp(1, MOST_WINDOWS);
        // In u64, as a product of two u32 does not fit u32.
        let bound_s =
            |index: u32| part.from_s + (u64::from(planned_s) * u64::from(index) / u64::from(count)) as u32;
        let windows = (0..count)
            .map(|index| Window {
                from_s: bound_s(index),
                to_s: bound_s(index + 1),
                total: TimeHistogram::new(),
                steps: BTreeMap::new(),
            })
            .collect();
        Self { windows }
    }

    pub(super) fn add(&mut self, second: &LoadSecond, all_steps: &SecondTotal) {
        let holds = |window: &&mut Window| (window.from_s..window.to_s).contains(&second.second);
        let Some(window) = self.windows.iter_mut().find(holds) else { return };
        window.total.merge(&all_steps.response_time);
        for (name, step) in second.steps.iter().filter(|(_, step)| !step.response_time.is_empty()) {
            if let Some(histogram) = window.steps.get_mut(name) {
                histogram.merge(&step.response_time);
            } else {
                window.steps.insert(name.clone(), step.response_time.clone());
            }
        }
    }

    /// The windows that were reached within `seen_s` seconds, the last one cut to what was seen.
    pub(super) fn finish(&self, seen_s: u32) -> Vec<WindowRecord> {
        self.windows
            .iter()
            .filter(|window| window.from_s < seen_s.min(window.to_s))
            .map(|window| WindowRecord {
                from_s: window.from_s,
                to_s: window.to_s.min(seen_s),
                total: window.total.summary(),
                steps: window.steps.iter().map(|(name, times)| (name.clone(), times.summary())).collect(),
            })
            .collect()
    }
}
