//! CPU profiles of the running hotel, as `go tool pprof` reads them.

use std::io::Write as _;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use pprof::protos::Message as _;
use pprof::{ProfilerGuard, ProfilerGuardBuilder};
use tokio::sync::Mutex;

/// The profiler belongs to the whole process, so one profile is taken at a time.
static RUNNING: Mutex<()> = Mutex::const_new(());

/// Why there is no profile.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProfileError {
    #[error("a CPU profile is being taken; try again when it is done")]
    Busy,
    #[error("the profile could not be written: {0}")]
    Encode(String),
}

/// Samples the whole process for `window`, `frequency` times per second of CPU time. Returns gzipped pprof protobuf.
///
/// A caller that goes away ends the profile.
pub(crate) async fn cpu_profile(window: Duration, frequency: u16) -> Result<Vec<u8>, ProfileError> {
    let _running = RUNNING.try_lock().map_err(|_| ProfileError::Busy)?;
    // Another profiler in this process may hold SIGPROF.
    let guard = ProfilerGuardBuilder::default()
        .frequency(frequency.into())
        .build()
        .map_err(|_| ProfileError::Busy)?;
    tokio::time::sleep(window).await;
    // Finding the symbols takes far longer than sampling did.
    tokio::task::spawn_blocking(move || encode(&guard))
        .await
        .unwrap_or_else(|panic| Err(ProfileError::Encode(panic.to_string())))
}

fn encode(guard: &ProfilerGuard<'_>) -> Result<Vec<u8>, ProfileError> {
    let failed = |error: &dyn std::error::Error| ProfileError::Encode(error.to_string());
    let report = guard.report().build().map_err(|error| failed(&error))?;
    let profile = report.pprof().map_err(|error| failed(&error))?;
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(&profile.encode_to_vec()).map_err(|error| failed(&error))?;
    gzip.finish().map_err(|error| failed(&error))
}
