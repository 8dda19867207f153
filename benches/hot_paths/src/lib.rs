//! The hot paths that are measured, each with its fixed input.
//!
//! A file is a subject. Its type is made with all that is not measured; its methods are what is measured. `benches/suite` takes the
//! times of Aforo's own, `benches/instructions.rs` counts the instructions of all; those of the hotel are small ones of the kind that the
//! suite takes the times of.

mod audio;
mod body;
mod dates;
mod fingerprints;
mod judging;
mod messages;
mod n_plus_one;
mod plans;
mod recording;
mod report;
mod second;
mod stays;

pub use audio::VoiceMessage;
pub use body::BodyTemplate;
pub use dates::DatePhrases;
pub use fingerprints::Statements;
pub use judging::JudgedRun;
pub use messages::GuestMessages;
pub use n_plus_one::ProbedEndpoint;
pub use plans::Plans;
pub use recording::{RecordedSecond, Recording};
pub use report::Report;
pub use second::RunSeconds;
pub use stays::Stays;

/// The day on which everything is read: a Wednesday in March, as in the hotel's own tests.
fn today() -> chrono::NaiveDate {
    chrono::NaiveDate::from_ymd_opt(2027, 3, 10).expect("a day of the calendar")
}

/// Times as a fast API gives them, spread over three orders of magnitude, in microseconds; any fixed spread would do.
fn times_us() -> impl Iterator<Item = u64> {
    (0..1_000_u64).map(|index| 500 + index * index)
}
