//! Made-up runs for tests: one that is healthy in every respect, to be spoilt in one, and one that is empty.

use std::collections::BTreeMap;

use aforo_model::profile::ProfileWindow;
use aforo_model::{
    CgroupSample, Environment, ErrorKind, Expectation, HostSample, Http, Journey, Load, LoadRecord,
    LoadSecond, Method, PostgresSample, ProcessSample, RUN_FORMAT_VERSION, RateStage, RedisSample,
    RemoteSample, ResourceSample, Role, RunEnd, RunRecord, Scenario, Slo, Step, StepSecond, Subject,
    TargetRecord, ThinkTime, Workload,
};

use crate::{Evidence, LoadSummary, analyze, summarize_resources};

/// An owner of evidence.
#[derive(Debug, Clone)]
pub(crate) struct Fixture {
    pub(crate) scenario: Scenario,
    pub(crate) load: LoadRecord,
    pub(crate) resources: Vec<ResourceSample>,
    pub(crate) idle_after: Vec<ResourceSample>,
    pub(crate) profile_windows: Vec<ProfileWindow>,
    pub(crate) end: RunEnd,
    pub(crate) environment: Environment,
}

impl Fixture {
    /// A minute of ten users who take `search` and `book` ten times a second each, at 100 ms a request.
    pub(crate) fn healthy() -> Self {
        Self::of_length(60)
    }

    pub(crate) fn of_length(duration_s: u32) -> Self {
        let seconds: Vec<_> = (0..duration_s).map(healthy_second).collect();
        let scenario = scenario(f64::from(duration_s));
        Self {
            load: summarized(&scenario, &seconds),
            scenario,
            resources: (0..=duration_s).map(healthy_sample).collect(),
            idle_after: Vec::new(),
            profile_windows: Vec::new(),
            end: RunEnd::Completed,
            environment: environment(),
        }
    }

    /// The readings of `duration_s` healthy seconds, and no load.
    pub(crate) fn of_readings(duration_s: u32) -> Self {
        let resources = (0..=duration_s).map(healthy_sample).collect();
        Self { scenario: scenario(f64::from(duration_s)), resources, ..Self::empty() }
    }

    /// A run of which nothing was seen.
    pub(crate) fn empty() -> Self {
        let scenario = scenario(60.0);
        Self {
            load: LoadSummary::new(&scenario).finish(),
            scenario,
            resources: Vec::new(),
            idle_after: Vec::new(),
            profile_windows: Vec::new(),
            end: RunEnd::Completed,
            environment: environment(),
        }
    }

    pub(crate) fn evidence(&self) -> Evidence<'_> {
        Evidence {
            scenario: &self.scenario,
            load: &self.load,
            resources: &self.resources,
            idle_after: &self.idle_after,
            profile_windows: &self.profile_windows,
            profiles: &[],
            profiler_obstacles: &[],
            profile_failure: None,
            end: &self.end,
            environment: &self.environment,
        }
    }

    /// The judged record of it.
    pub(crate) fn record(&self) -> RunRecord {
        let judgement = analyze(&self.evidence());
        RunRecord {
            format_version: RUN_FORMAT_VERSION,
            id: "20261120T101500Z-baseline-7f3a91c0".to_owned(),
            started_at: chrono::DateTime::UNIX_EPOCH,
            elapsed_s: self.scenario.load.duration_s,
            end: self.end.clone(),
            scenario: self.scenario.clone(),
            target: TargetRecord {
                name: "shop".to_owned(),
                url: "http://127.0.0.1:8080/".to_owned(),
                database_url: None,
                redis_url: None,
                pid: None,
                description: None,
            },
            environment: self.environment.clone(),
            load: self.load.clone(),
            resource_summary: summarize_resources(&self.resources),
            resources: self.resources.clone(),
            capacity: judgement.capacity,
            recovery: judgement.recovery,
            drift: judgement.drift,
            leaks: judgement.leaks,
            trends: judgement.trends,
            profiles: Vec::new(),
            profiler_obstacles: Vec::new(),
            profile_failure: None,
            idle_resources: self.idle_after.clone(),
            database: None,
            cache: None,
            slos: judgement.slos,
            findings: judgement.findings,
            recommendations: Vec::new(),
            comparison: None,
            verdict: judgement.verdict,
        }
    }

    /// The same with objectives on all steps together.
    pub(crate) fn with_slos(mut self, expressions: &[&str]) -> Self {
        self.scenario.slos = expressions.iter().map(|text| slo(text)).collect();
        self
    }

    /// The same with every process tree of `role` using `cpu_cores` of the four.
    pub(crate) fn with_cpu(mut self, role: Role, cpu_cores: f64) -> Self {
        for process in self.resources.iter_mut().flat_map(|sample| &mut sample.processes) {
            if process.role == role {
                process.cpu_cores = process.cpu_cores.map(|_| cpu_cores);
            }
        }
        self
    }

    /// The same with every process tree of `role` in this control group.
    pub(crate) fn with_group(mut self, role: Role, group: CgroupSample) -> Self {
        let processes = self.resources.iter_mut().flat_map(|sample| &mut sample.processes);
        processes.filter(|process| process.role == role).for_each(|process| process.cgroup = Some(group));
        self
    }

    /// The same with the target on a machine like this one, scraped every five seconds.
    pub(crate) fn elsewhere(mut self) -> Self {
        for sample in &mut self.resources {
            let target = sample.process(Role::Target).cloned();
            sample.processes.retain(|process| process.role != Role::Target);
            if sample.at_s % 5.0 == 0.0 {
                sample.remote = Some(RemoteSample { process: target, host: sample.host.clone() });
            }
        }
        self
    }

    /// The same with every reading of the host changed.
    pub(crate) fn with_host(mut self, change: impl Fn(&mut HostSample)) -> Self {
        self.resources.iter_mut().filter_map(|sample| sample.host.as_mut()).for_each(change);
        self
    }
}

/// An objective on all steps together.
pub(crate) fn slo(expression: &str) -> Slo {
    Slo {
        subject: Subject::Total,
        expect: expression.parse().unwrap(),
        criticality: aforo_model::Criticality::High,
        abort: false,
    }
}

pub(crate) fn scenario(duration_s: f64) -> Scenario {
    Scenario {
        name: "baseline".to_owned(),
        description: "A quiet day".to_owned(),
        load: Load {
            workload: Workload::Closed { users: 10, users_per_s: 10.0, steps: 1, surge: None },
            duration_s,
            warm_up_s: 0.0,
            timeout_s: 30.0,
        },
        journeys: vec![Journey {
            name: "guest".to_owned(),
            weight: 1,
            variables: Vec::new(),
            steps: ["search", "book"].map(step).to_vec(),
        }],
        feeders: BTreeMap::new(),
        http: Http::default(),
        probe: aforo_model::ProbeSettings::default(),
        slos: vec![slo("p95 < 3s"), slo("error_rate < 1%")],
        red_flags: Vec::new(),
    }
}

fn step(name: &str) -> Step {
    Step {
        name: name.to_owned(),
        method: Method::Get,
        path: "/".to_owned(),
        headers: Vec::new(),
        body: None,
        expect: Expectation { statuses: Vec::new(), checks: Vec::new() },
        extract: Vec::new(),
        think_time: ThinkTime::default(),
        probability: 1.0,
        probe: None,
    }
}

fn environment() -> Environment {
    Environment {
        aforo_version: "0.1.0".to_owned(),
        debug_build: false,
        os: "Linux".to_owned(),
        cpu: "a processor".to_owned(),
        core_count: 4,
        memory_bytes: 8 << 30,
        postgres_version: None,
        redis_version: None,
        ci_job_url: None,
    }
}

/// The same steps at ten starts a second, whoever is free.
pub(crate) fn open_scenario(duration_s: f64) -> Scenario {
    let mut scenario = scenario(duration_s);
    let stage = RateStage { duration_s, from_per_s: 10.0, to_per_s: 10.0 };
    scenario.load.workload = Workload::Open { stages: vec![stage], max_users: 10 };
    scenario
}

/// A healthy second of an open workload: `starts` begun `delay_us` late, `dropped` not at all.
pub(crate) fn open_second(second: u32, starts: u64, dropped: u64, delay_us: u64) -> LoadSecond {
    let mut open = LoadSecond { starts, dropped_starts: dropped, ..healthy_second(second) };
    (0..starts).for_each(|_| open.start_delay.record_us(delay_us));
    for step in open.steps.values_mut() {
        step.service_time = Some(step.response_time.clone());
    }
    open
}

/// Ten requests each of `search` and `book`, 100 ms long; the rest of the ten users' time is think time.
pub(crate) fn healthy_second(second: u32) -> LoadSecond {
    LoadSecond {
        second,
        users: 10,
        user_time_us: 10_000_000,
        think_time_us: 8_000_000,
        steps: ["search", "book"].map(|name| (name.to_owned(), step_second(10, 0, 100_000))).into(),
        ..LoadSecond::default()
    }
}

/// `requests` of `time_us` each, of which `errors` answered 503.
pub(crate) fn step_second(requests: u64, errors: u64, time_us: u64) -> StepSecond {
    let mut second = StepSecond {
        requests,
        received_bytes: 100 * requests,
        busy_time_us: requests * time_us,
        ..StepSecond::default()
    };
    if errors > 0 {
        second.errors.insert(ErrorKind::ServerStatus, errors);
        second.statuses.insert(503, errors);
        second
            .error_messages
            .push((ErrorKind::ServerStatus, "503 Service Unavailable: pool exhausted".to_owned()));
    }
    (0..requests - errors).for_each(|_| second.response_time.record_us(time_us));
    (0..errors).for_each(|_| second.failed_response_time.record_us(time_us));
    second
}

pub(crate) fn summarized(scenario: &Scenario, seconds: &[LoadSecond]) -> LoadRecord {
    let mut summary = LoadSummary::new(scenario);
    seconds.iter().for_each(|second| summary.add(second));
    summary.finish()
}

/// A machine of four cores and 8 GiB with room for more.
pub(crate) fn healthy_sample(second: u32) -> ResourceSample {
    let process = |role, cpu_cores, rss_bytes| ProcessSample {
        role,
        process_count: 1,
        cpu_time_s: f64::from(second) * cpu_cores,
        cpu_cores: (second > 0).then_some(cpu_cores),
        rss_bytes,
        thread_count: Some(8),
        open_fd_count: Some(40),
        ..ProcessSample::default()
    };
    ResourceSample {
        at_s: f64::from(second),
        processes: vec![
            process(Role::Target, 0.5, 100 << 20),
            process(Role::Postgres, 0.3, 200 << 20),
            process(Role::Generator, 0.2, 50 << 20),
        ],
        generator: None,
        host: Some(HostSample {
            cpu_ratio: (second > 0).then_some(0.3),
            core_count: 4,
            load_1m: 1.0,
            memory_used_bytes: 2 << 30,
            memory_total_bytes: 8 << 30,
            ..HostSample::default()
        }),
        postgres: Some(PostgresSample {
            connection_count: 10,
            active_count: 2,
            lock_waiting_count: 0,
            max_connections: 100,
        }),
        redis: Some(RedisSample {
            keyspace_hits: 98 * u64::from(second),
            keyspace_misses: 2 * u64::from(second),
            keyspace_hits_per_s: Some(98.0),
            keyspace_misses_per_s: Some(2.0),
            evicted_keys: 0,
            commands_processed: 200 * u64::from(second),
            used_memory_bytes: 50 << 20,
            fragmentation_ratio: 1.1,
            connected_clients: 5,
        }),
        remote: None,
    }
}
