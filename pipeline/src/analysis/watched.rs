//! What was seen of a database before it was read.

use std::collections::BTreeMap;

use aforo_analyzers::KnownCall;
use aforo_model::database::{
    ActivityWindow, LoadSlice, ProbeBackground, ProbeReading, RequestTrace, Skipped, StatementWindow,
    TableWriteWindow,
};

/// What was seen while something was asked of the target.
#[derive(Debug, Default)]
pub(crate) struct Watched {
    /// Statements of the whole window; absent when none was watched.
    pub(crate) statements: Option<StatementWindow>,
    /// What sessions waited for.
    pub(crate) activity: Option<ActivityWindow>,
    /// Rows written to tables while load ran; absent where there was none.
    pub(crate) table_writes: Option<TableWriteWindow>,
    /// Requests by step and statements, slice by slice.
    pub(crate) slices: Vec<LoadSlice>,
    /// Requests in the whole window, where they are known.
    pub(crate) requests: Option<u64>,
    /// Endpoints that were asked alone.
    pub(crate) readings: Vec<ProbeReading>,
    /// What they sent, where a proxy saw it; without those that were not answered as expected.
    pub(crate) traces: Vec<RequestTrace>,
    /// The slowest call that a proxy saw of each statement, with its values, by fingerprint. Never saved.
    pub(crate) known_calls: BTreeMap<String, KnownCall>,
    /// What ran while nothing was asked.
    pub(crate) background: ProbeBackground,
    /// Items of a page in production.
    pub(crate) production_page_size: u32,
    /// Endpoints that were not asked, and why.
    pub(crate) not_probed: Vec<Skipped>,
    /// What could not be watched.
    pub(crate) skipped: Vec<Skipped>,
}

impl Watched {
    /// Keeps what a proxy saw of one request.
    pub(super) fn take_trace(&mut self, (trace, calls): (RequestTrace, Vec<KnownCall>)) {
        self.traces.push(trace);
        for call in calls {
            let known = self.known_calls.get(&call.fingerprint);
            if known.is_none_or(|known| known.elapsed_s < call.elapsed_s) {
                self.known_calls.insert(call.fingerprint.clone(), call);
            }
        }
    }
}
