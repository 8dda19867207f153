//! States, and not single readings.

use aforo_model::Severity;

/// How long a figure must stay above its threshold, seconds: longer for a warning, because what is critical cannot wait.
const WARNING_S: f64 = 10.0;
const CRITICAL_S: f64 = 5.0;
/// A figure has left a threshold when it is this far below it; one that hovers around it has not.
const HYSTERESIS: f64 = 0.05;
/// Longest time between two readings that are one state, seconds.
const LONGEST_GAP_S: f64 = 15.0;

/// The longest time a share stayed above a threshold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sustained {
    pub(crate) severity: Severity,
    /// From the first reading to the last, seconds.
    pub(crate) elapsed_s: f64,
    /// Mean of the readings.
    pub(crate) mean: f64,
    /// Highest of them.
    pub(crate) peak: f64,
}

/// Grades shares (0–1) in order of time: critical where they stayed above `critical_from` for 5 s, a warning where
/// they stayed above `warning_from` for 10 s.
pub(crate) fn sustained(
    readings: impl Iterator<Item = (f64, f64)>,
    warning_from: f64,
    critical_from: f64,
) -> Option<Sustained> {
    let readings: Vec<_> = readings.filter(|(_, value)| value.is_finite()).collect();
    let at_least = |from: f64, least_s: f64, severity| {
        longest(&readings, from).filter(|stretch| elapsed_s(stretch) >= least_s).map(|stretch| Sustained {
            severity,
            elapsed_s: elapsed_s(stretch),
            mean: stretch.iter().map(|(_, value)| value).sum::<f64>() / stretch.len() as f64,
            peak: stretch.iter().map(|(_, value)| *value).fold(0.0, f64::max),
        })
    };
    at_least(critical_from, CRITICAL_S, Severity::Critical)
        .or_else(|| at_least(warning_from, WARNING_S, Severity::Warning))
}

fn elapsed_s(stretch: &[(f64, f64)]) -> f64 {
    stretch.last().zip(stretch.first()).map_or(0.0, |(last, first)| last.0 - first.0)
}

/// The longest stretch that begins at or above `from` and does not fall clearly below it.
fn longest(readings: &[(f64, f64)], from: f64) -> Option<&[(f64, f64)]> {
    let mut best: Option<&[(f64, f64)]> = None;
    let mut start: Option<usize> = None;
    for (index, (at_s, value)) in readings.iter().enumerate() {
        let is_late = index > 0 && at_s - readings[index - 1].0 > LONGEST_GAP_S;
        if is_late || *value < from - HYSTERESIS {
            start = None;
        }
        if start.is_none() && *value >= from {
            start = Some(index);
        }
        if let Some(start) = start {
            let stretch = &readings[start..=index];
            if best.is_none_or(|best| elapsed_s(stretch) > elapsed_s(best)) {
                best = Some(stretch);
            }
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graded(values: impl Fn(u32) -> f64) -> Option<(Severity, f64)> {
        let readings = (0..60).map(|second| (f64::from(second), values(second)));
        sustained(readings, 0.7, 0.85).map(|state| (state.severity, state.elapsed_s))
    }

    #[test]
    fn what_lasts_is_graded_and_a_burst_is_not() {
        assert_eq!(graded(|_| 0.69), None);
        assert_eq!(
            graded(|second| if (10..=20).contains(&second) { 0.75 } else { 0.3 }),
            Some((Severity::Warning, 10.0))
        );
        assert_eq!(graded(|second| if (10..20).contains(&second) { 0.75 } else { 0.3 }), None);
        assert_eq!(
            graded(|second| if (10..=15).contains(&second) { 0.9 } else { 0.3 }),
            Some((Severity::Critical, 5.0))
        );
        assert_eq!(graded(|second| if second == 9 { 1.0 } else { 0.3 }), None);
    }

    #[test]
    fn hovering_around_a_threshold_is_one_state_and_a_gap_ends_it() {
        assert_eq!(
            graded(|second| if second % 2 == 0 { 0.71 } else { 0.66 }),
            Some((Severity::Warning, 59.0))
        );
        let gap = [(0.0, 0.8), (4.0, 0.8), (30.0, 0.8), (38.0, 0.8)];
        assert_eq!(sustained(gap.into_iter(), 0.7, 0.9), None);
        assert_eq!(sustained(std::iter::empty(), 0.7, 0.9), None);
        assert_eq!(sustained([(0.0, f64::NAN); 3].into_iter(), 0.7, 0.9), None);
    }
}
