//! Where the time of a request goes, running and waiting.

use aforo_model::profile::{WallPart, WallShare, WallSource, WallSplit};

use crate::wording::percent;

/// What was measured of a target while requests were counted. All of it is over the same window.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WallReadings {
    /// Requests that ended.
    pub requests: u64,
    /// Their mean response time, µs.
    pub mean_response_time_us: f64,
    /// CPU time of the target's processes, seconds.
    pub cpu_s: Option<f64>,
    /// Time in which the target's threads were ready to run and waited for a core, seconds.
    pub run_queue_delay_s: Option<f64>,
    /// Time of the application's statements, ms.
    pub statement_time_ms: Option<f64>,
    /// Sessions seen active, times seconds.
    pub active_session_s: Option<f64>,
    /// Time of Redis' commands, µs.
    pub redis_time_us: Option<u64>,
}

/// Splits the mean response time into what the target ran, waited for a core, for Postgres and for Redis; what is left was spent on
/// something else. Nothing without requests.
///
/// CPU and waiting for a core are those of all threads, so that a target which works on one request with several threads, or in the
/// background, shows more than its requests took; the rest is then zero. Statement time is the server's own and lacks the way there
/// and back. Where it is not known, sessions seen active stand in for it.
pub fn split_wall(readings: &WallReadings) -> Option<WallSplit> {
    let requests = readings.requests as f64;
    let total_us = readings.mean_response_time_us;
    if readings.requests == 0 || !(total_us.is_finite() && total_us > 0.0) {
        return None;
    }
    let statements = readings.statement_time_ms.map(|time_ms| (time_ms * 1e3, WallSource::StatementTime));
    let sessions = readings.active_session_s.map(|active_s| (active_s * 1e6, WallSource::ActivitySamples));
    let measured = [
        (WallPart::Cpu, readings.cpu_s.map(|cpu_s| (cpu_s * 1e6, WallSource::ProcessCpuTime))),
        (
            WallPart::CpuQueue,
            readings.run_queue_delay_s.map(|delay_s| (delay_s * 1e6, WallSource::RunQueueDelay)),
        ),
        (WallPart::Postgres, statements.or(sessions)),
        (
            WallPart::Redis,
            readings.redis_time_us.map(|time_us| (time_us as f64, WallSource::CommandStatistics)),
        ),
    ];
    let share = |part, time_us: f64, source| WallShare { part, time_us, ratio: time_us / total_us, source };
    let mut parts: Vec<WallShare> = measured
        .into_iter()
        .filter_map(|(part, measured)| Some((part, measured?)))
        .filter(|(_, (time_us, _))| time_us.is_finite() && *time_us >= 0.0)
        .map(|(part, (time_us, source))| share(part, time_us / requests, source))
        .collect();
    let known_us: f64 = parts.iter().map(|part| part.time_us).sum();
    parts.push(share(WallPart::Other, (total_us - known_us).max(0.0), WallSource::Remainder));
    let sentence = sentence(total_us, &parts);
    Some(WallSplit { requests: readings.requests, response_time_us: total_us, parts, sentence })
}

fn sentence(total_us: f64, parts: &[WallShare]) -> String {
    let mut told: Vec<&WallShare> = parts.iter().filter(|part| part.ratio >= 0.005).collect();
    told.sort_by(|one, other| other.time_us.total_cmp(&one.time_us));
    let unread = unread(parts);
    let told: Vec<String> = told
        .iter()
        .map(|share| {
            // What was not read is in the rest.
            let unread = if share.part == WallPart::Other { unread.as_str() } else { "" };
            format!("{} {}{unread}", percent(share.ratio), words(share.part))
        })
        .collect();
    format!("a request takes {:.2} ms: {}", total_us / 1e3, told.join(", "))
}

/// The parts that are not there, as what the rest may be, too.
fn unread(parts: &[WallShare]) -> String {
    let unread: Vec<&str> = [WallPart::Cpu, WallPart::CpuQueue, WallPart::Postgres, WallPart::Redis]
        .into_iter()
        .filter(|part| parts.iter().all(|share| share.part != *part))
        .map(words)
        .collect();
    match unread.as_slice() {
        [] => String::new(),
        [part] => format!(" or {part}, which was not read"),
        parts => format!(" or {}, which were not read", parts.join(" or ")),
    }
}

fn words(part: WallPart) -> &'static str {
    match part {
        WallPart::Cpu => "on a core",
        WallPart::CpuQueue => "waiting for a core",
        WallPart::Postgres => "in Postgres",
        WallPart::Redis => "in Redis",
        WallPart::Other => "waiting for anything else (locks, timers, other services, the network)",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(split: &WallSplit, part: WallPart) -> f64 {
        split.parts.iter().find(|share| share.part == part).unwrap().time_us
    }

    #[test]
    fn what_nobody_accounts_for_is_waiting() {
        let readings = WallReadings {
            requests: 1000,
            mean_response_time_us: 80_000.0,
            cpu_s: Some(2.0),
            run_queue_delay_s: Some(0.5),
            statement_time_ms: Some(3_000.0),
            active_session_s: Some(99.0),
            redis_time_us: Some(50_000),
        };
        let split = split_wall(&readings).unwrap();
        assert_eq!(
            [WallPart::Cpu, WallPart::CpuQueue, WallPart::Postgres, WallPart::Redis]
                .map(|each| part(&split, each)),
            [2_000.0, 500.0, 3_000.0, 50.0]
        );
        assert!((part(&split, WallPart::Other) - 74_450.0).abs() < 1e-6);
        assert!(
            split.sentence.starts_with("a request takes 80.00 ms: 93.1% waiting for anything else"),
            "{}",
            split.sentence
        );
    }

    #[test]
    fn sessions_stand_in_for_statements_and_more_than_all_leaves_nothing() {
        let readings = WallReadings {
            requests: 10,
            mean_response_time_us: 1_000.0,
            cpu_s: Some(0.1),
            active_session_s: Some(0.002),
            ..WallReadings::default()
        };
        let split = split_wall(&readings).unwrap();
        assert_eq!((part(&split, WallPart::Other), part(&split, WallPart::Postgres)), (0.0, 200.0));
        assert_eq!(split.parts.len(), 3);
        assert!(!split.sentence.contains("not read"), "nothing is left for it: {}", split.sentence);
        assert_eq!(split_wall(&WallReadings::default()), None);
    }

    #[test]
    fn what_was_not_read_is_not_called_waiting_for_locks_alone() {
        let all = WallReadings {
            requests: 10,
            mean_response_time_us: 9_000.0,
            cpu_s: Some(0.01),
            run_queue_delay_s: Some(0.0),
            statement_time_ms: Some(10.0),
            active_session_s: None,
            redis_time_us: Some(10),
        };
        let sentence = |readings: &WallReadings| split_wall(readings).unwrap().sentence;
        assert!(!sentence(&all).contains("not read"), "{}", sentence(&all));
        let without_redis = WallReadings { redis_time_us: None, ..all.clone() };
        let text = sentence(&without_redis);
        assert!(text.contains("the network) or in Redis, which was not read, 11.1% on a core"), "{text}");
        let text = sentence(&WallReadings { statement_time_ms: None, ..without_redis });
        assert!(text.contains("the network) or in Postgres or in Redis, which were not read"), "{text}");
    }
}
