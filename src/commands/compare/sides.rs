//! The two targets of runs that are made to be compared.

use aforo_hotel::FlawSet;
use aforo_pipeline::{Side, Target};
use clap::Args;

use super::HotelDataOptions;
use crate::failure::Failure;
use crate::options::HotelOptions;

/// What is loaded on each side: a target that runs, or the built-in hotel.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Runs made in turns")]
pub(crate) struct SideOptions {
    /// Base URL of the API before
    #[arg(long, value_name = "URL", requires = "scenario", conflicts_with = "before_flaws")]
    before_target: Option<String>,
    /// Its Postgres [env: `AFORO_BEFORE_DATABASE_URL`]
    #[arg(long, value_name = "URL", requires = "before_target")]
    before_database_url: Option<String>,
    /// Its Redis [env: `AFORO_BEFORE_REDIS_URL`]
    #[arg(long, value_name = "URL", requires = "before_target")]
    before_redis_url: Option<String>,
    /// Or the built-in hotel with these known defects: all, none, or a list; a new one for every run
    #[arg(long, value_name = "LIST", requires = "scenario")]
    before_flaws: Option<FlawSet>,
    /// Base URL of the API after
    #[arg(long, value_name = "URL", requires = "scenario", conflicts_with = "after_flaws")]
    after_target: Option<String>,
    /// Its Postgres [env: `AFORO_AFTER_DATABASE_URL`]
    #[arg(long, value_name = "URL", requires = "after_target")]
    after_database_url: Option<String>,
    /// Its Redis [env: `AFORO_AFTER_REDIS_URL`]
    #[arg(long, value_name = "URL", requires = "after_target")]
    after_redis_url: Option<String>,
    /// Or the built-in hotel with these known defects
    #[arg(long, value_name = "LIST", requires = "scenario")]
    after_flaws: Option<FlawSet>,
    /// Load this host although it is neither this machine nor in a private network; may be repeated
    #[arg(long = "allow-host", value_name = "HOST", requires = "scenario")]
    allow_hosts: Vec<String>,
}

/// What is loaded on one side.
#[derive(Debug, Clone)]
pub(super) struct SideTarget {
    /// The target, where one was named.
    pub(super) named: Option<Target>,
    /// The hotel otherwise.
    pub(super) hotel: HotelOptions,
}

impl SideOptions {
    /// What is loaded on this side.
    pub(super) fn target(&self, side: Side, data: &HotelDataOptions) -> Result<SideTarget, Failure> {
        let (url, database_url, redis_url, flaws) = match side {
            Side::Before => {
                (&self.before_target, &self.before_database_url, &self.before_redis_url, &self.before_flaws)
            }
            Side::After => {
                (&self.after_target, &self.after_database_url, &self.after_redis_url, &self.after_flaws)
            }
        };
        let named = url.as_deref().map(Target::parse).transpose()?.map(|target| Target {
            database_url: named_or_of_environment(database_url, side, "DATABASE_URL"),
            redis_url: named_or_of_environment(redis_url, side, "REDIS_URL"),
            allow_hosts: self.allow_hosts.clone(),
            ..target
        });
        if named.is_none() && flaws.is_none() {
            let side = side.as_str();
            return Err(Failure::usage(miette::miette!(
                help = format!("say --{side}-target URL, or --{side}-flaws LIST for the built-in hotel"),
                "there is nothing to load {side}"
            )));
        }
        let flaws = flaws.clone().unwrap_or_default();
        Ok(SideTarget { named, hotel: HotelOptions { flaws, data: data.clone() } })
    }
}

/// What was named, or the variable of this side. Not read by clap: to it a variable is as good as an option, and one that is set for
/// another comparison would ask for a target here. One that is set to nothing names nothing.
fn named_or_of_environment(named: &Option<String>, side: Side, what: &str) -> Option<String> {
    let variable = format!("AFORO_{}_{what}", side.as_str().to_uppercase());
    named.clone().or_else(|| std::env::var(variable).ok()).filter(|url| !url.is_empty())
}
