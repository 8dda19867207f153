//! The lock that planning a statement takes.

use aforo_sql::{StatementKind, describe};

/// What planning takes on tables, beyond `ACCESS SHARE`: parsing a statement already locks tables as running it would.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlanningLock {
    /// Of a statement that locks rows (`FOR UPDATE`): holds up `EXCLUSIVE` and stronger.
    RowShare,
    /// Of a statement that writes: holds up `SHARE` and stronger, such as `CREATE INDEX`.
    RowExclusive,
}

impl PlanningLock {
    /// Why a statement is not planned that would take it, as a sentence without a full stop.
    pub fn why_not_planned(self) -> &'static str {
        match self {
            Self::RowShare => "planning a query that locks rows takes a ROW SHARE lock on its tables",
            Self::RowExclusive => "planning a write takes a ROW EXCLUSIVE lock on its tables",
        }
    }
}

/// The lock that planning this text takes; nothing for a reader.
pub fn planning_lock(text: &str) -> Option<PlanningLock> {
    let Ok(shape) = describe(text) else { return lock_by_words(text) };
    let is_write = matches!(
        shape.kind,
        StatementKind::Insert | StatementKind::Update | StatementKind::Delete | StatementKind::Merge
    );
    match (is_write || shape.writes, shape.locks_rows) {
        (true, _) => Some(PlanningLock::RowExclusive),
        (false, true) => Some(PlanningLock::RowShare),
        (false, false) => None,
    }
}

/// For texts that are not understood: a word that only looks like a write counts as one.
fn lock_by_words(text: &str) -> Option<PlanningLock> {
    let mut words = text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
    let mut has_share = false;
    let writes = words.any(|word| {
        has_share |= word.eq_ignore_ascii_case("share");
        ["insert", "update", "delete", "merge", "into"].iter().any(|write| word.eq_ignore_ascii_case(write))
    });
    match (writes, has_share) {
        (true, _) => Some(PlanningLock::RowExclusive),
        (false, true) => Some(PlanningLock::RowShare),
        (false, false) => None,
    }
}
