//! Everything observed in a run, as the analyzers see it.

use aforo_model::profile::{ProfileRecord, ProfileWindow, ProfilerObstacle};
use aforo_model::{
    Environment, LoadRecord, ProcessSample, ResourceSample, Role, RunEnd, Scenario, StepRecord, Subject,
};

/// Everything observed in a run. It borrows the parts of a run record, saved or not yet saved.
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'a> {
    /// What was asked.
    pub scenario: &'a Scenario,
    /// The load as it was.
    pub load: &'a LoadRecord,
    /// The readings of all resources, in order.
    pub resources: &'a [ResourceSample],
    /// The readings of an idle time after the load, in order; empty where nobody waited for one.
    pub idle_after: &'a [ResourceSample],
    /// When the target was profiled.
    pub profile_windows: &'a [ProfileWindow],
    /// Where its CPU time went.
    pub profiles: &'a [ProfileRecord],
    /// What hinders each profiler, where none fits.
    pub profiler_obstacles: &'a [ProfilerObstacle],
    /// Why a profile that was begun came to nothing.
    pub profile_failure: Option<&'a str>,
    /// How the run ended.
    pub end: &'a RunEnd,
    /// Where and with what it was measured.
    pub environment: &'a Environment,
}

impl<'a> Evidence<'a> {
    /// The readings between the end of warm-up and the order to stop: those that describe the judged load.
    pub(crate) fn judged_samples(&self) -> impl Iterator<Item = &'a ResourceSample> + Clone {
        let judged_s = self.scenario.load.warm_up_s..=self.scenario.load.duration_s;
        self.resources.iter().filter(move |sample| judged_s.contains(&sample.at_s))
    }

    /// The judged readings of one process tree, with their time.
    pub(crate) fn judged_processes(&self, role: Role) -> impl Iterator<Item = (f64, &'a ProcessSample)> {
        self.judged_samples().filter_map(move |sample| Some((sample.at_s, sample.process_anywhere(role)?)))
    }

    /// CPU used by a process tree as a share of all cores, 0–1, in one reading.
    pub(crate) fn cpu_ratio(&self, sample: &ResourceSample, role: Role) -> Option<f64> {
        let core_count = sample.host.as_ref().map_or(self.environment.core_count, |host| host.core_count);
        let ratio = sample.process(role)?.cpu_cores? / f64::from(core_count);
        ratio.is_finite().then_some(ratio)
    }

    /// CPU used by a process tree as a share of what it may use, the quota of its control group or all cores, 0–1.
    pub(crate) fn cpu_use(&self, sample: &ResourceSample, role: Role) -> Option<f64> {
        let process = sample.process(role)?;
        let of_cores = self.cpu_ratio(sample, role)?;
        let quota = process.cgroup.and_then(|group| group.cpu_limit_cores).filter(|quota| *quota > 0.0);
        Some(quota.map_or(of_cores, |quota| of_cores.max(process.cpu_cores.unwrap_or(0.0) / quota)))
    }

    /// The requests a subject speaks of.
    pub(crate) fn requests_of(&self, subject: &Subject) -> Option<&'a StepRecord> {
        match subject {
            Subject::Total => Some(&self.load.total),
            Subject::Step(name) => self.load.step(name),
            Subject::Part(_) | Subject::Statement(_) => None,
        }
    }
}
