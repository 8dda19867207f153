//! What was seen, as a profile that says what it is worth.

use std::time::Duration;

use aforo_model::profile::{Profile, ProfileClock, ProfileWindow, ProfilerKind, SampleCounts};

use super::reader::Seen;
use super::sampling::Sampled;
use super::tally::Tally;
use crate::cpu::ProfileError;

/// How the profile was to be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    /// Samples in a second, as they were taken.
    pub(super) rate_hz: f64,
    /// Whether that is half of what was asked for, because the machine had no core to spare.
    pub(super) is_halved: bool,
    /// How long it was to take.
    pub(super) window: Duration,
    /// When it began, seconds since the start of the run.
    pub(super) from_s: f64,
}

/// Makes a profile of what was seen.
///
/// # Errors
/// When there is not one sample: why.
pub(super) fn profile_of(sampled: Sampled, plan: Plan) -> Result<Profile, ProfileError> {
    let samples = counts_of(&sampled.seen);
    if samples.kept == 0 {
        return Err(why_nothing(&sampled));
    }
    let notes = notes_of(&sampled, samples, plan);
    let mut stacks = Tally::default();
    sampled.seen.into_iter().for_each(|seen| stacks.merge(seen.stacks));
    let (frames, stacks) = stacks.into_stacks();
    Ok(Profile {
        profiler: ProfilerKind::PySpy,
        clock: ProfileClock::WallNonIdle,
        rate_hz: plan.rate_hz,
        window: ProfileWindow { from_s: plan.from_s, to_s: plan.from_s + sampled.elapsed.as_secs_f64() },
        samples,
        // The meter around it tells, which leaves out the servers that run below the target.
        target_cpu_time_s: None,
        notes,
        frames,
        stacks,
    })
}

/// Samples are of threads, ticks of processes: a tick that is missed loses as many samples as an average tick of that process gives.
/// So the samples expected are the ticks that were due, times the active threads that a tick found; and what was not kept of them is lost.
fn counts_of(seen: &[Seen]) -> SampleCounts {
    let kept = seen.iter().map(|seen| seen.stacks.samples()).sum();
    let expected: f64 = seen.iter().filter(|seen| seen.ticks_read > 0).map(expected_of).sum();
    SampleCounts { expected: Some(expected), kept, lost: (expected - kept as f64).round() as u64 }
}

fn expected_of(seen: &Seen) -> f64 {
    let active = (seen.stacks.samples() + seen.stacks_unreadable) as f64 / seen.ticks_read as f64;
    active * (seen.ticks_read + seen.ticks_late + seen.ticks_failed) as f64
}

fn why_nothing(sampled: &Sampled) -> ProfileError {
    let ticks: u64 = sampled.seen.iter().map(|seen| seen.ticks_read).sum();
    if sampled.target_ended {
        return ProfileError::TargetGone;
    }
    match sampled.refusals.iter().next() {
        Some((process, why)) if ticks == 0 => ProfileError::Failed {
            profiler: ProfilerKind::PySpy,
            why: format!("process {} could not be read: {why}", process.pid),
        },
        _ => ProfileError::NoSamples {
            why: format!(
                "py-spy looked {ticks} times within {:.1} s, and found every Python thread waiting; send it requests meanwhile",
                sampled.elapsed.as_secs_f64()
            ),
        },
    }
}

fn notes_of(sampled: &Sampled, samples: SampleCounts, plan: Plan) -> Vec<String> {
    let mut notes = vec![
        "A sample is a thread that ran or was ready to run; one that waits for a core counts as well, so this is wall time without \
         waiting, not CPU time."
            .to_owned(),
        "Only Python functions are seen: the time of native extensions goes to the function that called them. Stacks were read without \
         stopping the target, so a few may be incomplete."
            .to_owned(),
    ];
    let total = |count: fn(&Seen) -> u64| sampled.seen.iter().map(count).sum::<u64>();
    let (late, failed) = (total(|seen| seen.ticks_late), total(|seen| seen.ticks_failed));
    let unreadable = total(|seen| seen.stacks_unreadable);
    if late + failed + unreadable > 0 {
        let due = late + failed + total(|seen| seen.ticks_read);
        notes.push(format!(
            "Of {due} ticks {late} came too late and {failed} found memory that changed under the reader; {unreadable} stacks of others \
             could not be read. That is about {} samples lost.",
            samples.lost
        ));
    }
    if plan.is_halved {
        notes.push(format!(
            "Threads of this machine waited for a core more than half of the time, so samples were taken at half the rate: {} Hz.",
            plan.rate_hz
        ));
    }
    let processes = sampled.processes.len();
    if processes > 1 {
        notes.push(format!("{processes} Python processes are in it, together."));
    }
    if sampled.has_unread {
        notes.push(format!("The target has more Python processes; {processes} were read."));
    }
    // One that ended while it was attached to is no news.
    if let Some((process, why)) = sampled.refusals.iter().min_by_key(|(process, _)| process.pid)
        && !sampled.target_ended
    {
        let count = sampled.refusals.len();
        notes.push(format!("{count} Python processes could not be read, such as {}: {why}.", process.pid));
    }
    if sampled.target_ended {
        notes.push(format!(
            "The target's process ended {:.1} s into a profile of {:.1} s; this is what was seen until then.",
            sampled.elapsed.as_secs_f64(),
            plan.window.as_secs_f64()
        ));
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::py_spy::tally;
    use crate::processes::ProcessId;

    fn plan() -> Plan {
        Plan { rate_hz: 100.0, is_halved: false, window: Duration::from_secs(10), from_s: 3.0 }
    }

    /// A process that was read `ticks_read` times, with `samples` stacks of one function.
    fn seen(ticks_read: u64, samples: u64) -> Seen {
        let mut seen = Seen { ticks_read, ..Seen::default() };
        for _ in 0..samples {
            assert!(seen.stacks.add(&tally::tests::trace(&["work", "module"])));
        }
        seen
    }

    fn sampled(seen: Vec<Seen>) -> Sampled {
        let processes = (0..seen.len() as u32).map(|pid| ProcessId { pid, started: 1 }).collect();
        let elapsed = Duration::from_secs(10);
        Sampled { seen, processes, elapsed, ..Sampled::default() }
    }

    #[test]
    fn what_was_missed_is_counted_in_samples_as_far_as_threads_were_active() {
        // Half of the ticks found a thread active; of 1000 due, 100 were missed.
        let missed = Seen { ticks_late: 80, ticks_failed: 20, ..seen(900, 450) };
        let profile = profile_of(sampled(vec![missed]), plan()).unwrap();
        assert_eq!(profile.samples, SampleCounts { expected: Some(500.0), kept: 450, lost: 50 });
        assert_eq!(profile.window, ProfileWindow { from_s: 3.0, to_s: 13.0 });
        assert_eq!((profile.clock, profile.target_cpu_time_s), (ProfileClock::WallNonIdle, None));
        let note = profile.notes.iter().find(|note| note.contains("ticks")).unwrap();
        assert!(note.contains("Of 1000 ticks 80 came too late and 20 found"), "{note}");
    }

    #[test]
    fn processes_are_put_together_and_a_quiet_profile_says_only_what_it_is() {
        let profile = profile_of(sampled(vec![seen(1000, 300)]), plan()).unwrap();
        assert_eq!(profile.samples, SampleCounts { expected: Some(300.0), kept: 300, lost: 0 });
        assert_eq!(profile.notes.len(), 2, "{:?}", profile.notes);
        let profile = profile_of(sampled(vec![seen(1000, 300), seen(1000, 100)]), plan()).unwrap();
        assert_eq!(profile.samples.kept, 400);
        assert_eq!(profile.stacks.len(), 1);
        assert!(
            profile.notes.iter().any(|note| note.starts_with("2 Python processes")),
            "{:?}",
            profile.notes
        );
    }

    #[test]
    fn without_a_sample_there_is_no_profile_but_a_reason() {
        let idle = profile_of(sampled(vec![seen(1000, 0)]), plan()).unwrap_err().to_string();
        assert!(idle.contains("looked 1000 times within 10.0 s"), "{idle}");
        let gone = Sampled { target_ended: true, ..sampled(vec![]) };
        assert!(matches!(profile_of(gone, plan()), Err(ProfileError::TargetGone)));
        let mut refused = sampled(vec![]);
        refused.refusals.insert(ProcessId { pid: 7, started: 1 }, "no interpreter".to_owned());
        let refused = profile_of(refused, plan()).unwrap_err().to_string();
        assert!(refused.contains("py-spy failed: process 7 could not be read: no interpreter"), "{refused}");
    }

    #[test]
    fn a_target_that_ended_and_a_machine_without_a_core_to_spare_are_told() {
        let ended = Sampled {
            target_ended: true,
            elapsed: Duration::from_millis(1_200),
            ..sampled(vec![seen(120, 90)])
        };
        let halved = Plan { rate_hz: 50.0, is_halved: true, ..plan() };
        let notes = profile_of(ended, halved).unwrap().notes.join(" ");
        assert!(notes.contains("ended 1.2 s into a profile of 10.0 s"), "{notes}");
        assert!(notes.contains("half the rate: 50 Hz"), "{notes}");
    }
}
