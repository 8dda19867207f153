//! Everything observed in a run, as the analyzers see it.

use aforo_model::profile::{ProfileRecord, ProfileWindow, ProfilerObstacle};
use aforo_model::{
    Environment, LoadRecord, ProcessSample, ResourceSample, Role, RunEnd, Scenario, StepRecord, Subject,
};

use crate::target_place::TargetPlace;

/// CPU used, and what may be used.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct CpuUse {
    /// Used, in cores.
    pub(crate) used_cores: f64,
    /// The quota of the control group where there is one below the cores of the machine; else those.
    pub(crate) allowed_cores: f64,
    /// Whether a quota is what limits.
    pub(crate) is_quota: bool,
}

impl CpuUse {
    fn of(used_cores: f64, core_count: u32, quota: Option<f64>) -> Option<Self> {
        let core_count = f64::from(core_count);
        let quota = quota.filter(|quota| *quota < core_count);
        let use_ = Self { used_cores, allowed_cores: quota.unwrap_or(core_count), is_quota: quota.is_some() };
        use_.ratio().is_finite().then_some(use_)
    }

    /// The one as a share of the other, 0–1.
    pub(crate) fn ratio(self) -> f64 {
        self.used_cores / self.allowed_cores
    }
}

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
    /// Where the target runs.
    pub(crate) fn target_place(&self) -> TargetPlace {
        TargetPlace::of(self.resources)
    }

    /// The readings between the end of warm-up and the order to stop: those that describe the judged load.
    pub(crate) fn judged_samples(&self) -> impl Iterator<Item = &'a ResourceSample> + Clone {
        let judged_s = self.scenario.load.warm_up_s..=self.scenario.load.duration_s;
        self.resources.iter().filter(move |sample| judged_s.contains(&sample.at_s))
    }

    /// The judged readings of one process tree, with their time.
    pub(crate) fn judged_processes(&self, role: Role) -> impl Iterator<Item = (f64, &'a ProcessSample)> {
        let place = self.target_place();
        self.judged_samples().filter_map(move |sample| Some((sample.at_s, place.process(sample, role)?)))
    }

    /// CPU used by a process tree as a share of all cores, 0–1, in one reading.
    pub(crate) fn cpu_ratio(&self, sample: &ResourceSample, role: Role) -> Option<f64> {
        let core_count = sample.host.as_ref().map_or(self.environment.core_count, |host| host.core_count);
        let ratio = sample.process(role)?.cpu_cores? / f64::from(core_count);
        ratio.is_finite().then_some(ratio)
    }

    /// Tells of a reading how much CPU the target used, and of how much it may use.
    pub(crate) fn target_cpu(&self) -> impl Fn(&ResourceSample) -> Option<CpuUse> + 'a {
        let evidence = *self;
        // Of two scrapes of one moment, that of the machine may come a reading later than that of the process.
        let place = self.target_place();
        let remote_cores = |sample: &ResourceSample| Some(place.remote_host(sample)?.core_count);
        let elsewhere = self.resources.iter().find_map(remote_cores);
        move |sample| {
            if let Some(process) = sample.process(Role::Target) {
                let host = sample.host.as_ref();
                let core_count = host.map_or(evidence.environment.core_count, |host| host.core_count);
                let quota = process.cgroup.and_then(|group| group.cpu_limit_cores);
                return CpuUse::of(process.cpu_cores?, core_count, quota.filter(|quota| *quota > 0.0));
            }
            CpuUse::of(place.process(sample, Role::Target)?.cpu_cores?, elsewhere?, None)
        }
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
