//! Where throughput stops to follow the load.

use aforo_model::{Answer, CapacityLevel, Knee};

/// Fewest levels of which a knee is told.
const MIN_LEVELS: usize = 4;
/// Sensitivity of Kneedle: how far the curve must fall behind, in mean distances between levels, before a bend counts
/// as a knee. 1 is what its authors recommend for data that is complete.
const SENSITIVITY: f64 = 1.0;

/// The knee, by Kneedle (Satopää, Albrecht, Irwin, Raghavan: Finding a "Kneedle" in a Haystack, 2011): load and
/// throughput are scaled to 0–1, starting at no load and no throughput; the knee is where throughput is farthest ahead
/// of the straight line, if it falls behind again by enough afterwards.
pub(super) fn find(levels: &[CapacityLevel]) -> Answer<Knee> {
    if levels.len() < MIN_LEVELS {
        return Answer::absent(format!("a knee needs {MIN_LEVELS} levels, and {} were seen", levels.len()));
    }
    let curve: Vec<(f64, f64)> =
        levels.iter().map(|level| (level.demand.value(), level.throughput_per_s)).collect();
    match knee_of(&curve) {
        Some(at) => {
            let ((load, throughput), (last_load, last_throughput)) = (curve[at], curve[curve.len() - 1]);
            let gain = (last_throughput - throughput) / (last_load - load) / (throughput / load);
            Answer::Found(Knee {
                demand: levels[at].demand,
                throughput_per_s: throughput,
                gain_beyond_ratio: gain,
            })
        }
        None if curve.iter().any(|(_, throughput)| *throughput > 0.0) => {
            Answer::absent("throughput followed the load through all levels")
        }
        None => Answer::absent("no request met its expectation"),
    }
}

/// Index of the knee of a curve of loads and throughputs.
fn knee_of(curve: &[(f64, f64)]) -> Option<usize> {
    let most_load = curve.last()?.0;
    let most_throughput = curve.iter().map(|(_, throughput)| *throughput).max_by(f64::total_cmp)?;
    let scales = [most_load, most_throughput];
    if scales.iter().any(|scale| !scale.is_finite() || *scale <= 0.0) {
        return None;
    }
    let ahead: Vec<f64> =
        curve.iter().map(|(load, throughput)| throughput / most_throughput - load / most_load).collect();
    let distance = 1.0 / curve.len() as f64;
    let is_knee = |at: &usize| {
        let peak = ahead[*at];
        let before = if *at == 0 { 0.0 } else { ahead[*at - 1] };
        let is_peak = peak > before && ahead.get(*at + 1).is_some_and(|after| *after <= peak);
        is_peak && ahead[*at + 1..].iter().any(|later| *later < peak - SENSITIVITY * distance)
    };
    (0..curve.len()).filter(is_knee).max_by(|&left, &right| ahead[left].total_cmp(&ahead[right]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn curve(throughput: impl Fn(f64) -> f64) -> Vec<(f64, f64)> {
        (1..=10).map(|level| f64::from(level) * 20.0).map(|load| (load, throughput(load))).collect()
    }

    #[test]
    fn a_line_has_no_knee_also_with_noise() {
        assert_eq!(knee_of(&curve(|load| 3.0 * load)), None);
        let noise = [1.02, 0.98, 1.01, 0.99, 1.03, 0.97, 1.0, 1.02, 0.98, 1.0];
        assert_eq!(knee_of(&curve(|load| 3.0 * load * noise[(load / 20.0) as usize - 1])), None);
    }

    #[test]
    fn the_knee_of_a_line_that_goes_flat_is_its_corner() {
        assert_eq!(knee_of(&curve(|load| load.min(100.0))), Some(4));
    }

    #[test]
    fn throughput_that_falls_again_has_its_knee_before() {
        let at = knee_of(&curve(|load| load / (1.0 + 0.01 * load + 0.0002 * load * load))).unwrap();
        // The peak is at 70 users; the curve bends before it.
        assert!((1..=3).contains(&at), "{at}");
    }

    proptest! {
        #[test]
        fn no_curve_makes_it_panic(values in prop::collection::vec((0.0f64..1e9, prop_oneof![0.0f64..1e9, Just(f64::NAN), Just(0.0)]), 0..12)) {
            let mut values = values;
            values.sort_by(|left, right| left.0.total_cmp(&right.0));
            if let Some(at) = knee_of(&values) {
                prop_assert!(at + 1 < values.len());
            }
        }
    }
}
