//! Options that several commands share, and where a value comes from: flag, environment, `aforo.toml`, default.

use std::path::{Path, PathBuf};

use aforo_model::profile::ProfilerKind;
use aforo_pipeline::{CONFIG_FILE, Config, ProfilerChoice, RunStore, Target};
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

/// The system under test.
#[derive(Debug, Clone, Args)]
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
    pprof_url: Option<Url>,
    /// Where it serves its metrics, read when its process is not on this machine [default: /metrics of the target]
    #[arg(long, value_name = "URL", env = "AFORO_METRICS_URL", hide_env_values = true)]
    metrics_url: Option<Url>,
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

    /// The same with this Postgres.
    pub(crate) fn with_database(&self, url: &str) -> Self {
        Self { database_url: Some(url.to_owned()), ..self.clone() }
    }

    /// The target that was named by flag, environment or configuration, or none.
    pub(crate) fn resolve(&self, config: &Config) -> Result<Option<Target>, Failure> {
        let from_file = &config.target;
        let Some(url) = self.target.as_ref().or(from_file.url.as_ref()) else { return Ok(None) };
        let target = Target::parse(url)?;
        Ok(Some(Target {
            name: from_file.name.clone().unwrap_or_else(|| target.name.clone()),
            database_url: self.database_url(config),
            redis_url: self.redis_url(config),
            pprof_url: self.pprof_url.clone().or_else(|| from_file.pprof_url.clone()),
            metrics_url: self.metrics_url.clone().or_else(|| from_file.metrics_url.clone()),
            pid: self.pid.or(from_file.pid),
            allow_hosts: self.allow_hosts.iter().chain(&from_file.allow_hosts).cloned().collect(),
            ..target
        }))
    }
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
#[derive(Debug, Args)]
#[command(next_help_heading = "Built-in hotel")]
pub(crate) struct HotelOptions {
    /// Known defects that are on: all, none, or a list such as n-plus-one-list,no-phone-index
    #[arg(long, value_name = "LIST", default_value = "all", env = "AFORO_FLAWS")]
    pub(crate) flaws: aforo_hotel::FlawSet,
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
            .arg(format!("--accommodations={}", self.accommodations))
            .arg(format!("--reservations={}", self.reservations))
            .arg(format!("--seed={}", self.seed));
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
