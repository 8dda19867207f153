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

/// Own functions that are not folded away.
const HOT_SPOTS_SHOWN: usize = 8;

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
    /// Those beyond the first, folded away: most of them are one sample or two.
    more_hot_spots: Option<Sheet>,
    /// The folder that the files of own functions are named from.
    folder: &'a str,
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
    let (first, others) = record.hot_spots.split_at(record.hot_spots.len().min(HOT_SPOTS_SHOWN));
    Shown {
        number,
        sentence: brief::sentence(record),
        facts: answers::of_profile(record),
        notes: &record.profile.notes,
        has_own: !record.own_frames.is_empty(),
        hot_spots: hot_spots(record, first),
        more_hot_spots: hot_spots(record, others),
        folder: common_folder(record),
        functions: sheets::functions(record),
        functions_mean: sheets::FUNCTIONS_MEAN,
    }
}

/// Some of the target's own functions with what they do through libraries; `None` where there are none.
fn hot_spots(record: &ProfileRecord, spots: &[HotSpot]) -> Option<Sheet> {
    let folder = common_folder(record);
    let row = |spot: &HotSpot| {
        let line = spot.line.map(|line| format!(":{line}")).unwrap_or_default();
        let place = spot.file.as_deref().map(|file| format!("{}{line}", &file[folder.len()..]));
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
    (!spots.is_empty()).then(|| Sheet {
        columns: vec![
            words("own function"),
            numbers("share"),
            numbers("range"),
            numbers("samples"),
            words("through"),
            words("where"),
        ],
        rows: spots.iter().map(row).collect(),
        elastic: 0,
        ends_with_total: false,
    })
}

/// The folder that all files of own functions are in, which says nothing of any of them: `/home/me/shop/src/`. Empty where there is none.
fn common_folder(record: &ProfileRecord) -> &str {
    let mut files = record.hot_spots.iter().filter_map(|spot| spot.file.as_deref());
    let folder = |path: &str| path.rfind(['/', '\\']).map_or(0, |at| at + 1);
    let Some(first) = files.next() else { return "" };
    files.fold(&first[..folder(first)], |common, file| {
        let alike = common.bytes().zip(file.bytes()).take_while(|(one, other)| one == other).count();
        // All before a separator is whole characters.
        let end = common.as_bytes()[..alike].iter().rposition(|byte| b"/\\".contains(byte));
        &common[..end.map_or(0, |at| at + 1)]
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
    use aforo_model::Interval;

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
    fn files_are_named_from_the_folder_that_all_of_them_are_in() {
        let mut record = evidence::record().profiles.swap_remove(0);
        let spot = HotSpot {
            function: "search".to_owned(),
            file: None,
            line: Some(7),
            samples: 9,
            ratio: Interval { estimate: 0.3, low: 0.2, high: 0.4 },
            callees: Vec::new(),
        };
        let mut of = |files: &[&str]| {
            let spot = |file: &&str| HotSpot { file: Some((*file).to_owned()), ..spot.clone() };
            record.hot_spots = files.iter().map(spot).collect();
            let table = hot_spots(&record, &record.hot_spots);
            (common_folder(&record).to_owned(), table.map_or_else(String::new, |sheet| sheet.markdown()))
        };
        let (folder, table) = of(&["/home/é/shop/src/a.rs", "/home/é/shop/src/api/b.rs"]);
        assert_eq!(folder, "/home/é/shop/src/");
        assert!(table.contains("| api/b.rs"), "{table}");
        assert_eq!(of(&["/a/é.rs", "/a/è.rs"]).0, "/a/", "letters that begin with the same byte");
        assert_eq!(of(&["C:\\shop\\a.py", "C:\\shop\\b.py"]).0, "C:\\shop\\");
        assert_eq!(of(&["a.py", "b.py"]).0, "");
        assert_eq!(of(&["src/a.rs"]).0, "src/");
        assert_eq!(of(&[]).0, "");
    }

    #[test]
    fn every_profile_carries_its_graph() {
        let view = view(&evidence::record()).unwrap();
        let graph = view.get_attr("graphs").unwrap().get_attr("1").unwrap().to_string();
        assert!(graph.starts_with(r#"<script type="application/json" id="flame-graph-1-data">"#), "{graph}");
    }
}
