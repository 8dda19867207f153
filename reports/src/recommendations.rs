//! What reports say of recommendations: the same words in all of them.

use aforo_model::{
    Effect, Effort, ExpectedChange, Gain, Recommendation, RecommendationKind, Risk, RunRecord, SloResult,
    Verdict,
};

use crate::counted::numbered;
use crate::figures;
use crate::text::one_line;

/// How the effect is known, and what an action will do, as a sentence without a full stop.
pub(crate) fn effect(advice: &Recommendation) -> String {
    match &advice.effect {
        Effect::Estimated { gain, .. } => format!("Estimated: {}", gains(advice.kind, gain).join("; ")),
        Effect::Unknown { why } => format!("Effect unknown: {}", one_line(why)),
    }
}

/// The same, with the first of its figures only.
pub(crate) fn effect_in_short(advice: &Recommendation) -> String {
    match &advice.effect {
        Effect::Estimated { gain, .. } => {
            format!("Estimated: {}", gains(advice.kind, gain).swap_remove(0))
        }
        Effect::Unknown { .. } => effect(advice),
    }
}

/// The share of all response time that is saved: `9.6%`, or `at least 9.6%` where more is saved than was counted.
pub(crate) fn saved(kind: RecommendationKind, ratio: f64) -> String {
    let shown = figures::percent(ratio);
    // Of N+1 only the time in the database is counted, not the way there and back of each call.
    let is_least = kind == RecommendationKind::RemoveNPlusOne && !shown.starts_with('<');
    if is_least { format!("at least {shown}") } else { shown }
}

/// How the effect is known, where there is more to say than the effect says.
pub(crate) fn basis(effect: &Effect) -> Option<String> {
    match effect {
        Effect::Estimated { how, .. } => Some(one_line(how)),
        Effect::Unknown { .. } => None,
    }
}

/// What is gained, figure by figure; never empty.
fn gains(kind: RecommendationKind, gain: &Gain) -> Vec<String> {
    let share = gain.saved_ratio.map(|ratio| saved(kind, ratio));
    let share = share.map(|share| format!("saves {share} of the response time of all requests"));
    let gains: Vec<String> = share.into_iter().chain(gain.changes.iter().map(change)).collect();
    if gains.is_empty() { vec!["a gain without a figure".to_owned()] } else { gains }
}

fn change(change: &ExpectedChange) -> String {
    let show = |value: f64| in_unit(value, &change.unit);
    let after = &change.after;
    let span = if after.low == after.high {
        String::new()
    } else {
        format!(" ({} to {})", show(after.low), show(after.high))
    };
    format!("{} {} → {}{span}", one_line(&change.figure), show(change.before), show(after.estimate))
}

/// A figure in a unit that the record names by a word.
pub(crate) fn in_unit(value: f64, unit: &str) -> String {
    let whole = |value: f64| value.round() as u64;
    match unit {
        "us" if value >= 0.0 => figures::time_us(whole(value)),
        "ms" if value >= 0.0 => figures::time_us(whole(value * 1e3)),
        "s" => figures::span_s(value),
        "bytes" if value >= 0.0 => figures::bytes(whole(value)),
        "ratio" => figures::percent(value),
        "calls" => numbered(&figures::significant(value), "call"),
        _ => format!("{} {}", figures::significant(value), one_line(unit)),
    }
}

/// How much work it is and how much can go wrong, as a sentence without a full stop.
pub(crate) fn price(recommendation: &Recommendation) -> String {
    format!("Effort {}, risk {}", effort(recommendation.effort), risk(recommendation.risk))
}

/// How much work it is, in a word.
pub(crate) fn effort(effort: Effort) -> &'static str {
    match effort {
        Effort::Low => "low",
        Effort::Medium => "medium",
        Effort::High => "high",
    }
}

/// How much can go wrong, in a word.
pub(crate) fn risk(risk: Risk) -> &'static str {
    match risk {
        Risk::Low => "low",
        Risk::Medium => "medium",
        Risk::High => "high",
    }
}

/// An objective that was missed, and what would help it most.
pub(crate) struct Help<'a> {
    /// The objective: `prereserve p95 < 3 s`.
    pub(crate) objective: String,
    /// The recommendation's place in the report, from 1.
    pub(crate) number: usize,
    pub(crate) recommendation: &'a Recommendation,
}

impl Help<'_> {
    /// It in a sentence.
    pub(crate) fn sentence(&self) -> String {
        let title = one_line(&self.recommendation.title);
        format!("{}: number {} of what to do would help most: {title}.", self.objective, self.number)
    }
}

/// What would help the objectives that were missed, in their order; nothing for those where that is not known.
pub(crate) fn helps(record: &RunRecord) -> Vec<Help<'_>> {
    let missed = record.slos.iter().filter(|result| result.verdict == Verdict::Violated);
    missed
        .filter_map(|result| {
            let (number, recommendation) = help(record, result)?;
            let objective = format!("{} {}", figures::indicator(result), figures::demand(result));
            Some(Help { objective, number, recommendation })
        })
        .collect()
}

/// The recommendation that would help an objective most, with its place in the report.
pub(crate) fn help<'a>(record: &'a RunRecord, result: &SloResult) -> Option<(usize, &'a Recommendation)> {
    let id = result.helped_by.as_ref()?;
    (1..).zip(&record.recommendations).find(|(_, recommendation)| recommendation.id == *id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical;
    use aforo_model::Interval;

    fn advice(kind: RecommendationKind, effect: Effect) -> Recommendation {
        let advice = canonical::record("violated").recommendations.swap_remove(0);
        Recommendation { kind, effect, ..advice }
    }

    #[test]
    fn an_effect_says_its_figures_in_their_units_and_how_it_is_known() {
        let change = |unit: &str, before, estimate, low, high| ExpectedChange {
            figure: "it".to_owned(),
            unit: unit.to_owned(),
            before,
            after: Interval { estimate, low, high },
        };
        let said = |saved_ratio, changes| {
            let gain = Gain { saved_ratio, saved_by_step: Default::default(), changes };
            effect(&advice(
                RecommendationKind::CreateIndex,
                Effect::Estimated { gain, how: "by a guess".to_owned() },
            ))
        };
        assert_eq!(
            said(Some(0.382), vec![change("ms", 20.9, 0.4, 0.2, 1.0)]),
            "Estimated: saves 38.2% of the response time of all requests; it 20.9 ms → 400 µs (200 µs to 1 ms)"
        );
        assert_eq!(
            said(None, vec![change("bytes", 4096.0, 0.0, 0.0, 0.0)]),
            "Estimated: it 4.0 KiB → 0 B",
            "an interval of one point is no interval"
        );
        assert_eq!(said(None, vec![change("calls", 21.0, 1.0, 1.0, 1.0)]), "Estimated: it 21 calls → 1 call");
        assert_eq!(said(None, Vec::new()), "Estimated: a gain without a figure");
        let unknown = Effect::Unknown { why: "no\ntraffic".to_owned() };
        assert_eq!(basis(&unknown), None);
        assert_eq!(effect(&advice(RecommendationKind::PoolSize, unknown)), "Effect unknown: no traffic");
    }

    #[test]
    fn what_fewer_calls_save_is_the_least_that_they_save() {
        let shown = |kind, ratio| saved(kind, ratio);
        assert_eq!(shown(RecommendationKind::RemoveNPlusOne, 0.0033), "at least 0.33%");
        assert_eq!(shown(RecommendationKind::RemoveNPlusOne, 1e-7), "<0.01%");
        assert_eq!(shown(RecommendationKind::CreateIndex, 0.0033), "0.33%");
    }

    #[test]
    fn figures_are_shown_in_the_unit_that_the_record_names() {
        let shown = |value, unit| in_unit(value, unit);
        assert_eq!(shown(12.5, "ms"), "12.5 ms");
        assert_eq!(shown(400.0, "us"), "400 µs");
        assert_eq!(shown(0.25, "ratio"), "25%");
        assert_eq!(shown(1_048_576.0, "bytes"), "1.0 MiB");
        assert_eq!(shown(-4.0, "bytes"), "-4 bytes");
        assert_eq!((shown(50.0, "calls"), shown(1.0, "calls")), ("50 calls".to_owned(), "1 call".to_owned()));
        assert_eq!(shown(1.0, "bus"), "1 bus", "a word of which only the record knows the singular");
    }

    #[test]
    fn only_what_was_missed_is_helped_and_only_by_what_is_there() {
        let mut record = canonical::record("violated");
        let helped = helps(&record);
        assert_eq!(helped.len(), 2);
        assert_eq!((helped[0].objective.as_str(), helped[0].number), ("prereserve p95 < 3 s", 2));
        record.recommendations.clear();
        assert!(helps(&record).is_empty());
    }
}
