//! A profile as a profiler hands it over: one table of frames, and stacks of them with their samples.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What takes a profile, in the order in which they are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ProfilerKind {
    /// The target profiles itself and serves the profile over HTTP in the format of pprof.
    PprofHttp,
    /// py-spy reads the stacks of a Python process from outside.
    PySpy,
    /// The kernel samples the threads of a native process (`perf_event_open`).
    PerfEvent,
}

impl ProfilerKind {
    /// The word by which it is chosen, as in `--profiler`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PprofHttp => "pprof-http",
            Self::PySpy => "py-spy",
            Self::PerfEvent => "perf-event",
        }
    }
}

/// Which time the samples count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ProfileClock {
    /// CPU time: what waits is never seen.
    Cpu,
    /// Wall time of threads that were not idle: running, ready to run, or in a system call that does not wait for work.
    WallNonIdle,
}

/// When a profile was taken.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProfileWindow {
    /// Seconds since the start of the run.
    pub from_s: f64,
    /// Seconds since the start of the run.
    pub to_s: f64,
}

impl ProfileWindow {
    /// How much of the run's `second`-th second (0 is the first) lies in it, 0–1.
    pub fn ratio_of_second(self, second: usize) -> f64 {
        let begin_s = second as f64;
        (self.to_s.min(begin_s + 1.0) - self.from_s.max(begin_s)).clamp(0.0, 1.0)
    }

    /// How long it was, seconds.
    pub fn elapsed_s(self) -> f64 {
        self.to_s - self.from_s
    }
}

/// What became of the samples that were due.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SampleCounts {
    /// Those that the clock and the rate let expect: CPU seconds (or seconds of threads that were not idle) times the rate. Absent
    /// where that time is not known.
    pub expected: Option<f64>,
    /// Those in the stacks.
    pub kept: u64,
    /// Those that the profiler itself says it lost: no room left, a stack that could not be read, a tick that came late.
    pub lost: u64,
}

/// One function in one place of the source.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Frame {
    /// The function's name, demangled, without addresses. `[unknown]` where nothing is known.
    pub function: String,
    /// The source file or the binary, as the profiler tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line that was running, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
}

/// One stack and how often it was seen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Stack {
    /// Places in the table of frames; the outermost caller first, the function that ran last.
    pub frames: Vec<u32>,
    /// Samples.
    pub samples: u64,
}

/// What one profiler saw in one window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Profile {
    /// What took it.
    pub profiler: ProfilerKind,
    /// Which time it counts.
    pub clock: ProfileClock,
    /// Samples in a second of that time.
    pub rate_hz: f64,
    /// When it was taken.
    pub window: ProfileWindow,
    /// What became of the samples.
    pub samples: SampleCounts,
    /// CPU time that the target's processes used in the window, seconds, where it could be read.
    pub target_cpu_time_s: Option<f64>,
    /// What a reader must know of this profile, each a sentence with a full stop: frame pointers are missing, self time goes to the
    /// caller, the target restarted, and the like.
    pub notes: Vec<String>,
    /// Every frame, each once.
    pub frames: Vec<Frame>,
    /// Every stack, each once, most samples first, then by frames.
    pub stacks: Vec<Stack>,
}

impl Profile {
    /// The frames of a stack, the outermost caller first. A place outside of the table is left out.
    pub fn frames_of<'a>(&'a self, stack: &'a Stack) -> impl DoubleEndedIterator<Item = &'a Frame> + 'a {
        stack.frames.iter().filter_map(|place| self.frames.get(usize::try_from(*place).ok()?))
    }
}
