//! The target of a command: the one that was named, or the built-in hotel for as long as the command needs it.

use aforo_pipeline::{RunError, Target, TargetProcess};
use tokio_util::sync::CancellationToken;

use crate::failure::Failure;
use crate::options::{HotelOptions, TargetOptions};

/// Does `work` with `named`; where there is none, with the built-in hotel, which is started before and stopped
/// afterwards.
pub(crate) async fn with_target<T>(
    named: Option<Target>,
    hotel: &HotelOptions,
    options: &TargetOptions,
    interrupt: &CancellationToken,
    work: impl AsyncFnOnce(Target) -> T,
) -> Result<T, Failure> {
    if let Some(target) = named {
        return Ok(work(target).await);
    }
    let (process, target) = start_hotel(hotel, options, interrupt).await?;
    let outcome = work(target).await;
    process.stop().await;
    Ok(outcome)
}

/// Starts the built-in hotel as a process of its own.
async fn start_hotel(
    hotel: &HotelOptions,
    options: &TargetOptions,
    interrupt: &CancellationToken,
) -> Result<(TargetProcess, Target), Failure> {
    anstream::eprintln!(
        "Starting the built-in hotel ({} reservations, flaws: {})",
        hotel.data.reservations,
        hotel.flaws
    );
    let command = hotel.command(options).map_err(|error| {
        Failure::unavailable_because("cannot find Aforo's own program to start the hotel", &error)
    })?;
    tokio::select! {
        () = interrupt.cancelled() => Err(RunError::Interrupted.into()),
        started = TargetProcess::start(command) => Ok(started?),
    }
}
