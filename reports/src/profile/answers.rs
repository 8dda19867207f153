//! What a step's profile says in sentences, each under a word.

use aforo_model::profile::{Profile, ProfileClock, ProfileRecord, ProfilingCost, StepProfile};
use aforo_model::{Answer, Interval};

use crate::counted::{counted, numbered};
use crate::figures;

/// What was sent, how it was profiled, and what that cost.
pub(super) fn facts(report: &StepProfile) -> Vec<(&'static str, String)> {
    let mut facts = vec![("sent", sent(report))];
    if let Answer::Found(record) = &report.profile {
        facts.extend(of_profile(record));
    }
    facts
}

fn sent(report: &StepProfile) -> String {
    let needed = match report.needed_steps.as_slice() {
        [] => String::new(),
        steps => format!("; {} too, since it needs what they give", steps.join(", ")),
    };
    format!(
        "{} by {} in {}{needed}",
        counted(report.requests, "request"),
        counted(report.users.into(), "user"),
        figures::span_s(report.elapsed_s)
    )
}

/// How a profile was taken, and what that cost.
pub(crate) fn of_profile(record: &ProfileRecord) -> Vec<(&'static str, String)> {
    let profile = &record.profile;
    let mut facts = vec![
        (
            "profile",
            format!(
                "by {}: {}, {} a second, from {} to {} of the run",
                profile.profiler.as_str(),
                clock(profile.clock),
                numbered(&figures::significant(profile.rate_hz), "sample"),
                figures::clock(profile.window.from_s),
                figures::clock(profile.window.to_s)
            ),
        ),
        ("samples", samples(profile)),
    ];
    if let Some(cpu_time_s) = profile.target_cpu_time_s {
        let requests =
            record.requests.map(|requests| format!(", in which {} ended", counted(requests, "request")));
        let requests = requests.unwrap_or_default();
        facts.push((
            "CPU",
            format!("the target used {} in the window{requests}", figures::span_s(cpu_time_s)),
        ));
    }
    facts.push((
        "cost",
        match &record.cost {
            Answer::Found(cost) => of_profiling(cost),
            Answer::Absent { why } => format!("not known: {why}"),
        },
    ));
    facts.push((
        "noise",
        format!(
            "a share below {} cannot be told from nothing with as many samples",
            figures::percent(record.noise_floor_ratio)
        ),
    ));
    let files = &record.files;
    let files: Vec<&str> =
        [&files.flame_graph, &files.pprof, &files.folded].into_iter().flatten().map(String::as_str).collect();
    if !files.is_empty() {
        facts.push(("files", files.join(", ")));
    }
    facts
}

/// The words for a clock.
fn clock(clock: ProfileClock) -> &'static str {
    match clock {
        ProfileClock::Cpu => "CPU time (what waits is not seen)",
        ProfileClock::WallNonIdle => "wall time of threads that were not idle",
    }
}

fn samples(profile: &Profile) -> String {
    let counts = &profile.samples;
    let expected = match counts.expected {
        Some(expected) => format!("of {expected:.0} expected"),
        None => "of an unknown number expected".to_owned(),
    };
    format!(
        "{} kept {expected}, {} known to be lost",
        figures::count(counts.kept),
        figures::count(counts.lost)
    )
}

fn of_profiling(cost: &ProfilingCost) -> String {
    format!(
        "{} of CPU for each request while profiled, {} while not: a difference of {}, {} with 95 % confidence",
        figures::time_us(cost.with_us.round() as u64),
        figures::time_us(cost.without_us.round() as u64),
        figures::percent(cost.extra_ratio.estimate),
        range(cost.extra_ratio)
    )
}

/// The ends of an interval: `20.1–30.2%`.
pub(crate) fn range(interval: Interval) -> String {
    let low = figures::percent(interval.low);
    let gap = if interval.low < 0.0 { " to " } else { "–" };
    format!("{}{gap}{}", low.trim_end_matches('%'), figures::percent(interval.high))
}
