//! Whether a series grows at a pace that lasts: the rule that leaks and trends share.
//!
//! A reading taken alone shows warm-up, allocators that take memory in large pieces, collections of garbage, and noise that
//! remembers. Each of them has to be told from growth; every step says which of them it is for.

mod condense;
mod judge;
mod pace;
mod profiling_shift;
#[cfg(test)]
mod simulation;

pub(crate) use condense::{Condensed, condense};
pub(crate) use judge::judge;
pub(crate) use profiling_shift::without_profiling;

/// Values with the seconds at which they were read, in order.
pub(crate) type Points = Vec<(f64, f64)>;

/// A part of them.
type Part<'a> = &'a [(f64, f64)];
