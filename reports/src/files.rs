//! What lies in the folder of a run.

use aforo_model::RunRecord;

use crate::comparison::COMPARISON_FORMATS;
use crate::format::FORMATS;

/// The report that is opened by a double click.
pub(crate) const REPORT: &str = "report.html";
/// The histograms second by second, written as the run goes on.
const LATENCY: &str = "latency.hlog";

/// The files beside [`REPORT`]: what every run has, and what it was compared with.
pub(crate) fn beside_report(record: &RunRecord) -> Vec<&'static str> {
    let formats = FORMATS.iter().filter_map(|format| format.file_name).filter(|name| *name != REPORT);
    let compared = record.comparison.iter().flat_map(|_| COMPARISON_FORMATS);
    let compared = compared.filter_map(|format| format.file_name);
    formats.chain([LATENCY]).chain(compared).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{canonical, comparison};

    #[test]
    fn a_run_that_was_compared_has_the_comparison_beside_its_report() {
        let mut record = canonical::record("met");
        let files = beside_report(&record);
        assert!(files.contains(&"run.json") && files.contains(&"latency.hlog"), "{files:?}");
        assert!(!files.contains(&REPORT) && !files.contains(&"comparison.md"), "{files:?}");
        record.comparison = Some(Box::new(comparison::canonical::regression()));
        let files = beside_report(&record);
        assert!(files.ends_with(&["comparison.md", "comparison.json"]), "{files:?}");
    }
}
