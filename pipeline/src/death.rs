//! Tells a target that has died from one that is slow.

use aforo_model::{ErrorKind, LoadSecond, ResourceSample, Role, RunEnd};

/// Seconds in a row in which no request got any answer. A restart behind a balancer is shorter; a
/// target that is gone answers nothing at all.
const SILENT_SECONDS: u32 = 5;

/// What a request ends with when nobody is there to answer: nothing listens, what listened is gone before it has
/// answered (a balancer in front still accepts), or the name has gone with it.
const SILENCE: [ErrorKind; 3] = [ErrorKind::Connection, ErrorKind::Reset, ErrorKind::Dns];

/// Watches for the target's end.
#[derive(Debug, Default)]
pub(crate) struct DeathWatch {
    /// Seconds from the start to the last answer.
    last_answer_s: f64,
    silent_seconds: u32,
    process_seen: bool,
    process_gone: bool,
}

impl DeathWatch {
    pub(crate) fn resources(&mut self, sample: &ResourceSample) {
        let present = sample.process(Role::Target).is_some();
        self.process_gone = self.process_seen && !present;
        self.process_seen |= present;
    }

    /// The end of the run, once the target is certainly dead: no answer for some seconds, or for one
    /// when its process is gone too.
    pub(crate) fn second(&mut self, second: &LoadSecond) -> Option<RunEnd> {
        let requests: u64 = second.steps.values().map(|step| step.requests).sum();
        let unconnected: u64 = second
            .steps
            .values()
            .flat_map(|step| &step.errors)
            .filter_map(|(kind, count)| SILENCE.contains(kind).then_some(*count))
            .sum();
        if requests > unconnected {
            self.last_answer_s = f64::from(second.second + 1);
            self.silent_seconds = 0;
        } else if unconnected > 0 {
            self.silent_seconds += 1;
        }
        let why = if self.silent_seconds >= SILENT_SECONDS {
            format!("no request got any answer for {SILENT_SECONDS} seconds")
        } else if self.silent_seconds >= 1 && self.process_gone {
            "its process is gone and no request gets an answer".to_owned()
        } else {
            return None;
        };
        Some(RunEnd::TargetDied { at_s: self.last_answer_s, why })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aforo_model::{ProcessSample, StepSecond};

    fn second(second: u32, requests: u64, unconnected: u64) -> LoadSecond {
        let mut step = StepSecond { requests, ..StepSecond::default() };
        step.errors.insert(ErrorKind::Connection, unconnected);
        LoadSecond { second, steps: [("view".to_owned(), step)].into(), ..LoadSecond::default() }
    }

    fn sample(present: bool) -> ResourceSample {
        let process = ProcessSample { role: Role::Target, process_count: 1, ..ProcessSample::default() };
        ResourceSample {
            processes: if present { vec![process] } else { vec![] },
            ..ResourceSample::default()
        }
    }

    #[test]
    fn five_silent_seconds_are_death_at_the_last_answer() {
        let mut watch = DeathWatch::default();
        assert_eq!(watch.second(&second(0, 10, 0)), None);
        for silent in 1..5 {
            assert_eq!(watch.second(&second(silent, 10, 10)), None);
        }
        let end = watch.second(&second(5, 10, 10)).unwrap();
        assert!(matches!(end, RunEnd::TargetDied { at_s: 1.0, .. }), "{end:?}");
    }

    #[test]
    fn a_balancer_that_only_resets_is_as_dead_as_a_name_that_is_gone() {
        for kind in SILENCE {
            let mut watch = DeathWatch::default();
            let silent = |at| {
                let mut silent = second(at, 10, 0);
                silent.steps.get_mut("view").unwrap().errors = [(kind, 10)].into();
                silent
            };
            assert_eq!((0..5).filter_map(|at| watch.second(&silent(at))).count(), 1, "{kind:?}");
        }
        let mut watch = DeathWatch::default();
        let mut slow = second(0, 10, 0);
        slow.steps.get_mut("view").unwrap().errors = [(ErrorKind::Timeout, 10)].into();
        assert!((0..9).all(|_| watch.second(&slow).is_none()), "a target that hangs may come back");
    }

    #[test]
    fn one_answer_among_failures_is_life() {
        let mut watch = DeathWatch::default();
        for silent in 0..4 {
            assert_eq!(watch.second(&second(silent, 10, 10)), None);
        }
        assert_eq!(watch.second(&second(4, 10, 9)), None);
        assert_eq!(watch.second(&second(5, 10, 10)), None);
    }

    #[test]
    fn seconds_without_requests_say_nothing() {
        let mut watch = DeathWatch::default();
        for quiet in 0..60 {
            assert_eq!(watch.second(&second(quiet, 0, 0)), None);
        }
    }

    #[test]
    fn a_process_that_is_gone_needs_one_silent_second_only() {
        let mut watch = DeathWatch::default();
        watch.resources(&sample(true));
        watch.resources(&sample(false));
        assert_eq!(watch.second(&second(0, 10, 0)), None, "it still answers: another process took over");
        assert!(watch.second(&second(1, 10, 10)).is_some());
    }

    #[test]
    fn a_process_never_seen_is_not_gone() {
        let mut watch = DeathWatch::default();
        watch.resources(&sample(false));
        assert_eq!(watch.second(&second(0, 10, 10)), None);
    }
}
