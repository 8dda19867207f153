//! The part of `aforo analyze` that looks at the target's Redis.

use std::time::Duration;

use aforo_pipeline::reports::{cache, cache_replay};
use aforo_pipeline::{CachePlan, Target, TraceProgress, analyze_cache, trace_cache};
use clap::Args;

use super::{AnalyzeArgs, SCHEMA, TERMINAL};
use crate::commands::{block_on, written};
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::interrupt;
use crate::options::scenario_directory;
use crate::target::with_target;
use crate::terminal;

/// How long a Redis is watched whose users are there already, and the built-in hotel's, which a load fills first.
const WINDOW: Duration = Duration::from_secs(10);
/// How long a trace is recorded.
const TRACE: Duration = Duration::from_secs(60);

#[derive(Debug, Args)]
#[command(next_help_heading = "Redis, in the place of Postgres")]
pub(super) struct CacheOptions {
    /// Report on the target's Redis: hits, memory, keys by pattern, TTLs, slow commands
    #[arg(long, conflicts_with_all = ["probe", "proxy", "run", "out"])]
    cache: bool,
    /// Record which keys are read and written, and replay that through other policies and sizes
    ///
    /// Uses MONITOR, which costs the server throughput while it is recorded; how much is in the report.
    #[arg(long, conflicts_with_all = ["cache", "probe", "proxy", "run", "out"])]
    cache_trace: bool,
    /// How long Redis is watched [default: 10s, a trace 60s]
    #[arg(long, value_name = "TIME", value_parser = aforo_model::parse_duration)]
    cache_time: Option<Duration>,
    /// Read large values, to measure how well they compress; the server takes them for used then
    #[arg(long, requires = "cache")]
    cache_values: bool,
}

impl CacheOptions {
    pub(super) fn is_wanted(&self) -> bool {
        self.cache || self.cache_trace
    }
}

/// Looks at the Redis that was named, at the named target's, or at that of the built-in hotel under load.
pub(super) fn analyze(args: &AnalyzeArgs) -> Result<ExitCode, Failure> {
    if args.format == SCHEMA {
        let mut stdout = std::io::stdout().lock();
        let write_schema =
            if args.cache.cache_trace { cache_replay::write_schema } else { cache::write_schema };
        return written(write_schema(&mut stdout)).map(|()| ExitCode::Success);
    }
    let config = args.config.read()?;
    let named = args.target.resolve(&config)?;
    let interrupt = interrupt::token();
    let options = &args.cache;
    let plan = |redis_url: String, load| CachePlan {
        redis_url,
        window: options.cache_time.unwrap_or(if options.cache_trace { TRACE } else { WINDOW }),
        load,
        read_values: options.cache_values,
    };
    let alone = named.is_none().then(|| args.target.redis_url(&config)).flatten();
    if let Some(redis_url) = alone {
        return block_on(reported(args, plan(redis_url, None), &interrupt));
    }
    let is_hotel = named.is_none();
    let scenario =
        aforo_pipeline::scenarios::load_scenario(&args.scenario, scenario_directory(&config).as_deref())
            .map_err(Failure::usage)?;
    let work = async |target: Target| {
        let redis_url = target.redis_url.clone().ok_or_else(no_redis)?;
        // The built-in hotel has no users of its own.
        let load = is_hotel.then_some((target, scenario));
        reported(args, plan(redis_url, load), &interrupt).await
    };
    block_on(async { with_target(named, &args.hotel, &args.target, &interrupt, work).await? })
}

async fn reported(
    args: &AnalyzeArgs,
    plan: CachePlan,
    interrupt: &tokio_util::sync::CancellationToken,
) -> Result<ExitCode, Failure> {
    let mut stdout = std::io::stdout().lock();
    let screen = terminal::screen(None);
    let is_screen = args.format == TERMINAL;
    if args.cache.cache_trace {
        anstream::eprintln!("Recording for {} s; Ctrl-C ends it earlier", plan.window.as_secs());
        let replay = trace_cache(plan, interrupt, |_: TraceProgress| {}).await?;
        let format = cache_replay::CACHE_REPLAY_FORMATS.iter().find(|format| format.name == args.format);
        written(match format.filter(|_| !is_screen) {
            Some(format) => (format.render)(&replay, &mut stdout),
            None => cache_replay::render_on(&screen, &replay, &mut stdout),
        })?;
    } else {
        anstream::eprintln!("Watching Redis for {} s", plan.window.as_secs());
        let report = analyze_cache(plan, interrupt).await?;
        let format = cache::CACHE_FORMATS.iter().find(|format| format.name == args.format);
        written(match format.filter(|_| !is_screen) {
            Some(format) => (format.render)(&report, &mut stdout),
            None => cache::render_on(&screen, &report, &mut stdout),
        })?;
    }
    Ok(ExitCode::Success)
}

fn no_redis() -> Failure {
    Failure::usage(miette::miette!(
        help = "name it with --redis-url or AFORO_REDIS_URL",
        "there is no Redis to look at"
    ))
}
