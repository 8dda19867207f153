//! What the resources did during a level.

use aforo_model::{LevelRecord, PostgresSample, ResourceSample, Role};

use crate::Evidence;
use crate::evidence::CpuUse;
use crate::statistics::mean;
use crate::target_place::TargetPlace;

/// The readings taken in the settled part of a level, and their means.
pub(super) struct Readings<'a> {
    pub(super) samples: Vec<&'a ResourceSample>,
    pub(super) core_count: f64,
    pub(super) target_cores: Option<f64>,
    /// What the target may use: a quota, or the cores of its machine.
    pub(super) target_allowed_cores: Option<f64>,
    /// Whether the target runs on another machine, and has no part in what this one does.
    pub(super) is_elsewhere: bool,
    pub(super) postgres_cores: Option<f64>,
    pub(super) redis_cores: Option<f64>,
    pub(super) generator_cores: Option<f64>,
    /// The whole machine, over all cores, 0–1.
    pub(super) host_ratio: Option<f64>,
    pub(super) connections_peak: Option<u32>,
    /// Most client connections at once, relative to `max_connections`.
    pub(super) connection_use: Option<f64>,
    pub(super) active_mean: Option<f64>,
    pub(super) lock_waiting_mean: Option<f64>,
}

impl<'a> Readings<'a> {
    pub(super) fn during(level: &LevelRecord, evidence: &Evidence<'a>) -> Self {
        // A reading speaks of the second before it.
        let span_s = f64::from(level.from_s) + 0.5..=f64::from(level.to_s) + 0.5;
        let samples: Vec<&ResourceSample> =
            evidence.resources.iter().filter(|sample| span_s.contains(&sample.at_s)).collect();
        let cores = |role| {
            let readings = samples.iter().filter_map(|sample| sample.process(role)?.cpu_cores);
            mean(readings.filter(|cores| cores.is_finite()))
        };
        let postgres = || samples.iter().filter_map(|sample| sample.postgres.as_ref());
        let postgres_mean =
            |count: fn(&PostgresSample) -> u32| mean(postgres().map(|postgres| f64::from(count(postgres))));
        let host_ratios = samples.iter().filter_map(|sample| sample.host.as_ref()?.cpu_ratio);
        let core_count = samples.iter().find_map(|sample| Some(sample.host.as_ref()?.core_count));
        let target_cpu = evidence.target_cpu();
        let target: Vec<CpuUse> = samples.iter().filter_map(|sample| target_cpu(sample)).collect();
        let used_cores = target.iter().map(|cpu| cpu.used_cores);
        Self {
            target_allowed_cores: target.last().map(|cpu| cpu.allowed_cores),
            is_elsewhere: evidence.target_place() == TargetPlace::Elsewhere,
            core_count: f64::from(core_count.unwrap_or(evidence.environment.core_count).max(1)),
            target_cores: mean(used_cores),
            postgres_cores: cores(Role::Postgres),
            redis_cores: cores(Role::Redis),
            generator_cores: cores(Role::Generator),
            host_ratio: mean(host_ratios.filter(|ratio| ratio.is_finite())),
            connections_peak: postgres().map(|postgres| postgres.connection_count).max(),
            connection_use: postgres()
                .filter(|postgres| postgres.max_connections > 0)
                .map(|postgres| f64::from(postgres.connection_count) / f64::from(postgres.max_connections))
                .max_by(f64::total_cmp),
            active_mean: postgres_mean(|postgres| postgres.active_count),
            lock_waiting_mean: postgres_mean(|postgres| postgres.lock_waiting_count),
            samples,
        }
    }

    /// Cores used by programs that are not watched, on average. Nothing where the machine was not read.
    pub(super) fn other_cores(&self) -> Option<f64> {
        let target_cores = self.target_cores.filter(|_| !self.is_elsewhere);
        let watched = [target_cores, self.postgres_cores, self.redis_cores, self.generator_cores];
        let watched: f64 = watched.into_iter().flatten().sum();
        Some((self.host_ratio? * self.core_count - watched).max(0.0))
    }
}
