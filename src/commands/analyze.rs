//! `aforo analyze`: the database report.

mod cache;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aforo_model::database::DatabaseReport;
use aforo_pipeline::reports::database::{DATABASE_FORMATS, render_on, write_schema};
use aforo_pipeline::{
    AnalysisError, AnalysisPlan, ProbeTarget, Target, Tracer, analyze as analyze_database, write_plans,
};
use clap::Args;
use tokio_util::sync::CancellationToken;

use crate::commands::{block_on, written};
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::interrupt;
use crate::options::{ConfigOption, HotelOptions, StoreOption, TargetOptions, scenario_directory};
use crate::progress::Stages;
use crate::target::with_target;
use crate::terminal;

/// The format that is meant for the screen.
const TERMINAL: &str = "terminal";
/// The format that takes no report.
const SCHEMA: &str = "schema";

const EXAMPLES: &str = "\
Examples:
  aforo analyze                                       the built-in hotel, asked endpoint by endpoint
  aforo analyze --database-url postgres://me@db/shop  a live database; nothing is sent to the application
  aforo analyze --target http://127.0.0.1:8080 --database-url postgres://127.0.0.1/shop \\
                --probe --scenario ./shop.toml        and its endpoints, to find N+1 queries
  aforo analyze --proxy auto                          and what each request sends, as seen on the wire
  aforo analyze --run latest                          of a saved run
  aforo analyze --format markdown > database.md       for a ticket
  aforo analyze --cache --redis-url redis://cache     the Redis in the place of Postgres
  aforo analyze --cache-trace --redis-url redis://cache --cache-time 30s
                                                      which policy and size would serve its keys best

Nothing is written to the database: its connections are read-only. The role needs pg_monitor to see all.";

/// What the target's Postgres does, and what is wrong with it: statements, plans, N+1, indexes, settings
///
/// Without a target, the built-in hotel is started and probed. With --database-url alone, only the database is read.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct AnalyzeArgs {
    /// Ask every endpoint that only reads, alone and for pages of several sizes, and see what the database does
    #[arg(long)]
    probe: bool,
    /// See what each request sends, in order: listen here, between the application and its Postgres, and read along
    ///
    /// `auto` takes a free port of 127.0.0.1. The application must be started with the URL that is printed; Aforo waits for it
    /// to connect, and the URL is good until the analysis is over. The built-in hotel is started so by itself.
    #[arg(long, value_name = "auto|IP:PORT", value_parser = listen_address)]
    proxy: Option<SocketAddr>,
    /// What the target can be asked: a built-in scenario, or the path of one [default: baseline]
    #[arg(long, value_name = "NAME|PATH", default_value = "baseline", hide_default_value = true)]
    scenario: String,
    /// Show the database report of a saved run: latest, its id or the start of one, or its folder
    #[arg(long, value_name = "RUN", conflicts_with_all = ["probe", "proxy", "target", "database_url", "scenario", "top", "index_budget"])]
    run: Option<String>,
    /// Statements to show and to explain
    #[arg(long, value_name = "N", default_value_t = 20)]
    top: usize,
    /// What advised indexes may take on disk together, in MB
    #[arg(long, value_name = "MB", default_value_t = 1000)]
    index_budget: u64,
    /// Execute the statements that are proven to change nothing, to see where their time goes; for 20 s in all
    /// [default: only with the built-in hotel]
    #[arg(long, conflicts_with = "run")]
    explain_analyze: bool,
    /// Plan statements that write, too, which takes ROW EXCLUSIVE locks for a moment; they are never executed
    /// [default: only with the built-in hotel]
    #[arg(long, conflicts_with = "run")]
    explain_writes: bool,
    /// What to print
    #[arg(long, value_name = "FORMAT", default_value = TERMINAL,
          value_parser = clap::builder::PossibleValuesParser::new(DATABASE_FORMATS.iter().map(|format| format.name)))]
    format: String,
    /// Also save the report, as JSON and Markdown, and the plans in this folder
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    #[command(flatten)]
    cache: cache::CacheOptions,
    #[command(flatten)]
    config: ConfigOption,
    #[command(flatten)]
    store: StoreOption,
    #[command(flatten)]
    target: TargetOptions,
    #[command(flatten)]
    hotel: HotelOptions,
}

pub(crate) fn analyze(args: AnalyzeArgs) -> Result<ExitCode, Failure> {
    if args.cache.is_wanted() {
        return cache::analyze(&args);
    }
    if args.format == SCHEMA {
        // The same for every report, so there need not be one.
        written(write_schema(&mut std::io::stdout().lock()))?;
        return Ok(ExitCode::Success);
    }
    if let Some(folder) = &args.out {
        // Before the work, which takes a while.
        std::fs::create_dir_all(folder).map_err(|error| cannot_write(folder, &error))?;
    }
    let report = match &args.run {
        Some(run) => saved(&args, run)?,
        None => measured(&args)?,
    };
    print(&report, &args)?;
    if let Some(folder) = &args.out {
        save(&report, folder)?;
    }
    Ok(ExitCode::Success)
}

fn cannot_write(folder: &Path, error: &std::io::Error) -> Failure {
    Failure::unavailable_because(&format!("cannot write to {}", folder.display()), error)
}

fn saved(args: &AnalyzeArgs, run: &str) -> Result<DatabaseReport, Failure> {
    let store = args.store.store(&args.config.read()?);
    let folder = store.find(run)?;
    let record = store.load(&folder)?;
    record.database.map(|report| *report).ok_or_else(|| {
        Failure::usage(miette::miette!(
            help = "name the target's Postgres with --database-url, and run it again",
            "the run {} has no database report: its Postgres was not named, or could not be read",
            record.id
        ))
    })
}

fn measured(args: &AnalyzeArgs) -> Result<DatabaseReport, Failure> {
    let config = args.config.read()?;
    let named = args.target.resolve(&config)?;
    let database_url = args.target.database_url(&config);
    let interrupt = interrupt::token();
    if let (None, Some(database_url)) = (&named, &database_url) {
        return alone(args, database_url, &interrupt);
    }
    if named.is_some() && args.proxy.is_some() && !args.probe {
        return Err(Failure::usage(miette::miette!(
            help = "add --probe, which sends requests to every endpoint that only reads",
            "--proxy sees what single requests send, and none are sent"
        )));
    }
    let scenario =
        aforo_pipeline::scenarios::load_scenario(&args.scenario, scenario_directory(&config).as_deref())
            .map_err(Failure::usage)?;
    let is_hotel = named.is_none();
    let is_probed = is_hotel || args.probe;
    block_on(async {
        let tracer = tracer(args, named.as_ref(), &interrupt).await?.map(Arc::new);
        let work = async |target: Target| {
            let real_url = tracer.as_ref().map(|tracer| tracer.database_url().to_owned());
            let database_url = real_url.or_else(|| target.database_url.clone()).ok_or_else(no_database)?;
            let tracer = tracer.clone();
            let probe = is_probed.then(|| ProbeTarget { target, scenario, tracer });
            analyzed(&plan(args, is_hotel, database_url, probe), &interrupt).await
        };
        let options = match &tracer {
            // It is the hotel that uses them, and only if there is no other target.
            Some(tracer) => &args.target.with_database(tracer.url()),
            None => &args.target,
        };
        let outcome = with_target(named, &args.hotel, options, &interrupt, work).await;
        // The target has ended by now, or goes on without the proxy.
        if let Some(tracer) = tracer.and_then(Arc::into_inner) {
            tracer.stop().await;
        }
        outcome?
    })
}

/// The report of a database of which nothing else is known.
fn alone(
    args: &AnalyzeArgs,
    database_url: &str,
    interrupt: &CancellationToken,
) -> Result<DatabaseReport, Failure> {
    if args.probe || args.proxy.is_some() {
        return Err(Failure::usage(miette::miette!(
            help = "name the application with --target http://host:port",
            "--probe and --proxy ask the application, and only its database is named"
        )));
    }
    block_on(analyzed(&plan(args, false, database_url.to_owned(), None), interrupt))
}

/// What is to be done; the built-in hotel is Aforo's own, so its statements may be executed and its writes planned.
fn plan(
    args: &AnalyzeArgs,
    is_hotel: bool,
    database_url: String,
    probe: Option<ProbeTarget>,
) -> AnalysisPlan {
    AnalysisPlan {
        database_url,
        probe,
        hot_statements: args.top,
        index_budget_bytes: args.index_budget.saturating_mul(1_000_000),
        execute_plans: is_hotel || args.explain_analyze,
        plan_writes: is_hotel || args.explain_writes,
    }
}

async fn analyzed(plan: &AnalysisPlan, interrupt: &CancellationToken) -> Result<DatabaseReport, Failure> {
    let mut stages = Stages::new();
    Ok(analyze_database(plan, interrupt, &mut |event| stages.show(&event)).await?)
}

/// The proxy that was asked for: before the target's Postgres, or before a private one for the hotel.
async fn tracer(
    args: &AnalyzeArgs,
    named: Option<&Target>,
    interrupt: &CancellationToken,
) -> Result<Option<Tracer>, Failure> {
    let Some(listen) = args.proxy else { return Ok(None) };
    let start = async {
        match named {
            Some(target) => {
                let database_url = target.database_url.as_deref().ok_or_else(no_database)?;
                Ok(Tracer::before(database_url, listen).await?)
            }
            None => Ok(Tracer::before_private_postgres(listen).await?),
        }
    };
    tokio::select! {
        () = interrupt.cancelled() => Err(AnalysisError::Interrupted.into()),
        started = start => started.map(Some),
    }
}

fn no_database() -> Failure {
    Failure::usage(miette::miette!(
        help = "name it with --database-url or AFORO_DATABASE_URL",
        "there is no database to analyze"
    ))
}

/// Where the proxy listens.
fn listen_address(text: &str) -> Result<SocketAddr, String> {
    if text == "auto" {
        return Ok((Ipv4Addr::LOCALHOST, 0).into());
    }
    text.parse().map_err(|_| "write `auto`, or an address with a port such as 127.0.0.1:6543".to_owned())
}

fn save(report: &DatabaseReport, folder: &Path) -> Result<(), Failure> {
    let failed = |error| cannot_write(folder, &error);
    for format in DATABASE_FORMATS {
        let Some(file_name) = format.file_name else { continue };
        let file = std::fs::File::create(folder.join(file_name)).map_err(failed)?;
        (format.render)(report, &mut std::io::BufWriter::new(file)).map_err(failed)?;
    }
    write_plans(report, folder).map_err(failed)
}

fn print(report: &DatabaseReport, args: &AnalyzeArgs) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    let folder = args.out.as_ref().map(|folder| folder.display().to_string());
    written(match DATABASE_FORMATS.iter().find(|format| format.name == args.format) {
        Some(format) if args.format != TERMINAL => (format.render)(report, &mut stdout),
        // The one format that depends on where it is shown.
        _ => render_on(&terminal::screen(folder.as_deref()), report, &mut stdout),
    })
}
