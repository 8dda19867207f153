//! Reading what callgrind wrote.
//!
//! The format: <https://valgrind.org/docs/manual/cl-format.html>. A line of cost belongs to the function named last by `fn=`; after a
//! `calls=` line it is what the function named by `cfn=` and all below it took for that caller.

use std::collections::{BTreeMap, HashMap};

use crate::function_name::plain_name;

/// The event that is counted: instructions read, which is each that ran.
const INSTRUCTIONS: &str = "Ir";

/// Where the instructions went, by plain name of the function. Instances of a generic function are one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profile {
    /// Of each function, without the functions it calls.
    pub functions: BTreeMap<String, u64>,
    /// Of each function of our own, with what it does through libraries: what one of our lines costs is mostly spent there. What a
    /// library calls back is counted twice.
    pub own: BTreeMap<String, u64>,
}

impl Profile {
    /// All instructions.
    pub fn total(&self) -> u64 {
        self.functions.values().sum()
    }

    /// Adds what another thread ran.
    pub fn add(&mut self, other: Self) {
        for (name, instructions) in other.functions {
            *self.functions.entry(name).or_default() += instructions;
        }
        for (name, instructions) in other.own {
            *self.own.entry(name).or_default() += instructions;
        }
    }

    /// A line of cost: the function's own, or that of what it called.
    fn count(&mut self, function: &str, called: Option<&str>, instructions: u64) {
        if called.is_none() {
            *self.functions.entry(function.to_owned()).or_default() += instructions;
        }
        if is_own(function) && !called.is_some_and(is_own) {
            *self.own.entry(function.to_owned()).or_default() += instructions;
        }
    }
}

/// Whether a function is of one of our packages; a library's function over one of our types is not.
fn is_own(name: &str) -> bool {
    name.trim_start_matches('<').starts_with("aforo_")
}

/// Why a text is no profile of callgrind's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallgrindError {
    /// It counts something else.
    #[error(
        "it counts no instructions (its line `events:` does not name {INSTRUCTIONS}); count with callgrind"
    )]
    NoInstructions,
    /// A line that cannot be read.
    #[error("line {line} is not of callgrind's format: {text}")]
    Line {
        /// Its number.
        line: usize,
        /// What it says.
        text: String,
    },
}

/// Where the counts of a line of cost are.
struct Columns {
    /// Numbers that say where, before the counts.
    positions: usize,
    /// Which of the counts it is.
    instructions: usize,
}

/// Reads a profile.
///
/// # Errors
/// [`CallgrindError`] when it is none.
pub fn read_callgrind(text: &str) -> Result<Profile, CallgrindError> {
    let columns = columns(text).ok_or(CallgrindError::NoInstructions)?;
    let mut names = HashMap::new();
    let mut profile = Profile::default();
    let mut function = String::new();
    let mut called = String::new();
    let mut is_cost_of_call = false;
    for (index, line) in text.lines().enumerate() {
        let bad = || CallgrindError::Line { line: index + 1, text: line.chars().take(80).collect() };
        let line = line.trim();
        if let Some((key, value)) = line.split_once('=') {
            match key {
                "fn" => function = plain_name(&named(value, &mut names).ok_or_else(bad)?),
                "cfn" => called = plain_name(&named(value, &mut names).ok_or_else(bad)?),
                "calls" => is_cost_of_call = true,
                _ => {}
            }
        } else if line.starts_with(|first: char| first.is_ascii_digit() || "+-*".contains(first)) {
            let instructions = cost(line, &columns).ok_or_else(bad)?;
            let called = std::mem::take(&mut is_cost_of_call).then_some(called.as_str());
            if instructions > 0 {
                profile.count(&function, called, instructions);
            }
        }
    }
    Ok(profile)
}

fn columns(text: &str) -> Option<Columns> {
    let header = |key| text.lines().find_map(|line: &str| line.strip_prefix(key));
    let positions = header("positions:").map_or(1, |positions| positions.split_whitespace().count());
    let instructions = header("events:")?.split_whitespace().position(|event| event == INSTRUCTIONS)?;
    Some(Columns { positions, instructions })
}

/// `(7) name` gives a number to a name, `(7)` stands for it later; a name may also stand as it is.
fn named(value: &str, names: &mut HashMap<String, String>) -> Option<String> {
    let Some((number, name)) = value.strip_prefix('(').and_then(|rest| rest.split_once(')')) else {
        return Some(value.to_owned());
    };
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(value.to_owned());
    }
    let name = name.trim();
    if name.is_empty() {
        return names.get(number).cloned();
    }
    names.insert(number.to_owned(), name.to_owned());
    Some(name.to_owned())
}

/// Counts at the end that are zero are left out.
fn cost(line: &str, columns: &Columns) -> Option<u64> {
    match line.split_whitespace().nth(columns.positions + columns.instructions) {
        None => Some(0),
        Some(count) => count.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const COMPRESSED: &str = "\
# callgrind format
version: 1
positions: line
events: Ir Dr
summary: 190 12

ob=(1) /target/release/bench
fl=(1) src/lib.rs
fn=(1) bench::run::h0123456789abcdef
10 100 7
+2 5
cfn=(2) bench::inner::hfedcba9876543210
calls=3 20
+1 70 5
fi=(2) src/inlined.rs
* 10

fn=(2)
20 60 5
cfn=(2)
calls=1 20
21 30
fn=(3) bench::inner::h0000000000000000
30 15
totals: 190 12
";

    #[test]
    fn calls_are_left_to_the_called_and_builds_of_a_function_are_one() {
        let profile = read_callgrind(COMPRESSED).unwrap();
        let expected = BTreeMap::from([("bench::run".to_owned(), 115), ("bench::inner".to_owned(), 75)]);
        assert_eq!(profile.functions, expected);
        assert_eq!(profile.total(), 190);
    }

    #[test]
    fn what_our_own_functions_do_through_libraries_is_theirs() {
        let text = "events: Ir\nfn=aforo_a::run\n1 5\ncfn=<aforo_a::T as Clone>::clone\ncalls=1 0\n1 30\ncfn=malloc\n\
            calls=1 0\n1 9\nfn=<aforo_a::T as Clone>::clone\n1 10\ncfn=alloc::Vec<aforo_a::T>::push\ncalls=1 0\n1 20\n\
            fn=alloc::Vec<aforo_a::T>::push\n1 20\nfn=malloc\n1 9\n";
        let profile = read_callgrind(text).unwrap();
        let expected = [("<aforo_a::T as Clone>::clone", 30), ("aforo_a::run", 14)];
        assert_eq!(profile.own, expected.map(|(name, count)| (name.to_owned(), count)).into());
        assert_eq!(profile.total(), 44);
    }

    #[test]
    fn names_that_are_written_out_are_read_as_well() {
        let text = "events: Ir\nfn=one\n1 5\ncfn=two\ncalls=1 0\n1 9\nfn=two\n7 9\nfn=(closure)\n8 1\n";
        let profile = read_callgrind(text).unwrap();
        assert_eq!(profile.functions["one"], 5);
        assert_eq!(profile.functions["two"], 9);
        assert_eq!(profile.functions["(closure)"], 1);
    }

    #[test]
    fn a_thread_that_ran_nothing_is_an_empty_profile() {
        assert_eq!(read_callgrind("events: Ir\ntotals: 0\n").unwrap(), Profile::default());
    }

    #[test]
    fn what_is_no_profile_is_refused() {
        assert_eq!(read_callgrind("hello").unwrap_err(), CallgrindError::NoInstructions);
        assert_eq!(read_callgrind("events: Dr\n1 2\n").unwrap_err(), CallgrindError::NoInstructions);
        let error = read_callgrind("events: Ir\nfn=one\n1 many\n").unwrap_err();
        assert_eq!(error, CallgrindError::Line { line: 3, text: "1 many".to_owned() });
        assert!(read_callgrind("events: Ir\nfn=(9)\n").is_err(), "a number that stands for no name");
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(events: Ir\n)?((fn|cfn|calls)?=?[(0-9) a-z+*-]{0,12}\n){0,12}") {
            let _ = read_callgrind(&text);
        }
    }
}
