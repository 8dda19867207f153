//! Which of the target's own functions the time goes to.
//!
//! A table of functions by their own samples shows parsers, allocators and copies of bytes; one by total samples shows `main`.
//! Neither says what to change. So every sample is charged to the innermost function of the target's own code: what that calls in
//! libraries is its doing.

use std::collections::BTreeMap;

use aforo_model::profile::{CalleeShare, Frame, HotSpot, Profile, Stack};

use super::names::{Ownership, is_wrapper, plain_name, told_name};
use crate::statistics::wilson;

/// Callees that are listed of each.
const MOST_CALLEES: usize = 3;
/// Hot spots that are listed.
const MOST_SPOTS: usize = 30;

/// A sample's way through the target's own code.
pub(super) struct OwnPath<'a> {
    /// Own functions, the outermost first, each once in a row.
    pub(super) functions: Vec<String>,
    /// The innermost of them.
    pub(super) innermost: &'a Frame,
    /// The first function of others that it called on the way to where the sample was taken.
    pub(super) callee: Option<String>,
}

pub(super) fn own_path<'a>(
    profile: &'a Profile,
    stack: &'a Stack,
    ownership: &Ownership,
) -> Option<OwnPath<'a>> {
    let frames: Vec<&Frame> = profile.frames_of(stack).collect();
    let place = frames.iter().rposition(|frame| ownership.is_own(frame))?;
    let mut functions: Vec<String> = Vec::new();
    for frame in frames[..=place].iter().filter(|frame| ownership.is_own(frame)) {
        let name = told_name(frame);
        if functions.last() != Some(&name) {
            functions.push(name);
        }
    }
    let callee = frames[place + 1..].iter().find(|frame| !is_wrapper(&frame.function));
    Some(OwnPath {
        functions,
        innermost: frames[place],
        callee: callee.map(|frame| plain_name(&frame.function)),
    })
}

#[derive(Default)]
struct Spot<'a> {
    samples: u64,
    lines: BTreeMap<u32, u64>,
    file: Option<&'a str>,
    callees: BTreeMap<String, u64>,
}

/// The target's own functions, each with the samples that were taken in it or in what it called of others; the most first.
pub(super) fn hot_spots(profile: &Profile, ownership: &Ownership) -> Vec<HotSpot> {
    // Two functions of one name in two files are two.
    let mut spots: BTreeMap<(String, Option<&str>), Spot<'_>> = BTreeMap::new();
    for stack in &profile.stacks {
        let Some(path) = own_path(profile, stack, ownership) else { continue };
        let Some(name) = path.functions.last() else { continue };
        let spot = spots.entry((name.clone(), path.innermost.file.as_deref())).or_default();
        spot.samples += stack.samples;
        spot.file = path.innermost.file.as_deref();
        if let Some(line) = path.innermost.line {
            *spot.lines.entry(line).or_default() += stack.samples;
        }
        if let Some(callee) = path.callee {
            *spot.callees.entry(callee).or_default() += stack.samples;
        }
    }
    let kept = profile.samples.kept;
    let mut spots: Vec<HotSpot> = spots
        .into_iter()
        .map(|((function, _), spot)| {
            let mut callees: Vec<CalleeShare> = spot
                .callees
                .into_iter()
                .map(|(function, samples)| CalleeShare { function, ratio: wilson(samples, kept).estimate })
                .collect();
            callees.sort_by(|one, other| other.ratio.total_cmp(&one.ratio));
            callees.truncate(MOST_CALLEES);
            HotSpot {
                function,
                file: spot.file.map(str::to_owned),
                line: spot.lines.iter().max_by_key(|(_, samples)| **samples).map(|(line, _)| *line),
                samples: spot.samples,
                ratio: wilson(spot.samples, kept),
                callees,
            }
        })
        .collect();
    spots.sort_by(|one, other| {
        other.samples.cmp(&one.samples).then_with(|| one.function.cmp(&other.function))
    });
    spots.truncate(MOST_SPOTS);
    spots
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::profile;
    use super::*;

    #[test]
    fn what_a_function_calls_of_others_is_its_doing() {
        let profile = profile(&[
            ("main;own::serve;own::nlu::understand::{{closure}};regex::Regex::new;malloc", 60),
            ("main;own::serve;own::nlu::understand;regex::Regex::find", 10),
            ("main;own::serve;own::dates::parse", 20),
            ("main;tokio::runtime::park", 10),
        ]);
        let spots = hot_spots(&profile, &Ownership::of(&profile));
        let named: Vec<_> = spots.iter().map(|spot| (spot.function.as_str(), spot.samples)).collect();
        assert_eq!(named, [("own::nlu::understand", 70), ("own::dates::parse", 20)]);
        let callees: Vec<_> = spots[0].callees.iter().map(|callee| callee.function.as_str()).collect();
        assert_eq!(callees, ["regex::Regex::new", "regex::Regex::find"]);
        assert_eq!((spots[0].line, spots[0].ratio.estimate), (Some(7), 0.7));
    }

    #[test]
    fn a_profile_of_others_alone_has_no_spot_of_its_own() {
        let profile = profile(&[("main;malloc", 10), ("own::f", 0)]);
        let spots = hot_spots(&profile, &Ownership::of(&profile));
        assert!(spots.iter().all(|spot| spot.samples == 0), "{spots:?}");
    }
}
