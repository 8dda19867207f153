//! What the virtual users of one run share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Instant;

use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::EngineError;
use super::clock::RunClock;
use super::plan::Plan;
use crate::recorder::Recorder;

/// Shared by all virtual users of a run.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) plan: Arc<Plan>,
    pub(crate) clock: RunClock,
    pub(crate) recorder: Arc<Recorder>,
    /// The order to stop: no further step, no further thinking.
    pub(crate) halt: CancellationToken,
    /// Requests that were sent and have not ended.
    pub(crate) in_flight: AtomicU32,
    /// When the first user started.
    pub(crate) started: watch::Sender<Option<Instant>>,
    /// Where a panic of a step is reported.
    pub(crate) faults: mpsc::UnboundedSender<EngineError>,
    users_started: AtomicU32,
    users_now: watch::Sender<u32>,
    is_abandoned: AtomicBool,
}

impl Session {
    /// The session of a run that has not started.
    pub(crate) fn new(
        plan: Arc<Plan>,
        halt: CancellationToken,
        started: watch::Sender<Option<Instant>>,
        faults: mpsc::UnboundedSender<EngineError>,
    ) -> Self {
        Self {
            plan,
            clock: RunClock::default(),
            recorder: Arc::default(),
            halt,
            in_flight: AtomicU32::new(0),
            started,
            faults,
            users_started: AtomicU32::new(0),
            users_now: watch::Sender::new(0),
            is_abandoned: AtomicBool::new(false),
        }
    }

    /// A virtual user starts; the first one starts the clock.
    pub(crate) fn enter(&self) {
        let start = self.clock.start();
        self.recorder.record(|shard| shard.user_started(self.clock.now_us()));
        self.users_started.fetch_add(1, Ordering::Relaxed);
        self.users_now.send_modify(|users| *users += 1);
        self.started.send_if_modified(|started| started.replace(start).is_none());
    }

    /// A virtual user ends.
    pub(crate) fn leave(&self) {
        self.recorder.record(|shard| shard.user_ended(self.clock.now_us()));
        self.users_now.send_modify(|users| *users -= 1);
    }

    /// How many virtual users have started.
    pub(crate) fn users_started(&self) -> u32 {
        self.users_started.load(Ordering::Relaxed)
    }

    /// Returns when no virtual user is left.
    pub(crate) async fn everybody_left(&self) {
        // It fails only when the sender is gone, and `self` holds it.
        let _ = self.users_now.subscribe().wait_for(|users| *users == 0).await;
    }

    /// Ends the virtual users that are still there; how many requests that cuts off. Their users must not go on.
    pub(crate) fn abandon(&self) -> u32 {
        self.is_abandoned.store(true, Ordering::Relaxed);
        for _ in 0..*self.users_now.borrow() {
            self.recorder.record(|shard| shard.user_ended(self.clock.now_us()));
        }
        self.in_flight.load(Ordering::Relaxed)
    }

    /// Whether the users that were still there have been given up.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.is_abandoned.load(Ordering::Relaxed)
    }
}
