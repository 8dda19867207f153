//! What was seen of a database before it was read.

use aforo_model::database::{
    ActivityWindow, LoadSlice, ProbeBackground, ProbeReading, RequestTrace, Skipped, StatementWindow,
};

/// What was seen while something was asked of the target.
#[derive(Debug, Default)]
pub(crate) struct Watched {
    /// Statements of the whole window; absent when none was watched.
    pub(crate) statements: Option<StatementWindow>,
    /// What sessions waited for.
    pub(crate) activity: Option<ActivityWindow>,
    /// Requests by step and statements, slice by slice.
    pub(crate) slices: Vec<LoadSlice>,
    /// Requests in the whole window, where they are known.
    pub(crate) requests: Option<u64>,
    /// Endpoints that were asked alone.
    pub(crate) readings: Vec<ProbeReading>,
    /// What they sent, where a proxy saw it; without those that were not answered as expected.
    pub(crate) traces: Vec<RequestTrace>,
    /// What ran while nothing was asked.
    pub(crate) background: ProbeBackground,
    /// Items of a page in production.
    pub(crate) production_page_size: u32,
    /// Endpoints that were not asked, and why.
    pub(crate) not_probed: Vec<Skipped>,
    /// What could not be watched.
    pub(crate) skipped: Vec<Skipped>,
}
