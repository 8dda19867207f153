//! CPU profiles of the running hotel, as `go tool pprof` reads them.

use std::collections::HashMap;
use std::io::Write as _;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use pprof::protos::Message as _;
use pprof::{Frames, ProfilerGuard, ProfilerGuardBuilder, Report, Symbol, UnresolvedReport};
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
    // The first one of a process reads its debug information, which takes the better part of a second: requests must not wait for it.
    let guard =
        off_the_runtime(move || Ok(ProfilerGuardBuilder::default().frequency(frequency.into()).build()?));
    let guard = guard.await?;
    tokio::time::sleep(window).await;
    // Finding the symbols takes far longer than sampling did.
    off_the_runtime(move || encode(&guard)).await
}

async fn off_the_runtime<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ProfileError> + Send + 'static,
) -> Result<T, ProfileError> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|panic| Err(ProfileError::Failed(panic.to_string())))
}

fn encode(guard: &ProfilerGuard<'_>) -> Result<Vec<u8>, ProfileError> {
    let profile = resolve(guard.report().build_unresolved()?).pprof()?;
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    let written = gzip.write_all(&profile.encode_to_vec()).and_then(|()| gzip.finish());
    written.map_err(|error| ProfileError::Failed(error.to_string()))
}

/// What `ReportBuilder::build` makes of it, but with one look-up for an address however many stacks it is in: that took most of the CPU
/// time of a profile.
fn resolve(samples: UnresolvedReport) -> Report {
    let mut known: HashMap<usize, Vec<Symbol>> = HashMap::new();
    let mut data = HashMap::new();
    for (stack, count) in samples.data {
        let symbols = stack.frames.iter().map(|frame| {
            let symbols = known.entry(frame.ip).or_insert_with(|| symbols_at(frame.ip));
            symbols.clone()
        });
        let frames = Frames {
            frames: symbols.filter(|symbols| !symbols.is_empty()).collect(),
            thread_name: String::from_utf8_lossy(&stack.thread_name[..stack.thread_name_length]).into_owned(),
            thread_id: stack.thread_id,
            sample_timestamp: stack.sample_timestamp,
        };
        *data.entry(frames).or_default() += count;
    }
    Report { data, timing: samples.timing }
}

/// The function at an address, after those that are inlined there; none where it is not known.
fn symbols_at(address: usize) -> Vec<Symbol> {
    let mut symbols = Vec::new();
    backtrace::resolve(address as *mut std::ffi::c_void, |symbol| symbols.push(Symbol::from(symbol)));
    symbols
}
