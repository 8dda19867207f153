//! One run from the first user's start until everybody has left.

use std::sync::Arc;
use std::time::Duration;

use aforo_model::{Load, LoadSecond, Workload};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::ramp::Ramp;
use super::session::Session;
use super::user_client::UserClient;
use super::{EngineEnd, EngineError, StopCause, attack, open};
use crate::recorder::{Collector, SECOND_US};

/// The longest that requests in flight are waited for after the order to stop.
const MAX_GRACE: Duration = Duration::from_secs(10);
/// How long after the end of a second it is collected: time for whoever read the clock just before.
const SETTLE_US: u64 = 100_000;

/// Everything a run needs.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) session: Arc<Session>,
    pub(super) load: Load,
    pub(super) stop: CancellationToken,
    pub(super) seconds: mpsc::Sender<LoadSecond>,
    pub(super) faults: mpsc::UnboundedReceiver<EngineError>,
}

impl Run {
    /// Plays the run. Must be called on the runtime the run has for itself.
    pub(super) async fn play(mut self) -> Result<EngineEnd, EngineError> {
        let session = Arc::clone(&self.session);
        let (drained, is_drained) = oneshot::channel();
        let collecting = tokio::spawn(collect(Arc::clone(&session), self.seconds.clone(), is_drained));
        // Polled until the order to stop only: after it, nobody else shall start. Polled first, so that whoever
        // was to start before the end of the duration has started when it is noticed.
        let mut starting = std::pin::pin!(start_users(&session, &self.load));
        let cause = tokio::select! {
            biased;
            end = &mut starting => end.map(|()| StopCause::Ordered),
            () = self.stop.cancelled() => Ok(StopCause::Ordered),
            () = self.seconds.closed() => Ok(StopCause::Ordered),
            Some(fault) = self.faults.recv() => Err(fault),
            () = duration_passed(&session, self.load.duration_s) => Ok(StopCause::DurationPassed),
        };
        session.halt.cancel();
        let load_s = elapsed_s(&session);
        let grace = session.plan.timeout.min(MAX_GRACE);
        let mut aborted_requests = 0;
        if tokio::time::timeout(grace, session.everybody_left()).await.is_err() {
            aborted_requests = session.abandon();
        }
        let elapsed_s = elapsed_s(&session);
        // Both fail only when the collector is gone; then there is nothing to wait for.
        let _ = drained.send(());
        let _ = collecting.await;
        let end = EngineEnd {
            cause: cause?,
            started: *session.started.borrow(),
            load_s,
            elapsed_s,
            users_started: session.users_made(),
            aborted_requests,
        };
        // A step may have panicked while the others drained.
        self.faults.try_recv().map_or(Ok(end), Err)
    }
}

/// Starts virtual users, or rounds of them, as the load says, until it is dropped.
async fn start_users(session: &Arc<Session>, load: &Load) -> Result<(), EngineError> {
    match &load.workload {
        Workload::Closed { users, users_per_s, steps, surge } => {
            let ramp = Ramp::new(*users, *users_per_s, *steps, *surge, load.duration_s);
            attack::play(session, ramp).await
        }
        Workload::Open { stages, max_users } => {
            open::play(session, stages, *max_users, || UserClient::lean(session)).await
        }
    }
}

async fn duration_passed(session: &Session, duration_s: f64) {
    let start = session.first_start().await;
    tokio::time::sleep_until((start + Duration::from_secs_f64(duration_s)).into()).await;
}

fn elapsed_s(session: &Session) -> f64 {
    session.clock.now_us() as f64 / 1e6
}

/// Hands out every second when it is complete, and the last one when the run has drained.
async fn collect(
    session: Arc<Session>,
    seconds: mpsc::Sender<LoadSecond>,
    is_drained: oneshot::Receiver<()>,
) {
    let mut collector = Collector::new(Arc::clone(&session.recorder), session.plan.step_names.clone());
    let mut is_drained = std::pin::pin!(is_drained);
    let start = tokio::select! {
        start = session.first_start() => start,
        _ = &mut is_drained => return,
    };
    loop {
        let complete = start + Duration::from_micros(collector.next_end_us() + SETTLE_US);
        let is_last = tokio::select! {
            () = tokio::time::sleep_until(complete.into()) => false,
            _ = &mut is_drained => true,
        };
        let now_us = session.clock.now_us();
        collector.sweep();
        loop {
            let end_us = collector.next_end_us();
            // The last second is cut short: nothing is recorded after the run has drained.
            let is_complete =
                if is_last { end_us - SECOND_US <= now_us } else { end_us + SETTLE_US <= now_us };
            if !is_complete || seconds.send(collector.next_second()).await.is_err() {
                break;
            }
        }
        if is_last {
            return;
        }
    }
}
