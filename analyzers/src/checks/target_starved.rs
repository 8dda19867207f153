//! `target-starved`
//!
//! **What:** how long threads of the target were ready to run and waited for a core, relative to the CPU time they used.
//! **Why it hurts:** that time is part of every response time, and no profile of CPU shows it.
//! **Threshold:** 10 % of at least five seconds of CPU time.
//! **Remedy:** fewer programs beside the target, or more cores.

use aforo_model::{Finding, Role, Severity};

use super::{Check, finding, part};
use crate::Evidence;
use crate::wording::{percent, seconds};

const WARNING_RATIO: f64 = 0.10;
const MIN_CPU_TIME_S: f64 = 5.0;

pub(super) const CHECK: Check = Check { code: "target-starved", summary: "the target waited for cores", run };

fn run(evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut readings = evidence
        .judged_processes(Role::Target)
        .filter_map(|(_, target)| Some((target.cpu_time_s, target.run_queue_delay_s?)));
    let Some(first) = readings.next() else { return Vec::new() };
    let last = readings.last().unwrap_or(first);
    let (cpu_time_s, waited_s) = (last.0 - first.0, last.1 - first.1);
    let ratio = waited_s / cpu_time_s;
    if cpu_time_s < MIN_CPU_TIME_S || ratio <= WARNING_RATIO {
        return Vec::new();
    }
    vec![finding(
        CHECK.code,
        part("target"),
        Severity::Warning,
        format!(
            "threads of the target waited {} for a core while they ran for {}: {} on top",
            seconds(waited_s),
            seconds(cpu_time_s),
            percent(ratio)
        ),
        "run fewer programs beside the target, the load generator among them, or give it more cores"
            .to_owned(),
        &[("run_queue_delay_ratio", ratio), ("run_queue_delay_s", waited_s), ("cpu_time_s", cpu_time_s)],
    )]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::Fixture;

    /// The target uses half a core for a minute.
    fn found(waited_per_s: f64) -> usize {
        let mut fixture = Fixture::healthy();
        for sample in &mut fixture.resources {
            sample.processes[0].run_queue_delay_s = Some(waited_per_s * sample.at_s);
        }
        run(&fixture.evidence()).len()
    }

    #[test]
    fn a_wait_of_more_than_a_tenth_of_the_work_is_found() {
        assert_eq!((found(0.049), found(0.051)), (0, 1));
        assert_eq!(run(&Fixture::healthy().evidence()), [], "not read");
        assert_eq!(run(&Fixture::empty().evidence()), []);
    }
}
