//! The texts of the queries.

use std::fs;
use std::path::Path;

use aforo_analyzers::WorkloadStatement;

use crate::error::BenchError;

/// Left out in published comparisons, because they swamp the sum of costs.
const LEFT_OUT: [u32; 3] = [2, 17, 20];

/// The queries, each to be run once.
pub(crate) fn read(folder: &Path) -> Result<Vec<WorkloadStatement>, BenchError> {
    (1..=22)
        .filter(|number| !LEFT_OUT.contains(number))
        .map(|number| {
            let path = folder.join(format!("{number}.sql"));
            let text = fs::read_to_string(&path)
                .map_err(|source| BenchError::Queries { path: path.display().to_string(), source })?;
            Ok(WorkloadStatement { fingerprint: format!("Q{number}"), text, calls: 1.0, rows: 0.0 })
        })
        .collect()
}
