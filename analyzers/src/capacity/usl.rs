//! The Universal Scalability Law, fitted.

use aforo_model::{Answer, Concurrency, Interval, LevelRecord, Scenario, UslFit, UslPeak, Workload};

use crate::statistics::{Random, mean, nonnegative_least_squares, sum_of_squares};

/// Fewest levels: the law has three coefficients, and one more level is needed to see how well they fit.
const MIN_LEVELS: usize = 4;
/// Made-up measurements from which the intervals are taken.
const RESAMPLES: usize = 1_000;
const SEED: u64 = 0xA0F0_0001;
/// Most of the resamples that may have no λ before it is said that there is none, the tail of a 95 % interval.
const TAIL: f64 = 0.025;
/// How much throughput must rise from the lowest level to the best, relative to the lowest. Of levels that are all past
/// the rise the law says nothing but their own scatter.
const SMALLEST_RISE: f64 = 0.10;

/// Concurrency N and throughput X of one level.
#[derive(Debug, Clone, Copy)]
pub(super) struct Observation {
    concurrency: f64,
    throughput_per_s: f64,
}

/// What N is in a scenario.
pub(super) fn concurrency(scenario: &Scenario) -> Concurrency {
    match scenario.load.workload {
        Workload::Closed { .. } => Concurrency::Users,
        Workload::Open { .. } => Concurrency::RequestsInFlight,
    }
}

/// N and X of every level. Of an open workload N is the requests in flight on average: the time they took divided by
/// the time that passed (Little's law).
pub(super) fn observations(levels: &[LevelRecord]) -> Vec<Observation> {
    levels
        .iter()
        .map(|level| Observation {
            concurrency: match level.demand {
                aforo_model::Demand::Users(users) => f64::from(users),
                aforo_model::Demand::StartsPerS(_) => level.total.busy_time_s / level.span_s(),
            },
            throughput_per_s: level.total.throughput_per_s,
        })
        .filter(|seen| seen.concurrency.is_finite() && seen.concurrency > 0.0)
        .filter(|seen| seen.throughput_per_s.is_finite() && seen.throughput_per_s > 0.0)
        .collect()
}

/// 1/λ, σ/λ and κ/λ: the law is N/X = a + b(N − 1) + cN(N − 1), linear in these.
#[derive(Debug, Clone, Copy)]
struct Coefficients([f64; 3]);

impl Coefficients {
    /// Weighed so that every level's relative error counts the same: throughput varies in proportion to itself.
    fn of(observations: &[Observation]) -> Self {
        // Columns of similar size keep the elimination exact.
        let scale = observations.iter().map(|seen| seen.concurrency).fold(1.0, f64::max);
        let scales = [1.0, scale, scale * scale];
        let solution = nonnegative_least_squares(&rows(observations, scales));
        Self(std::array::from_fn(|at| solution[at] / scales[at]))
    }

    fn throughput_per_s(self, concurrency: f64) -> f64 {
        let Self([a, b, c]) = self;
        concurrency / (a + b * (concurrency - 1.0) + c * concurrency * (concurrency - 1.0))
    }

    /// N* = √((1 − σ)/κ), infinite without κ, 1 or less where σ alone forbids more.
    fn peak_concurrency(self) -> f64 {
        let Self([a, b, c]) = self;
        if a <= b {
            return 1.0;
        }
        if c > 0.0 { ((a - b) / c).sqrt() } else { f64::INFINITY }
    }

    fn law(self) -> Option<[f64; 3]> {
        let Self([a, b, c]) = self;
        let law = [1.0 / a, b / a, c / a];
        law.iter().all(|value| value.is_finite()).then_some(law)
    }
}

fn rows(observations: &[Observation], scales: [f64; 3]) -> Vec<[f64; 3]> {
    observations
        .iter()
        .map(|Observation { concurrency: n, throughput_per_s }| {
            let weight = throughput_per_s / n;
            [weight / scales[0], weight * (n - 1.0) / scales[1], weight * n * (n - 1.0) / scales[2]]
        })
        .collect()
}

/// Fits the law. The intervals are those of a parametric bootstrap: throughputs are made up around the fitted law with
/// the scatter of the real ones, itself drawn from what so few levels allow (which makes them as wide as Student's t
/// does), and fitted again.
pub(super) fn fit(observations: &[Observation], concurrency: Concurrency) -> Answer<UslFit> {
    let mut distinct: Vec<f64> = observations.iter().map(|seen| seen.concurrency).collect();
    distinct.sort_by(f64::total_cmp);
    distinct.dedup();
    if distinct.len() < MIN_LEVELS {
        return Answer::absent(format!(
            "the law needs {MIN_LEVELS} levels with throughput, and {} were seen",
            distinct.len()
        ));
    }
    let (valid_from, valid_to) = (distinct[0], distinct[distinct.len() - 1]);
    if !rises(observations, valid_from) {
        return no_rise();
    }
    let fitted = Coefficients::of(observations);
    let resampled = resampled(observations, fitted);
    let laws: Vec<[f64; 3]> = resampled.iter().filter_map(|resample| resample.law()).collect();
    let lost = resampled.len() - laws.len();
    let Some(law) = fitted.law().filter(|_| lost as f64 <= TAIL * RESAMPLES as f64) else {
        return no_rise();
    };
    let of = |at: usize| interval(law[at], laws.iter().map(|law| law[at]).collect());
    Answer::Found(UslFit {
        concurrency,
        level_count: u32::try_from(observations.len()).unwrap_or(u32::MAX),
        lambda_per_s: of(0),
        sigma: of(1),
        kappa: of(2),
        peak: peak(fitted, &resampled, valid_from, valid_to),
        r_squared: r_squared(observations, fitted),
        valid_from,
        valid_to,
    })
}

fn rises(observations: &[Observation], lowest: f64) -> bool {
    let highest_of = |observations: &mut dyn Iterator<Item = &Observation>| {
        observations.map(|seen| seen.throughput_per_s).fold(0.0, f64::max)
    };
    let at_lowest = highest_of(&mut observations.iter().filter(|seen| seen.concurrency == lowest));
    highest_of(&mut observations.iter()) >= (1.0 + SMALLEST_RISE) * at_lowest
}

fn no_rise() -> Answer<UslFit> {
    Answer::absent(
        "throughput hardly rose from the lowest level on, so nothing is known of the part where it does; start with \
         less load",
    )
}

fn resampled(observations: &[Observation], fitted: Coefficients) -> Vec<Coefficients> {
    // The relative scatter of throughput, with one degree of freedom less for each coefficient.
    let freedom = observations.len().saturating_sub(3).max(1);
    let squares = sum_of_squares(&rows(observations, [1.0; 3]), fitted.0);
    let mut random = Random::new(SEED);
    (0..RESAMPLES)
        .map(|_| {
            let scatter = (squares / random.chi_squared(freedom).max(1e-9)).sqrt();
            let made_up: Vec<Observation> = observations
                .iter()
                .map(|seen| Observation {
                    // N/X is what scatters; it stays above zero.
                    throughput_per_s: fitted.throughput_per_s(seen.concurrency)
                        / (1.0 + scatter * random.normal()).max(0.01),
                    ..*seen
                })
                .collect();
            Coefficients::of(&made_up)
        })
        .collect()
}

/// Where throughput is highest; only where that lies within what was seen.
fn peak(fitted: Coefficients, resampled: &[Coefficients], valid_from: f64, valid_to: f64) -> Answer<UslPeak> {
    let at = fitted.peak_concurrency();
    if at >= valid_to {
        return Answer::absent("throughput still rose at the highest load seen, so its peak lies beyond");
    }
    if at <= valid_from {
        return Answer::absent("throughput fell from the lowest load on, so its peak lies below");
    }
    let within = |coefficients: &Coefficients| coefficients.peak_concurrency().clamp(valid_from, valid_to);
    Answer::Found(UslPeak {
        concurrency: interval(at, resampled.iter().map(within).collect()),
        throughput_per_s: interval(
            fitted.throughput_per_s(at),
            resampled
                .iter()
                .map(|coefficients| coefficients.throughput_per_s(within(coefficients)))
                .filter(|throughput| throughput.is_finite())
                .collect(),
        ),
    })
}

/// The middle 95 % of `values`, widened to hold the estimate.
fn interval(estimate: f64, mut values: Vec<f64>) -> Interval {
    values.sort_by(f64::total_cmp);
    let Some(last) = values.len().checked_sub(1) else {
        return Interval { estimate, low: estimate, high: estimate };
    };
    let at = |share: f64| values[((share * last as f64).round() as usize).min(last)];
    Interval { estimate, low: at(0.025).min(estimate), high: at(0.975).max(estimate) }
}

fn r_squared(observations: &[Observation], fitted: Coefficients) -> f64 {
    let middle = mean(observations.iter().map(|seen| seen.throughput_per_s)).unwrap_or(0.0);
    let (mut left, mut all) = (0.0, 0.0);
    for seen in observations {
        left += (seen.throughput_per_s - fitted.throughput_per_s(seen.concurrency)).powi(2);
        all += (seen.throughput_per_s - middle).powi(2);
    }
    if all > 0.0 { 1.0 - left / all } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The law, written as Gunther writes it.
    fn law(n: f64, lambda: f64, sigma: f64, kappa: f64) -> f64 {
        lambda * n / (1.0 + sigma * (n - 1.0) + kappa * n * (n - 1.0))
    }

    fn levels(throughput: impl FnMut(f64) -> f64) -> Vec<Observation> {
        let mut throughput = throughput;
        (1..=10)
            .map(|level| f64::from(level) * 20.0)
            .map(|n| Observation { concurrency: n, throughput_per_s: throughput(n) })
            .collect()
    }

    fn fitted(observations: &[Observation]) -> UslFit {
        match fit(observations, Concurrency::Users) {
            Answer::Found(fit) => fit,
            Answer::Absent { why } => panic!("{why}"),
        }
    }

    fn why(observations: &[Observation]) -> String {
        match fit(observations, Concurrency::Users) {
            Answer::Found(fit) => panic!("{fit:?}"),
            Answer::Absent { why } => why,
        }
    }

    #[test]
    fn exact_data_gives_the_coefficients_it_was_made_of() {
        let fit = fitted(&levels(|n| law(n, 12.0, 0.02, 0.000_1)));
        for (found, truth) in [(fit.lambda_per_s, 12.0), (fit.sigma, 0.02), (fit.kappa, 0.000_1)] {
            assert!((found.estimate / truth - 1.0).abs() < 1e-6, "{found:?} of {truth}");
        }
        let peak = fit.peak.found().unwrap();
        assert!((peak.concurrency.estimate - (0.98f64 / 0.000_1).sqrt()).abs() < 1e-3, "{peak:?}");
        assert!((fit.r_squared - 1.0).abs() < 1e-9);
        assert_eq!((fit.valid_from, fit.valid_to), (20.0, 200.0));
    }

    #[test]
    fn noisy_data_gives_intervals_that_hold_the_truth_about_as_often_as_they_say() {
        let truth = [12.0, 0.02, 0.000_1, (0.98f64 / 0.000_1).sqrt()];
        let mut random = Random::new(3);
        let mut held = [0; 4];
        for _ in 0..60 {
            let fit = fitted(&levels(|n| law(n, 12.0, 0.02, 0.000_1) * (1.0 + 0.02 * random.normal())));
            let peak = fit.peak.found().expect("100 users lie well within").concurrency;
            for (count, (found, truth)) in std::iter::zip(
                &mut held,
                std::iter::zip([fit.lambda_per_s, fit.sigma, fit.kappa, peak], truth),
            ) {
                *count += u32::from((found.low..=found.high).contains(&truth));
            }
        }
        assert!(held.iter().all(|count| *count >= 53), "{held:?} of 60");
    }

    #[test]
    fn linear_data_has_no_peak_and_is_not_prolonged() {
        let fit = fitted(&levels(|n| 5.0 * n));
        assert!((fit.lambda_per_s.estimate - 5.0).abs() < 1e-9);
        assert!(fit.sigma.estimate < 1e-9 && fit.kappa.estimate < 1e-12, "{fit:?}");
        assert!(matches!(fit.peak, Answer::Absent { why } if why.contains("beyond")));
    }

    #[test]
    fn a_peak_beyond_the_levels_is_not_told() {
        // N* is 313, and the highest level 200.
        let fit = fitted(&levels(|n| law(n, 12.0, 0.02, 0.000_01)));
        assert!(fit.peak.found().is_none());
    }

    #[test]
    fn too_few_levels_or_no_rise_give_no_law() {
        assert!(why(&levels(|n| n)[..3]).contains("4 levels"));
        let same_load = vec![Observation { concurrency: 10.0, throughput_per_s: 5.0 }; 8];
        assert!(why(&same_load).contains("1 were seen"));
        let mut random = Random::new(5);
        assert!(why(&levels(|_| 300.0 * (1.0 + 0.01 * random.normal()))).contains("start with less"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn no_data_makes_it_panic_and_every_number_is_finite(
            pairs in prop::collection::vec((1e-6f64..1e6, 1e-9f64..1e9), 0..8),
        ) {
            let observations: Vec<Observation> = pairs
                .into_iter()
                .map(|(concurrency, throughput_per_s)| Observation { concurrency, throughput_per_s })
                .collect();
            if let Answer::Found(fit) = fit(&observations, Concurrency::Users) {
                let mut figures = vec![fit.lambda_per_s, fit.sigma, fit.kappa];
                figures.extend(fit.peak.found().into_iter().flat_map(|peak| [peak.concurrency, peak.throughput_per_s]));
                for figure in figures {
                    prop_assert!(figure.low.is_finite() && figure.high.is_finite(), "{figure:?}");
                    prop_assert!(figure.low <= figure.estimate && figure.estimate <= figure.high, "{figure:?}");
                }
                prop_assert!(fit.r_squared.is_finite());
            }
        }
    }
}
