//! `machine-busy`
//!
//! **What:** the machine was busy, and mostly with programs other than those of the run: target, Postgres, Redis and
//! Aforo together used less than half of the CPU that was used.
//! **Why it hurts:** all that was measured waited for CPU, so it is slower than it would be. What was met would be
//! met all the more; what was missed may not be the target's fault, and comparing with another run misleads.
//! **Threshold:** 70 % of all cores on average over the judged part is a warning, 85 % is critical: the thresholds
//! the hotel's operations alert on. Less than half, because then the other programs decide how busy it is.
//! **Remedy:** a quiet machine. Where the other programs are the target's own, name them so that they are watched.

use aforo_model::{Finding, Role};

use super::{Check, finding, graded, part};
use crate::Evidence;
use crate::host_cpu::{CRITICAL_RATIO, HostCpu, WARNING_RATIO};
use crate::wording::percent;

pub(super) const CHECK: Check =
    Check { code: "machine-busy", summary: "other programs kept the machine busy", run };

fn run(evidence: &Evidence<'_>) -> Vec<Finding> {
    busy_with_others(evidence).into_iter().collect()
}

fn busy_with_others(evidence: &Evidence<'_>) -> Option<Finding> {
    let cpu = HostCpu::of(evidence).filter(HostCpu::is_mostly_others)?;
    let severity = graded(cpu.mean_ratio, WARNING_RATIO, CRITICAL_RATIO)?;
    let (watched_ratio, other_cores) = (cpu.watched_ratio?, cpu.other_cores()?);
    let watched_cores = watched_ratio * f64::from(cpu.core_count);
    let remedy = if is_all_watched(evidence) {
        "end the other programs or measure on a quiet machine, and run again"
    } else {
        "if the target or its servers are among them, name the target's `pid` or run Aforo where it sees their processes; else end the other programs, and run again"
    };
    Some(finding(
        CHECK.code,
        part("host"),
        severity,
        format!(
            "other programs used {other_cores:.1} of {} cores on average and what is watched {watched_cores:.1} ({} busy in all), so what was measured is slower than it would be",
            cpu.core_count,
            percent(cpu.mean_ratio)
        ),
        remedy.to_owned(),
        &[
            ("other_cpu_cores_mean", other_cores),
            ("watched_cpu_cores_mean", watched_cores),
            ("cpu_ratio_mean", cpu.mean_ratio),
            ("cpu_ratio_peak", cpu.peak_ratio),
        ],
    ))
}

/// Whether the process trees of the target, and of the servers of it that were asked, were read.
fn is_all_watched(evidence: &Evidence<'_>) -> bool {
    let is_read = |role: Role| evidence.judged_processes(role).next().is_some();
    let mut samples = evidence.judged_samples();
    is_read(Role::Target)
        && (is_read(Role::Postgres) || samples.clone().all(|sample| sample.postgres.is_none()))
        && (is_read(Role::Redis) || samples.all(|sample| sample.redis.is_none()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::Fixture;
    use aforo_model::Severity;

    /// Four cores, of which the watched trees use 1.0 together.
    fn at(cpu_ratio: f64) -> Fixture {
        Fixture::healthy().with_host(|host| host.cpu_ratio = host.cpu_ratio.map(|_| cpu_ratio))
    }

    #[test]
    fn a_machine_that_others_keep_busy_is_found_with_their_cores() {
        let findings = run(&at(0.9).evidence());
        assert_eq!(findings.len(), 1);
        assert_eq!((findings[0].severity, &findings[0].subject), (Severity::Critical, &part("host")));
        assert_eq!(
            findings[0].message,
            "other programs used 2.6 of 4 cores on average and what is watched 1.0 (90% busy in all), \
             so what was measured is slower than it would be"
        );
        assert_eq!(run(&at(0.75).evidence())[0].severity, Severity::Warning);
    }

    #[test]
    fn below_the_threshold_or_with_the_watched_as_half_of_it_nothing_is_found() {
        assert_eq!(run(&at(0.69).evidence()), []);
        // Target 1.5, Postgres 0.3, generator 0.2: half of four cores, and then a little less.
        assert_eq!(run(&at(1.0).with_cpu(Role::Target, 1.5).evidence()), []);
        assert_eq!(run(&at(1.0).with_cpu(Role::Target, 1.49).evidence()).len(), 1);
        assert_eq!(run(&Fixture::empty().evidence()), []);
    }

    #[test]
    fn a_part_of_the_target_that_is_not_watched_may_be_one_of_the_others() {
        let remedy = |fixture: &Fixture| run(&fixture.evidence())[0].remedy.clone();
        let unwatched = |role: Role| {
            let mut fixture = at(0.9);
            for sample in &mut fixture.resources {
                sample.processes.retain(|process| process.role != role);
            }
            fixture
        };
        // The fixture's Redis answers, and its process is not known.
        assert!(remedy(&at(0.9)).contains("`pid`"));
        let mut watched = at(0.9);
        watched.resources.iter_mut().for_each(|sample| sample.redis = None);
        assert!(remedy(&watched).starts_with("end the other programs"));
        assert!(remedy(&unwatched(Role::Target)).contains("`pid`"));
        assert!(remedy(&unwatched(Role::Postgres)).contains("`pid`"));
    }
}
