//! The canonical runs that every format is tested with.

use std::io::{self, Write};

use aforo_model::{RunRecord, read_run};

/// A run that met its objectives, one that violated some, one whose target died, an open one with a spike, and one that
/// searches for the limit.
const FIXTURES: [(&str, &str); 5] = [
    ("met", include_str!("../fixtures/met.json")),
    ("violated", include_str!("../fixtures/violated.json")),
    ("cut-short", include_str!("../fixtures/cut-short.json")),
    ("open", include_str!("../fixtures/open.json")),
    ("stress", include_str!("../fixtures/stress.json")),
];

/// Every canonical run with its name.
pub(crate) fn records() -> Vec<(&'static str, RunRecord)> {
    FIXTURES.iter().map(|(name, json)| (*name, read_run(json).expect(name))).collect()
}

/// The canonical run of this name.
pub(crate) fn record(name: &str) -> RunRecord {
    records().into_iter().find(|(known, _)| *known == name).expect("a known name").1
}

/// What a format writes.
pub(crate) fn rendered(
    render: impl Fn(&RunRecord, &mut dyn Write) -> io::Result<()>,
    record: &RunRecord,
) -> String {
    let mut bytes = Vec::new();
    render(record, &mut bytes).expect("memory can be written to");
    String::from_utf8(bytes).expect("reports are UTF-8")
}
