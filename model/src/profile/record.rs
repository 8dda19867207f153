//! What a report shows of profiles.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Profile, ProfileDiff, ProfilerKind, WallSplit};
use crate::database::Skipped;
use crate::{Answer, Finding, Interval};

/// A profile, and what it says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProfileRecord {
    /// The stacks.
    pub profile: Profile,
    /// Requests that ended in the window, where they were counted.
    pub requests: Option<u64>,
    /// Functions by their own samples, the most first.
    pub functions: Vec<FunctionShare>,
    /// The target's own functions by the samples taken in them or in what they call of others, the most first.
    pub hot_spots: Vec<HotSpot>,
    /// Places in the profile's table of frames that are the target's own code, in order. Empty in older records, and where own code
    /// cannot be told from that of others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub own_frames: Vec<u32>,
    /// Where most of the time goes; absent with its reason where the samples do not carry it.
    pub hottest_path: Answer<HotPath>,
    /// What profiling cost the target.
    pub cost: Answer<ProfilingCost>,
    /// The least share of the samples that can be told from nothing with as many samples, 0–1. What is below is noise.
    pub noise_floor_ratio: f64,
    /// Files of it, in the folder of the run.
    #[serde(default)]
    pub files: ProfileFiles,
}

/// One function's part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FunctionShare {
    /// Its name.
    pub function: String,
    /// Where it is, as far as known: the file.
    pub file: Option<String>,
    /// The line of it that was seen most often.
    pub line: Option<u32>,
    /// Samples in which it ran itself.
    pub self_samples: u64,
    /// Samples in which it, or what it called, ran; each sample once, however deep it recursed.
    pub total_samples: u64,
    /// `self_samples` of all, 0–1, with Wilson's interval.
    pub self_ratio: Interval,
    /// `total_samples` of all, 0–1, with Wilson's interval.
    pub total_ratio: Interval,
    /// CPU of it with all it called in 1000 requests, ms; absent where requests or CPU time were not counted.
    pub total_cpu_ms_per_1000_requests: Option<f64>,
    /// CPU of it alone in 1000 requests, ms.
    pub self_cpu_ms_per_1000_requests: Option<f64>,
}

/// One of the target's own functions, with what it does through libraries.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HotSpot {
    /// Its name, without what compilers add.
    pub function: String,
    /// The file, as far as known.
    pub file: Option<String>,
    /// The line of it that was seen most often.
    pub line: Option<u32>,
    /// Samples of which it is the innermost function of the target's own.
    pub samples: u64,
    /// The same of all samples, 0–1, with Wilson's interval.
    pub ratio: Interval,
    /// What it calls of others on the way to where the samples were taken, the most first.
    pub callees: Vec<CalleeShare>,
}

/// A function that a hot spot calls.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CalleeShare {
    /// Its name.
    pub function: String,
    /// Samples on this way, of all samples, 0–1.
    pub ratio: f64,
}

/// The way from the outermost caller to where most of the time goes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HotPath {
    /// Functions, the outermost first; frames of runtimes and wrappers left out.
    pub functions: Vec<String>,
    /// Share of all samples that pass through the last of them on this way, 0–1.
    pub ratio: Interval,
    /// The same in a sentence.
    pub sentence: String,
}

/// What profiling cost the target: CPU per request within the window against that of the seconds around it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProfilingCost {
    /// CPU per request while it was profiled, µs.
    pub with_us: f64,
    /// CPU per request while it was not, µs.
    pub without_us: f64,
    /// How much more with, relative: 0.03 is 3 % more.
    pub extra_ratio: Interval,
}

/// Where a profile was written, relative to the folder of the run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProfileFiles {
    /// For `go tool pprof` and speedscope.
    pub pprof: Option<String>,
    /// One stack a line, for speedscope and Firefox Profiler.
    pub folded: Option<String>,
    /// Flame graph.
    pub flame_graph: Option<String>,
}

/// Why a profiler does not fit, and what enables it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProfilerObstacle {
    /// Which.
    pub profiler: ProfilerKind,
    /// Why it cannot, as a sentence without a full stop.
    pub why: String,
    /// What enables it, as a sentence without a full stop.
    pub remedy: String,
}

/// What `aforo profile <step>` gives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StepProfile {
    /// The format's version, as of a run.
    pub format_version: u32,
    /// The step.
    pub step: String,
    /// Steps that were sent as well, because the step needs what they give.
    pub needed_steps: Vec<String>,
    /// Requests of the step that ended.
    pub requests: u64,
    /// Virtual users.
    pub users: u32,
    /// Seconds.
    pub elapsed_s: f64,
    /// The profile, or why there is none.
    pub profile: Answer<ProfileRecord>,
    /// Profilers that did not fit.
    pub obstacles: Vec<ProfilerObstacle>,
    /// Where the time of a request goes.
    pub wall: Answer<WallSplit>,
    /// What could not be read, so that it is missing in `wall`: its time counts as waiting for anything else.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<Skipped>,
    /// What is to be known of the load, each a sentence: that it ended early, that requests failed or were not sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub load_notes: Vec<String>,
    /// What has changed since an earlier profile; absent where none was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diff: Option<Answer<ProfileDiff>>,
    /// What was found.
    pub findings: Vec<Finding>,
}
