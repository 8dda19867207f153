//! The values that pass between the stages: plain data, no I/O, no clock, no async.
