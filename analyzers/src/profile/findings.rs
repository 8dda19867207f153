//! What profiles and the split of a request's time conclude.

use aforo_model::profile::{HotSpot, ProfileClock, ProfileRecord, ProfilerObstacle, WallPart, WallSplit};
use aforo_model::{Answer, Finding, Severity, Subject};

use super::noise::FEWEST_SAMPLES;
use crate::checks::finding;
use crate::wording::percent;

/// Share of the time from which a function is named: making less than a twentieth of the time vanish is no gain worth a change.
const HOT_RATIO: f64 = 0.05;
/// Share from which it is a warning.
const WARNING_RATIO: f64 = 0.30;
/// Below this part of the samples that were due a profile is incomplete: measured, profilers within a Rust process kept 3 to 53 % on
/// a busy machine, and lost time in libraries and in the kernel first.
const FEW_KEPT_RATIO: f64 = 0.7;
/// Share of the response time from which waiting for nobody knows what is worth a finding, and the least of it, µs: below that the
/// way over the network and through queues explains it.
const WAITING_RATIO: f64 = 0.3;
const WAITING_US: f64 = 1_000.0;
/// Calls of one Redis command for each request from which it looks like asking again and again.
const REPEATED_CALLS: f64 = 3.0;

/// What a profile shows, and what weakens it.
pub fn profile_findings(record: &ProfileRecord, subject: &Subject) -> Vec<Finding> {
    let mut findings: Vec<Finding> = weaknesses(record, subject).collect();
    findings.extend(named_hot_spots(record).map(|spot| hot_path(record, spot, subject)));
    findings
}

/// The functions that are named, the hottest first; none of a profile with too few samples.
pub(crate) fn named_hot_spots(record: &ProfileRecord) -> impl Iterator<Item = &HotSpot> {
    let has_enough = record.profile.samples.kept >= FEWEST_SAMPLES;
    record.hot_spots.iter().filter(move |spot| has_enough && is_hot(spot, record.noise_floor_ratio))
}

fn is_hot(spot: &HotSpot, noise_floor_ratio: f64) -> bool {
    spot.ratio.estimate >= HOT_RATIO.max(noise_floor_ratio)
}

/// `hot-path`: a function of the target's own code in which, with what it calls of others, a twentieth of the time goes.
fn hot_path(record: &ProfileRecord, spot: &HotSpot, subject: &Subject) -> Finding {
    let what = match record.profile.clock {
        ProfileClock::Cpu => "CPU time",
        ProfileClock::WallNonIdle => "time in which a thread was not idle",
    };
    let place = match (&spot.file, spot.line) {
        (Some(file), Some(line)) => format!(" ({file}:{line})"),
        (Some(file), None) => format!(" ({file})"),
        _ => String::new(),
    };
    // What lies below the noise floor is not named, such as the kernel's timer, which ran in between.
    let callees: Vec<String> = spot
        .callees
        .iter()
        .filter(|callee| callee.ratio >= record.noise_floor_ratio)
        .map(|callee| format!("{} {}", callee.function, percent(callee.ratio)))
        .collect();
    let through =
        if callees.is_empty() { String::new() } else { format!("; of that in {}", callees.join(", ")) };
    let severity = if spot.ratio.low >= WARNING_RATIO { Severity::Warning } else { Severity::Info };
    finding(
        "hot-path",
        subject.clone(),
        severity,
        format!(
            "{} of the {what} ({} to {}) goes to {}{place}{through}",
            percent(spot.ratio.estimate),
            percent(spot.ratio.low),
            percent(spot.ratio.high),
            spot.function
        ),
        "look at what it does again for every call: what can be made once, looked up or left out".to_owned(),
        &[
            ("ratio", spot.ratio.estimate),
            ("ratio_low", spot.ratio.low),
            ("ratio_high", spot.ratio.high),
            ("samples", spot.samples as f64),
        ],
    )
}

/// `profile-incomplete` and `too-few-samples`.
fn weaknesses(record: &ProfileRecord, subject: &Subject) -> impl Iterator<Item = Finding> {
    let samples = record.profile.samples;
    let kept = samples.kept as f64;
    let incomplete = samples.expected.filter(|expected| kept < expected * FEW_KEPT_RATIO).map(|expected| {
        finding(
            "profile-incomplete",
            subject.clone(),
            Severity::Info,
            format!(
                "the profiler {} kept {kept:.0} of {expected:.0} samples that were due ({}); what it lost may not be spread evenly",
                record.profile.profiler.as_str(),
                percent(kept / expected)
            ),
            "compare with another one: --profiler perf-event sees libraries and the kernel, too".to_owned(),
            &[("kept_samples", kept), ("expected_samples", expected)],
        )
    });
    let few = (samples.kept < FEWEST_SAMPLES).then(|| {
        finding(
            "too-few-samples",
            subject.clone(),
            Severity::Info,
            format!("the profile has {kept:.0} samples, and a hot path is named from {FEWEST_SAMPLES} on"),
            "profile longer, or under more load".to_owned(),
            &[("kept_samples", kept)],
        )
    });
    incomplete.into_iter().chain(few)
}

/// `profiler-unavailable`: one finding that lists everything that hinders; none where nothing does.
pub fn profiler_unavailable(obstacles: &[ProfilerObstacle]) -> Option<Finding> {
    if obstacles.is_empty() {
        return None;
    }
    let each = |tell: fn(&ProfilerObstacle) -> &str| {
        let told: Vec<String> = obstacles
            .iter()
            .map(|obstacle| format!("{}: {}", obstacle.profiler.as_str(), tell(obstacle)))
            .collect();
        told.join("; ")
    };
    Some(finding(
        "profiler-unavailable",
        Subject::Part("target".to_owned()),
        Severity::Info,
        format!("there is no CPU profile, because no profiler fits: {}", each(|obstacle| &obstacle.why)),
        each(|obstacle| &obstacle.remedy),
        &[],
    ))
}

/// `profile-failed`: a profiler fitted, and there is no profile all the same.
pub fn profile_failed(why: &str) -> Finding {
    finding(
        "profile-failed",
        Subject::Part("target".to_owned()),
        Severity::Info,
        format!("there is no CPU profile: {why}"),
        "run it again, or choose another one with --profiler".to_owned(),
        &[],
    )
}

/// `waiting-elsewhere`: much of a request's time goes to nothing that was watched; and `command-repeated`, where one Redis command
/// runs so often for each request that it looks like polling for a lock. `commands` are Redis' with their calls in the window.
pub fn wall_findings(
    split: &Answer<WallSplit>,
    commands: &[(String, u64)],
    subject: &Subject,
) -> Vec<Finding> {
    let Some(split) = split.found() else { return Vec::new() };
    let is_read = |part: WallPart| split.parts.iter().any(|share| share.part == part);
    let is_watched = is_read(WallPart::Cpu) && is_read(WallPart::Postgres);
    let waiting = split.parts.iter().find(|share| share.part == WallPart::Other);
    // A target that is busy lets requests wait for its own threads, which is no waiting for something else.
    let busy: f64 = split
        .parts
        .iter()
        .filter(|share| matches!(share.part, WallPart::Cpu | WallPart::CpuQueue))
        .map(|share| share.ratio)
        .sum();
    // What was not read would be taken for waiting.
    let Some(waiting) = waiting.filter(|share| {
        is_watched && share.ratio >= WAITING_RATIO && share.time_us >= WAITING_US && share.ratio > busy
    }) else {
        return Vec::new();
    };
    let requests = (split.requests as f64).max(1.0);
    let repeated: Vec<(&str, f64)> = commands
        .iter()
        .map(|(command, calls)| (command.as_str(), *calls as f64 / requests))
        .filter(|(_, calls)| *calls >= REPEATED_CALLS)
        .collect();
    let (nor, or) = if is_read(WallPart::Redis) {
        ("Postgres nor Redis", "another service")
    } else {
        ("Postgres", "another service, such as Redis, which was not read")
    };
    let mut findings = vec![finding(
        "waiting-elsewhere",
        subject.clone(),
        Severity::Warning,
        format!(
            "{:.1} of {:.1} ms of a request ({}) go neither to a core nor to {nor}: it waits for a lock, a timer or {or}",
            waiting.time_us / 1e3,
            split.response_time_us / 1e3,
            percent(waiting.ratio)
        ),
        "look for locks that requests hold while they do other work, for sleeps between attempts, and for calls to other services".to_owned(),
        &[("waiting_us", waiting.time_us), ("response_time_us", split.response_time_us), ("ratio", waiting.ratio)],
    )];
    findings.extend(repeated.into_iter().map(|(command, calls)| {
        finding(
            "command-repeated",
            Subject::Part("redis".to_owned()),
            Severity::Warning,
            format!("Redis runs {command} {calls:.1} times for each request, while requests mostly wait: it looks like asking for a lock again and again"),
            "hold the lock for less, lock less (one lock for each thing that is booked), or let the database's own constraint decide".to_owned(),
            &[("calls_per_request", calls)],
        )
    }));
    findings
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::profile;
    use super::super::wall_split::{WallReadings, split_wall};
    use super::super::{ProfileContext, record_of};
    use super::*;
    use aforo_model::profile::ProfilerKind;

    fn found(stacks: &[(&str, u64)]) -> Vec<Finding> {
        let record = record_of(profile(stacks), &ProfileContext::default());
        profile_findings(&record, &Subject::Part("target".to_owned()))
    }

    fn codes(findings: &[Finding]) -> Vec<&str> {
        findings.iter().map(|finding| finding.code.as_str()).collect()
    }

    #[test]
    fn a_function_with_a_twentieth_of_the_time_is_named_and_one_with_less_is_not() {
        let findings = found(&[
            ("main;own::a;regex::new", 400),
            ("main;own::b", 120),
            ("main;own::c", 40),
            ("main;malloc", 440),
        ]);
        assert_eq!(codes(&findings), ["hot-path", "hot-path"]);
        assert_eq!(findings[0].severity, Severity::Warning);
        assert!(
            findings[0].message.contains("own::a (/app/src/lib.rs:7); of that in regex::new 40%"),
            "{}",
            findings[0].message
        );
        assert_eq!(findings[1].severity, Severity::Info);
    }

    #[test]
    fn too_few_samples_name_nothing() {
        assert_eq!(codes(&found(&[("main;own::a", 299)])), ["too-few-samples"]);
        assert_eq!(codes(&found(&[])), ["too-few-samples"]);
    }

    #[test]
    fn a_profile_that_lost_samples_says_so() {
        let mut taken = profile(&[("main;own::a", 20), ("main;malloc", 400)]);
        taken.samples.expected = Some(700.0);
        let record = record_of(taken, &ProfileContext::default());
        let findings = profile_findings(&record, &Subject::Total);
        assert_eq!(codes(&findings), ["profile-incomplete"]);
    }

    #[test]
    fn every_obstacle_is_told_in_one_finding() {
        assert_eq!(profiler_unavailable(&[]), None);
        let obstacle = |profiler, why: &str| ProfilerObstacle {
            profiler,
            why: why.to_owned(),
            remedy: "do so".to_owned(),
        };
        let both = [obstacle(ProfilerKind::PprofHttp, "404"), obstacle(ProfilerKind::PerfEvent, "forbidden")];
        let finding = profiler_unavailable(&both).unwrap();
        assert!(finding.message.ends_with("pprof-http: 404; perf-event: forbidden"), "{}", finding.message);
        assert_eq!(finding.remedy, "pprof-http: do so; perf-event: do so");
    }

    #[test]
    fn a_lock_that_is_polled_for_is_seen_in_the_waiting_and_in_redis() {
        let readings = WallReadings {
            requests: 100,
            mean_response_time_us: 100_000.0,
            cpu_s: Some(0.1),
            statement_time_ms: Some(200.0),
            redis_time_us: Some(10_000),
            ..WallReadings::default()
        };
        let split = |readings: &WallReadings| Answer::Found(split_wall(readings).unwrap());
        let commands = [("set".to_owned(), 900), ("get".to_owned(), 100)];
        let findings = wall_findings(&split(&readings), &commands, &Subject::Step("book".to_owned()));
        assert_eq!(codes(&findings), ["waiting-elsewhere", "command-repeated"]);
        assert!(findings[0].message.contains("neither to a core nor to Postgres nor Redis: it waits"));
        assert!(findings[1].message.contains("runs set 9.0 times"), "{}", findings[1].message);

        // Redis was not read, and is not named as if it were.
        let without_redis = WallReadings { redis_time_us: None, ..readings.clone() };
        let findings = wall_findings(&split(&without_redis), &[], &Subject::Total);
        let message = &findings[0].message;
        assert!(
            message.contains("neither to a core nor to Postgres: it waits for")
                && message.ends_with("Redis, which was not read"),
            "{message}"
        );

        // Busy, not waiting: then many commands are work.
        let busy = WallReadings { cpu_s: Some(9.0), ..readings.clone() };
        assert_eq!(wall_findings(&split(&busy), &commands, &Subject::Total), []);
        // As much waiting for a core, and so for the target's own threads, as for anything else.
        let starved = WallReadings { cpu_s: Some(2.5), run_queue_delay_s: Some(3.0), ..readings.clone() };
        assert_eq!(wall_findings(&split(&starved), &commands, &Subject::Total), []);
        // Waiting, but Postgres was not read.
        let blind = WallReadings { statement_time_ms: None, ..readings };
        assert_eq!(wall_findings(&split(&blind), &commands, &Subject::Total), []);
    }
}
