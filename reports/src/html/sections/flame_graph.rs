//! Where the target's time went: a flame graph of each profile, and the same in tables.

use std::collections::BTreeMap;

use aforo_model::RunRecord;
use aforo_model::profile::{HotSpot, ProfileRecord, ProfilerObstacle};
use minijinja::Value;
use minijinja::value::Serde;
use serde::Serialize;

use super::Section;
use super::call_tree::call_tree;
use crate::figures;
use crate::html::data::data_block;
use crate::profile::{answers, brief, sheets};
use crate::sheet::{Cell, Sheet, numbers, words};

pub(super) const SECTION: Section = Section {
    id: "flame-graph",
    title: "Profile",
    view,
    template: include_str!("flame_graph.html"),
    style: include_str!("flame_graph.css"),
    script: include_str!("flame_graph.js"),
};

#[derive(Serialize)]
struct View<'a> {
    profiles: Vec<Shown<'a>>,
    failure: Option<&'a str>,
    obstacles: Vec<Obstacle<'a>>,
}

#[derive(Serialize)]
struct Shown<'a> {
    number: usize,
    sentence: String,
    facts: Vec<(&'static str, String)>,
    notes: &'a [String],
    /// Whether own code can be told from that of others, so that the others can be folded.
    has_own: bool,
    hot_spots: Option<Sheet>,
    functions: Option<Sheet>,
    functions_mean: &'static str,
}

#[derive(Serialize)]
struct Obstacle<'a> {
    profiler: &'static str,
    why: &'a str,
    remedy: &'a str,
}

fn view(record: &RunRecord) -> Option<Value> {
    let is_empty = record.profiles.is_empty()
        && record.profiler_obstacles.is_empty()
        && record.profile_failure.is_none();
    if is_empty {
        return None;
    }
    let graphs: BTreeMap<String, Value> = (1..)
        .zip(&record.profiles)
        .map(|(number, profile)| {
            let block = data_block(&format!("flame-graph-{number}-data"), &call_tree(profile));
            (number.to_string(), block)
        })
        .collect();
    let view = View {
        profiles: (1..).zip(&record.profiles).map(|(number, profile)| shown(number, profile)).collect(),
        failure: record.profile_failure.as_deref(),
        obstacles: record.profiler_obstacles.iter().map(obstacle).collect(),
    };
    Some(minijinja::context! { graphs, ..Value::from(Serde(view)) })
}

fn shown(number: usize, record: &ProfileRecord) -> Shown<'_> {
    Shown {
        number,
        sentence: brief::sentence(record),
        facts: answers::of_profile(record),
        notes: &record.profile.notes,
        has_own: !record.own_frames.is_empty(),
        hot_spots: hot_spots(record),
        functions: sheets::functions(record),
        functions_mean: sheets::FUNCTIONS_MEAN,
    }
}

/// The target's own functions with what they do through libraries; `None` where none was seen.
fn hot_spots(record: &ProfileRecord) -> Option<Sheet> {
    let row = |spot: &HotSpot| {
        let line = spot.line.map(|line| format!(":{line}")).unwrap_or_default();
        let place = spot.file.as_deref().map(|file| format!("{file}{line}"));
        let callees: Vec<String> = spot
            .callees
            .iter()
            .map(|callee| format!("{} {}", callee.function, figures::percent(callee.ratio)))
            .collect();
        vec![
            Cell::code(&spot.function),
            Cell::from(figures::percent(spot.ratio.estimate)),
            Cell::from(answers::range(spot.ratio)),
            Cell::from(figures::count(spot.samples)),
            Cell::from(callees.join(", ")),
            Cell::from(figures::or_absent(place, |place| place)),
        ]
    };
    (!record.hot_spots.is_empty()).then(|| Sheet {
        columns: vec![
            words("own function"),
            numbers("share"),
            numbers("range"),
            numbers("samples"),
            words("through"),
            words("where"),
        ],
        rows: record.hot_spots.iter().map(row).collect(),
        elastic: 0,
        ends_with_total: false,
    })
}

fn obstacle(obstacle: &ProfilerObstacle) -> Obstacle<'_> {
    Obstacle { profiler: obstacle.profiler.as_str(), why: &obstacle.why, remedy: &obstacle.remedy }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical;
    use crate::html::evidence;

    #[test]
    fn a_target_that_was_not_profiled_though_that_was_wanted_says_why() {
        let mut record = canonical::record("met");
        record.profiles.clear();
        record.profiler_obstacles.clear();
        record.profile_failure = None;
        assert!(view(&record).is_none());
        record.profile_failure = Some("the target restarted".to_owned());
        assert_eq!(view(&record).unwrap().get_attr("failure").unwrap().to_string(), "the target restarted");
    }

    #[test]
    fn every_profile_carries_its_graph() {
        let view = view(&evidence::record()).unwrap();
        let graph = view.get_attr("graphs").unwrap().get_attr("1").unwrap().to_string();
        assert!(graph.starts_with(r#"<script type="application/json" id="flame-graph-1-data">"#), "{graph}");
    }
}
