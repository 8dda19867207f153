//! Twins must agree before they are timed.

use std::fmt::Debug;

/// A faster function that gives another answer is no repair.
///
/// # Panics
/// If the answers differ; the benchmark is then not run.
pub fn assert_same_answer<A: PartialEq + Debug>(subject: &str, one: A, other: A) {
    assert_eq!(one, other, "the twins of {subject} give different answers: there is nothing to compare");
}
