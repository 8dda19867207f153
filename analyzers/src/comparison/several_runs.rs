//! Several runs a side.

use aforo_model::{ComparedFigure, Interval};

use super::effect::Effect;
use crate::statistics::{Random, holm, mean, t_of_two_sided, two_sided_t};

/// All exchanges are tried up to so many: seven runs against seven.
const MOST_EXCHANGES: u64 = 5000;
/// With fewer exchanges than these not even the largest difference could be told from chance at 5 %: three runs against three
/// have twenty. A t test is made then, which takes the runs' logarithms for normally distributed.
const FEWEST_EXCHANGES: u64 = 40;
const CHANCE: f64 = 0.05;
/// Chances that are equal but for rounding are equal.
const ROUNDING: f64 = 1e-9;

/// One figure of one step over the runs, on the scale on which it is compared: its logarithm, or itself for a rate.
#[derive(Debug, Clone)]
pub(super) struct Series {
    pub(super) before: Vec<f64>,
    pub(super) after: Vec<f64>,
    /// The least standard deviation from run to run that is believed: runs that agree by luck, or because a figure is rounded, are
    /// no proof of more.
    pub(super) least_deviation: f64,
}

/// How runs are exchanged between the sides.
#[derive(Debug, Clone)]
pub(super) struct Exchanges {
    /// For each exchange, which of all runs are taken for those after. The first is how it was. Empty: a t test.
    pub(super) tried: Vec<Vec<bool>>,
    pub(super) is_exact: bool,
}

impl Exchanges {
    /// Those of so many runs a side: all of them, or as many as are drawn.
    pub(super) fn of(before: usize, after: usize, seed: u64) -> Self {
        let count = binomial((before + after) as u64, before as u64);
        if count < FEWEST_EXCHANGES {
            return Self { tried: Vec::new(), is_exact: false };
        }
        let as_it_was: Vec<bool> = (0..before + after).map(|place| place >= before).collect();
        if count <= MOST_EXCHANGES {
            return Self { tried: every(&as_it_was), is_exact: true };
        }
        let mut random = Random::new(seed);
        let mut tried = vec![as_it_was];
        while (tried.len() as u64) < MOST_EXCHANGES {
            let mut exchange = tried[0].clone();
            for place in (1..exchange.len()).rev() {
                exchange.swap(place, random.below(place + 1));
            }
            tried.push(exchange);
        }
        Self { tried, is_exact: false }
    }
}

/// The change of one figure of every step, each with its chance adjusted for all of them.
///
/// Where runs can be exchanged, the adjustment is Holm's with the chances taken from the same exchanges for all steps (Westfall, Young
/// 1993, step-down maxT). Holm's own factors would ask more than five runs a side can give: the rarest of 252 exchanges, either way, has
/// a chance of 0.8 %, and seven steps times that is more than 5 %.
pub(super) fn effects_of_runs(
    figure: ComparedFigure,
    family: &[Series],
    exchanges: &Exchanges,
) -> Vec<(Effect, f64)> {
    let seen: Vec<Student> = family.iter().map(Series::as_it_was).collect();
    let (chances, adjusted) = if exchanges.tried.is_empty() {
        let chances: Vec<f64> = seen.iter().map(|student| two_sided_t(student.t, student.degrees)).collect();
        let adjusted = holm(&chances);
        (chances, adjusted)
    } else {
        exchanged(family, &seen, exchanges)
    };
    let effect = |(student, chance): (&Student, f64)| Effect {
        interval: student.interval(figure),
        chance,
        deviation: student.deviation,
    };
    seen.iter().zip(chances).map(effect).zip(adjusted).collect()
}

/// Chances from the exchanges: of each step alone, and of all together.
fn exchanged(family: &[Series], seen: &[Student], exchanges: &Exchanges) -> (Vec<f64>, Vec<f64>) {
    let mut order: Vec<usize> = (0..family.len()).collect();
    order.sort_by(|one, other| seen[*other].t.abs().total_cmp(&seen[*one].t.abs()));
    let mut alone = vec![0u32; family.len()];
    let mut together = vec![0u32; family.len()];
    for exchange in &exchanges.tried {
        // The largest among this step and those that differ less.
        let mut largest: f64 = 0.0;
        for &place in order.iter().rev() {
            let t = family[place].exchanged(exchange).t.abs();
            let as_large = seen[place].t.abs() * (1.0 - ROUNDING);
            largest = largest.max(t);
            alone[place] += u32::from(t >= as_large);
            together[place] += u32::from(largest >= as_large);
        }
    }
    let ratio = |count: u32| f64::from(count) / exchanges.tried.len() as f64;
    let mut adjusted = vec![1.0; family.len()];
    let mut least: f64 = 0.0;
    for place in order {
        least = least.max(ratio(together[place]));
        adjusted[place] = least;
    }
    (alone.into_iter().map(ratio).collect(), adjusted)
}

/// Student's t of two groups with one variance.
#[derive(Debug, Clone, Copy)]
struct Student {
    change: f64,
    deviation: f64,
    error: f64,
    t: f64,
    degrees: f64,
}

impl Series {
    fn as_it_was(&self) -> Student {
        self.student(self.before.iter().copied(), self.after.iter().copied())
    }

    fn exchanged(&self, is_after: &[bool]) -> Student {
        let runs = || self.before.iter().chain(&self.after).copied().zip(is_after);
        let side = |wanted: bool| runs().filter(move |(_, after)| **after == wanted).map(|(value, _)| value);
        self.student(side(false), side(true))
    }

    /// One variance for both sides: where nothing has changed the runs are of one kind, and a side of one run has none of its own.
    fn student(
        &self,
        before: impl Iterator<Item = f64> + Clone,
        after: impl Iterator<Item = f64> + Clone,
    ) -> Student {
        let (from, from_squares, from_count) = moments(before);
        let (to, to_squares, to_count) = moments(after);
        let degrees = (from_count + to_count - 2.0).max(1.0);
        let deviation = ((from_squares + to_squares) / degrees).sqrt().max(self.least_deviation);
        let error = deviation * (1.0 / from_count + 1.0 / to_count).sqrt();
        Student { change: to - from, deviation, error, t: (to - from) / error, degrees }
    }
}

impl Student {
    fn interval(&self, figure: ComparedFigure) -> Interval {
        let half = t_of_two_sided(CHANCE, self.degrees) * self.error;
        let back = |value: f64| if figure.is_difference() { value } else { value.exp() };
        Interval {
            estimate: back(self.change),
            low: back(self.change - half),
            high: back(self.change + half),
        }
    }
}

/// Mean, sum of squared distances from it, and count.
fn moments(values: impl Iterator<Item = f64> + Clone) -> (f64, f64, f64) {
    let count = values.clone().count() as f64;
    let mean = mean(values.clone()).unwrap_or(f64::NAN);
    (mean, values.map(|value| (value - mean).powi(2)).sum(), count)
}

/// Every way to call as many of the runs `after` as in `as_it_was`, which comes first.
fn every(as_it_was: &[bool]) -> Vec<Vec<bool>> {
    let after = as_it_was.iter().filter(|after| **after).count();
    let mut found = vec![as_it_was.to_vec()];
    let mut chosen: Vec<usize> = (0..after).collect();
    loop {
        let exchange: Vec<bool> = (0..as_it_was.len()).map(|place| chosen.contains(&place)).collect();
        if exchange != as_it_was {
            found.push(exchange);
        }
        // The last choice that can move on does, and those after it follow close behind.
        let Some(moving) = (0..after).rev().find(|rank| chosen[*rank] < as_it_was.len() - after + rank)
        else {
            return found;
        };
        chosen[moving] += 1;
        for rank in moving + 1..after {
            chosen[rank] = chosen[rank - 1] + 1;
        }
    }
}

/// How many ways there are to choose, as far as it matters here: no more than the largest u64.
fn binomial(of: u64, chosen: u64) -> u64 {
    let chosen = chosen.min(of - chosen.min(of));
    (0..chosen)
        .try_fold(1u64, |ways, place| Some(ways.checked_mul(of - place)? / (place + 1)))
        .unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(before: &[f64], after: &[f64]) -> Series {
        Series { before: before.to_vec(), after: after.to_vec(), least_deviation: 0.0005 }
    }

    #[test]
    fn all_exchanges_of_five_and_five_are_252_and_each_is_another() {
        let exchanges = Exchanges::of(5, 5, 1);
        assert!(exchanges.is_exact);
        let different: std::collections::BTreeSet<_> = exchanges.tried.iter().collect();
        assert_eq!((exchanges.tried.len(), different.len()), (252, 252));
        assert!(exchanges.tried.iter().all(|one| one.iter().filter(|after| **after).count() == 5));
        assert_eq!(exchanges.tried[0], [[false; 5], [true; 5]].concat());
    }

    #[test]
    fn too_many_exchanges_are_drawn_and_too_few_give_way_to_a_t_test() {
        let drawn = Exchanges::of(10, 10, 1);
        assert_eq!((drawn.tried.len(), drawn.is_exact), (5000, false));
        assert!(Exchanges::of(3, 3, 1).tried.is_empty());
        assert!(Exchanges::of(5, 1, 1).tried.is_empty());
        assert_eq!(binomial(200, 100), u64::MAX);
    }

    /// Complete separation is the rarest of 252 exchanges, and its mirror image.
    #[test]
    fn complete_separation_of_five_and_five_has_a_chance_of_two_in_252() {
        let far = series(&[0.0, 0.1, 0.2, 0.15, 0.05], &[1.0, 1.1, 1.2, 1.15, 1.05]);
        let none = series(&[0.0, 0.1, 0.2, 0.15, 0.05], &[0.12, 0.02, 0.18, 0.04, 0.11]);
        let family = vec![none.clone(), far, none.clone(), none.clone(), none.clone(), none.clone(), none];
        let effects = effects_of_runs(ComparedFigure::P95, &family, &Exchanges::of(5, 5, 1));
        let (effect, adjusted) = effects[1];
        assert!((effect.chance - 2.0 / 252.0).abs() < 1e-12, "{effect:?}");
        assert!(adjusted <= 0.05, "one of seven steps: {adjusted}");
        assert!(effects[0].0.chance > 0.5 && effects[0].1 > 0.5);
        assert!((effect.interval.estimate.ln() - 1.0).abs() < 1e-9);
    }

    /// By hand: means 2 and 5, s² = (2 + 2) / 4 = 1, error √(2/3), t = 3.674; df 4 gives 2.1 %.
    #[test]
    fn three_and_three_are_judged_by_a_t_test() {
        let family = [series(&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0])];
        let (effect, adjusted) =
            effects_of_runs(ComparedFigure::ErrorRate, &family, &Exchanges::of(3, 3, 1))[0];
        assert!((effect.chance - 0.0213).abs() < 0.0002, "{effect:?}");
        assert_eq!(effect.chance.to_bits(), adjusted.to_bits());
        assert!((effect.interval.low - (3.0 - 2.776_445 * (2.0f64 / 3.0).sqrt())).abs() < 1e-6);
    }

    #[test]
    fn one_run_is_held_against_the_spread_of_the_other_side() {
        let family = [series(&[1.0, 1.1, 0.9, 1.05, 0.95], &[1.02])];
        let effect = effects_of_runs(ComparedFigure::P50, &family, &Exchanges::of(5, 1, 1))[0].0;
        assert!(effect.chance > 0.5 && effect.interval.high > 1.2, "{effect:?}");
        let family = [series(&[1.0, 1.1, 0.9, 1.05, 0.95], &[2.0])];
        assert!(effects_of_runs(ComparedFigure::P50, &family, &Exchanges::of(5, 1, 1))[0].0.chance < 0.001);
    }

    #[test]
    fn runs_that_agree_by_luck_are_not_believed_beyond_the_resolution() {
        let family = [series(&[1.0; 5], &[1.0; 5])];
        let effect = effects_of_runs(ComparedFigure::P50, &family, &Exchanges::of(5, 5, 1))[0].0;
        assert_eq!(effect.chance, 1.0);
        assert!(effect.interval.low < 1.0 && effect.interval.high > 1.0);
    }
}
