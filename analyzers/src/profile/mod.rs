//! What profiles mean: functions and their shares, the hottest path, what profiling costs, what has changed, and where the rest of a
//! request's time goes.

mod cost;
mod differential;
mod findings;
mod functions;
mod hot_spots;
mod hottest_path;
mod names;
mod noise;
mod record;
mod requests;
mod wall_split;

#[cfg(test)]
pub(crate) mod fixtures;

pub use differential::compare_profiles;
pub(crate) use findings::named_hot_spots;
pub use findings::{profile_failed, profile_findings, profiler_unavailable, wall_findings};
pub use record::{ProfileContext, record_of};
pub use wall_split::{WallReadings, split_wall};
