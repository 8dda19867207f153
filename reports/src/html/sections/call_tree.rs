//! The stacks of a profile as one tree, for a flame graph.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use aforo_model::profile::{Frame, ProfileRecord};
use serde::Serialize;

/// What stands for a function without a name.
const UNNAMED: &str = "[unknown]";
/// A call seen in less than this share of the samples would be narrower than half a pixel of a wide screen: it is left out.
const LEAST_RATIO: f64 = 1.0 / 4000.0;

/// Every call, by who called it. Calls that differ in lines only are one.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct CallTree<'a> {
    /// Samples in all.
    samples: u64,
    /// Calls that are left out, with all below them, because they are too narrow to be drawn.
    left_out_calls: u64,
    /// By name.
    functions: Vec<Function<'a>>,
    /// Every call before those that it makes: its function's place, how many calls lie above it, and its samples with those of the
    /// calls below. Calls by one caller are in the order of their names.
    calls: Vec<(usize, usize, u64)>,
}

#[derive(Debug, PartialEq, Serialize)]
struct Function<'a> {
    name: Cow<'a, str>,
    /// The file, as far as known.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    /// Whether it is the target's own.
    is_own: bool,
}

/// A call while the tree is put together.
#[derive(Default)]
struct Call {
    samples: u64,
    /// What it calls: the place among all calls, by that of the function.
    calls: BTreeMap<usize, usize>,
}

pub(super) fn call_tree(record: &ProfileRecord) -> CallTree<'_> {
    let names: Vec<Cow<'_, str>> = record.profile.frames.iter().map(name).collect();
    let sorted: BTreeSet<Cow<'_, str>> = names.iter().cloned().chain([UNNAMED.into()]).collect();
    let places: BTreeMap<Cow<'_, str>, usize> = sorted.into_iter().zip(0..).collect();
    let function_of: Vec<usize> = names.iter().map(|name| places[name]).collect();
    let calls = calls(record, &function_of, places[UNNAMED]);
    let mut functions: Vec<Function<'_>> =
        places.into_keys().map(|name| Function { name, file: None, is_own: false }).collect();
    let own: BTreeSet<u32> = record.own_frames.iter().copied().collect();
    for ((frame, at), function) in record.profile.frames.iter().zip(0..).zip(function_of) {
        let function = &mut functions[function];
        function.file = function.file.or(frame.file.as_deref());
        function.is_own |= own.contains(&at);
    }
    let mut tree = CallTree { samples: calls[0].samples, left_out_calls: 0, functions, calls: Vec::new() };
    tree.flatten(&calls);
    tree
}

/// Every call, the first of which stands for all samples.
fn calls(record: &ProfileRecord, function_of: &[usize], unnamed: usize) -> Vec<Call> {
    let mut calls = vec![Call::default()];
    for stack in &record.profile.stacks {
        let known = |frame: &u32| function_of.get(usize::try_from(*frame).ok()?).copied();
        let functions: Vec<usize> = stack.frames.iter().filter_map(known).collect();
        let functions = if functions.is_empty() { vec![unnamed] } else { functions };
        let mut place = 0;
        calls[0].samples = calls[0].samples.saturating_add(stack.samples);
        for function in functions {
            let next = calls.len();
            let called = *calls[place].calls.entry(function).or_insert(next);
            if called == next {
                calls.push(Call::default());
            }
            calls[called].samples = calls[called].samples.saturating_add(stack.samples);
            place = called;
        }
    }
    calls
}

impl CallTree<'_> {
    fn flatten(&mut self, calls: &[Call]) {
        let below = |call: &Call, depth: usize| {
            let below = call.calls.iter().rev().map(move |(&function, &at)| (function, at, depth));
            below.collect::<Vec<_>>()
        };
        // Stacks may be deeper than what recursion bears.
        let mut open = below(&calls[0], 0);
        while let Some((function, at, depth)) = open.pop() {
            let call = &calls[at];
            if (call.samples as f64) < self.samples as f64 * LEAST_RATIO {
                self.left_out_calls += 1;
                continue;
            }
            self.calls.push((function, depth, call.samples));
            open.extend(below(call, depth + 1));
        }
    }
}

/// What a frame's function is called. Of functions without a name of their own, such as closures, each file has some.
fn name(frame: &Frame) -> Cow<'_, str> {
    if frame.function.is_empty() {
        return UNNAMED.into();
    }
    let file = frame.file.as_deref().and_then(|file| file.rsplit('/').next());
    match file {
        Some(file) if frame.function.starts_with('{') => format!("{} of {file}", frame.function).into(),
        _ => frame.function.as_str().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::canonical;
    use aforo_model::profile::Stack;

    #[test]
    fn calls_stand_below_their_callers_with_the_samples_of_all_they_call() {
        let record = canonical::record();
        let tree = call_tree(&record);
        let drawn: Vec<(&str, usize, u64)> = tree
            .calls
            .iter()
            .map(|&(place, depth, samples)| (tree.functions[place].name.as_ref(), depth, samples))
            .collect();
        assert_eq!(
            drawn,
            [
                ("main", 0, 500),
                ("serve", 1, 500),
                ("search", 2, 400),
                ("parse_date", 3, 250),
                ("write_json", 2, 100)
            ],
            "two frames of `search` that differ in the line are one call"
        );
        let own: Vec<&str> = tree
            .functions
            .iter()
            .filter(|function| function.is_own)
            .map(|function| function.name.as_ref())
            .collect();
        assert_eq!(own, ["parse_date", "search", "serve"]);
    }

    #[test]
    fn closures_of_different_files_are_different_functions() {
        let mut record = canonical::record();
        for (frame, file) in record.profile.frames[2..4].iter_mut().zip(["src/search.rs", "src/dates.rs"]) {
            (frame.function, frame.file) = ("{closure#0}".to_owned(), Some(file.to_owned()));
        }
        let tree = call_tree(&record);
        let names: Vec<&str> = tree.functions.iter().map(|function| function.name.as_ref()).collect();
        assert!(
            names.contains(&"{closure#0} of search.rs") && names.contains(&"{closure#0} of dates.rs"),
            "{names:?}"
        );
    }

    #[test]
    fn what_is_too_narrow_to_be_seen_is_counted_and_left_out() {
        let mut record = canonical::record();
        record.profile.stacks =
            vec![Stack { frames: vec![0, 1], samples: 4001 }, Stack { frames: vec![0, 1, 2, 3], samples: 1 }];
        let tree = call_tree(&record);
        assert_eq!((tree.calls.len(), tree.left_out_calls, tree.samples), (2, 1, 4002));
    }

    #[test]
    fn a_stack_of_any_depth_and_one_without_frames_are_drawn() {
        let mut record = canonical::record();
        record.profile.stacks = vec![
            Stack { frames: vec![0; 100_000], samples: 5 },
            Stack { frames: Vec::new(), samples: 5 },
            Stack { frames: vec![9_999], samples: 5 },
        ];
        let tree = call_tree(&record);
        assert_eq!(tree.calls.len(), 100_001);
        let unnamed = tree.functions.iter().position(|function| function.name == UNNAMED).unwrap();
        assert!(tree.calls.contains(&(unnamed, 0, 10)));
        record.profile.stacks.clear();
        assert_eq!(call_tree(&record).calls, []);
    }
}
