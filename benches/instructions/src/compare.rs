//! What was measured, held against the baseline.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::baseline::{Baseline, Benchmark, Largest};
use crate::callgrind::Profile;
use crate::environment::Environment;

/// Growth of a benchmark that passes, as a share of what it took (issue 7). The same source compiled twice differs by less than a
/// tenth of a percent, by the seeds of hash maps.
pub const TOLERATED_GROWTH: f64 = 0.03;

/// Functions that are named for a benchmark that grew: each explains at least this share of the growth.
const TELLING_SHARE: f64 = 0.05;

/// How a benchmark stands to the baseline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It takes as many instructions, within what is tolerated.
    Same {
        /// Instructions in the baseline.
        before: u64,
        /// Instructions now.
        after: u64,
    },
    /// It takes more.
    Grew {
        /// Instructions in the baseline.
        before: u64,
        /// Instructions now.
        after: u64,
        /// Our own functions that grew, with what they do through libraries, the most first.
        own: Vec<FunctionChange>,
        /// The functions that grew, without those they call, the most first.
        grown: Vec<FunctionChange>,
        /// Functions of the baseline that run no more, the largest first: renamed, or compiled into their callers.
        gone: Vec<FunctionChange>,
    },
    /// It takes fewer, so that the baseline would let it grow back unseen.
    Shrank {
        /// Instructions in the baseline.
        before: u64,
        /// Instructions now.
        after: u64,
    },
    /// It is in the baseline and was not measured.
    NotMeasured,
    /// It was measured and is not in the baseline.
    NotInBaseline {
        /// Instructions now.
        after: u64,
    },
}

/// What became of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionChange {
    /// Its plain name.
    pub name: String,
    /// Its instructions in the baseline, those it calls left out. `None` where the baseline does not keep it.
    pub before: Option<u64>,
    /// Its instructions now.
    pub after: u64,
    /// By how many it grew or shrank; at least so many where the baseline does not keep it.
    pub by: u64,
}

/// Every benchmark of the baseline and every one that was measured, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    /// How each stands.
    pub changes: BTreeMap<String, Change>,
    /// What is another environment here than the baseline's, as `the baseline's, not this one`.
    pub differences: Vec<String>,
}

/// What the gate does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is open.
    Passes,
    /// It is shut.
    Fails,
    /// It stays shut, since nothing is shown: what takes more was counted in another environment than its baseline, and other
    /// compilers and libraries give other counts for the same source.
    Inconclusive,
}

impl Comparison {
    /// What the gate does.
    pub fn outcome(&self) -> Outcome {
        let grew = |change: &Change| matches!(change, Change::Grew { .. });
        let unpaired = |change: &Change| matches!(change, Change::NotMeasured | Change::NotInBaseline { .. });
        // Nothing measured is no pass. Which benchmarks there are does not depend on the environment.
        if self.changes.is_empty() || self.changes.values().any(unpaired) {
            Outcome::Fails
        } else if !self.changes.values().any(grew) {
            Outcome::Passes
        } else if self.differences.is_empty() {
            Outcome::Fails
        } else {
            Outcome::Inconclusive
        }
    }
}

/// Holds what was measured `here` against the baseline.
pub fn compare(baseline: &Baseline, measured: &BTreeMap<String, Profile>, here: &Environment) -> Comparison {
    let names: BTreeSet<&String> = baseline.benchmarks.keys().chain(measured.keys()).collect();
    let change = |name: &String| match (baseline.benchmarks.get(name), measured.get(name)) {
        (Some(before), Some(after)) => change_of(before, after),
        (None, Some(after)) => Change::NotInBaseline { after: after.total() },
        (_, None) => Change::NotMeasured,
    };
    Comparison {
        changes: names.into_iter().map(|name| (name.clone(), change(name))).collect(),
        differences: baseline.made_with.differences(here),
    }
}

fn change_of(benchmark: &Benchmark, profile: &Profile) -> Change {
    let (before, after) = (benchmark.instructions, profile.total());
    // A benchmark that ran nothing was not measured, whatever the files say.
    if after == 0 {
        return Change::NotMeasured;
    }
    let (now, then) = (after as f64, before as f64);
    if now > then * (1.0 + TOLERATED_GROWTH) {
        let growth = (now - then) * TELLING_SHARE;
        Change::Grew {
            before,
            after,
            own: grown(&benchmark.own, &profile.own, growth),
            grown: grown(&benchmark.functions, &profile.functions, growth),
            gone: gone(&benchmark.functions, &profile.functions, growth),
        }
    } else if now < then * (1.0 - TOLERATED_GROWTH) {
        Change::Shrank { before, after }
    } else {
        Change::Same { before, after }
    }
}

fn grown(then: &Largest, now: &BTreeMap<String, u64>, at_least: f64) -> Vec<FunctionChange> {
    let unkept = then.most_of_others();
    let mut grown: Vec<FunctionChange> = now
        .iter()
        .map(|(name, after)| {
            let before = then.kept.get(name).copied();
            let by = after.saturating_sub(before.unwrap_or(unkept));
            FunctionChange { name: name.clone(), before, after: *after, by }
        })
        .filter(|function| function.by as f64 >= at_least)
        .collect();
    grown.sort_by_key(|function| Reverse(function.by));
    grown
}

fn gone(then: &Largest, now: &BTreeMap<String, u64>, at_least: f64) -> Vec<FunctionChange> {
    let mut gone: Vec<FunctionChange> = then
        .kept
        .iter()
        .filter(|(name, before)| !now.contains_key(*name) && **before as f64 >= at_least)
        .map(|(name, before)| FunctionChange {
            name: name.clone(),
            before: Some(*before),
            after: 0,
            by: *before,
        })
        .collect();
    gone.sort_by_key(|function| Reverse(function.by));
    gone
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::fixture;

    fn profile<const N: usize>(functions: [(&str, u64); N]) -> Profile {
        let functions = functions.into_iter().map(|(name, count)| (name.to_owned(), count)).collect();
        Profile { functions, ..Profile::default() }
    }

    fn measured(profile: Profile) -> BTreeMap<String, Profile> {
        BTreeMap::from([("render".to_owned(), profile)])
    }

    fn compared(before: Profile, after: Profile, here: &Environment) -> Comparison {
        compare(&Baseline::of(&measured(before), fixture()), &measured(after), here)
    }

    fn change(before: Profile, after: Profile) -> Change {
        compared(before, after, &fixture()).changes.remove("render").unwrap()
    }

    /// What the gate does where a benchmark took 10,000 instructions, and now takes so many.
    fn outcome(after: u64, here: &Environment) -> Outcome {
        compared(profile([("push", 10_000)]), profile([("push", after)]), here).outcome()
    }

    fn newer_compiler() -> Environment {
        Environment { rustc: "rustc 1.96.0".to_owned(), ..fixture() }
    }

    #[test]
    fn more_than_three_percent_fails_and_names_the_function_that_grew() {
        let after = change(
            profile([("parse", 8_000), ("push", 2_000)]),
            profile([("parse", 8_000), ("push", 2_301)]),
        );
        let Change::Grew { before: 10_000, after: 10_301, grown, gone, .. } = &after else {
            panic!("{after:?}")
        };
        let push = FunctionChange { name: "push".to_owned(), before: Some(2_000), after: 2_301, by: 301 };
        assert_eq!(grown, &[push]);
        assert!(gone.is_empty());
        assert_eq!(outcome(10_301, &fixture()), Outcome::Fails);
    }

    /// Callgrind's profiles of a thousand bodies rendered, before and after one line of `append_json_escaped` was doubled on purpose;
    /// of each line what is read here.
    #[test]
    fn a_line_that_was_doubled_on_purpose_is_found_in_recorded_profiles() {
        let [before, after] = [include_str!("../fixtures/before.out"), include_str!("../fixtures/after.out")]
            .map(|text| crate::read_callgrind(text).unwrap());
        let Change::Grew { before: 7_473_735, after: 8_531_735, own, grown, .. } = change(before, after)
        else {
            panic!("fourteen percent more")
        };
        assert!(own[0].name.contains("template::encoding"), "{own:?}");
        assert!(grown.iter().any(|function| function.name.contains("format_escaped_str")), "{grown:?}");
    }

    #[test]
    fn growth_in_another_environment_is_inconclusive_and_whatever_passes_there_passes() {
        assert_eq!(outcome(10_301, &newer_compiler()), Outcome::Inconclusive);
        assert_eq!(outcome(10_300, &newer_compiler()), Outcome::Passes);
        assert_eq!(outcome(5_000, &newer_compiler()), Outcome::Passes);
    }

    #[test]
    fn three_percent_exactly_passes() {
        let after = change(profile([("push", 10_000)]), profile([("push", 10_300)]));
        assert_eq!(after, Change::Same { before: 10_000, after: 10_300 });
        assert_eq!(outcome(10_300, &fixture()), Outcome::Passes);
    }

    #[test]
    fn fewer_pass_and_are_told() {
        let after = change(profile([("push", 10_000)]), profile([("push", 9_699)]));
        assert_eq!(after, Change::Shrank { before: 10_000, after: 9_699 });
        assert_eq!(outcome(9_699, &fixture()), Outcome::Passes);
    }

    #[test]
    fn a_renamed_function_is_no_growth() {
        let after = change(profile([("push", 10_000)]), profile([("append", 10_001)]));
        assert_eq!(after, Change::Same { before: 10_000, after: 10_001 });
    }

    #[test]
    fn a_renamed_function_that_grew_is_named_with_the_one_that_is_gone() {
        let after = change(profile([("push", 10_000)]), profile([("append", 20_000)]));
        let Change::Grew { grown, gone, .. } = after else { panic!("{after:?}") };
        assert_eq!((grown[0].name.as_str(), grown[0].before), ("append", None));
        assert_eq!((gone[0].name.as_str(), gone[0].by), ("push", 10_000));
    }

    #[test]
    fn a_function_that_the_baseline_does_not_keep_is_not_blamed_for_what_it_held_before() {
        // Thirty of 1000 each, of which 25 are kept; one of the kept ones grows.
        let names: Vec<String> = (0..30).map(|number| format!("f{number:02}")).collect();
        let functions = |first: u64| Profile {
            functions: names
                .iter()
                .map(|name| (name.clone(), if name == "f00" { first } else { 1_000 }))
                .collect(),
            ..Profile::default()
        };
        let after = change(functions(1_000), functions(3_000));
        let Change::Grew { grown, .. } = after else { panic!("{after:?}") };
        assert_eq!(grown.iter().map(|function| function.name.as_str()).collect::<Vec<_>>(), ["f00"]);
    }

    #[test]
    fn what_is_missing_on_either_side_fails_whatever_the_environment() {
        let baseline = Baseline::of(&measured(profile([("push", 10)])), fixture());
        let others = BTreeMap::from([("other".to_owned(), profile([("push", 10)]))]);
        let comparison = compare(&baseline, &others, &newer_compiler());
        assert_eq!(comparison.changes["render"], Change::NotMeasured);
        assert_eq!(comparison.changes["other"], Change::NotInBaseline { after: 10 });
        assert_eq!(comparison.outcome(), Outcome::Fails);
        assert_eq!(
            change(profile([("push", 10)]), Profile::default()),
            Change::NotMeasured,
            "it ran nothing"
        );
    }

    #[test]
    fn nothing_on_both_sides_is_no_pass() {
        let baseline = Baseline::of(&BTreeMap::new(), fixture());
        assert_eq!(compare(&baseline, &BTreeMap::new(), &fixture()).outcome(), Outcome::Fails);
    }
}
