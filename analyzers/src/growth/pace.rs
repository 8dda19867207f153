//! Allocators that ask the system for memory in large pieces.

/// A rise of at least this share of the largest is a step.
const STEP_RATIO: f64 = 0.25;
/// Share of the changes that are nothing, in a staircase.
const FLAT_RATIO: f64 = 0.75;
/// A change below this share of the largest is nothing.
const NOTHING_RATIO: f64 = 0.1;
/// Parts of the time that must each hold a step.
const PARTS: usize = 3;

/// Whether a series goes up in steps that keep coming: at least one in each third of its time, none down. With huge pages, resident memory grows
/// by 2 MiB at a time, so that a leak of 1 MB a minute is one step in two minutes. Chance cannot be told from the size
/// of so few steps, but what warms up makes them early and then no more.
pub(super) fn climbs_in_steps(points: &[(f64, f64)]) -> bool {
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return false };
    let changes = || points.windows(2).map(|pair| (pair[1].0, pair[1].1 - pair[0].1));
    let largest = changes().map(|(_, change)| change).fold(0.0, f64::max);
    let flat = changes().filter(|(_, change)| change.abs() <= NOTHING_RATIO * largest).count();
    let falls = changes().any(|(_, change)| change < -NOTHING_RATIO * largest);
    if largest <= 0.0 || falls || (flat as f64) < FLAT_RATIO * (points.len() - 1) as f64 {
        return false;
    }
    let part_s = (last.0 - first.0) / PARTS as f64;
    (0..PARTS).all(|part| {
        let from_s = first.0 + part as f64 * part_s;
        changes().any(|(at_s, change)| {
            change >= STEP_RATIO * largest && at_s > from_s && at_s <= from_s + part_s + f64::EPSILON
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::growth::Points;

    fn stairs(steps_at_s: &[f64]) -> Points {
        (0..80)
            .map(|index| 5.0 * f64::from(index))
            .map(|at_s| {
                (at_s, 50.0 + 2.0 * steps_at_s.iter().filter(|step_s| **step_s <= at_s).count() as f64)
            })
            .collect()
    }

    #[test]
    fn steps_that_keep_coming_are_a_climb_and_those_that_stop_are_not() {
        assert!(climbs_in_steps(&stairs(&[20.0, 146.0, 272.0])));
        assert!(climbs_in_steps(&stairs(&[60.0, 126.0, 186.0, 252.0, 310.0])));
        assert!(!climbs_in_steps(&stairs(&[20.0, 50.0, 146.0])), "none in the last third");
        assert!(!climbs_in_steps(&stairs(&[])));
        assert!(!climbs_in_steps(&[]));
    }

    #[test]
    fn what_falls_or_is_never_flat_is_no_staircase() {
        let mut falls = stairs(&[20.0, 146.0, 272.0]);
        falls[40].1 -= 1.0;
        assert!(!climbs_in_steps(&falls));
        let line: Points = (0..80).map(|index| (f64::from(index), f64::from(index))).collect();
        assert!(!climbs_in_steps(&line));
    }
}
