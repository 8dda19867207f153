//! How a run is shown: one file per format. Nothing is computed here: every number shown is a field of the
//! [`RunRecord`](aforo_model::RunRecord).

mod baseline_list;
pub mod cache;
pub mod cache_replay;
mod capacity;
mod change;
pub mod comparison;
mod counted;
mod csv_rows;
pub mod database;
mod endpoints_csv;
mod figures;
mod files;
mod format;
pub mod github;
mod headline;
pub mod history;
mod html;
mod interval_log;
pub mod json;
mod junit;
mod live_line;
mod markdown;
mod open_objectives;
mod openmetrics;
mod page;
pub mod period;
mod plan_tree;
pub mod profile;
mod recommendations;
mod recommendations_md;
mod resource_notes;
mod resources_csv;
mod run_list;
mod schema;
mod sheet;
mod sheets;
mod style;
mod summary_md;
pub mod tables;
pub mod terminal;
mod text;
mod timeline_csv;
mod what_matters;
mod workload;

#[cfg(test)]
mod canonical;
#[cfg(test)]
mod consumers;

pub use baseline_list::baseline_table;
pub use figures::bytes;
pub use format::{FORMATS, Format};
pub use interval_log::{IntervalLog, IntervalLogError, IntervalLogWriter, read_interval_log};
pub use live_line::{LiveView, live_line};
pub use plan_tree::plan_tree;
pub use run_list::{RunRow, list_table};
pub use schema::run_schema;
pub use style::Style;
