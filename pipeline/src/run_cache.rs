//! What the target's Redis does while a run loads the target.

use std::time::{Duration, Instant};

use aforo_analyzers::judge_cache;
use aforo_model::cache::CacheReport;
use aforo_profiles::{CacheError, CacheReadOptions, CacheWatch, read_cache};
use tokio::time::timeout;

/// How long the server may take to answer at the start of a run, which waits for it.
const LONGEST_BEGIN: Duration = Duration::from_secs(5);
/// How long reading it may take after the load: its keys are sampled for three seconds.
const LONGEST_READ: Duration = Duration::from_secs(20);

/// The watch over a run's Redis, from the first reading of its counters on.
pub(crate) struct RunCache {
    url: String,
    watch: CacheWatch,
    began: Instant,
}

impl RunCache {
    /// Reads the counters of the server at `url` for the first time.
    ///
    /// # Errors
    /// Why there is no watch, as a sentence without a full stop.
    pub(crate) async fn begin(url: String) -> Result<Self, String> {
        let began = Instant::now();
        let watch = within(LONGEST_BEGIN, CacheWatch::begin(&url)).await?;
        Ok(Self { url, watch, began })
    }

    /// Reads the server once the load has ended, and judges it. No value is read: the server would take it for used.
    ///
    /// # Errors
    /// Why there is no report, as a sentence without a full stop.
    pub(crate) async fn finish(self) -> Result<CacheReport, String> {
        let options = CacheReadOptions::default();
        let evidence = within(LONGEST_READ, read_cache(&self.url, &options, Some(&self.watch))).await?;
        Ok(judge_cache(evidence, env!("CARGO_PKG_VERSION"), self.began.elapsed().as_secs_f64()))
    }
}

async fn within<T>(
    longest: Duration,
    reading: impl Future<Output = Result<T, CacheError>>,
) -> Result<T, String> {
    match timeout(longest, reading).await {
        Ok(read) => read.map_err(|error| error.to_string()),
        Err(_) => Err(format!("it did not answer within {} s", longest.as_secs())),
    }
}
