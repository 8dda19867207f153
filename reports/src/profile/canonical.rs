//! The canonical profile that every format is tested with.

use aforo_model::database::Skipped;
use aforo_model::profile::{
    Frame, FunctionShare, HotPath, Profile, ProfileClock, ProfileFiles, ProfileRecord, ProfileWindow,
    ProfilerKind, ProfilerObstacle, ProfilingCost, SampleCounts, Stack, StepProfile, WallPart, WallShare,
    WallSource, WallSplit,
};
use aforo_model::{Answer, Finding, Interval, Severity, Subject};

pub(super) use crate::canonical::rendered;

fn interval(estimate: f64, low: f64, high: f64) -> Interval {
    Interval { estimate, low, high }
}

/// 500 samples in three functions under `main` and `serve`.
pub(super) fn profile() -> Profile {
    let frame = |function: &str, file: &str, line| Frame {
        function: function.to_owned(),
        file: Some(file.to_owned()),
        line: Some(line),
    };
    Profile {
        profiler: ProfilerKind::PerfEvent,
        clock: ProfileClock::Cpu,
        rate_hz: 99.0,
        window: ProfileWindow { from_s: 3.0, to_s: 9.0 },
        samples: SampleCounts { expected: Some(514.8), kept: 500, lost: 4 },
        target_cpu_time_s: Some(5.2),
        notes: vec![
            "Frame pointers are missing in libc; callers of its functions may be missing too.".to_owned(),
        ],
        frames: vec![
            frame("main", "src/main.rs", 5),
            frame("serve", "src/main.rs", 20),
            frame("search", "src/search.rs", 11),
            frame("parse_date", "src/dates.rs", 41),
            frame("write_json", "src/json.rs", 7),
            frame("search", "src/search.rs", 12),
        ],
        stacks: vec![
            Stack { frames: vec![0, 1, 2, 3], samples: 250 },
            Stack { frames: vec![0, 1, 2], samples: 100 },
            Stack { frames: vec![0, 1, 4], samples: 100 },
            Stack { frames: vec![0, 1, 5], samples: 50 },
        ],
    }
}

/// What follows from it, with 1000 requests.
pub(crate) fn record() -> ProfileRecord {
    let share = |function: &str, file: &str, line, own: Interval, total: Interval| FunctionShare {
        function: function.to_owned(),
        file: Some(file.to_owned()),
        line: Some(line),
        self_samples: (own.estimate * 500.0).round() as u64,
        total_samples: (total.estimate * 500.0).round() as u64,
        self_ratio: own,
        total_ratio: total,
        total_cpu_ms_per_1000_requests: Some(total.estimate * 5_200.0),
        self_cpu_ms_per_1000_requests: Some(own.estimate * 5_200.0),
    };
    let half = interval(0.5, 0.456, 0.544);
    let fifth = interval(0.2, 0.167, 0.237);
    ProfileRecord {
        profile: profile(),
        requests: Some(1_000),
        functions: vec![
            share("parse_date", "src/dates.rs", 41, half, half),
            share("search", "src/search.rs", 11, interval(0.3, 0.261, 0.342), interval(0.8, 0.763, 0.833)),
            share("write_json", "src/json.rs", 7, fifth, fifth),
            share("serve", "src/main.rs", 20, interval(0.0, 0.0, 0.008), interval(1.0, 0.992, 1.0)),
        ],
        hottest_path: Answer::Found(HotPath {
            functions: ["serve", "search", "parse_date"].map(str::to_owned).to_vec(),
            ratio: half,
            sentence: "50 % of the CPU time (46–54 %) is spent in parse_date, called by search.".to_owned(),
        }),
        cost: Answer::Found(ProfilingCost {
            with_us: 5_200.0,
            without_us: 5_150.0,
            extra_ratio: interval(0.0097, -0.012, 0.031),
        }),
        hot_spots: Vec::new(),
        own_frames: vec![1, 2, 3, 5],
        noise_floor_ratio: 0.0076,
        files: ProfileFiles {
            pprof: Some("profile.pb.gz".to_owned()),
            folded: Some("profile.folded".to_owned()),
            flame_graph: Some("profile.svg".to_owned()),
        },
    }
}

/// A step with all that a report shows.
pub(super) fn report() -> StepProfile {
    let share = |part, time_us, ratio, source| WallShare { part, time_us, ratio, source };
    StepProfile {
        format_version: 1,
        step: "search".to_owned(),
        needed_steps: vec!["login".to_owned()],
        requests: 1_000,
        users: 4,
        elapsed_s: 9.4,
        profile: Answer::Found(record()),
        obstacles: vec![obstacle()],
        wall: Answer::Found(WallSplit {
            requests: 1_000,
            response_time_us: 8_000.0,
            parts: vec![
                share(WallPart::Cpu, 5_200.0, 0.65, WallSource::ProcessCpuTime),
                share(WallPart::CpuQueue, 300.0, 0.0375, WallSource::RunQueueDelay),
                share(WallPart::Postgres, 2_100.0, 0.2625, WallSource::StatementTime),
                share(WallPart::Redis, 40.0, 0.005, WallSource::CommandStatistics),
                share(WallPart::Other, 360.0, 0.045, WallSource::Remainder),
            ],
            sentence: "Of 8 ms, 65 % is CPU and 26 % Postgres.".to_owned(),
        }),
        unread: vec![Skipped {
            what: "activity".to_owned(),
            why: "the role does not see what sessions of other roles do".to_owned(),
            remedy: "let it see them: GRANT pg_monitor TO the role of --database-url".to_owned(),
        }],
        load_notes: vec!["The load was stopped before all requests that were wanted had ended.".to_owned()],
        diff: None,
        findings: vec![Finding {
            code: "hot-path".to_owned(),
            subject: Subject::Step("search".to_owned()),
            severity: Severity::Warning,
            message: "50 % of the CPU time is spent in parse_date.".to_owned(),
            remedy: "Parse each date once.".to_owned(),
            numbers: std::collections::BTreeMap::new(),
        }],
    }
}

/// A step for which no profiler fitted.
pub(super) fn without_profile() -> StepProfile {
    StepProfile {
        profile: Answer::absent("no profiler fits the target"),
        wall: Answer::absent("the target's process is not known"),
        needed_steps: Vec::new(),
        unread: Vec::new(),
        load_notes: Vec::new(),
        users: 1,
        findings: Vec::new(),
        ..report()
    }
}

fn obstacle() -> ProfilerObstacle {
    ProfilerObstacle {
        profiler: ProfilerKind::PprofHttp,
        why: "no pprof endpoint at http://127.0.0.1:3000/debug/pprof/profile: it answered 404".to_owned(),
        remedy: "serve a profile at /debug/pprof/profile".to_owned(),
    }
}
