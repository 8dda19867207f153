//! The table of large values and of what compressing them gives.

use aforo_model::cache::{CacheReport, CompressionTrial, LargeValue};

use super::facts::LARGE_NOTE;
use super::wording::{reasons, why};
use crate::figures::{self, or_absent, percent, significant};
use crate::sheet::{Cell, Sheet, numbers, words};
use crate::text::{one_line, truncated};

/// Columns of a type: a module names its own with nine letters at most.
const KIND_COLUMNS: usize = 9;

/// The values, the largest first; `None` when there are none.
pub(crate) fn sheet(report: &CacheReport) -> Option<Sheet> {
    (!report.large_values.is_empty()).then(|| Sheet {
        columns: vec![
            words("key"),
            words("type"),
            numbers("size"),
            numbers("zstd"),
            numbers("pack ms"),
            numbers("unpack ms"),
            numbers("gzip"),
            numbers("pack ms"),
        ],
        rows: report.large_values.iter().map(row).collect(),
        elastic: 0,
        ends_with_total: false,
    })
}

fn row(value: &LargeValue) -> Vec<Cell> {
    let trial = value.compression.found();
    let figure = |of: fn(&CompressionTrial) -> f64, show: fn(f64) -> String| {
        Cell::from(or_absent(trial.map(of), show))
    };
    vec![
        Cell::code(&value.name),
        Cell::from(truncated(&one_line(&value.kind), KIND_COLUMNS)),
        Cell::from(figures::bytes(value.bytes)),
        figure(|trial| trial.zstd_ratio, percent),
        figure(|trial| trial.zstd_compress_ms_per_mb, significant),
        figure(|trial| trial.zstd_decompress_ms_per_mb, significant),
        figure(|trial| trial.gzip_ratio, percent),
        figure(|trial| trial.gzip_compress_ms_per_mb, significant),
    ]
}

/// What the columns say, and why some are empty.
pub(crate) fn notes(report: &CacheReport) -> String {
    let whys = report.large_values.iter().filter_map(|value| why(&value.compression));
    let measured = report.large_values.iter().any(|value| value.compression.found().is_some());
    let meaning = measured.then(|| LARGE_NOTE.to_owned());
    let said: Vec<String> = meaning.into_iter().chain(reasons("compression", whys)).collect();
    said.join(" ")
}
