//! A history as comma-separated values: a line a run. Times are microseconds and shares 0–1, as in the record.

use std::io::{self, Write};

use aforo_model::{Answer, FigureHistory};

use crate::csv_rows::write_csv;
use crate::headline;

const HEADER: [&str; 6] = ["run", "started_at", "subject", "indicator", "value", "level_changes_here"];

pub(super) fn render(history: &FigureHistory, out: &mut dyn Write) -> io::Result<()> {
    let changes = match &history.changes {
        Answer::Found(changes) => changes.as_slice(),
        Answer::Absent { .. } => &[],
    };
    let header = HEADER.into_iter().chain(["verdict"]);
    write_csv(
        out,
        header,
        history.points.iter().map(|point| {
            let changed = changes.iter().any(|change| change.run == point.run);
            [
                point.run.clone(),
                point.started_at.to_rfc3339(),
                history.subject.to_string(),
                history.indicator.to_string(),
                point.value.to_string(),
                changed.to_string(),
                headline::word(&point.verdict).to_owned(),
            ]
        }),
    )
}
