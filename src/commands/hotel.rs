//! `aforo hotel`: the reference hotel by itself.

use std::net::{Ipv4Addr, SocketAddr};

use aforo_hotel::{Hotel, HotelConfig};
use aforo_pipeline::Announcement;
use clap::Args;
use tokio_util::sync::CancellationToken;

use crate::commands::{block_on, written};
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::interrupt;
use crate::options::HotelOptions;

const EXAMPLES: &str = "\
Examples:
  aforo hotel                                    private Postgres and Redis, all flaws on
  aforo hotel --flaws none --port 8080           without its known defects
  aforo hotel --flaws n-plus-one-list,no-phone-index
  aforo hotel --database-url postgres://127.0.0.1/hotel --redis-url redis://127.0.0.1";

/// Start the reference hotel by itself, until Ctrl-C
///
/// A hotel reservations API on Postgres and Redis with known, switchable defects: a target to try Aforo on.
/// Where no server is named it starts private ones from installed binaries, and removes them afterwards.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct HotelArgs {
    /// Port to listen on, on this machine only; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    port: u16,
    /// Postgres to use [default: a private one]
    #[arg(long, value_name = "URL", env = "AFORO_DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
    /// Redis to use [default: a private one]
    #[arg(long, value_name = "URL", env = "AFORO_REDIS_URL", hide_env_values = true)]
    redis_url: Option<String>,
    /// Announce the hotel in one line of JSON, and end when standard input closes
    #[arg(long, hide = true)]
    announce: bool,
    #[command(flatten)]
    hotel: HotelOptions,
}

pub(crate) fn hotel(args: HotelArgs) -> Result<ExitCode, Failure> {
    let interrupt = interrupt::token();
    let announce = args.announce;
    let input_closed = if announce { input_closed() } else { CancellationToken::new() };
    block_on(async {
        let config = args.config();
        let described = format!("flaws: {}", config.flaws);
        let hotel = tokio::select! {
            () = interrupt.cancelled() => return Err(aforo_pipeline::RunError::Interrupted.into()),
            () = input_closed.cancelled() => return Ok(ExitCode::Success),
            started = aforo_hotel::start(config) => started?,
        };
        if announce {
            let line = serde_json::to_string(&announcement(&hotel, described)).map_err(Failure::json)?;
            written(std::io::Write::write_all(
                &mut std::io::stdout().lock(),
                format!("{line}\n").as_bytes(),
            ))?;
        } else {
            anstream::println!("{}", welcome(&hotel, &described));
        }
        tokio::select! {
            () = interrupt.cancelled() => {}
            () = input_closed.cancelled() => {}
        }
        hotel.shutdown().await;
        Ok(ExitCode::Success)
    })
}

impl HotelArgs {
    fn config(self) -> HotelConfig {
        HotelConfig {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, self.port)),
            database_url: self.database_url,
            redis_url: self.redis_url,
            flaws: self.hotel.flaws,
            accommodations: self.hotel.data.accommodations,
            reservations: self.hotel.data.reservations,
            seed: self.hotel.data.seed,
            ..HotelConfig::default()
        }
    }
}

fn announcement(hotel: &Hotel, description: String) -> Announcement {
    Announcement {
        name: "hotel".into(),
        url: hotel.url().into(),
        database_url: Some(hotel.database_url().into()),
        redis_url: Some(hotel.redis_url().into()),
        pid: std::process::id(),
        postgres_pid: hotel.postgres_pid(),
        redis_pid: hotel.redis_pid(),
        description: Some(description),
    }
}

fn welcome(hotel: &Hotel, described: &str) -> String {
    let (url, database_url, redis_url) = (
        hotel.url(),
        aforo_pipeline::mask_password(hotel.database_url()),
        aforo_pipeline::mask_password(hotel.redis_url()),
    );
    format!(
        "The hotel is open ({described}).\n\
         \x20 API       {url}\n\
         \x20 metrics   {url}/metrics\n\
         \x20 profile   {url}/debug/pprof/profile?seconds=5\n\
         \x20 Postgres  {database_url}\n\
         \x20 Redis     {redis_url}\n\
         Try: curl '{url}/admin/reservations?limit=5'\n\
         Ctrl-C closes it."
    )
}

/// A token that is cancelled when standard input closes: whoever started us is gone, or wants us to end.
///
/// The reading thread is left behind at the end: a read of standard input cannot be called off, and the
/// runtime's own reader would keep the process from ending.
fn input_closed() -> CancellationToken {
    let closed = CancellationToken::new();
    let on_close = closed.clone();
    std::thread::spawn(move || {
        if let Err(error) = std::io::copy(&mut std::io::stdin(), &mut std::io::sink()) {
            tracing::warn!("standard input cannot be read: {error}");
        }
        on_close.cancel();
    });
    closed
}
