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
    #[error("the profile could not be taken: {0}")]
    Failed(String),
}

impl From<pprof::Error> for ProfileError {
    fn from(error: pprof::Error) -> Self {
        match error {
            // A caller went away while its profile was being written, which is not done yet.
            pprof::Error::Running => Self::Busy,
            other => Self::Failed(other.to_string()),
        }
    }
}

/// Samples the whole process for `window`, `frequency` times per second of CPU time. Returns gzipped pprof protobuf.
///
/// A caller that goes away ends the profile.
pub(crate) async fn cpu_profile(window: Duration, frequency: u16) -> Result<Vec<u8>, ProfileError> {
    let _running = RUNNING.try_lock().map_err(|_| ProfileError::Busy)?;
    let guard = ProfilerGuardBuilder::default().frequency(frequency.into()).build()?;
    tokio::time::sleep(window).await;
    // Finding the symbols takes far longer than sampling did.
    tokio::task::spawn_blocking(move || encode(&guard))
        .await
        .unwrap_or_else(|panic| Err(ProfileError::Failed(panic.to_string())))
}

fn encode(guard: &ProfilerGuard<'_>) -> Result<Vec<u8>, ProfileError> {
    let profile = guard.report().build()?.pprof()?;
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    let written = gzip.write_all(&profile.encode_to_vec()).and_then(|()| gzip.finish());
    written.map_err(|error| ProfileError::Failed(error.to_string()))
}
