//! Figures of a comparison as people read them.

use aforo_model::{Change, ComparedFigure, FigureComparison, Interval, format_duration};

use crate::counted::numbered;
use crate::figures::{self, ABSENT};
use crate::style::Tone;

/// The word for what a comparison says.
pub(crate) fn word(change: &Change) -> &'static str {
    match change {
        Change::Regression => "regression",
        Change::Improvement => "improvement",
        Change::Equivalent => "equivalent",
        Change::Inconclusive { .. } => "inconclusive",
    }
}

/// How that word is toned.
pub(crate) fn tone(change: &Change) -> Tone {
    match change {
        Change::Regression => Tone::Bad,
        Change::Improvement => Tone::Good,
        Change::Equivalent => Tone::Neutral,
        Change::Inconclusive { .. } => Tone::Doubtful,
    }
}

/// A figure's name where there is little room.
pub(super) fn short_name(figure: ComparedFigure) -> &'static str {
    match figure {
        ComparedFigure::Throughput => "req/s",
        ComparedFigure::ErrorRate => "errors",
        ComparedFigure::CpuPerRequest => "CPU/req",
        ComparedFigure::DatabaseTimePerRequest => "DB/req",
        ComparedFigure::P50 | ComparedFigure::P95 | ComparedFigure::P99 => figure.as_str(),
    }
}

/// A figure in its unit.
pub(super) fn value(figure: ComparedFigure, value: Option<f64>) -> String {
    let Some(value) = value else { return ABSENT.to_owned() };
    match figure {
        ComparedFigure::ErrorRate => figures::percent(value),
        ComparedFigure::Throughput => figures::significant(value),
        _ => format_duration(value),
    }
}

/// How much a figure changed: `×2.41`, or `+3.2 pp` (percentage points).
pub(super) fn effect(compared: &FigureComparison) -> String {
    compared.effect.found().map_or_else(
        || ABSENT.to_owned(),
        |effect| {
            if compared.figure.is_difference() {
                format!("{} pp", points(effect.estimate))
            } else {
                format!("×{}", ratio(effect.estimate))
            }
        },
    )
}

/// The ends of the effect's interval: `2.11–2.8`, or `+2.1 to +4.0`.
pub(super) fn range(compared: &FigureComparison) -> String {
    compared.effect.found().map_or_else(
        || ABSENT.to_owned(),
        |effect| {
            if compared.figure.is_difference() {
                format!("{} to {}", points(effect.low), points(effect.high))
            } else {
                format!("{}–{}", ratio(effect.low), ratio(effect.high))
            }
        },
    )
}

/// What happened to a figure, as a sentence: `P95 of prereserve is 2.41 times what it was (2.11 to 2.8)`.
pub(super) fn sentence(compared: &FigureComparison) -> String {
    let what = format!("{} of {}", compared.figure.as_str(), subject(compared));
    let Some(&Interval { estimate, low, high }) = compared.effect.found() else { return what };
    if compared.figure.is_difference() {
        let verb = if estimate < 0.0 { "fell" } else { "rose" };
        return format!(
            "{what} {verb} from {} to {}, by {} ({} to {})",
            value(compared.figure, compared.before),
            value(compared.figure, compared.after),
            numbered(points(estimate.abs()).trim_start_matches('+'), "percentage point"),
            points(low),
            points(high)
        );
    }
    format!(
        "{what} is {} times what it was ({} to {}): {}, was {}",
        ratio(estimate),
        ratio(low),
        ratio(high),
        value(compared.figure, compared.after),
        value(compared.figure, compared.before)
    )
}

fn subject(compared: &FigureComparison) -> String {
    match &compared.subject {
        aforo_model::Subject::Total => "all steps together".to_owned(),
        subject => subject.to_string(),
    }
}

/// A ratio close to one needs its decimals: `1.004`, `0.97`, `12.4`.
fn ratio(ratio: f64) -> String {
    if !ratio.is_finite() {
        return "∞".to_owned();
    }
    if (0.95..1.05).contains(&ratio) {
        let text = format!("{ratio:.3}");
        return text.trim_end_matches('0').trim_end_matches('.').to_owned();
    }
    figures::significant(ratio)
}

/// A difference of rates in percentage points with its sign: `+3.2`, `−0.01`, `0`.
fn points(difference: f64) -> String {
    let percent = figures::significant((difference * 100.0).abs());
    match percent.as_str() {
        "0" => percent,
        _ if difference < 0.0 => format!("−{percent}"),
        _ => format!("+{percent}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aforo_model::{Answer, Subject};

    #[test]
    fn ratios_close_to_one_keep_the_digits_that_tell_them_from_it() {
        assert_eq!(
            [1.004, 0.97, 1.0, 2.414, 12.44, 250.0, f64::INFINITY].map(ratio),
            ["1.004", "0.97", "1", "2.41", "12.4", "250", "∞"]
        );
    }

    #[test]
    fn a_rate_is_told_in_points_with_its_sign() {
        assert_eq!([0.032, -0.0001, 0.0].map(points), ["+3.2", "−0.01", "0"]);
    }

    #[test]
    fn a_figure_without_an_effect_is_still_named() {
        let compared = FigureComparison {
            subject: Subject::Step("view".into()),
            figure: ComparedFigure::P99,
            before: None,
            after: Some(1200.0),
            effect: Answer::absent("no requests"),
            p_value: None,
            adjusted_p_value: None,
            change: Change::Inconclusive { why: "no requests".into(), runs_needed: None },
        };
        assert_eq!(sentence(&compared), "P99 of view");
        assert_eq!([effect(&compared), range(&compared), value(compared.figure, None)], ["–", "–", "–"]);
    }
}
