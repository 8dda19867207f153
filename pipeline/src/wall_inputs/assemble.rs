//! Readings of servers and resources put beside the requests of the same time.

use std::time::Instant;

use aforo_model::database::Skipped;
use aforo_model::{ProcessSample, ResourceSample, Role};

use super::{WallInputs, WallReadings, WatchedLoad};
use crate::step_load::SecondCount;

impl WallReadings {
    /// What was read, with the requests and the CPU of the same time. Seconds of the load count from `started`.
    pub(crate) fn beside(self, started: Instant, load: WatchedLoad<'_>) -> WallInputs {
        let from_s = self.from.saturating_duration_since(started).as_secs_f64();
        let to_s = self.to.saturating_duration_since(started).as_secs_f64();
        let cpu_s = target_cpu_s(load.resources, from_s, to_s);
        let mut unread = self.unread;
        if cpu_s.is_none() {
            unread.push(Skipped {
                what: "target-cpu".to_owned(),
                why: "the target's processes could not be read at the beginning and at the end".to_owned(),
                remedy: "name its process with --pid, on the machine where it runs".to_owned(),
            });
        }
        let redis_time_us = self.commands.as_ref().map(|all| all.iter().map(|command| command.time_us).sum());
        WallInputs {
            requests: requests_between(load.seconds, from_s, to_s),
            mean_response_time_us: load.mean_response_time_us,
            elapsed_s: to_s - from_s,
            cpu_s,
            run_queue_delay_s: growth(load.resources, from_s, to_s, |process| process.run_queue_delay_s),
            statement_time_ms: self.statement_time_ms,
            active_session_s: self.active_session_s,
            redis_time_us,
            redis_commands: self.commands.unwrap_or_default(),
            unread,
        }
    }
}

/// CPU time that the target's processes used between two moments of the load, seconds; none where they were not read
/// before the first and after the last.
pub(crate) fn target_cpu_s(resources: &[ResourceSample], from_s: f64, to_s: f64) -> Option<f64> {
    growth(resources, from_s, to_s, |process| Some(process.cpu_time_s))
}

/// How much a counter of the target's processes grew between two moments. Between two readings it grows evenly.
fn growth(
    resources: &[ResourceSample],
    from_s: f64,
    to_s: f64,
    counter: impl Fn(&ProcessSample) -> Option<f64>,
) -> Option<f64> {
    let readings: Vec<(f64, f64)> = resources
        .iter()
        .filter_map(|sample| Some((sample.at_s, counter(sample.process(Role::Target)?)?)))
        .collect();
    Some(at(&readings, to_s)? - at(&readings, from_s)?)
}

fn at(readings: &[(f64, f64)], at_s: f64) -> Option<f64> {
    let next = readings.iter().position(|(time_s, _)| *time_s >= at_s)?;
    let (next_s, next_value) = readings[next];
    if next_s == at_s {
        return Some(next_value);
    }
    let (last_s, last_value) = *readings.get(next.checked_sub(1)?)?;
    Some(last_value + (next_value - last_value) * (at_s - last_s) / (next_s - last_s))
}

/// Requests that ended between two moments; a second across an edge is split by its share.
fn requests_between(seconds: &[SecondCount], from_s: f64, to_s: f64) -> u64 {
    let part = |second: &SecondCount| {
        let begin_s = f64::from(second.second);
        (to_s.min(begin_s + 1.0) - from_s.max(begin_s)).clamp(0.0, 1.0) * second.all_requests as f64
    };
    seconds.iter().map(part).sum::<f64>().round() as u64
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use aforo_profiles::CommandTime;

    use super::*;

    fn sample(at_s: f64, cpu_time_s: f64) -> ResourceSample {
        let target = ProcessSample { role: Role::Target, cpu_time_s, ..ProcessSample::default() };
        ResourceSample { at_s, processes: vec![target], ..ResourceSample::default() }
    }

    fn seconds(counts: &[u64]) -> Vec<SecondCount> {
        (0..)
            .zip(counts)
            .map(|(second, count)| SecondCount { second, requests: 0, all_requests: *count })
            .collect()
    }

    #[test]
    fn cpu_between_two_readings_is_taken_by_its_share() {
        let readings = [sample(0.0, 0.0), sample(1.0, 0.5), sample(2.0, 1.5), sample(3.1, 1.5)];
        let cpu_s = |from_s, to_s| target_cpu_s(&readings, from_s, to_s);
        assert_eq!((cpu_s(0.0, 2.0), cpu_s(0.5, 1.5), cpu_s(2.0, 3.0)), (Some(1.5), Some(0.75), Some(0.0)));
        assert_eq!((cpu_s(-0.1, 1.0), cpu_s(1.0, 3.2)), (None, None), "nobody looked then");
        assert_eq!(target_cpu_s(&[], 0.0, 1.0), None);
        assert_eq!(target_cpu_s(&[ResourceSample::default()], 0.0, 0.0), None);
    }

    #[test]
    fn requests_of_a_second_across_an_edge_are_split() {
        let seconds = seconds(&[100, 200, 300]);
        let between = |from_s, to_s| requests_between(&seconds, from_s, to_s);
        assert_eq!((between(0.0, 3.0), between(0.5, 2.1), between(9.0, 10.0)), (600, 280, 0));
    }

    #[test]
    fn everything_is_of_the_same_window() {
        let started = Instant::now();
        let command = CommandTime { command: "get".to_owned(), calls: 5, time_us: 40 };
        let readings = WallReadings {
            from: started + Duration::from_secs(1),
            to: started + Duration::from_secs(2),
            statement_time_ms: Some(12.0),
            active_session_s: None,
            commands: Some(vec![command.clone(), command]),
            unread: Vec::new(),
        };
        let (counts, resources) = (seconds(&[7, 9, 7]), [sample(0.5, 1.0), sample(2.5, 2.0)]);
        let load = WatchedLoad { seconds: &counts, mean_response_time_us: 800.0, resources: &resources };
        let inputs = readings.beside(started, load);
        assert_eq!((inputs.requests, inputs.elapsed_s, inputs.cpu_s), (9, 1.0, Some(0.5)));
        assert_eq!((inputs.redis_time_us, inputs.redis_commands.len()), (Some(80), 2));
        assert_eq!((inputs.statement_time_ms, inputs.unread.len()), (Some(12.0), 0));
    }

    #[test]
    fn a_watch_that_never_began_tells_nothing() {
        let started = Instant::now();
        let load = WatchedLoad { seconds: &[], mean_response_time_us: 0.0, resources: &[] };
        let inputs = WallReadings::nothing(started, Vec::new()).beside(started, load);
        assert_eq!((inputs.requests, inputs.cpu_s, inputs.redis_time_us), (0, None, None));
        assert_eq!(inputs.unread.len(), 1, "{:?}", inputs.unread);
    }
}
