//! A connection to a server that is asked every second, and that comes back by itself.

use std::mem;
use std::time::Duration;

use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::task::AbortOnDropHandle;

use crate::Notice;

/// The longest an attempt to connect may take; it goes on in the background, over several readings.
const LONGEST_CONNECT: Duration = Duration::from_secs(10);
/// Waited after the first failure; doubled after each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest wait between attempts, so that a server that is back is seen soon.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// A server that can be asked.
pub(crate) trait Server: Clone + Send + Sync + 'static {
    /// Its name in notices.
    const NAME: &'static str;
    type Connection: Send + 'static;
    type Reading;

    /// Connects. A notice beside the connection says what it will not see.
    fn connect(&self) -> impl Future<Output = Result<(Self::Connection, Option<Notice>), Notice>> + Send;

    /// Asks once. The connection is not used again after an error.
    fn read(
        &mut self,
        connection: &mut Self::Connection,
    ) -> impl Future<Output = Result<Self::Reading, Notice>> + Send;
}

/// What asking a server gave.
pub(crate) struct Answer<R> {
    /// The reading; nothing while the server cannot be asked.
    pub(crate) reading: Option<R>,
    /// What there is to say about it.
    pub(crate) notice: Option<Notice>,
}

impl<R> Answer<R> {
    pub(crate) fn nothing() -> Self {
        Self { reading: None, notice: None }
    }
}

type Connecting<C> = AbortOnDropHandle<Result<(C, Option<Notice>), Notice>>;

enum State<C> {
    Closed { retry_at: Instant },
    Connecting(Connecting<C>),
    Open(C),
}

/// One connection to a server, opened when needed, closed after a failure and opened again after a pause
/// that grows with each failure in a row.
pub(crate) struct Link<S: Server> {
    server: S,
    state: State<S::Connection>,
    pause: Duration,
    /// What an open connection will not see, until it is told.
    partial_view: Option<Notice>,
}

impl<S: Server> Link<S> {
    pub(crate) fn new(server: S) -> Self {
        let state = State::Closed { retry_at: Instant::now() };
        Self { server, state, pause: FIRST_PAUSE, partial_view: None }
    }

    /// Asks the server, connecting first where there is no connection. Ends by the deadline.
    pub(crate) async fn read(&mut self, deadline: Instant) -> Answer<S::Reading> {
        let mut answer = self.ask(deadline).await;
        // A failure is told first; the reading after it, which the pause keeps empty, has room for the other.
        answer.notice = answer.notice.or_else(|| self.partial_view.take());
        answer
    }

    async fn ask(&mut self, deadline: Instant) -> Answer<S::Reading> {
        let mut connection = match self.connection(deadline).await {
            Ok(Some(connection)) => connection,
            Ok(None) => return Answer::nothing(),
            Err(notice) => {
                self.close();
                return Answer { reading: None, notice: Some(notice) };
            }
        };
        match timeout_at(deadline, self.server.read(&mut connection)).await {
            Ok(Ok(reading)) => {
                self.state = State::Open(connection);
                self.pause = FIRST_PAUSE;
                Answer { reading: Some(reading), notice: None }
            }
            Ok(Err(failure)) => {
                self.close();
                Answer { reading: None, notice: Some(failure) }
            }
            Err(_) => {
                self.close();
                Answer { reading: None, notice: Some(too_slow::<S>()) }
            }
        }
    }

    /// The open connection, taken out; nothing while there is none yet.
    async fn connection(&mut self, deadline: Instant) -> Result<Option<S::Connection>, Notice> {
        if let State::Closed { retry_at } = self.state {
            if Instant::now() < retry_at {
                return Ok(None);
            }
            let server = self.server.clone();
            self.state = State::Connecting(AbortOnDropHandle::new(tokio::spawn(async move {
                timeout(LONGEST_CONNECT, server.connect()).await.unwrap_or_else(|_| Err(no_connection::<S>()))
            })));
        }
        let closed = State::Closed { retry_at: Instant::now() };
        match mem::replace(&mut self.state, closed) {
            State::Open(connection) => Ok(Some(connection)),
            State::Connecting(mut attempt) => match timeout_at(deadline, &mut attempt).await {
                Ok(Ok(connected)) => {
                    let (connection, partial_view) = connected?;
                    self.partial_view = partial_view;
                    Ok(Some(connection))
                }
                Ok(Err(panicked)) => Err(Notice::new(
                    S::NAME,
                    format!("connecting broke off: {panicked}"),
                    "report this as a bug in Aforo",
                )),
                Err(_) => {
                    self.state = State::Connecting(attempt);
                    Ok(None)
                }
            },
            closed @ State::Closed { .. } => {
                self.state = closed;
                Ok(None)
            }
        }
    }

    fn close(&mut self) {
        self.state = State::Closed { retry_at: Instant::now() + self.pause };
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
    }
}

fn no_connection<S: Server>() -> Notice {
    Notice::new(
        S::NAME,
        format!("no connection within {} s", LONGEST_CONNECT.as_secs()),
        "check the address and what lies between",
    )
}

fn too_slow<S: Server>() -> Notice {
    Notice::new(
        S::NAME,
        "it did not answer in time, so some seconds have no reading",
        "none is needed if it was overloaded by the run; otherwise look at its own log",
    )
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::sync::{Arc, Mutex};

    use super::*;

    /// A server that does what a test says.
    #[derive(Clone, Default)]
    struct Fake(Arc<FakeState>);

    #[derive(Default)]
    struct FakeState {
        connects: AtomicU32,
        partial_view: Mutex<Option<Notice>>,
        refuses: Mutex<bool>,
        connect_takes: Mutex<Duration>,
        read_takes: Mutex<Duration>,
    }

    impl Server for Fake {
        const NAME: &'static str = "fake";
        type Connection = u32;
        type Reading = u32;

        async fn connect(&self) -> Result<(u32, Option<Notice>), Notice> {
            let number = self.0.connects.fetch_add(1, Ordering::Relaxed) + 1;
            let takes = *self.0.connect_takes.lock().unwrap();
            tokio::time::sleep(takes).await;
            if *self.0.refuses.lock().unwrap() {
                return Err(Notice::new("fake", "refused", "accept"));
            }
            Ok((number, self.0.partial_view.lock().unwrap().clone()))
        }

        async fn read(&mut self, connection: &mut u32) -> Result<u32, Notice> {
            let takes = *self.0.read_takes.lock().unwrap();
            tokio::time::sleep(takes).await;
            Ok(*connection)
        }
    }

    /// Reads every second, as the watch does; time is the test's own and passes at once.
    async fn read(link: &mut Link<Fake>) -> Answer<u32> {
        let asked_at = Instant::now();
        let answer = link.read(asked_at + Duration::from_millis(950)).await;
        assert!(asked_at.elapsed() <= Duration::from_millis(951), "{:?}", asked_at.elapsed());
        tokio::time::sleep_until(asked_at + Duration::from_secs(1)).await;
        answer
    }

    fn set<T>(value: &Mutex<T>, new: T) {
        *value.lock().unwrap() = new;
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_reading_waits_for_the_connection_which_then_stays() {
        let server = Fake::default();
        set(&server.0.connect_takes, Duration::from_millis(300));
        let mut link = Link::new(server);
        for _ in 0..5 {
            assert_eq!(read(&mut link).await.reading, Some(1));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_connect_goes_on_over_several_readings() {
        let server = Fake::default();
        set(&server.0.connect_takes, Duration::from_millis(2_500));
        let mut link = Link::new(server.clone());
        let mut readings = Vec::new();
        for _ in 0..4 {
            readings.push(read(&mut link).await.reading);
        }
        assert_eq!(readings, [None, None, Some(1), Some(1)]);
        assert_eq!(server.0.connects.load(Ordering::Relaxed), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_connect_that_never_ends_is_given_up() {
        let server = Fake::default();
        set(&server.0.connect_takes, Duration::from_secs(3_600));
        let mut link = Link::new(server);
        let mut notices = Vec::new();
        for _ in 0..12 {
            notices.extend(read(&mut link).await.notice);
        }
        assert_eq!(notices, [no_connection::<Fake>()]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_refuses_is_asked_less_and_less_often() {
        let server = Fake::default();
        set(&server.0.refuses, true);
        let mut link = Link::new(server.clone());
        for _ in 0..300 {
            assert_eq!(read(&mut link).await.reading, None);
        }
        // At 0, 1, 3, 7, 15, 31 s and then every 30 s.
        let connects = server.0.connects.load(Ordering::Relaxed);
        assert!((14..=15).contains(&connects), "{connects}");
        set(&server.0.refuses, false);
        let mut waited_s = 0;
        while read(&mut link).await.reading.is_none() {
            waited_s += 1;
        }
        assert!(waited_s <= 30, "{waited_s}");
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_connection_will_not_see_is_told_also_when_its_first_answer_is_slow() {
        let server = Fake::default();
        let partial_view = Notice::new("fake", "a replica", "name the primary");
        set(&server.0.partial_view, Some(partial_view.clone()));
        let answer = read(&mut Link::new(server.clone())).await;
        assert_eq!((answer.reading, answer.notice), (Some(1), Some(partial_view.clone())));

        set(&server.0.read_takes, Duration::from_secs(5));
        let mut link = Link::new(server);
        let mut notices = Vec::new();
        for _ in 0..2 {
            notices.extend(read(&mut link).await.notice);
        }
        assert_eq!(notices, [too_slow::<Fake>(), partial_view]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_answer_is_a_missing_reading_and_a_new_connection() {
        let server = Fake::default();
        let mut link = Link::new(server.clone());
        assert_eq!(read(&mut link).await.reading, Some(1));
        set(&server.0.read_takes, Duration::from_secs(5));
        let answer = read(&mut link).await;
        assert_eq!((answer.reading, answer.notice), (None, Some(too_slow::<Fake>())));
        set(&server.0.read_takes, Duration::ZERO);
        let mut readings = Vec::new();
        for _ in 0..3 {
            readings.push(read(&mut link).await.reading);
        }
        assert_eq!(readings.last(), Some(&Some(2)), "{readings:?}");
    }
}
