//! The tables of a step's profile.

use aforo_model::profile::{FunctionShare, ProfileRecord, WallPart, WallSource, WallSplit};

use super::answers::range;
use crate::figures::{self, or_absent};
use crate::sheet::{Cell, Sheet, numbers, words};
use crate::style::Tone;

/// Functions that are shown; the others are in the JSON.
pub(super) const FUNCTIONS_SHOWN: usize = 15;
/// What the table of functions means.
pub(crate) const FUNCTIONS_MEAN: &str = "self: the function itself; total: with all that it calls; ms: CPU in 1000 \
    requests. Ranges hold with 95 % confidence.";

/// The first functions; `None` when there are none.
pub(crate) fn functions(record: &ProfileRecord) -> Option<Sheet> {
    (!record.functions.is_empty()).then(|| Sheet {
        columns: vec![
            words("function"),
            numbers("self"),
            numbers("range"),
            numbers("total"),
            numbers("range"),
            numbers("self ms"),
            numbers("total ms"),
        ],
        rows: record
            .functions
            .iter()
            .take(FUNCTIONS_SHOWN)
            .map(|share| function(share, record.noise_floor_ratio))
            .collect(),
        elastic: 0,
        ends_with_total: false,
    })
}

fn function(share: &FunctionShare, noise_floor_ratio: f64) -> Vec<Cell> {
    let tone = if share.self_ratio.estimate < noise_floor_ratio { Tone::Faint } else { Tone::Neutral };
    vec![
        Cell::toned(&named(share), tone),
        Cell::toned(&figures::percent(share.self_ratio.estimate), tone),
        Cell::from(range(share.self_ratio)),
        Cell::from(figures::percent(share.total_ratio.estimate)),
        Cell::from(range(share.total_ratio)),
        Cell::from(or_absent(share.self_cpu_ms_per_1000_requests, figures::significant)),
        Cell::from(or_absent(share.total_cpu_ms_per_1000_requests, figures::significant)),
    ]
}

/// A function with the place where it was seen most often: `parse_date (dates.rs:41)`.
fn named(share: &FunctionShare) -> String {
    let Some(file) = share.file.as_deref().and_then(|file| file.rsplit(['/', '\\']).next()) else {
        return share.function.clone();
    };
    let line = share.line.map(|line| format!(":{line}")).unwrap_or_default();
    format!("{} ({file}{line})", share.function)
}

/// What the time of a request is made of.
pub(super) fn wall(split: &WallSplit) -> Sheet {
    Sheet {
        columns: vec![words("time of a request"), numbers("mean"), numbers("share"), words("told by")],
        rows: split
            .parts
            .iter()
            .map(|share| {
                vec![
                    Cell::from(part(share.part)),
                    Cell::from(figures::time_us(share.time_us.max(0.0).round() as u64)),
                    Cell::from(figures::percent(share.ratio)),
                    Cell::from(source(share.source)),
                ]
            })
            .collect(),
        elastic: 3,
        ends_with_total: false,
    }
}

fn part(part: WallPart) -> &'static str {
    match part {
        WallPart::Cpu => "running on a core",
        WallPart::CpuQueue => "waiting for a core",
        WallPart::Postgres => "waiting for Postgres",
        WallPart::Redis => "waiting for Redis",
        WallPart::Other => "other waiting",
    }
}

fn source(source: WallSource) -> &'static str {
    match source {
        WallSource::ProcessCpuTime => "CPU time of the target's processes",
        WallSource::RunQueueDelay => "run-queue delay of the target's threads",
        WallSource::StatementTime => "time of statements in pg_stat_statements",
        WallSource::ActivitySamples => "sessions seen active in pg_stat_activity",
        WallSource::CommandStatistics => "time of commands in Redis' INFO commandstats",
        WallSource::Remainder => "what is left of the response time",
    }
}
