//! One run a side.

use aforo_model::{ComparedFigure, Interval};

use super::effect::Effect;
use super::spread::Spread;
use crate::statistics::{t_of_two_sided, two_sided_t};

/// 95 % confidence.
const CHANCE: f64 = 0.05;
/// Beyond so many standard errors the chance is smaller than anything it is held against.
const MOST_ERRORS: f64 = 64.0;

/// The change from one run to another, from how each spreads within itself, and from what is allowed for between runs. `degrees` is how
/// well each run knows its own spread, as degrees of freedom; of two that spread alike it is twice that (Welch 1947, Satterthwaite 1946).
pub(super) fn effect_of_one_run(
    figure: ComparedFigure,
    before: &Spread,
    after: &Spread,
    run_to_run_ratio: f64,
    degrees: f64,
) -> Option<Effect> {
    let is_difference = figure.is_difference();
    let on_scale = |value: f64| if is_difference { value } else { value.max(0.0).ln() };
    let (from, to) = (on_scale(before.value()), on_scale(after.value()));
    let allowed = if is_difference { 0.0 } else { 2.0 * run_to_run_ratio.powi(2) };
    // The distances of each side's ends add up as variances do (Zou, Donner 2008), which needs no symmetry.
    let ends = |t: f64| {
        let scaled = |(low, high): (f64, f64)| (on_scale(low), on_scale(high));
        let ((from_low, from_high), (to_low, to_high)) = (scaled(before.ends(t)), scaled(after.ends(t)));
        let between = allowed * t * t;
        let down = ((to - to_low).powi(2) + (from_high - from).powi(2) + between).sqrt();
        let up = ((to_high - to).powi(2) + (from - from_low).powi(2) + between).sqrt();
        (to - from - down, to - from + up)
    };
    let degrees = degrees_of_both(before, after, on_scale, degrees);
    let t = t_of_two_sided(CHANCE, degrees);
    let (low, high) = ends(t);
    if !(low.is_finite() && high.is_finite()) {
        return None;
    }
    let back = |value: f64| if is_difference { value } else { value.exp() };
    Some(Effect {
        interval: Interval { estimate: back(to - from), low: back(low), high: back(high) },
        chance: two_sided_t(errors_to_nothing(to - from, ends), degrees),
        deviation: (high - low) / (2.0 * t) / std::f64::consts::SQRT_2,
    })
}

/// Degrees of freedom of the difference of two runs with so many each. Where nothing limits an error, those of one: the fewest there can be.
fn degrees_of_both(before: &Spread, after: &Spread, on_scale: impl Fn(f64) -> f64, degrees: f64) -> f64 {
    let variance = |spread: &Spread| {
        let (low, high) = spread.ends(1.0);
        ((on_scale(high) - on_scale(low)) / 2.0).powi(2)
    };
    let (from, to) = (variance(before), variance(after));
    let both = degrees * (from + to).powi(2) / (from.powi(2) + to.powi(2));
    if both.is_finite() { both } else { degrees }
}

/// How many standard errors wide the range is that reaches no change at all.
fn errors_to_nothing(change: f64, ends: impl Fn(f64) -> (f64, f64)) -> f64 {
    let reaches = |t: f64| {
        let (low, high) = ends(t);
        if change > 0.0 { low <= 0.0 } else { high >= 0.0 }
    };
    let (mut short, mut enough) = (0.0, MOST_ERRORS);
    for _ in 0..40 {
        let middle = (short + enough) / 2.0;
        if reaches(middle) {
            enough = middle;
        } else {
            short = middle;
        }
    }
    enough
}

#[cfg(test)]
mod tests {
    use super::*;

    fn even(value: f64, error: f64) -> Spread {
        Spread::Even { value, error }
    }

    /// By hand: both errors are 1 %, so the ratio's is 1.41 %, and with twice 19 degrees of freedom 2.024 of them are 2.86 %.
    #[test]
    fn errors_of_both_sides_add_up_as_variances() {
        let effect =
            effect_of_one_run(ComparedFigure::P95, &even(100.0, 1.0), &even(110.0, 1.1), 0.0, 19.0).unwrap();
        assert!((effect.interval.estimate - 1.1).abs() < 1e-9);
        assert!((effect.interval.low / 1.1 - (1.0 - 0.0286)).abs() < 0.002, "{effect:?}");
        assert!(effect.chance < 1e-4, "{effect:?}");
        assert!((effect.deviation - 0.01).abs() < 0.001, "{effect:?}");
    }

    #[test]
    fn what_runs_differ_by_is_allowed_for() {
        let of = |allowed| {
            effect_of_one_run(ComparedFigure::P95, &even(100.0, 1.0), &even(110.0, 1.1), allowed, 19.0)
                .unwrap()
        };
        assert!(of(0.0).interval.low > 1.05 && of(0.05).interval.low < 1.0);
        assert!(of(0.05).chance > 0.05);
    }

    #[test]
    fn a_difference_needs_no_ratio() {
        let effect =
            effect_of_one_run(ComparedFigure::ErrorRate, &even(0.0, 0.001), &even(0.02, 0.002), 0.05, 19.0)
                .unwrap();
        assert!((effect.interval.estimate - 0.02).abs() < 1e-12 && effect.interval.low > 0.01, "{effect:?}");
        let nothing =
            effect_of_one_run(ComparedFigure::ErrorRate, &even(0.0, 0.001), &even(0.0, 0.001), 0.05, 19.0)
                .unwrap();
        assert!(nothing.chance > 0.9 && nothing.interval.low < 0.0, "{nothing:?}");
    }

    #[test]
    fn what_nothing_limits_has_no_interval() {
        assert!(
            effect_of_one_run(ComparedFigure::P99, &even(0.0, 1.0), &even(2.0, 1.0), 0.0, 19.0).is_none()
        );
    }
}
