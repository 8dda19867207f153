//! What to do, the most gain for the effort first.

use aforo_model::{Action, Effect, ExpectedChange, Recommendation, RecommendationKind, RunRecord};
use minijinja::value::Serde;
use minijinja::{Value, context};
use serde::Serialize;

use super::{Section, findings};
use crate::database::statements;
use crate::html::anchors;
use crate::recommendations;

pub(super) const SECTION: Section = Section {
    id: "recommendations",
    title: "What to do",
    view,
    template: include_str!("recommendations.html"),
    style: include_str!("recommendations.css"),
    script: "",
};

/// Recommendations that are not folded away: as many as one acts on before the next run.
const OPEN_COUNT: usize = 5;

#[derive(Serialize)]
struct Card<'a> {
    anchor: String,
    rank: usize,
    kind: &'static str,
    title: &'a str,
    what: &'a str,
    why: &'a str,
    effect: ShownEffect<'a>,
    effort: &'static str,
    risk: &'static str,
    risk_note: &'a str,
    actions: Vec<ShownAction<'a>>,
    undo: Vec<ShownAction<'a>>,
    verify: Vec<ShownAction<'a>>,
    rests_on: Vec<Reference<'a>>,
    steps: &'a [String],
}

#[derive(Serialize)]
struct ShownEffect<'a> {
    /// What kind of knowledge it is.
    kind: &'static str,
    saved: Option<String>,
    changes: Vec<Change<'a>>,
    /// Whether any of them has one.
    has_ranges: bool,
    /// How it was estimated, or why it is not known.
    note: &'a str,
}

#[derive(Serialize)]
struct Change<'a> {
    figure: &'a str,
    before: String,
    after: String,
    /// The ends of the interval, where they are not one.
    range: Option<String>,
}

#[derive(Serialize)]
struct ShownAction<'a> {
    /// Whether it is to be typed as it stands.
    is_typed: bool,
    text: &'a str,
}

#[derive(Serialize)]
struct Reference<'a> {
    anchor: Option<String>,
    code: &'a str,
    subject: String,
}

fn view(record: &RunRecord) -> Option<Value> {
    let cards: Vec<Card<'_>> =
        record.recommendations.iter().enumerate().map(|(at, advice)| card(record, at, advice)).collect();
    (!cards.is_empty()).then(|| context! { cards => Value::from(Serde(&cards)), open_count => OPEN_COUNT })
}

fn card<'a>(record: &RunRecord, at: usize, advice: &'a Recommendation) -> Card<'a> {
    let references = advice.rests_on.iter().map(|reference| Reference {
        anchor: findings::anchor(record, reference),
        code: &reference.code,
        subject: statements::named(record.database.as_deref(), &reference.subject),
    });
    Card {
        anchor: anchors::of_recommendation(at),
        rank: at + 1,
        kind: kind(advice.kind),
        title: &advice.title,
        what: &advice.what,
        why: &advice.why,
        effect: effect(advice),
        effort: recommendations::effort(advice.effort),
        risk: recommendations::risk(advice.risk),
        risk_note: &advice.risk_note,
        actions: actions(&advice.actions),
        undo: actions(&advice.undo),
        verify: actions(&advice.verify),
        rests_on: references.collect(),
        steps: &advice.steps,
    }
}

fn actions(actions: &[Action]) -> Vec<ShownAction<'_>> {
    let shown = |action| match action {
        &Action::Sql(ref text) | &Action::Command(ref text) => ShownAction { is_typed: true, text },
        Action::Change(text) => ShownAction { is_typed: false, text },
    };
    actions.iter().map(shown).collect()
}

fn effect(advice: &Recommendation) -> ShownEffect<'_> {
    match &advice.effect {
        Effect::Estimated { gain, how } => ShownEffect {
            kind: "estimated",
            saved: gain.saved_ratio.map(|ratio| recommendations::saved(advice.kind, ratio)),
            changes: gain.changes.iter().map(change).collect(),
            has_ranges: gain.changes.iter().any(|change| change.after.low != change.after.high),
            note: how,
        },
        Effect::Unknown { why } => {
            ShownEffect { kind: "unknown", saved: None, changes: Vec::new(), has_ranges: false, note: why }
        }
    }
}

fn change(change: &ExpectedChange) -> Change<'_> {
    let show = |value| recommendations::in_unit(value, &change.unit);
    let after = &change.after;
    let range = (after.low != after.high).then(|| format!("{} to {}", show(after.low), show(after.high)));
    Change { figure: &change.figure, before: show(change.before), after: show(after.estimate), range }
}

fn kind(kind: RecommendationKind) -> &'static str {
    match kind {
        RecommendationKind::RemoveNPlusOne => "N+1",
        RecommendationKind::CreateIndex => "new index",
        RecommendationKind::RewriteQuery => "query",
        RecommendationKind::HotCode => "code",
        RecommendationKind::PoolSize => "connection pool",
        RecommendationKind::PostgresSetting => "Postgres setting",
        RecommendationKind::Maintenance => "maintenance",
        RecommendationKind::CacheTtl => "cache",
        RecommendationKind::DropIndex => "unneeded index",
        RecommendationKind::Capacity => "capacity",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aforo_model::Interval;

    #[test]
    fn an_interval_is_shown_only_where_it_is_one() {
        let at = |low, high| ExpectedChange {
            figure: "time of a call".to_owned(),
            unit: "ms".to_owned(),
            before: 100.0,
            after: Interval { estimate: 4.0, low, high },
        };
        assert_eq!(change(&at(4.0, 4.0)).range, None);
        assert_eq!(change(&at(3.0, 6.0)).range.as_deref(), Some("3 ms to 6 ms"));
    }
}
