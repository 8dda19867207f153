//! Waking up at a moment, more exactly than in whole milliseconds.

use std::io;
use std::time::Instant;

#[cfg(target_os = "linux")]
pub(super) use linux::Alarm;
#[cfg(not(target_os = "linux"))]
pub(super) use portable::Alarm;

#[cfg(target_os = "linux")]
mod linux {
    use std::os::fd::{AsFd, AsRawFd, RawFd};
    use std::time::Duration;

    use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};
    use tokio::io::Interest;
    use tokio::io::unix::AsyncFd;

    use super::{Instant, io};

    /// A timer of the kernel that the runtime waits for beside its sockets. The runtime's own timers ring at
    /// whole milliseconds, which is late by one millisecond on average.
    #[derive(Debug)]
    pub(in super::super) struct Alarm {
        timer: AsyncFd<Timer>,
    }

    #[derive(Debug)]
    struct Timer(TimerFd);

    impl AsRawFd for Timer {
        fn as_raw_fd(&self) -> RawFd {
            self.0.as_fd().as_raw_fd()
        }
    }

    impl Alarm {
        /// An alarm of the current runtime.
        pub(in super::super) fn new() -> io::Result<Self> {
            let flags = TimerFlags::TFD_NONBLOCK | TimerFlags::TFD_CLOEXEC;
            let timer = TimerFd::new(ClockId::CLOCK_MONOTONIC, flags)?;
            #[expect(
                deprecated,
                reason = "its successor is unsafe for the sake of types that may close their descriptor early; this \
                          one is open for as long as it is registered"
            )]
            let timer = AsyncFd::with_interest(Timer(timer), Interest::READABLE)?;
            Ok(Self { timer })
        }

        /// Returns when `moment` has come, and lets other tasks run at least once before.
        pub(in super::super) async fn ring_at(&mut self, moment: Instant) -> io::Result<()> {
            // No time at all would switch the timer off.
            let left = moment.saturating_duration_since(Instant::now()).max(Duration::from_nanos(1));
            let expiration = Expiration::OneShot(left.into());
            // Setting it also takes back that it rang before, so that nobody need read it.
            self.timer.get_ref().0.set(expiration, TimerSetTimeFlags::empty())?;
            self.timer.readable().await?.clear_ready();
            Ok(())
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod portable {
    use super::{Instant, io};

    /// The runtime's own timer, which rings at whole milliseconds. Starts that are late for it say so.
    #[derive(Debug)]
    pub(in super::super) struct Alarm;

    impl Alarm {
        /// An alarm of the current runtime.
        pub(in super::super) fn new() -> io::Result<Self> {
            Ok(Self)
        }

        /// Returns when `moment` has come, and lets other tasks run at least once before.
        pub(in super::super) async fn ring_at(&mut self, moment: Instant) -> io::Result<()> {
            tokio::task::yield_now().await;
            tokio::time::sleep_until(moment.into()).await;
            Ok(())
        }
    }
}
