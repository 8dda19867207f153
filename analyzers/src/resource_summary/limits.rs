//! What a control group allowed, and what was had of it.

use aforo_model::{CgroupSample, CgroupSummary, ProcessSample};

use super::grown;

/// Sums up the control group of a tree; nothing when it was never read.
pub(super) fn summarize(readings: &[(f64, &ProcessSample)]) -> Option<CgroupSummary> {
    let groups: Vec<CgroupSample> = readings.iter().filter_map(|(_, process)| process.cgroup).collect();
    let last = groups.last()?;
    let periods = grown(groups.iter().map(|group| group.cpu_periods));
    let throttled_periods = grown(groups.iter().map(|group| group.throttled_periods));
    let throttled = || groups.iter().filter_map(|group| group.throttled_s);
    Some(CgroupSummary {
        cpu_limit_cores: last.cpu_limit_cores,
        memory_limit_bytes: last.memory_limit_bytes,
        memory_working_set_peak_bytes: groups.iter().filter_map(|group| group.memory_working_set_bytes).max(),
        throttled_ratio: periods
            .zip(throttled_periods)
            .filter(|&(periods, _)| periods > 0)
            .map(|(periods, throttled)| throttled as f64 / periods as f64),
        throttled_s: throttled()
            .next()
            .zip(throttled().next_back())
            .map(|(first, last)| (last - first).max(0.0)),
        oom_kills: grown(groups.iter().map(|group| group.oom_kills)),
        pids_limit: last.pids_limit,
        pids_peak: groups.iter().filter_map(|group| group.pids_current).max(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(cpu_periods: u64, throttled_periods: u64, working_set_bytes: u64) -> ProcessSample {
        let cgroup = CgroupSample {
            cpu_limit_cores: Some(1.5),
            memory_working_set_bytes: Some(working_set_bytes),
            cpu_periods: Some(cpu_periods),
            throttled_periods: Some(throttled_periods),
            throttled_s: Some(throttled_periods as f64 / 100.0),
            oom_kills: Some(0),
            ..CgroupSample::default()
        };
        ProcessSample { cgroup: Some(cgroup), ..ProcessSample::default() }
    }

    #[test]
    fn throttling_is_a_share_of_the_periods_with_work() {
        let samples = [sample(0, 0, 50), sample(100, 30, 90), sample(200, 50, 70)];
        let readings: Vec<_> = samples.iter().map(|sample| (0.0, sample)).collect();
        let summary = summarize(&readings).unwrap();
        assert_eq!((summary.throttled_ratio, summary.throttled_s), (Some(0.25), Some(0.5)));
        assert_eq!((summary.cpu_limit_cores, summary.memory_limit_bytes), (Some(1.5), None));
        assert_eq!((summary.memory_working_set_peak_bytes, summary.oom_kills), (Some(90), Some(0)));
    }

    #[test]
    fn no_group_is_nothing_and_no_period_is_no_share() {
        assert_eq!(summarize(&[(0.0, &ProcessSample::default())]), None);
        let idle = sample(0, 0, 1);
        assert_eq!(summarize(&[(0.0, &idle), (1.0, &idle)]).unwrap().throttled_ratio, None);
    }
}
