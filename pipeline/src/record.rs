//! Puts the record of a run together.

use aforo_analyzers::{
    Evidence, ProfileContext, analyze, cpu_per_request_us, name_best_help, recommend, record_of,
    summarize_resources,
};
use aforo_model::cache::CacheReport;
use aforo_model::database::DatabaseReport;
use aforo_model::profile::{Profile, ProfileRecord, ProfileWindow};
use aforo_model::{
    Environment, Load, LoadRecord, RUN_FORMAT_VERSION, ResourceSample, ResourceSummary, RunEnd, RunRecord,
    Scenario, Verdict,
};
use chrono::{DateTime, Utc};

use crate::cpu_profile::{Profiled, steady_part};
use crate::profile_files::{self, RUN_PROFILE};
use crate::store::folder_word;
use crate::target::Target;

/// The record as it stands when the load begins.
pub(crate) fn begin(
    scenario: &Scenario,
    target: &Target,
    environment: Environment,
    started_at: DateTime<Utc>,
) -> RunRecord {
    // Eight hex digits of randomness: two runs of one scenario in one second stay apart.
    let short_id = &uuid::Uuid::new_v4().simple().to_string()[..8];
    RunRecord {
        format_version: RUN_FORMAT_VERSION,
        id: format!("{}-{}-{short_id}", started_at.format("%Y%m%dT%H%M%SZ"), folder_word(&scenario.name)),
        started_at,
        elapsed_s: 0.0,
        end: RunEnd::Running,
        scenario: scenario.clone(),
        target: target.record(),
        environment,
        load: LoadRecord::default(),
        resources: Vec::new(),
        resource_summary: ResourceSummary::default(),
        capacity: None,
        recovery: None,
        drift: None,
        leaks: Vec::new(),
        trends: Vec::new(),
        database: None,
        cache: None,
        comparison: None,
        slos: Vec::new(),
        findings: Vec::new(),
        recommendations: Vec::new(),
        profiles: Vec::new(),
        profiler_obstacles: Vec::new(),
        profile_failure: None,
        idle_resources: Vec::new(),
        verdict: Verdict::inconclusive("the run has not ended"),
    }
}

/// All that was seen of a run.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) load: LoadRecord,
    pub(crate) resources: Vec<ResourceSample>,
    /// Readings of an idle time after the load.
    pub(crate) idle_resources: Vec<ResourceSample>,
    pub(crate) profiled: Profiled,
    pub(crate) cache: Option<CacheReport>,
    pub(crate) database: Option<DatabaseReport>,
    pub(crate) end: RunEnd,
    pub(crate) elapsed_s: f64,
}

/// The record once everything has been seen: judged, with its findings.
pub(crate) fn conclude(begun: RunRecord, seen: Seen) -> RunRecord {
    let Seen { load, resources, idle_resources, profiled, cache, database, end, elapsed_s } = seen;
    let (profiles, profile_failure) = match profiled.profile {
        Some(Ok(profile)) => (vec![profile_record(profile, &begun.scenario.load, &load, &resources)], None),
        Some(Err(why)) => (Vec::new(), Some(why)),
        None => (Vec::new(), None),
    };
    let profile_windows: Vec<ProfileWindow> = profiles.iter().map(|record| record.profile.window).collect();
    let judgement = analyze(&Evidence {
        scenario: &begun.scenario,
        environment: &begun.environment,
        load: &load,
        resources: &resources,
        idle_after: &idle_resources,
        profile_windows: &profile_windows,
        profiles: &profiles,
        profiler_obstacles: &profiled.obstacles,
        profile_failure: profile_failure.as_deref(),
        end: &end,
    });
    let mut record = RunRecord {
        elapsed_s,
        end,
        load,
        resource_summary: summarize_resources(&resources),
        resources,
        idle_resources,
        profiles,
        profiler_obstacles: profiled.obstacles,
        profile_failure,
        capacity: judgement.capacity,
        recovery: judgement.recovery,
        drift: judgement.drift,
        leaks: judgement.leaks,
        trends: judgement.trends,
        database: database.map(Box::new),
        cache: cache.map(Box::new),
        slos: judgement.slos,
        findings: judgement.findings,
        verdict: judgement.verdict,
        ..begun
    };
    record.resource_summary.target_cpu_per_request_us = cpu_per_request_us(&record);
    record.recommendations = recommend(&record);
    name_best_help(&mut record);
    record
}

/// What a profile of a run says, with the requests of its time.
fn profile_record(
    profile: Profile,
    load: &Load,
    seen: &LoadRecord,
    resources: &[ResourceSample],
) -> ProfileRecord {
    let steady_s = steady_part(load).unwrap_or((load.warm_up_s, load.duration_s));
    let context = ProfileContext { requests: &seen.timeline.total.requests, resources, steady_s };
    let files = profile_files::names(RUN_PROFILE);
    ProfileRecord { files, ..record_of(profile, &context) }
}
