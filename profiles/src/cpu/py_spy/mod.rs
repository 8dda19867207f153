//! Python processes, read from outside by py-spy. All that is py-spy's own stays behind this module: much of its interface is meant
//! for its own program, so that the version is pinned.
//!
//! py-spy's `Sampler` is not used: it watches for subprocesses on a thread that it never ends while the target lives, panics where
//! that thread cannot list them, and makes up for late ticks with bursts of samples of one moment. [`reader`] asks the same
//! `PythonSpy` beneath it on a clock of our own, one thread for each Python process.

mod account;
mod clock;
mod interpreter;
mod pressure;
mod profiler;
mod reader;
mod rights;
mod sampling;
mod tally;
#[cfg(test)]
mod tests;
mod threads;
mod tree;

pub(crate) use profiler::PySpy;
