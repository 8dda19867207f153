//! Where a figure changed over many runs.
//!
//! E-divisive (Matteson, James 2014; as Apache Otava, formerly Hunter, uses it for histories of benchmarks): the split of a series whose
//! parts differ most is looked for, and kept where the same values in another order seldom split as well. Then its parts are split.

use crate::statistics::{Random, median};

/// With fewer values a level and its noise are not told apart.
const FEWEST_VALUES: usize = 15;

/// How change points are looked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ChangePointOptions {
    /// Least change of the median between two neighbouring parts, as a part of the earlier one, 0–1.
    pub(crate) min_change_ratio: f64,
    /// Chance, 0–1, below which a split is put down to more than chance.
    pub(crate) significance: f64,
    /// How often values are put in another order to learn what chance does.
    pub(crate) permutations: u32,
    /// Values that a part holds at least.
    pub(crate) min_part: usize,
    /// Where the drawing begins: the same seed gives the same points.
    pub(crate) seed: u64,
}

impl Default for ChangePointOptions {
    fn default() -> Self {
        Self { min_change_ratio: 0.05, significance: 0.05, permutations: 199, min_part: 4, seed: 1 }
    }
}

/// A place in a series where its level changed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ChangePoint {
    /// The first value of the new level.
    pub(crate) index: usize,
    /// The median from the change before (or the beginning) to here.
    pub(crate) before: f64,
    /// The median from here to the next change (or the end).
    pub(crate) after: f64,
    /// Chance of such a split where nothing changed, 0–1.
    pub(crate) p_value: f64,
}

/// Where the level of `values` changed, in order. Nothing of fewer than fifteen values. Values that are not finite are passed over.
///
/// Time grows with the square of the number of values, times `permutations` for each change: a thousand values take some seconds at
/// most.
pub(crate) fn change_points(values: &[f64], options: ChangePointOptions) -> Vec<ChangePoint> {
    let (places, finite): (Vec<usize>, Vec<f64>) =
        values.iter().copied().enumerate().filter(|(_, value)| value.is_finite()).unzip();
    if finite.len() < FEWEST_VALUES {
        return Vec::new();
    }
    let mut random = Random::new(options.seed);
    let mut splits = Vec::new();
    split(&finite, 0, &options, &mut random, &mut splits);
    splits.sort_by_key(|(place, _)| *place);
    let mut points = with_levels(&finite, &splits);
    // Which parts are neighbours is known only now. The weakest goes first, for its parts become one.
    while let Some(weakest) = weakest_below(&points, options.min_change_ratio) {
        splits.remove(weakest);
        points = with_levels(&finite, &splits);
    }
    for point in &mut points {
        point.index = places[point.index];
    }
    points
}

/// Splits a part that begins at `offset`, and its parts, as long as chance does not explain it.
fn split(
    part: &[f64],
    offset: usize,
    options: &ChangePointOptions,
    random: &mut Random,
    found: &mut Vec<(usize, f64)>,
) {
    let Some((place, divergence)) = best_split(part, options.min_part.max(2)) else { return };
    let Some(p_value) = chance_of(part, divergence, options, random) else { return };
    found.push((offset + place, p_value));
    split(&part[..place], offset, options, random, found);
    split(&part[place..], offset + place, options, random, found);
}

/// The split whose parts differ most, with by how much: the energy distance between them (Székely, Rizzo) by their sizes.
fn best_split(values: &[f64], min_part: usize) -> Option<(usize, f64)> {
    let count = values.len();
    if count < 2 * min_part {
        return None;
    }
    // Distances within the left part, within the right one, and between them, as one value after the other changes sides.
    let (mut left, mut between) = (0.0, 0.0);
    let distances =
        |value: f64, others: &[f64]| others.iter().map(|other| (value - other).abs()).sum::<f64>();
    let mut right: f64 = (1..count).map(|place| distances(values[place], &values[..place])).sum();
    let mut best: Option<(usize, f64)> = None;
    for place in 1..=count - min_part {
        let moved = values[place - 1];
        let (to_left, to_right) =
            (distances(moved, &values[..place - 1]), distances(moved, &values[place..]));
        left += to_left;
        right -= to_right;
        between += to_right - to_left;
        if place < min_part {
            continue;
        }
        let (m, n) = (place as f64, (count - place) as f64);
        let energy = 2.0 * between / (m * n) - 2.0 * left / (m * (m - 1.0)) - 2.0 * right / (n * (n - 1.0));
        let divergence = energy * m * n / (m + n);
        // Distances of values near the largest there are overflow; such a split cannot be weighed.
        if divergence.is_finite() && best.is_none_or(|(_, most)| divergence > most) {
            best = Some((place, divergence));
        }
    }
    best
}

/// The chance of a split as good where nothing changed; nothing where it is not significant. Drawing ends as soon as that is
/// certain, which is soon for noise.
fn chance_of(
    part: &[f64],
    divergence: f64,
    options: &ChangePointOptions,
    random: &mut Random,
) -> Option<f64> {
    let mut shuffled = part.to_vec();
    let total = f64::from(options.permutations) + 1.0;
    let mut as_good = 1.0;
    for _ in 0..options.permutations {
        for place in (1..shuffled.len()).rev() {
            shuffled.swap(place, random.below(place + 1));
        }
        let (_, other) = best_split(&shuffled, options.min_part.max(2))?;
        as_good += f64::from(u8::from(other >= divergence));
        if as_good / total > options.significance {
            return None;
        }
    }
    (as_good / total <= options.significance).then_some(as_good / total)
}

/// The splits with the levels around them.
fn with_levels(values: &[f64], splits: &[(usize, f64)]) -> Vec<ChangePoint> {
    let bound = |rank: Option<usize>, otherwise: usize| {
        rank.and_then(|rank| splits.get(rank)).map_or(otherwise, |(place, _)| *place)
    };
    let point = |(rank, (place, p_value)): (usize, &(usize, f64))| {
        let (from, to) = (bound(rank.checked_sub(1), 0), bound(Some(rank + 1), values.len()));
        Some(ChangePoint {
            index: *place,
            before: median(values[from..*place].iter().copied())?,
            after: median(values[*place..to].iter().copied())?,
            p_value: *p_value,
        })
    };
    splits.iter().enumerate().filter_map(point).collect()
}

/// The smallest change, where it is below what is wanted.
fn weakest_below(points: &[ChangePoint], min_change_ratio: f64) -> Option<usize> {
    let size = |point: &ChangePoint| {
        let change = (point.after - point.before).abs();
        // From nothing, any change is larger than every share of it.
        if change == 0.0 { 0.0 } else { change / point.before.abs() }
    };
    let weakest = points.iter().enumerate().min_by(|one, other| size(one.1).total_cmp(&size(other.1)))?;
    (size(weakest.1) < min_change_ratio).then_some(weakest.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Noise of 5 % around 100, and `ratio` times that from `from` on.
    fn series(count: usize, from: usize, ratio: f64, seed: u64) -> Vec<f64> {
        let mut random = Random::new(seed);
        let mut value = |place: usize| {
            let level = if place < from { 100.0 } else { 100.0 * ratio };
            level * (1.0 + 0.05 * random.normal())
        };
        (0..count).map(&mut value).collect()
    }

    fn found(values: &[f64]) -> Vec<ChangePoint> {
        change_points(values, ChangePointOptions::default())
    }

    #[test]
    fn noise_has_no_change_in_nineteen_of_twenty_series() {
        let least = ChangePointOptions { min_change_ratio: 0.0, ..ChangePointOptions::default() };
        let wrong = (0..200u64).filter(|seed| !change_points(&series(30, 30, 1.0, *seed), least).is_empty());
        // 5 % of 200 and two binomial standard errors.
        let wrong = wrong.count();
        assert!(wrong <= 16, "{wrong} of 200");
        let wrong = (0..200).filter(|seed| !found(&series(30, 30, 1.0, *seed)).is_empty()).count();
        assert!(wrong <= 10, "{wrong} of 200");
    }

    #[test]
    fn a_step_of_ten_percent_in_noise_of_five_is_found_where_it_is() {
        let near = |seed: &u64| {
            let points = found(&series(40, 20, 1.1, *seed));
            points.iter().any(|point| point.index.abs_diff(20) <= 3)
        };
        let hits = (0..50).filter(near).count();
        assert!(hits >= 45, "{hits} of 50");
    }

    #[test]
    fn two_steps_are_told_with_their_levels() {
        let mut values = series(20, 20, 1.0, 1);
        values.extend(series(20, 0, 2.0, 2));
        values.extend(series(20, 0, 0.5, 3));
        let points = found(&values);
        let places: Vec<_> = points.iter().map(|point| point.index).collect();
        assert_eq!(places, [20, 40]);
        assert!(
            (points[0].before / 100.0 - 1.0).abs() < 0.05 && (points[0].after / 200.0 - 1.0).abs() < 0.05
        );
        assert!((points[1].after / 50.0 - 1.0).abs() < 0.05, "{points:?}");
        assert!(points.iter().all(|point| point.p_value <= 0.05));
    }

    #[test]
    fn what_is_short_or_even_or_one_wild_value_has_no_change() {
        assert_eq!(found(&[]), []);
        assert_eq!(found(&series(14, 7, 3.0, 1)), []);
        assert_eq!(found(&[7.0; 50]), []);
        let mut wild = series(30, 30, 1.0, 4);
        wild[15] = 10_000.0;
        assert_eq!(found(&wild), []);
    }

    #[test]
    fn a_change_below_the_least_is_not_told() {
        let mut values = vec![100.0; 20];
        values.extend([103.0; 20]);
        assert_eq!(found(&values), []);
        values.extend([120.0; 20]);
        let places: Vec<_> = found(&values).iter().map(|point| point.index).collect();
        assert_eq!(places, [40]);
    }

    #[test]
    fn places_are_those_of_the_series_with_its_gaps() {
        let mut values = series(40, 20, 2.0, 5);
        values.insert(3, f64::NAN);
        assert_eq!(found(&values).iter().map(|point| point.index).collect::<Vec<_>>(), [21]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn whatever_the_values_points_rise_and_parts_are_long_enough(
            values in prop::collection::vec(prop::num::f64::ANY, 0..40),
            min_part in 0usize..8,
        ) {
            let options = ChangePointOptions { min_part, permutations: 19, ..ChangePointOptions::default() };
            let points = change_points(&values, options);
            prop_assert!(points.is_sorted_by_key(|point| point.index));
            prop_assert!(points.iter().all(|point| point.index < values.len()));
        }
    }
}
