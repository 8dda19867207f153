//! What came of one request that was sent alone.

use super::items::{count_items, page_items};
use crate::scenario::engine::exchange::{Answer, RequestError};

/// What came of one request that was sent alone.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ProbeAnswer {
    /// The step.
    pub step: String,
    /// The path with its query, which tells what was asked for.
    pub path: String,
    /// Items asked for; absent for a step that has no page size.
    pub page_size: Option<u32>,
    /// Items passed over before the first one; absent for a step that cannot. Of numbered pages, as if the first
    /// were 1.
    pub offset: Option<u64>,
    /// Whether what was asked for had not been asked for before, by this probe. Otherwise a cache of the target may
    /// hide statements.
    pub is_fresh: bool,
    /// HTTP status; absent when there was no complete answer.
    pub status: Option<u16>,
    /// Whether the answer is what the step expects.
    pub is_expected: bool,
    /// What was wrong with it.
    pub problem: Option<String>,
    /// The length of every array in it by its path, as [`count_items`] has it.
    pub items: Vec<(String, u64)>,
    /// Size of the body as it came.
    pub received_bytes: u64,
    /// From the start of the request to the last byte of the answer, in seconds.
    pub elapsed_s: f64,
}

impl ProbeAnswer {
    /// What is told by the answer itself.
    pub(super) fn of(answer: Result<Answer, RequestError>, problem: Option<String>) -> Self {
        let is_expected = problem.is_none();
        match answer {
            Ok(answer) => Self {
                status: Some(answer.status),
                is_expected,
                problem,
                items: count_items(&answer.body),
                received_bytes: answer.received_bytes,
                ..Self::default()
            },
            Err(_) => Self { is_expected, problem, ..Self::default() },
        }
    }

    /// Whether it holds fewer items than were asked for.
    pub(super) fn is_short(&self) -> bool {
        let (Some(asked), Some(found)) = (self.page_size, page_items(&self.items)) else { return false };
        found < u64::from(asked)
    }
}
