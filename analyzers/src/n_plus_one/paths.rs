//! What in an answer counts as its items.

use std::collections::{BTreeMap, BTreeSet};

use aforo_model::database::ProbeReading;

use crate::statistics::median;

/// Fewest different numbers of items: a line through three points is straight too often by chance.
const MIN_SIZES: usize = 4;
/// The largest number of items against the smallest: within less, a fixed call looks like a slope.
const MIN_SPAN: f64 = 5.0;
/// How the page size is called where the answer shows no items (a write, say).
const ASKED: &str = "page size asked for";

/// One way of counting the items, and the readings with the same number of them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ItemPath {
    pub(super) name: String,
    /// Items, and the readings with about that many, by number; the fewest items first.
    pub(super) bins: Vec<(f64, Vec<usize>)>,
}

/// The arrays of the answer that show how many items there are, the outermost first. Where there is none, the reason.
pub(super) fn item_paths(readings: &[&ProbeReading]) -> Result<Vec<ItemPath>, String> {
    let names: BTreeSet<(usize, &str)> = readings
        .iter()
        .flat_map(|reading| &reading.items)
        .map(|(name, _)| (name.matches("[]").count(), name.as_str()))
        .collect();
    let all: Vec<ItemPath> = names.iter().map(|(_, name)| by_array(readings, name)).collect();
    let (eligible, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|path| refusal(path).is_none());
    if !eligible.is_empty() {
        return Ok(eligible);
    }
    Err(others.iter().find_map(refusal).unwrap_or_else(|| "the answers hold no list of items".to_owned()))
}

/// The page size asked for as the number of items, for answers that show none.
pub(super) fn asked_path(readings: &[&ProbeReading]) -> Option<ItemPath> {
    let path = path(readings, ASKED, |reading| reading.page_size.map(f64::from));
    refusal(&path).is_none().then_some(path)
}

fn by_array(readings: &[&ProbeReading], name: &str) -> ItemPath {
    path(readings, name, |reading| {
        let found = reading.items.iter().find(|(other, _)| other == name);
        Some(found.map_or(0.0, |(_, count)| *count as f64))
    })
}

/// Readings are put together by the page size they asked for, which holds their items even where the number of those
/// varies (nested arrays, a last page); by their number of items where they asked for none.
fn path(readings: &[&ProbeReading], name: &str, count: impl Fn(&ProbeReading) -> Option<f64>) -> ItemPath {
    let mut bins: BTreeMap<(Option<u32>, u64), Vec<usize>> = BTreeMap::new();
    for (at, reading) in readings.iter().enumerate() {
        let Some(items) = count(reading) else { continue };
        let key = if reading.page_size.is_some() { 0 } else { items as u64 };
        bins.entry((reading.page_size, key)).or_default().push(at);
    }
    let middle = |members: &Vec<usize>| median(members.iter().filter_map(|at| count(readings[*at])));
    let mut bins: Vec<(f64, Vec<usize>)> =
        bins.into_values().filter_map(|members| Some((middle(&members)?, members))).collect();
    bins.sort_by(|left, right| left.0.total_cmp(&right.0));
    ItemPath { name: name.to_owned(), bins }
}

/// Why a path cannot show a slope.
fn refusal(path: &ItemPath) -> Option<String> {
    let sizes: BTreeSet<u64> = path.bins.iter().map(|(items, _)| items.round() as u64).collect();
    let (least, most) = (sizes.first().copied()?, sizes.last().copied()?);
    if most == 0 {
        return Some(format!("the answers are empty: {} holds no items", path.name));
    }
    if sizes.len() == 1 && path.bins.len() > 1 {
        return Some(format!("the endpoint ignores the page size: {} always holds {most} items", path.name));
    }
    if sizes.len() < MIN_SIZES {
        return Some(format!(
            "too few sizes: {} held {} different numbers of items, and a slope needs {MIN_SIZES}",
            path.name,
            sizes.len()
        ));
    }
    if (most as f64) < MIN_SPAN * least.max(1) as f64 {
        return Some(format!(
            "the sizes lie too close together: {} held {least} to {most} items, and a slope needs a factor of {MIN_SPAN}",
            path.name
        ));
    }
    None
}
