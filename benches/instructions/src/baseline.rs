//! What the hot paths took when the baseline was made.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::callgrind::Profile;
use crate::environment::Environment;

/// The form of the file; a newer one is refused.
const FORMAT: u32 = 1;

/// Functions of a benchmark that are kept: those that hold the most.
const KEPT_FUNCTIONS: usize = 25;

/// The committed counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Baseline {
    format: u32,
    /// With what it was made.
    pub made_with: Environment,
    /// By name.
    pub benchmarks: BTreeMap<String, Benchmark>,
}

/// What one benchmark took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Benchmark {
    /// Instructions in all.
    pub instructions: u64,
    /// Of our own functions, with what they do through libraries.
    pub own: Largest,
    /// Of all functions, each without the functions it calls.
    pub functions: Largest,
}

/// Those of many functions that hold the most.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Largest {
    /// Whether there are others.
    pub has_others: bool,
    /// Instructions by name.
    pub kept: BTreeMap<String, u64>,
}

/// Why a text is no baseline.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// It is not JSON, or not of this shape.
    #[error("the baseline cannot be read: {0}; make it anew with `make bench-gate BLESS=1`")]
    Malformed(#[from] serde_json::Error),
    /// It was written by a newer gate.
    #[error("the baseline has format {0}, and this gate knows {FORMAT}: use the gate it was committed with")]
    Newer(u32),
}

impl Baseline {
    /// The baseline of what was just measured.
    pub fn of(profiles: &BTreeMap<String, Profile>, made_with: Environment) -> Self {
        let benchmarks =
            profiles.iter().map(|(name, profile)| (name.clone(), Benchmark::of(profile))).collect();
        Self { format: FORMAT, made_with, benchmarks }
    }

    /// Reads what [`to_json`](Self::to_json) wrote.
    ///
    /// # Errors
    /// [`BaselineError`].
    pub fn from_json(text: &str) -> Result<Self, BaselineError> {
        let baseline: Self = serde_json::from_str(text)?;
        if baseline.format > FORMAT { Err(BaselineError::Newer(baseline.format)) } else { Ok(baseline) }
    }

    /// The file: a line for each function, so that a change of it reads well.
    ///
    /// # Errors
    /// Never for a baseline of ours.
    pub fn to_json(&self) -> Result<String, BaselineError> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}

impl Benchmark {
    fn of(profile: &Profile) -> Self {
        Self {
            instructions: profile.total(),
            own: Largest::of(&profile.own),
            functions: Largest::of(&profile.functions),
        }
    }
}

impl Largest {
    /// Of functions that hold as much the first by name, so that the file is the same each time.
    fn of(functions: &BTreeMap<String, u64>) -> Self {
        let mut largest: Vec<(&String, &u64)> = functions.iter().collect();
        largest.sort_by_key(|(name, instructions)| (Reverse(**instructions), *name));
        let has_others = largest.len() > KEPT_FUNCTIONS;
        largest.truncate(KEPT_FUNCTIONS);
        let kept = largest.into_iter().map(|(name, instructions)| (name.clone(), *instructions)).collect();
        Self { has_others, kept }
    }

    /// The most that a function may have held which is not kept.
    pub(crate) fn most_of_others(&self) -> u64 {
        if self.has_others { self.kept.values().copied().min().unwrap_or(0) } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::fixture;

    fn profile(functions: usize) -> Profile {
        let function = |number: usize| (format!("f{number:02}"), 10 * (number as u64 + 1));
        Profile { functions: (0..functions).map(function).collect(), ..Profile::default() }
    }

    #[test]
    fn the_functions_that_hold_the_most_are_kept_and_the_total_is_of_all() {
        let baseline = Baseline::of(&BTreeMap::from([("a".to_owned(), profile(30))]), fixture());
        let benchmark = &baseline.benchmarks["a"];
        assert_eq!(benchmark.functions.kept.len(), KEPT_FUNCTIONS);
        assert_eq!(benchmark.instructions, (1..=30).sum::<u64>() * 10);
        assert_eq!((benchmark.functions.has_others, benchmark.functions.most_of_others()), (true, 60));
        assert_eq!(Benchmark::of(&profile(3)).functions.most_of_others(), 0, "the others held nothing");
    }

    #[test]
    fn a_baseline_survives_its_file() {
        let baseline = Baseline::of(&BTreeMap::from([("a".to_owned(), profile(3))]), fixture());
        assert_eq!(Baseline::from_json(&baseline.to_json().unwrap()).unwrap(), baseline);
    }

    #[test]
    fn a_newer_form_and_another_text_are_refused() {
        let baseline = Baseline { format: 2, ..Baseline::of(&BTreeMap::new(), fixture()) };
        let error = Baseline::from_json(&baseline.to_json().unwrap()).unwrap_err();
        assert!(matches!(error, BaselineError::Newer(2)));
        assert!(matches!(Baseline::from_json("[]").unwrap_err(), BaselineError::Malformed(_)));
    }
}
