//! What a source of observation has to say when it cannot work, or not fully.

use std::fmt;

/// Why a source gives no readings, or fewer than it could, and what to do about it. A run goes on without it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Notice {
    /// The source, as in `postgres`, `redis`, `target process`.
    pub source: String,
    /// What happened, in a clause that can follow the source and a colon.
    pub why: String,
    /// What to do next.
    pub remedy: String,
}

impl Notice {
    pub(crate) fn new(source: impl Into<String>, why: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { source: source.into(), why: why.into(), remedy: remedy.into() }
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}; {}", self.source, self.why, self.remedy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_reads_as_source_cause_and_remedy() {
        let notice = Notice::new("redis", "connection refused", "start Redis");
        assert_eq!(notice.to_string(), "redis: connection refused; start Redis");
    }
}
