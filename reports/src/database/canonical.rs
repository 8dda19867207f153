//! The canonical database report that every format is tested with.

use std::io::{self, Write};

use aforo_model::database::DatabaseReport;

/// A report of the built-in hotel with all its flaws.
pub(crate) fn report() -> DatabaseReport {
    serde_json::from_str(include_str!("../../fixtures/database.json")).unwrap()
}

pub(super) fn rendered(
    render: impl Fn(&DatabaseReport, &mut dyn Write) -> io::Result<()>,
    report: &DatabaseReport,
) -> String {
    let mut out = Vec::new();
    render(report, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}
