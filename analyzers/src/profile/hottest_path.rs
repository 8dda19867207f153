//! The way on which most of the time goes, as a sentence.

use std::collections::BTreeMap;

use aforo_model::Answer;
use aforo_model::profile::{HotPath, HotSpot, Profile, ProfileClock};

use super::hot_spots::own_path;
use super::names::Ownership;
use super::noise::{FEWEST_SAMPLES, noise_floor};
use crate::wording::percent;

/// Functions of a path that are shown: the last ones say most.
const MOST_FUNCTIONS: usize = 4;

/// The hottest of the spots, with the way on which it is reached most often.
pub(super) fn hottest_path(profile: &Profile, spots: &[HotSpot], ownership: &Ownership) -> Answer<HotPath> {
    let kept = profile.samples.kept;
    if kept < FEWEST_SAMPLES {
        return Answer::absent(format!("a hot path takes {FEWEST_SAMPLES} samples, and there are {kept}"));
    }
    let Some(spot) = spots.first() else {
        return Answer::absent(
            "no function of the target's own code was seen; its sources or frame pointers may be missing",
        );
    };
    let floor = noise_floor(kept);
    if spot.ratio.estimate < floor {
        return Answer::absent(format!(
            "no function takes more than {} of the time, the least that {kept} samples can tell from noise",
            percent(floor)
        ));
    }
    let mut ways: BTreeMap<Vec<String>, u64> = BTreeMap::new();
    for stack in &profile.stacks {
        // Two functions of one name in two files are two.
        let path = own_path(profile, stack, ownership).filter(|path| {
            path.functions.last() == Some(&spot.function)
                && path.innermost.file.as_deref() == spot.file.as_deref()
        });
        if let Some(path) = path {
            *ways.entry(path.functions).or_default() += stack.samples;
        }
    }
    let functions =
        ways.into_iter().max_by_key(|(_, samples)| *samples).map(|(way, _)| way).unwrap_or_default();
    let shown = &functions[functions.len().saturating_sub(MOST_FUNCTIONS)..];
    let what = match profile.clock {
        ProfileClock::Cpu => "of the CPU time",
        ProfileClock::WallNonIdle => "of the time in which a thread was not idle",
    };
    let callee =
        spot.callees.first().filter(|callee| callee.ratio >= floor).map(|callee| {
            format!("; {} of all is in {} that it calls", percent(callee.ratio), callee.function)
        });
    let sentence = format!(
        "{} ({} to {}) {what} goes through {}{}",
        percent(spot.ratio.estimate),
        percent(spot.ratio.low),
        percent(spot.ratio.high),
        shown.join(" → "),
        callee.unwrap_or_default()
    );
    Answer::Found(HotPath { functions, ratio: spot.ratio, sentence })
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::profile;
    use super::super::hot_spots::hot_spots;
    use super::*;
    use aforo_model::profile::{Frame, Stack};

    fn path(stacks: &[(&str, u64)]) -> Answer<HotPath> {
        let profile = profile(stacks);
        let ownership = Ownership::of(&profile);
        hottest_path(&profile, &hot_spots(&profile, &ownership), &ownership)
    }

    #[test]
    fn the_path_is_told_in_the_targets_own_functions() {
        let answer = path(&[
            ("main;own::serve;tokio::poll;own::understand;own::compile;regex::Regex::new;malloc", 200),
            ("main;own::other;own::compile;regex::Regex::new", 50),
            ("main;own::serve", 150),
        ]);
        let path = answer.found().unwrap();
        assert_eq!(path.functions, ["own::serve", "own::understand", "own::compile"]);
        assert!(path.sentence.starts_with("62.5% ("), "{}", path.sentence);
        assert!(
            path.sentence.contains(
                "own::serve → own::understand → own::compile; 62.5% of all is in regex::Regex::new"
            ),
            "{}",
            path.sentence
        );
    }

    #[test]
    fn a_function_of_the_same_name_in_another_file_is_another_one() {
        let mut profile =
            profile(&[("main;own::a;own::new", 200), ("main;own::b;own::new", 150), ("main;own::c", 90)]);
        // The callers of the other `new` lead to it more often than any caller to the hottest one.
        let place = profile.frames.iter().position(|frame| frame.function == "own::new").unwrap();
        let elsewhere = Frame { file: Some("/app/src/other.rs".to_owned()), ..profile.frames[place].clone() };
        profile.frames.push(elsewhere);
        profile.stacks[0].frames[2] = u32::try_from(profile.frames.len() - 1).unwrap();
        let again = Stack { samples: 100, ..profile.stacks[1].clone() };
        profile.stacks.push(Stack { frames: [&again.frames[..1], &again.frames[2..]].concat(), ..again });
        profile.samples.kept += 100;
        let ownership = Ownership::of(&profile);
        let answer = hottest_path(&profile, &hot_spots(&profile, &ownership), &ownership);
        let path = answer.found().unwrap();
        assert_eq!(path.functions, ["own::b", "own::new"]);
    }

    #[test]
    fn too_few_samples_or_none_that_stands_out_name_nothing() {
        let Answer::Absent { why } = path(&[("main;own::serve", 299)]) else { panic!() };
        assert!(why.contains("takes 300 samples"), "{why}");
        let many: Vec<(String, u64)> = (0..40).map(|number| (format!("main;own::f{number}"), 10)).collect();
        let many: Vec<(&str, u64)> = many.iter().map(|(stack, samples)| (stack.as_str(), *samples)).collect();
        let Answer::Absent { why } = path(&many) else { panic!() };
        assert!(why.contains("noise"), "{why}");
        let Answer::Absent { why } = path(&[("main;malloc", 400)]) else { panic!() };
        assert!(why.contains("own code"), "{why}");
    }
}
