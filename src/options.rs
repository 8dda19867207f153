//! Options that several commands share, and where a value comes from: flag, environment, `aforo.toml`, default.

use std::path::{Path, PathBuf};
use std::time::Duration;

use aforo_model::profile::ProfilerKind;
use aforo_model::{PeriodEnd, parse_moment};
use aforo_model::{Quantity, Scenario, Unit};
use aforo_pipeline::scenarios::Overrides;
use aforo_pipeline::{
    CONFIG_FILE, ComparisonOptions, Config, HttpUrlError, MetricsUrls, ProfilePlan, ProfileWanted,
    ProfilerChoice, RunFilter, RunStore, Target, WantedVerdict, parse_http_url,
};
use chrono::Utc;
use clap::{Args, ValueEnum};
use tokio::process::Command;
use url::Url;

use crate::failure::Failure;

/// Where runs are saved unless something else is said.
const DEFAULT_RUNS_DIRECTORY: &str = "runs";

/// The configuration file.
#[derive(Debug, Args)]
pub(crate) struct ConfigOption {
    /// Configuration file [default: aforo.toml in the working directory, if there is one]
    #[arg(long, value_name = "FILE", env = "AFORO_CONFIG")]
    config: Option<PathBuf>,
}

impl ConfigOption {
    pub(crate) fn read(&self) -> Result<Config, Failure> {
        Ok(Config::find(self.config.as_deref(), Path::new(""))?)
    }
}

/// Where runs are kept.
#[derive(Debug, Args)]
pub(crate) struct StoreOption {
    /// Folder of saved runs [default: runs]
    #[arg(long, value_name = "DIR", env = "AFORO_RUNS_DIR")]
    runs_dir: Option<PathBuf>,
}

impl StoreOption {
    pub(crate) fn store(&self, config: &Config) -> RunStore {
        let directory = self.runs_dir.clone().or_else(|| config.runs.directory.clone());
        RunStore::new(directory.unwrap_or_else(|| PathBuf::from(DEFAULT_RUNS_DIRECTORY)))
    }
}

/// Which runs are looked at.
#[derive(Debug, Args)]
pub(crate) struct RunFilterOptions {
    /// Only runs of this scenario
    #[arg(long, value_name = "NAME")]
    scenario: Option<String>,
    /// Only runs against the target of this name, as `aforo list` shows it
    #[arg(long, value_name = "NAME")]
    target: Option<String>,
    /// Only runs that began then or later: a day (2026-11-01), a day and a time in UTC, today, yesterday, or how long ago (7d, 36h)
    #[arg(long, value_name = "WHEN")]
    since: Option<String>,
    /// Only runs that began before: the same; a day is part of it as a whole
    #[arg(long, value_name = "WHEN")]
    until: Option<String>,
}

impl RunFilterOptions {
    /// Whether anything is asked for.
    pub(crate) fn is_set(&self) -> bool {
        [&self.scenario, &self.target, &self.since, &self.until].into_iter().any(Option::is_some)
    }

    pub(crate) fn filter(&self) -> Result<RunFilter, Failure> {
        let now = Utc::now();
        let moment = |text: &Option<String>, end| {
            let moment = text.as_deref().map(|text| parse_moment(text, now, end)).transpose();
            moment.map_err(Failure::argument)
        };
        let (from, to) = (moment(&self.since, PeriodEnd::First)?, moment(&self.until, PeriodEnd::Last)?);
        if let (Some(since), Some(until)) = (from, to)
            && since >= until
        {
            let [since, until] = [since, until].map(|moment| moment.format("%Y-%m-%d %H:%M"));
            return Err(Failure::usage(miette::miette!(
                help = "exchange the two; a day is part of the span as a whole",
                "no run lies between the two: --since is {since} and --until ends at {until} (UTC)"
            )));
        }
        Ok(RunFilter {
            scenario: self.scenario.clone(),
            target: self.target.clone(),
            verdict: None,
            from,
            to,
        })
    }
}

/// A verdict, as a filter.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum VerdictWord {
    /// Every objective was met
    Met,
    /// An objective was violated
    Violated,
    /// The evidence carries no verdict
    Inconclusive,
}

impl From<VerdictWord> for WantedVerdict {
    fn from(word: VerdictWord) -> Self {
        match word {
            VerdictWord::Met => Self::Met,
            VerdictWord::Violated => Self::Violated,
            VerdictWord::Inconclusive => Self::Inconclusive,
        }
    }
}

/// The system under test.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Target (default: the built-in hotel)")]
pub(crate) struct TargetOptions {
    /// Base URL of the API to load
    #[arg(long, value_name = "URL", env = "AFORO_TARGET")]
    pub(crate) target: Option<String>,
    /// Its Postgres (or, for the built-in hotel, the one to use)
    #[arg(long, value_name = "URL", env = "AFORO_DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
    /// Its Redis (or, for the built-in hotel, the one to use)
    #[arg(long, value_name = "URL", env = "AFORO_REDIS_URL", hide_env_values = true)]
    redis_url: Option<String>,
    /// Where it serves its own CPU profile in the format of pprof [default: /debug/pprof/profile of the target]
    #[arg(long, value_name = "URL", env = "AFORO_PPROF_URL", hide_env_values = true)]
    pprof_url: Option<String>,
    /// Where its metrics are served, read when its process is not on this machine: its own (process_*) and those of its
    /// machine (node exporter); may be repeated or separated by commas [default: /metrics of the target]
    #[arg(long = "metrics-url", value_name = "URL", env = "AFORO_METRICS_URL", hide_env_values = true)]
    metrics_urls: Vec<String>,
    /// Its process, when it runs on this machine [default: the one that listens on the target's port]
    #[arg(long, value_name = "PID")]
    pid: Option<u32>,
    /// Load this host although it is neither this machine nor in a private network; may be repeated
    #[arg(long = "allow-host", value_name = "HOST")]
    allow_hosts: Vec<String>,
}

impl TargetOptions {
    /// The Postgres that was named by flag, environment or configuration.
    pub(crate) fn database_url(&self, config: &Config) -> Option<String> {
        // A variable that is set to nothing, as a secret that is not there, names nothing.
        let named = self.database_url.clone().filter(|url| !url.is_empty());
        named.or_else(|| config.target.database_url.clone())
    }

    /// The Redis that was named by flag, environment or configuration.
    pub(crate) fn redis_url(&self, config: &Config) -> Option<String> {
        let named = self.redis_url.clone().filter(|url| !url.is_empty());
        named.or_else(|| config.target.redis_url.clone())
    }

    /// Where its profile is served, as named by flag, environment or configuration.
    fn pprof_url(&self, config: &Config) -> Result<Option<Url>, Failure> {
        let named = self.pprof_url.as_deref().filter(|url| !url.is_empty()).map(parse_http_url).transpose();
        let named = named.map_err(|why| bad_url("--pprof-url", "AFORO_PPROF_URL", why))?;
        Ok(named.or_else(|| config.target.pprof_url.clone()))
    }

    /// Where metrics are served, as named by flag, environment or configuration.
    fn metrics_urls(&self, config: &Config) -> Result<Vec<Url>, Failure> {
        let mut named = Vec::new();
        for text in &self.metrics_urls {
            let urls: MetricsUrls =
                text.parse().map_err(|why| bad_url("--metrics-url", "AFORO_METRICS_URL", why))?;
            named.extend(urls.0);
        }
        Ok(if named.is_empty() { config.target.metrics_url.0.clone() } else { named })
    }

    /// The same with this Postgres.
    pub(crate) fn with_database(&self, url: &str) -> Self {
        Self { database_url: Some(url.to_owned()), ..self.clone() }
    }

    /// The target that was named by flag, environment or configuration, or none.
    pub(crate) fn resolve(&self, config: &Config) -> Result<Option<Target>, Failure> {
        let from_file = &config.target;
        let (pprof_url, metrics_urls) = (self.pprof_url(config)?, self.metrics_urls(config)?);
        let Some(url) = self.target.as_ref().or(from_file.url.as_ref()) else { return Ok(None) };
        let target = Target::parse(url)?;
        Ok(Some(Target {
            name: from_file.name.clone().unwrap_or_else(|| target.name.clone()),
            database_url: self.database_url(config),
            redis_url: self.redis_url(config),
            pprof_url,
            metrics_urls,
            pid: self.pid.or(from_file.pid),
            allow_hosts: self.allow_hosts.iter().chain(&from_file.allow_hosts).cloned().collect(),
            ..target
        }))
    }
}

/// A URL of an option that cannot be read. Not by clap, which would show the text, and with it a password.
fn bad_url(flag: &str, variable: &str, why: HttpUrlError) -> Failure {
    Failure::usage(miette::miette!(
        help = "look where it is set; its text is not shown here, as it may hold a password",
        "{flag} (or {variable}) cannot be used: {why}"
    ))
}

/// How much load there is.
#[derive(Debug, Default, PartialEq, Args)]
pub(crate) struct LoadOptions {
    /// Virtual users at full load; of an open workload, the most there may be
    #[arg(long, value_name = "N")]
    users: Option<u32>,
    /// Virtual users started per second; of an open workload, rounds, such as 200/s
    #[arg(long, value_name = "RATE", value_parser = aforo_pipeline::scenarios::parse_rate)]
    rate: Option<f64>,
    /// How long, from the first user's start to the order to stop, such as 90s or 5m
    #[arg(long, value_name = "TIME", value_parser = aforo_model::parse_duration)]
    duration: Option<Duration>,
    /// The leading part of the run that is not judged
    #[arg(long, value_name = "TIME", value_parser = aforo_model::parse_duration)]
    warm_up: Option<Duration>,
    /// How long a request may take before it counts as timed out
    #[arg(long, value_name = "TIME", value_parser = aforo_model::parse_duration)]
    timeout: Option<Duration>,
}

impl LoadOptions {
    /// The scenario of this name or path with the load that was asked for; tells the user of a warm-up that had to be shortened.
    pub(crate) fn scenario(&self, name: &str, config: &Config) -> Result<Scenario, Failure> {
        let mut scenario =
            aforo_pipeline::scenarios::load_scenario(name, scenario_directory(config).as_deref())
                .map_err(Failure::usage)?;
        let overrides = Overrides {
            users: self.users,
            rate_per_s: self.rate,
            duration: self.duration,
            warm_up: self.warm_up,
            timeout: self.timeout,
        };
        let shortened =
            overrides.apply(&mut scenario).map_err(|error| Failure::usage(miette::miette!("{error}")))?;
        if let Some(shortened) = shortened {
            anstream::eprintln!("{shortened}");
        }
        Ok(scenario)
    }
}

/// What change counts as none.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct ToleranceOption {
    /// How much worse a figure may be without that being called a regression
    #[arg(long, value_name = "PERCENT", default_value = "5%", value_parser = parse_tolerance)]
    tolerance: f64,
}

impl ToleranceOption {
    pub(crate) fn options(self) -> ComparisonOptions {
        ComparisonOptions { tolerance_ratio: self.tolerance, ..ComparisonOptions::default() }
    }
}

/// A ratio such as `5%` or `0.05`.
fn parse_tolerance(text: &str) -> Result<f64, String> {
    let wrong = || format!("`{text}` is no tolerance; write it as 5% or 0.05, more than 0 and up to 100%");
    let quantity: Quantity = text.parse().map_err(|_| wrong())?;
    let is_ratio = matches!(quantity.unit, Unit::Ratio | Unit::Number);
    if is_ratio && quantity.value > 0.0 && quantity.value <= 1.0 { Ok(quantity.value) } else { Err(wrong()) }
}

/// When the target is profiled.
#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "CPU profile")]
pub(crate) struct RunProfileOptions {
    /// Profile the target's CPU for a while of the steady load: when a profiler fits, or only run with one, or not at all
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    profile: ProfileWord,
    #[command(flatten)]
    profiler: ProfilerOption,
}

impl RunProfileOptions {
    pub(crate) fn plan(self) -> ProfilePlan {
        let wanted = match self.profile {
            ProfileWord::Auto => ProfileWanted::IfPossible,
            ProfileWord::Required => ProfileWanted::Required,
            ProfileWord::Off => ProfileWanted::Off,
        };
        ProfilePlan { wanted, choice: self.profiler.choice() }
    }
}

/// When the target is profiled.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum ProfileWord {
    /// When a profiler fits; otherwise the run says what hinders each
    Auto,
    /// Always: without a profiler there is no run
    Required,
    /// Not at all
    Off,
}

/// What takes a CPU profile.
#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "CPU profile")]
pub(crate) struct ProfilerOption {
    /// What takes the CPU profile [default: the first that fits, in this order]
    #[arg(long, value_name = "PROFILER", default_value = "auto", hide_default_value = true)]
    profiler: ProfilerWord,
}

impl ProfilerOption {
    pub(crate) fn choice(self) -> ProfilerChoice {
        match self.profiler {
            ProfilerWord::Auto => ProfilerChoice::Auto,
            ProfilerWord::PprofHttp => ProfilerChoice::Only(ProfilerKind::PprofHttp),
            ProfilerWord::PySpy => ProfilerChoice::Only(ProfilerKind::PySpy),
            ProfilerWord::PerfEvent => ProfilerChoice::Only(ProfilerKind::PerfEvent),
            ProfilerWord::None => ProfilerChoice::None,
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ProfilerWord {
    /// The first that fits
    Auto,
    /// The target profiles itself and serves it over HTTP
    PprofHttp,
    /// Reads the stacks of a Python process
    PySpy,
    /// The kernel samples a native process on this machine
    PerfEvent,
    /// No profile
    None,
}

/// How the built-in hotel is set up.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Built-in hotel")]
pub(crate) struct HotelOptions {
    /// Known defects that are on: all, none, or a list such as n-plus-one-list,no-phone-index
    #[arg(long, value_name = "LIST", default_value = "all", env = "AFORO_FLAWS")]
    pub(crate) flaws: aforo_hotel::FlawSet,
    #[command(flatten)]
    pub(crate) data: HotelDataOptions,
}

/// What the built-in hotel holds.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Built-in hotel")]
pub(crate) struct HotelDataOptions {
    /// Accommodations to generate
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub(crate) accommodations: u32,
    /// Reservations to generate
    #[arg(long, value_name = "N", default_value_t = 50_000)]
    pub(crate) reservations: u32,
    /// Seed of the generated data
    #[arg(long, value_name = "N", default_value_t = 42)]
    pub(crate) seed: u64,
}

impl HotelOptions {
    /// The command that starts the hotel as a process of its own, announced on its standard output.
    pub(crate) fn command(&self, target: &TargetOptions) -> std::io::Result<Command> {
        let mut command = Command::new(std::env::current_exe()?);
        command
            .args(["hotel", "--announce", "--port", "0"])
            .arg(format!("--flaws={}", self.flaws))
            .arg(format!("--accommodations={}", self.data.accommodations))
            .arg(format!("--reservations={}", self.data.reservations))
            .arg(format!("--seed={}", self.data.seed));
        // By the environment, not as arguments: these hold passwords, and arguments are for all to see.
        for (name, url) in
            [("AFORO_DATABASE_URL", &target.database_url), ("AFORO_REDIS_URL", &target.redis_url)]
        {
            match url {
                Some(url) => command.env(name, url),
                None => command.env_remove(name),
            };
        }
        Ok(command)
    }
}

/// Folder of the user's own scenarios: the configured one, or `scenarios` beside `aforo.toml`.
pub(crate) fn scenario_directory(config: &Config) -> Option<PathBuf> {
    let default =
        || Path::new(CONFIG_FILE).exists().then(|| PathBuf::from("scenarios")).filter(|path| path.is_dir());
    config.scenarios.directory.clone().or_else(default)
}
