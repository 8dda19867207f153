//! How a run is shown: one file per format. Nothing is computed here: every number shown is a field of the
//! [`RunRecord`](aforo_model::RunRecord).

pub mod cache;
pub mod cache_replay;
mod capacity;
mod change;
mod csv_rows;
pub mod database;
mod endpoints_csv;
mod figures;
mod format;
mod headline;
mod interval_log;
pub mod json;
mod live_line;
mod markdown;
mod open_objectives;
mod page;
mod plan_tree;
pub mod profile;
mod resource_notes;
mod resources_csv;
mod run_list;
mod schema;
mod sheet;
mod sheets;
mod style;
mod summary_md;
pub mod terminal;
mod text;
mod timeline_csv;
mod workload;

#[cfg(test)]
mod canonical;

pub use format::{FORMATS, Format};
pub use interval_log::{IntervalLog, IntervalLogError, IntervalLogWriter, read_interval_log};
pub use live_line::{LiveView, live_line};
pub use plan_tree::plan_tree;
pub use run_list::{RunListEntry, list_table};
pub use schema::run_schema;
pub use style::Style;
