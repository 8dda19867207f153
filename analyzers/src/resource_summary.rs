//! The readings of a whole run in the few figures that a report shows.

mod limits;
mod machine;
mod scheduling;

use aforo_model::{
    GeneratorSummary, HostSample, HostSummary, ProcessSample, ProcessSummary, ResourceSample,
    ResourceSummary, Role,
};

use crate::statistics::mean;
use crate::target_place::TargetPlace;

/// Every role, in the order in which a report shows them.
const ROLES: [Role; 4] = [Role::Target, Role::Postgres, Role::Redis, Role::Generator];

/// Sums up `samples`, which are in order of time. What was never read is absent.
pub fn summarize_resources(samples: &[ResourceSample]) -> ResourceSummary {
    let place = TargetPlace::of(samples);
    ResourceSummary {
        processes: ROLES.into_iter().filter_map(|role| summarize_process(samples, place, role)).collect(),
        host: summarize_host(samples, |sample| sample.host.as_ref()),
        generator: summarize_generator(samples),
        target_host: summarize_host(samples, |sample| place.remote_host(sample)),
        // It takes the whole record: `cpu_per_request_us`.
        target_cpu_per_request_us: None,
    }
}

fn summarize_generator(samples: &[ResourceSample]) -> Option<GeneratorSummary> {
    let readings = || samples.iter().filter_map(|sample| sample.generator);
    Some(GeneratorSummary {
        busiest_thread_cores_peak: highest(readings().map(|reading| reading.busiest_thread_cores))?,
        run_queue_delay_us_mean: mean(readings().filter_map(|reading| reading.run_queue_delay_us)),
    })
}

fn summarize_process(samples: &[ResourceSample], place: TargetPlace, role: Role) -> Option<ProcessSummary> {
    let readings: Vec<(f64, &ProcessSample)> =
        samples.iter().filter_map(|sample| Some((sample.at_s, place.process(sample, role)?))).collect();
    let (first_at_s, first) = *readings.first()?;
    let (last_at_s, last) = *readings.last()?;
    let (span_s, cpu_time_s) = (last_at_s - first_at_s, last.cpu_time_s - first.cpu_time_s);
    Some(ProcessSummary {
        role,
        sample_count: readings.len() as u64,
        // The clock of CPU time starts anew with a tree that was started anew: then there is no mean.
        cpu_cores_mean: (span_s > 0.0 && cpu_time_s >= 0.0).then(|| cpu_time_s / span_s),
        cpu_cores_peak: highest(readings.iter().filter_map(|(_, process)| process.cpu_cores)),
        rss_start_bytes: first.rss_bytes,
        rss_end_bytes: last.rss_bytes,
        rss_peak_bytes: readings.iter().map(|(_, process)| process.rss_bytes).max().unwrap_or_default(),
        thread_count_peak: readings.iter().filter_map(|(_, process)| process.thread_count).max(),
        open_fd_count_peak: readings.iter().filter_map(|(_, process)| process.open_fd_count).max(),
        pss_peak_bytes: readings.iter().filter_map(|(_, process)| process.pss_bytes).max(),
        open_fd_ratio_peak: highest(readings.iter().filter_map(|(_, process)| process.open_fd_ratio)),
        run_queue_delay_ratio: scheduling::run_queue_delay_ratio(&readings),
        involuntary_context_switches_per_s: scheduling::involuntary_switches_per_s(&readings),
        major_faults: grown(readings.iter().map(|(_, process)| process.major_faults)),
        cgroup: limits::summarize(&readings),
    })
}

fn summarize_host(
    samples: &[ResourceSample],
    of: impl Fn(&ResourceSample) -> Option<&HostSample>,
) -> Option<HostSummary> {
    let readings: Vec<(f64, &HostSample)> =
        samples.iter().filter_map(|sample| Some((sample.at_s, of(sample)?))).collect();
    machine::summarize(&readings)
}

/// How much a counter grew from its first to its last reading; nothing when it was never read.
fn grown(counts: impl Iterator<Item = Option<u64>>) -> Option<u64> {
    let mut counts = counts.flatten();
    let first = counts.next()?;
    Some(counts.last().unwrap_or(first).saturating_sub(first))
}

fn highest(values: impl Iterator<Item = f64>) -> Option<f64> {
    values.filter(|value| value.is_finite()).max_by(f64::total_cmp)
}

#[cfg(test)]
mod tests {
    use aforo_model::RemoteSample;

    use super::*;

    fn target(cpu_time_s: f64, cpu_cores: Option<f64>, rss_bytes: u64) -> ProcessSample {
        ProcessSample {
            role: Role::Target,
            process_count: 1,
            cpu_time_s,
            cpu_cores,
            rss_bytes,
            thread_count: Some(rss_bytes / 10),
            ..ProcessSample::default()
        }
    }

    fn host(cpu_ratio: Option<f64>, memory_used_bytes: u64) -> HostSample {
        HostSample {
            cpu_ratio,
            core_count: 2,
            load_1m: 0.5,
            memory_used_bytes,
            memory_total_bytes: 1000,
            ..HostSample::default()
        }
    }

    fn sample(at_s: f64, process: Option<ProcessSample>, host: Option<HostSample>) -> ResourceSample {
        ResourceSample { at_s, processes: process.into_iter().collect(), host, ..Default::default() }
    }

    #[test]
    fn no_readings_make_an_empty_summary() {
        assert_eq!(summarize_resources(&[]), ResourceSummary::default());
        assert_eq!(summarize_resources(&[sample(0.0, None, None)]), ResourceSummary::default());
    }

    #[test]
    fn a_process_is_summed_up_from_its_first_to_its_last_reading() {
        let samples = [
            sample(0.0, Some(target(1.0, None, 100)), None),
            sample(1.0, Some(target(1.5, Some(0.5), 300)), None),
            sample(4.0, Some(target(3.0, Some(0.5), 200)), None),
            sample(5.0, None, None),
        ];
        let summary = summarize_resources(&samples);
        assert_eq!(
            summary.processes,
            [ProcessSummary {
                role: Role::Target,
                sample_count: 3,
                cpu_cores_mean: Some(0.5),
                cpu_cores_peak: Some(0.5),
                rss_start_bytes: 100,
                rss_end_bytes: 200,
                rss_peak_bytes: 300,
                thread_count_peak: Some(30),
                ..ProcessSummary::default()
            }]
        );
        assert_eq!(summary.host, None);
    }

    #[test]
    fn one_reading_or_a_restart_gives_no_mean() {
        let one = [sample(0.0, Some(target(1.0, None, 100)), None)];
        assert_eq!(summarize_resources(&one).processes[0].cpu_cores_mean, None);
        let restarted = [
            sample(0.0, Some(target(9.0, None, 100)), None),
            sample(2.0, Some(target(1.0, None, 100)), None),
        ];
        assert_eq!(summarize_resources(&restarted).processes[0].cpu_cores_mean, None);
    }

    #[test]
    fn a_late_reading_of_the_host_weighs_as_much_as_the_time_it_covers() {
        let samples = [
            sample(0.0, None, Some(host(None, 400))),
            sample(1.0, None, Some(host(Some(1.0), 700))),
            sample(4.0, None, Some(host(Some(0.2), 500))),
        ];
        let host = summarize_resources(&samples).host.unwrap();
        assert!((host.cpu_ratio_mean.unwrap() - 0.4).abs() < 1e-12);
        assert_eq!((host.cpu_ratio_peak, host.memory_used_peak_bytes), (Some(1.0), 700));
    }

    #[test]
    fn a_target_elsewhere_is_summed_up_as_one_here_with_its_own_machine() {
        let remote = |rss_bytes, memory_used_bytes| RemoteSample {
            process: Some(target(0.0, None, rss_bytes)),
            host: Some(host(Some(0.5), memory_used_bytes)),
        };
        let mut samples = [0.0, 1.0, 5.0].map(|at_s| sample(at_s, None, None));
        samples[0].remote = Some(remote(100, 400));
        samples[2].remote = Some(remote(300, 700));
        let summary = summarize_resources(&samples);
        assert_eq!((summary.processes[0].sample_count, summary.processes[0].rss_peak_bytes), (2, 300));
        assert_eq!(summary.host, None);
        assert_eq!(summary.target_host.unwrap().memory_used_peak_bytes, 700);
        // Here, and once not read: what its metrics tell is not its second machine, nor its process.
        samples[1].processes = vec![target(0.0, None, 200)];
        let summary = summarize_resources(&samples);
        assert_eq!((summary.processes[0].sample_count, summary.processes[0].rss_peak_bytes), (1, 200));
        assert_eq!(summary.target_host, None);
    }

    #[test]
    fn roles_come_in_a_fixed_order_whatever_the_order_of_the_readings() {
        let of = |role| ProcessSample { role, ..target(0.0, None, 1) };
        let mut one = sample(0.0, None, None);
        one.processes = vec![of(Role::Generator), of(Role::Redis), of(Role::Target)];
        let roles: Vec<Role> =
            summarize_resources(&[one]).processes.iter().map(|process| process.role).collect();
        assert_eq!(roles, [Role::Target, Role::Redis, Role::Generator]);
    }
}
