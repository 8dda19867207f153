//! Moves a connection while an exchange waits for it, and leaves it alone otherwise.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use bytes::Bytes;
use futures_util::task::AtomicWaker;
use http_body_util::Full;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;

use super::wire::Wire;

/// How often a connection is moved in a row before other users have their turn.
const MAX_PASSES: usize = 16;

/// What moves a connection: nothing happens on it unless this is polled.
///
/// hyper wakes whoever moves its connection when the other end of one of its channels was used, which here is the
/// same task. Those calls are heard and answered on the spot; passed on, they would make every request poll
/// everything twice.
pub(super) struct Driver {
    connection: http1::Connection<TokioIo<Wire>, Full<Bytes>>,
    /// How the connection ended.
    end: Option<hyper::Result<()>>,
    bell: Arc<Bell>,
    /// What the connection rings.
    waker: Waker,
}

impl Driver {
    /// Moves `connection`.
    pub(super) fn new(connection: http1::Connection<TokioIo<Wire>, Full<Bytes>>) -> Self {
        let bell = Arc::new(Bell::default());
        Self { connection, end: None, waker: Waker::from(Arc::clone(&bell)), bell }
    }

    /// How the connection ended, if it has.
    pub(super) fn end(&self) -> Option<&hyper::Result<()>> {
        self.end.as_ref()
    }

    /// Moves the connection as far as it goes without waiting.
    pub(super) fn nudge(&mut self) {
        if self.end.is_none()
            && let Poll::Ready(end) =
                Pin::new(&mut self.connection).poll(&mut Context::from_waker(&self.waker))
        {
            self.end = Some(end);
        }
    }

    /// Waits for a future that only this connection can move. None when the connection ended and left the
    /// future where it was.
    pub(super) async fn until<T>(
        &mut self,
        mut future: impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> Option<T> {
        // It needs no waker of its own: it is polled whenever the connection was.
        let mut future = move || future(&mut Context::from_waker(Waker::noop()));
        if let Poll::Ready(output) = future() {
            return Some(output);
        }
        poll_fn(|context| {
            self.bell.mute(context.waker());
            for _ in 0..MAX_PASSES {
                self.nudge();
                if let Poll::Ready(output) = future() {
                    return Poll::Ready(Some(output));
                }
                if self.end.is_some() {
                    return Poll::Ready(None);
                }
                if self.bell.unmute() {
                    return Poll::Pending;
                }
                self.bell.mute(context.waker());
            }
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await
    }
}

/// Wakes the task that waits for a connection. Muted, it remembers that it rang: while the task is at work on the
/// connection, and between exchanges, when whatever happens on it can wait.
#[derive(Default)]
struct Bell {
    task: AtomicWaker,
    is_audible: AtomicBool,
    has_rung: AtomicBool,
}

impl Bell {
    /// `task` is at work, or has other things to do.
    fn mute(&self, task: &Waker) {
        self.task.register(task);
        self.is_audible.store(false, Ordering::SeqCst);
        self.has_rung.store(false, Ordering::SeqCst);
    }

    /// The task waits from now on; false when it rang before.
    fn unmute(&self) -> bool {
        if self.has_rung.load(Ordering::SeqCst) {
            return false;
        }
        self.is_audible.store(true, Ordering::SeqCst);
        // Another thread may have rung in between.
        !self.has_rung.load(Ordering::SeqCst)
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.has_rung.store(true, Ordering::SeqCst);
        if self.is_audible.load(Ordering::SeqCst) {
            self.task.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[test]
    fn a_bell_wakes_only_a_task_that_waits_and_forgets_nothing_before_it_does() {
        let woken = Arc::new(Count::default());
        let task = Waker::from(Arc::clone(&woken));
        let bell = Arc::new(Bell::default());
        let ring = Waker::from(Arc::clone(&bell));
        bell.mute(&task);
        ring.wake_by_ref();
        assert!(!bell.unmute(), "it rang while the task was at work");
        bell.mute(&task);
        assert!(bell.unmute());
        assert_eq!(woken.0.load(Ordering::SeqCst), 0);
        ring.wake_by_ref();
        assert_eq!(woken.0.load(Ordering::SeqCst), 1);
    }
}
