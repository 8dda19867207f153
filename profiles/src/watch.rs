//! The watch: one sample a second, on the run's own grid.

use std::collections::HashSet;
use std::fmt;
use std::time::{Duration, Instant};

use aforo_model::{GeneratorSample, HostSample, ProcessSample, ResourceSample, Role};
use tokio::sync::mpsc;
use tokio::time::{self, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::Notice;
use crate::host::Host;
use crate::link::{Answer, Link, Server};
use crate::own_threads::OwnThreads;
use crate::postgres::Postgres;
use crate::processes::{Details, Forest, SystemSource};
use crate::reader::Reader;
use crate::redis::Redis;
use crate::scrape::{Scraped, Scrapers};

/// Seconds between two samples.
const PERIOD: Duration = Duration::from_secs(1);

/// The longest a source may take for one reading; what has not come by then is left out of the sample. The
/// rest of the period is for handing the sample on.
const LONGEST_READING: Duration = Duration::from_millis(950);

/// Samples that wait to be received: a minute's worth.
const QUEUED_SAMPLES: usize = 64;

/// Notices that wait to be received. Equal ones are told once, so that there are only ever a few.
const QUEUED_NOTICES: usize = 32;

/// What to watch. The machine is always watched.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Watched {
    /// The roots of process trees, one for each role. A tree does not take in another one's root.
    pub processes: Vec<(Role, u32)>,
    /// The target's Postgres.
    pub postgres_url: Option<String>,
    /// The target's Redis.
    pub redis_url: Option<String>,
    /// Where a target that is not on this machine serves its metrics: its own (`process_*`) and those of its
    /// machine (`node_*`), from one URL or several. Scraped every five seconds; of several that tell of the same,
    /// the first is taken.
    pub metrics_urls: Vec<Url>,
}

/// The URLs may hold passwords and are not shown.
impl fmt::Debug for Watched {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Watched").field("processes", &self.processes).finish_non_exhaustive()
    }
}

/// A watch that goes on in the background. Both receivers end when it has stopped.
#[derive(Debug)]
pub struct Watch {
    /// The samples, in order: one at once, the base line of all that is counted; then one at each whole
    /// second of the run; one more at the stop.
    pub samples: mpsc::Receiver<ResourceSample>,
    /// What cannot be watched, each once, as soon as it is known.
    pub notices: mpsc::Receiver<Notice>,
}

/// Starts to watch, in a task of the current runtime, until `stop` is cancelled or the samples' receiver is
/// dropped.
///
/// `started` is the start of the run: a sample is taken at each whole second from it and stamped with the
/// time at which it really was taken, negative before the start. A second that was missed is left out, never
/// made up for. No source waits for another; one that takes longer than 950 ms is left out of that sample.
///
/// When the receiver does not keep up, samples are dropped, and a last notice says how many.
///
/// # Panics
/// Outside of a Tokio runtime.
pub fn watch(watched: &Watched, started: Instant, stop: CancellationToken) -> Watch {
    let (samples, received_samples) = mpsc::channel(QUEUED_SAMPLES);
    let (notices, received_notices) = mpsc::channel(QUEUED_NOTICES);
    let mut teller = Teller { notices, told: HashSet::new() };
    let sources = Sources::new(watched, &mut teller);
    tokio::spawn(observe(sources, started, stop, samples, teller));
    Watch { samples: received_samples, notices: received_notices }
}

async fn observe(
    mut sources: Sources,
    started: Instant,
    stop: CancellationToken,
    samples: mpsc::Sender<ResourceSample>,
    mut teller: Teller,
) {
    let mut ticks = interval_at(next_whole_second(started, Instant::now()).into(), PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut dropped_count = 0_u32;
    loop {
        let sample = sources.read(started, &mut teller).await;
        match samples.try_send(sample) {
            Ok(()) => {}
            Err(mpsc::error::TrySendError::Full(_)) => dropped_count += 1,
            Err(mpsc::error::TrySendError::Closed(_)) => return,
        }
        tokio::select! {
            biased;
            () = stop.cancelled() => break,
            () = samples.closed() => return,
            _ = ticks.tick() => {}
        }
    }
    let last = sources.read(started, &mut teller).await;
    if samples.send_timeout(last, PERIOD).await.is_err() {
        dropped_count += 1;
    }
    if dropped_count > 0 {
        teller.tell(Notice::new(
            "resources",
            format!("{dropped_count} samples were dropped because nobody took them in time"),
            "give Aforo a core of its own",
        ));
    }
}

/// The first whole second of the run that is still to come.
fn next_whole_second(started: Instant, now: Instant) -> Instant {
    match now.checked_duration_since(started) {
        Some(elapsed) => started + Duration::from_secs(elapsed.as_secs() + 1),
        None => {
            let whole_seconds_left = (started - now).as_secs();
            started - Duration::from_secs(whole_seconds_left)
        }
    }
}

/// Seconds from the start of the run, negative before it.
fn seconds_since(started: Instant, at: Instant) -> f64 {
    match at.checked_duration_since(started) {
        Some(elapsed) => elapsed.as_secs_f64(),
        None => -(started - at).as_secs_f64(),
    }
}

/// Hands notices on, equal ones once.
struct Teller {
    notices: mpsc::Sender<Notice>,
    told: HashSet<Notice>,
}

impl Teller {
    fn tell(&mut self, notice: Notice) {
        // A watch may run for days, and a server can fail in more ways than anyone wants to read.
        if self.told.len() >= QUEUED_NOTICES || !self.told.insert(notice.clone()) {
            return;
        }
        tracing::debug!(%notice, "observation is not complete");
        // Full is impossible: no more are told than the queue holds. Closed means that nobody cares.
        self.notices.try_send(notice).ok();
    }
}

struct ProcessReading {
    read_at: Instant,
    samples: Vec<ProcessSample>,
    generator: Option<GeneratorSample>,
    notices: Vec<Notice>,
}

/// Everything that is read.
struct Sources {
    processes: Option<Reader<ProcessReading>>,
    host: Option<Reader<Option<HostSample>>>,
    postgres: Option<Link<Postgres>>,
    redis: Option<Link<Redis>>,
    remote: Option<Scrapers>,
}

impl Sources {
    fn new(watched: &Watched, teller: &mut Teller) -> Self {
        let (forest, missing) = Forest::new(SystemSource::new(), &watched.processes);
        for (role, pid) in missing {
            teller.tell(Notice::new(
                format!("{} process", role.as_str()),
                format!("there is no process {pid}, or it cannot be seen from here"),
                "check the pid, and that Aforo runs on the same machine and in the same container",
            ));
        }
        let processes = Reader::start("aforo-processes", move || read_processes(forest));
        let host = Reader::start("aforo-host", || {
            let mut host = Host::new();
            move || host.as_mut().and_then(Host::read)
        });
        Self {
            processes: or_tell(processes.map_err(|error| no_thread("processes", &error)), teller),
            host: or_tell(host.map_err(|error| no_thread("host", &error)), teller),
            postgres: watched
                .postgres_url
                .as_deref()
                .and_then(|url| or_tell(Postgres::new(url).map(Link::new), teller)),
            redis: watched
                .redis_url
                .as_deref()
                .and_then(|url| or_tell(Redis::new(url).map(Link::new), teller)),
            remote: or_tell(Scrapers::new(&watched.metrics_urls), teller),
        }
    }

    async fn read(&mut self, started: Instant, teller: &mut Teller) -> ResourceSample {
        let asked_at = time::Instant::now();
        let deadline = asked_at + LONGEST_READING;
        let (processes, host, postgres, redis, remote) = tokio::join!(
            read_thread(self.processes.as_ref(), deadline),
            read_thread(self.host.as_ref(), deadline),
            read_server(self.postgres.as_mut(), deadline),
            read_server(self.redis.as_mut(), deadline),
            read_remote(self.remote.as_mut(), deadline),
        );
        let processes = processes.unwrap_or_else(|| ProcessReading {
            read_at: asked_at.into_std(),
            samples: Vec::new(),
            generator: None,
            notices: Vec::new(),
        });
        let servers = [postgres.notice, redis.notice].into_iter().flatten();
        for notice in processes.notices.into_iter().chain(servers).chain(remote.notices) {
            teller.tell(notice);
        }
        ResourceSample {
            at_s: seconds_since(started, processes.read_at),
            processes: processes.samples,
            generator: processes.generator,
            host: host.flatten(),
            remote: remote.reading,
            postgres: postgres.reading,
            redis: redis.reading,
        }
    }
}

fn or_tell<T>(made: Result<T, Notice>, teller: &mut Teller) -> Option<T> {
    made.map_err(|notice| teller.tell(notice)).ok()
}

fn no_thread(source: &str, error: &std::io::Error) -> Notice {
    Notice::new(
        source,
        format!("no thread could be started to read it: {error}"),
        "raise the limit on threads",
    )
}

fn read_processes(mut forest: Forest<SystemSource>) -> impl FnMut() -> ProcessReading {
    let mut own_threads = OwnThreads::default();
    let mut details = Details::new();
    move || {
        let read_at = Instant::now();
        let mut samples = forest.read(read_at);
        details.read(&forest, &mut samples);
        let notices = samples.iter().filter_map(hidden_figures).collect();
        ProcessReading { read_at, samples, generator: own_threads.read(read_at), notices }
    }
}

/// What the system keeps from us of another user's processes. `/proc/PID/io` takes the right to trace the
/// process (proc(5)).
fn hidden_figures(sample: &ProcessSample) -> Option<Notice> {
    let is_hidden = cfg!(target_os = "linux") && sample.disk_written_bytes.is_none();
    is_hidden.then(|| {
        Notice::new(
            format!("{} process", sample.role.as_str()),
            "the system does not show its disk traffic to this user",
            "run Aforo as the same user, or as root",
        )
    })
}

async fn read_thread<R: Send + 'static>(reader: Option<&Reader<R>>, deadline: time::Instant) -> Option<R> {
    reader?.read(deadline).await
}

async fn read_server<S: Server>(link: Option<&mut Link<S>>, deadline: time::Instant) -> Answer<S::Reading> {
    match link {
        Some(link) => link.read(deadline).await,
        None => Answer::nothing(),
    }
}

async fn read_remote(scrapers: Option<&mut Scrapers>, deadline: time::Instant) -> Scraped {
    match scrapers {
        Some(scrapers) => scrapers.read(deadline).await,
        None => Scraped::default(),
    }
}

#[cfg(test)]
mod tests;
