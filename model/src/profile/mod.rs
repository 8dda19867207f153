//! Where CPU or wall time of the target went: stacks with weights, and what follows from them.

mod diff;
mod record;
mod stacks;
mod wall;

pub use diff::{FunctionChange, ProfileDiff};
pub use record::{
    CalleeShare, FunctionShare, HotPath, HotSpot, ProfileFiles, ProfileRecord, ProfilerObstacle,
    ProfilingCost, StepProfile,
};
pub use stacks::{Frame, Profile, ProfileClock, ProfileWindow, ProfilerKind, SampleCounts, Stack};
pub use wall::{WallPart, WallShare, WallSource, WallSplit};
