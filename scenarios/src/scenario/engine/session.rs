//! What the virtual users of one run share.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Instant;

use futures_util::FutureExt;
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
    /// When the first user started, or the schedule of an open workload began.
    pub(crate) started: watch::Sender<Option<Instant>>,
    /// Where a panic of a step is reported.
    pub(crate) faults: mpsc::UnboundedSender<EngineError>,
    users_made: AtomicU32,
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
            users_made: AtomicU32::new(0),
            users_now: watch::Sender::new(0),
            is_abandoned: AtomicBool::new(false),
        }
    }

    /// The load begins, unless it has begun; the moment from which everything is counted.
    pub(crate) fn begin(&self) -> Instant {
        let beginning = self.clock.start();
        self.started.send_if_modified(|started| started.replace(beginning).is_none());
        beginning
    }

    /// The moment from which everything is counted, once it has come.
    pub(crate) async fn first_start(&self) -> Instant {
        let mut started = self.started.subscribe();
        let start = started.wait_for(Option::is_some).await.ok().and_then(|start| *start);
        match start {
            Some(start) => start,
            // The sender lives in `self`: there is no other way to get here.
            None => std::future::pending().await,
        }
    }

    /// A virtual user is made that was not there before.
    pub(crate) fn user_made(&self) {
        self.users_made.fetch_add(1, Ordering::Relaxed);
    }

    /// A virtual user begins to act: for good in a closed workload, for a round in an open one.
    pub(crate) fn enter(&self) {
        self.recorder.record(|shard| shard.user_started(self.clock.now_us()));
        self.users_now.send_modify(|users| *users += 1);
    }

    /// A virtual user acts no longer.
    pub(crate) fn leave(&self) {
        self.recorder.record(|shard| shard.user_ended(self.clock.now_us()));
        self.users_now.send_modify(|users| *users -= 1);
    }

    /// How many virtual users were made.
    pub(crate) fn users_made(&self) -> u32 {
        self.users_made.load(Ordering::Relaxed)
    }

    /// Waits for what a virtual user does in the step called `step`. A panic in it ends the run in good order,
    /// and the run reports it.
    pub(crate) async fn watch(&self, step: &str, playing: impl Future<Output = ()>) {
        if let Err(panic) = AssertUnwindSafe(playing).catch_unwind().await {
            let message = panic_message(panic.as_ref());
            // The receiver goes away with the run only, and then nobody is left to be told.
            let _ = self.faults.send(EngineError::StepPanicked { step: step.to_owned(), message });
            self.halt.cancel();
        }
    }

    /// Returns when no virtual user acts any more.
    pub(crate) async fn everybody_left(&self) {
        // It fails only when the sender is gone, and `self` holds it.
        let _ = self.users_now.subscribe().wait_for(|users| *users == 0).await;
    }

    /// Ends the virtual users that still act; how many requests that cuts off. Their users must not go on.
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

fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned())
}
