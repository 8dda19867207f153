//! Readers that block, each in a thread of its own.

use std::io;
use std::thread;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

/// A thread that reads when asked. A read that hangs, as on a dead network disk, holds up nobody else: while
/// it lasts there are no readings.
pub(crate) struct Reader<R> {
    requests: mpsc::Sender<oneshot::Sender<R>>,
}

impl<R: Send + 'static> Reader<R> {
    /// Starts the thread. It makes its reader itself, and ends when this value is dropped.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(crate) fn start<F, Read>(name: &str, make: F) -> io::Result<Self>
    where
        F: FnOnce() -> Read + Send + 'static,
        Read: FnMut() -> R,
    {
        let (requests, mut received) = mpsc::channel::<oneshot::Sender<R>>(1);
        thread::Builder::new().name(name.to_owned()).spawn(move || {
            let mut read = make();
            while let Some(answer) = received.blocking_recv() {
                // Whoever asked may have stopped waiting.
                answer.send(read()).ok();
            }
        })?;
        Ok(Self { requests })
    }

    /// Asks for a reading; nothing when it has not come by the deadline.
    pub(crate) async fn read(&self, deadline: Instant) -> Option<R> {
        let (answer, reading) = oneshot::channel();
        self.requests.try_send(answer).ok()?;
        timeout_at(deadline, reading).await.ok()?.ok()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn each_request_is_one_reading() {
        let mut count = 0;
        let reader = Reader::start("counts", move || {
            move || {
                count += 1;
                count
            }
        })
        .unwrap();
        let deadline = Instant::now() + Duration::from_secs(60);
        assert_eq!(reader.read(deadline).await, Some(1));
        assert_eq!(reader.read(deadline).await, Some(2));
    }

    #[tokio::test]
    async fn a_reader_that_hangs_gives_nothing_and_recovers() {
        let (release, released) = channel::<()>();
        let reader = Reader::start("hangs", move || move || released.recv().is_ok()).unwrap();
        assert_eq!(reader.read(Instant::now() + Duration::from_millis(5)).await, None);
        release.send(()).unwrap();
        release.send(()).unwrap();
        let deadline = Instant::now() + Duration::from_secs(60);
        while reader.read(deadline).await.is_none() {
            tokio::task::yield_now().await;
        }
    }
}
