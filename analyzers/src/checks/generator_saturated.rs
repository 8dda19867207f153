//! `generator-saturated`
//!
//! **What:** readings in which Aforo itself was short of CPU: it used more than 80 % of all cores, the thread that sends
//! used more than 90 % of one, or the machine was full (95 %) and Aforo had more than 20 % of the cores.
//! **Why it hurts:** a request then waits inside the generator, and the target is blamed for it; a closed workload
//! also sends less than it should.
//! **Threshold:** 80 % of the CPU at hand is where a load generator's own delay starts to show (k6 advises to stay
//! at or below it); a thread that only sends has no garbage to collect and can go closer to its core. More than 5 % of the readings is a warning, as they may make up a P95; more than 20 % is
//! critical and voids the verdict.
//! **Remedy:** Aforo on another machine, fewer users, longer think times.

use aforo_model::{Finding, ResourceSample, Role, Severity};

use super::{Check, finding, part};
use crate::Evidence;
use crate::statistics::mean;
use crate::wording::percent;

const SATURATED_RATIO: f64 = 0.80;
const SATURATED_THREAD_CORES: f64 = 0.90;
const FULL_HOST_RATIO: f64 = 0.95;
/// Share of the cores from which the generator is itself a reason for a full machine.
const NOTABLE_RATIO: f64 = 0.20;
const WARNING_SHARE: f64 = 0.05;
const CRITICAL_SHARE: f64 = 0.20;
/// Fewest readings of one second each.
const MIN_READINGS: usize = 5;

pub(super) const CHECK: Check =
    Check { code: "generator-saturated", summary: "Aforo itself was short of CPU", run };

fn run(evidence: &Evidence<'_>) -> Vec<Finding> {
    let readings: Vec<(f64, &ResourceSample)> = evidence
        .judged_samples()
        .filter_map(|sample| Some((evidence.cpu_ratio(sample, Role::Generator)?, sample)))
        .collect();
    let saturated = readings.iter().filter(|(generator, sample)| is_saturated(*generator, sample)).count();
    let share = saturated as f64 / readings.len() as f64;
    let severity = match share {
        share if share > CRITICAL_SHARE => Severity::Critical,
        share if share > WARNING_SHARE => Severity::Warning,
        _ => return Vec::new(),
    };
    let Some(generator_mean) = mean(readings.iter().map(|(generator, _)| *generator)) else {
        return Vec::new();
    };
    if readings.len() < MIN_READINGS {
        return Vec::new();
    }
    let host_mean =
        mean(readings.iter().filter_map(|(_, sample)| sample.host.as_ref()?.cpu_ratio)).unwrap_or(f64::NAN);
    vec![finding(
        CHECK.code,
        part("generator"),
        severity,
        format!(
            "Aforo was short of CPU in {saturated} of {} readings (on average it used {} of all cores), so response times hold its own delay",
            readings.len(),
            percent(generator_mean)
        ),
        "run Aforo on another machine than the target, or with fewer users or longer think times".to_owned(),
        &[
            ("saturated_ratio", share),
            ("readings", readings.len() as f64),
            ("generator_cpu_ratio_mean", generator_mean),
            ("host_cpu_ratio_mean", host_mean),
        ],
    )]
}

fn is_saturated(generator: f64, sample: &ResourceSample) -> bool {
    let host = sample.host.as_ref().and_then(|host| host.cpu_ratio).unwrap_or(0.0);
    let thread_cores = sample.generator.map_or(0.0, |generator| generator.busiest_thread_cores);
    generator > SATURATED_RATIO
        || thread_cores > SATURATED_THREAD_CORES
        || (host >= FULL_HOST_RATIO && generator > NOTABLE_RATIO)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::Fixture;
    use aforo_model::GeneratorSample;

    fn severity(fixture: &Fixture) -> Option<Severity> {
        run(&fixture.evidence()).first().map(|finding| finding.severity)
    }

    #[test]
    fn a_generator_that_uses_the_cores_is_found() {
        // Of four cores.
        assert_eq!(severity(&Fixture::healthy().with_cpu(Role::Generator, 3.3)), Some(Severity::Critical));
        assert_eq!(severity(&Fixture::healthy().with_cpu(Role::Generator, 3.2)), None);
        assert_eq!(severity(&Fixture::empty()), None);
    }

    #[test]
    fn on_a_full_machine_a_fifth_of_the_cores_is_enough() {
        let full = |cpu_cores| {
            Fixture::healthy()
                .with_cpu(Role::Generator, cpu_cores)
                .with_host(|host| host.cpu_ratio = host.cpu_ratio.map(|_| 0.96))
        };
        assert_eq!(severity(&full(0.81)), Some(Severity::Critical));
        assert_eq!(severity(&full(0.8)), None);
    }

    #[test]
    fn a_sending_thread_that_has_its_core_to_the_brim_is_found_on_any_machine() {
        let thread = |busiest_thread_cores| {
            let generator = GeneratorSample { busiest_thread_cores, run_queue_delay_us: None };
            let mut fixture = Fixture::healthy();
            fixture.resources.iter_mut().for_each(|sample| sample.generator = Some(generator));
            severity(&fixture)
        };
        assert_eq!(thread(0.91), Some(Severity::Critical));
        assert_eq!(thread(0.90), None);
    }

    #[test]
    fn a_short_burst_is_a_warning_and_a_shorter_one_nothing() {
        let burst = |readings: usize| {
            let mut fixture = Fixture::healthy().with_cpu(Role::Generator, 3.9);
            let calm = Fixture::healthy();
            fixture.resources.splice(1 + readings.., calm.resources[1 + readings..].iter().cloned());
            severity(&fixture)
        };
        assert_eq!(burst(12), Some(Severity::Warning));
        assert_eq!(burst(3), None);
    }
}
