//! A figure and how far it can be off.

use serde::Serialize;

use crate::median::median;

/// A figure with its 95 % interval, in the unit of whoever has it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Estimate {
    /// The figure.
    pub(crate) value: f64,
    /// The interval's lower end.
    pub(crate) low: f64,
    /// The interval's upper end.
    pub(crate) high: f64,
}

impl Estimate {
    /// What several passes come to: their median, and an interval that spans those of all. A pass that fell into a bad minute widens
    /// it, where a mean would hide it. `None` without a pass.
    pub(crate) fn over_passes(passes: &[Self]) -> Option<Self> {
        Some(Self {
            value: median(passes.iter().map(|pass| pass.value))?,
            low: passes.iter().map(|pass| pass.low).min_by(f64::total_cmp)?,
            high: passes.iter().map(|pass| pass.high).max_by(f64::total_cmp)?,
        })
    }

    /// The share of the time that is saved, 0–1, where this is the ratio of the times, after over before. Negative if it got slower.
    pub(crate) fn saved_share(&self) -> Self {
        Self { value: 1.0 - self.value, low: 1.0 - self.high, high: 1.0 - self.low }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate(value: f64, low: f64, high: f64) -> Estimate {
        Estimate { value, low, high }
    }

    #[test]
    fn passes_come_to_their_median_and_to_what_all_intervals_span() {
        let passes = [estimate(0.5, 0.4, 0.6), estimate(0.9, 0.7, 1.2), estimate(0.6, 0.5, 0.65)];
        assert_eq!(Estimate::over_passes(&passes), Some(estimate(0.6, 0.4, 1.2)));
    }

    #[test]
    fn one_pass_is_what_it_is() {
        let pass = estimate(0.5, 0.4, 0.6);
        assert_eq!(Estimate::over_passes(&[pass]), Some(pass));
    }

    #[test]
    fn no_pass_comes_to_nothing() {
        assert_eq!(Estimate::over_passes(&[]), None);
    }

    #[test]
    fn what_is_saved_is_what_is_left_of_one() {
        assert_eq!(estimate(0.25, 0.125, 0.5).saved_share(), estimate(0.75, 0.5, 0.875));
    }
}
