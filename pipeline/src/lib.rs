//! One run from start to end, and the run store.
