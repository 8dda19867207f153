//! What requests send to the database, as a proxy saw it: the sequence of a typical request, and what it asks again and
//! again.

mod fold;
mod known_call;
mod repeated_statement;
mod typical;

pub use fold::fold_request;
pub use known_call::{KnownCall, known_calls};
pub use repeated_statement::find as trace_findings;
pub use typical::{confirm_n_plus_ones, typical_requests};

#[cfg(test)]
mod fixtures;
