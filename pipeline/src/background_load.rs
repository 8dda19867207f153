//! A load that goes on while something else is watched.

use aforo_model::Scenario;
use aforo_scenarios::{EngineError, HttpTarget, start};
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::target::Target;

/// Requests that are sent and not measured. They end when this value is dropped.
#[derive(Debug)]
pub(crate) struct BackgroundLoad {
    stop: DropGuard,
    drained: JoinHandle<()>,
}

impl BackgroundLoad {
    /// Starts the load, and returns once its first user is there.
    ///
    /// # Errors
    /// [`EngineError`] when it cannot be started.
    pub(crate) async fn start(scenario: &Scenario, target: &Target) -> Result<Self, EngineError> {
        let stop = CancellationToken::new();
        let mut load = start(scenario, &HttpTarget { base_url: target.url.clone() }, stop.clone())?;
        load.started().await;
        let drained = tokio::spawn(async move { while load.seconds.recv().await.is_some() {} });
        Ok(Self { stop: stop.drop_guard(), drained })
    }

    /// Ends it, and waits until nothing is on its way.
    pub(crate) async fn stop(self) {
        drop(self.stop);
        // It only counts what nobody reads.
        let _ = self.drained.await;
    }
}
