//! Shows how exact the recorder is: plays scenarios against a server whose times are known, and compares.
//!
//! The server runs on a thread and a runtime of its own. It notes how long each answer took, from the moment it
//! had read the request until it had written the answer, by its own clock: that is the truth. Aforo sees the same
//! requests from outside, through the public API. The quantiles of both are printed; a difference of more than
//! 1 % is a failure.
//!
//! Beside Aforo, and just as hard, a bare socket asks the same server and takes the time of its own requests. What
//! the bare socket is off by is what this machine adds on the way, whoever measures.
//!
//! Run it with a release build on a machine with free cores: `make accuracy`.

#![expect(clippy::print_stdout, reason = "a table is what it is for")]

use std::error::Error;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aforo_model::{StepSecond, TimeHistogram, format_duration};
use aforo_scenarios::{HttpTarget, load_scenario, start};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

/// The largest difference that is let pass, of the truth.
const TOLERANCE: f64 = 0.01;
/// What is compared.
const QUANTILES: [(&str, f64); 3] = [("P50", 0.5), ("P95", 0.95), ("P99", 0.99)];
/// Fewer requests would say little about a P99.
const MIN_REQUESTS: usize = 2_000;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    println!(
        "{:<34} {:>8}  {:>3} {:>9} {:>9} {:>9} {:>12}",
        "server", "requests", "", "truth", "recorded", "off by", "bare socket"
    );
    // Users start evenly over one answer's time, so that they do not all ask at once.
    let fixed = Load { users: 8, users_per_s: 150, duration_s: 14 };
    let is_fixed_met = runtime.block_on(compare("fixed 50 ms", &[Duration::from_millis(50)], fixed))?;
    let tailed = Load { users: 16, users_per_s: 150, duration_s: 13 };
    let name = "lognormal, median 80 ms, sigma 0.5";
    let is_lognormal_met = runtime.block_on(compare(name, &lognormal(0.08, 0.5), tailed))?;
    if is_fixed_met && is_lognormal_met {
        println!("Every quantile is within {} % of the truth.", TOLERANCE * 100.0);
        return Ok(ExitCode::SUCCESS);
    }
    println!(
        "Not every quantile is within {} % of the truth. Where the bare socket is off as well, it is the machine: \
         run this again when nothing else uses its cores.",
        TOLERANCE * 100.0
    );
    Ok(ExitCode::FAILURE)
}

/// How much is asked, by Aforo and by the bare socket alike.
#[derive(Debug, Clone, Copy)]
struct Load {
    users: u32,
    users_per_s: u32,
    duration_s: u32,
}

/// Times of a server with a tail, the same ones each time.
fn lognormal(median_s: f64, sigma: f64) -> Vec<Duration> {
    let mut rng = StdRng::seed_from_u64(20_261_120);
    let mut normal = || {
        // Box–Muller.
        let (uniform, angle): (f64, f64) = (1.0 - rng.random::<f64>(), rng.random());
        (-2.0 * uniform.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
    };
    (0..10_000).map(|_| Duration::from_secs_f64(median_s * (sigma * normal()).exp())).collect()
}

/// Plays a scenario with this load against a server that waits so long for its answers; whether all is right.
async fn compare(name: &str, waits: &[Duration], load: Load) -> Result<bool, Box<dyn Error>> {
    let server = Server::start(waits)?;
    let address = server.address;
    let bare = std::thread::spawn(move || bare_socket(address, load));
    let recorded = record(address, load).await?;
    let bare = bare.join().map_err(|_| "the bare socket's thread panicked")??;
    let (truth_us, bare_truth_us) = (server.asked.sorted_times_us(), server.asked_barely.sorted_times_us());
    let requests = truth_us.len();
    if recorded.count() != requests as u64 {
        println!("{name}: {requests} requests were answered and {} recorded", recorded.count());
        return Ok(false);
    }
    if requests < MIN_REQUESTS {
        println!("{name}: {requests} requests were answered, too few for a P99; the machine stood still");
        return Ok(false);
    }
    let mut is_met = true;
    for (row, (label, quantile)) in QUANTILES.into_iter().enumerate() {
        let (truth_us, recorded_us, off_by) = off_by(&truth_us, &recorded, quantile)?;
        let (_, _, bare_off_by) = self::off_by(&bare_truth_us, &bare, quantile)?;
        is_met &= off_by.abs() <= TOLERANCE;
        let (name, requests) = if row == 0 { (name, requests.to_string()) } else { ("", String::new()) };
        println!(
            "{name:<34} {requests:>8}  {label:>3} {:>9} {:>9} {:>+8.2}% {:>+11.2}%",
            format_duration(truth_us),
            format_duration(recorded_us),
            off_by * 100.0,
            bare_off_by * 100.0
        );
    }
    Ok(is_met)
}

/// A quantile of the truth, of what was seen, and by how much of the truth they differ.
fn off_by(
    sorted_truth_us: &[u64],
    seen: &TimeHistogram,
    quantile: f64,
) -> Result<(f64, f64, f64), &'static str> {
    let rank = (quantile * sorted_truth_us.len() as f64).ceil() as usize;
    let truth_us =
        *rank.checked_sub(1).and_then(|rank| sorted_truth_us.get(rank)).ok_or("nobody asked")? as f64;
    let seen_us = seen.quantile_us(quantile).ok_or("nothing was recorded")? as f64;
    Ok((truth_us, seen_us, seen_us / truth_us - 1.0))
}

/// What Aforo records of a scenario of one step with this load.
async fn record(address: SocketAddr, load: Load) -> Result<TimeHistogram, Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("accuracy.toml");
    let Load { users, users_per_s, duration_s } = load;
    let text = format!(
        "description = \"Known times.\"\n\
         [load]\nusers = {users}\nrate = {users_per_s}\nduration = \"{duration_s}s\"\n\
         [[journey]]\nname = \"asks\"\n[[journey.step]]\nname = \"ask\"\npath = \"/\"\n"
    );
    std::fs::write(&path, text)?;
    let scenario = load_scenario(&path.to_string_lossy(), None)?;
    let target = HttpTarget { base_url: format!("http://{address}").parse()? };
    let mut running = start(&scenario, &target, CancellationToken::new())?;
    let mut total = StepSecond::default();
    while let Some(second) = running.seconds.recv().await {
        second.steps.get("ask").into_iter().for_each(|step| total.merge(step));
    }
    running.join().await?;
    Ok(total.response_time)
}

/// What a client sees that does nothing but write, read and look at the clock.
fn bare_socket(address: SocketAddr, load: Load) -> std::io::Result<TimeHistogram> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let end = Instant::now() + Duration::from_secs(u64::from(load.duration_s));
    runtime.block_on(async {
        let mut users = tokio::task::JoinSet::new();
        for user in 0..load.users {
            let delay = Duration::from_secs(1) * user / load.users_per_s;
            users.spawn(async move {
                tokio::time::sleep(delay).await;
                ask_until(end, address).await
            });
        }
        let mut seen = TimeHistogram::new();
        while let Some(user) = users.join_next().await {
            seen.merge(&user.map_err(std::io::Error::other)??);
        }
        Ok(seen)
    })
}

async fn ask_until(end: Instant, address: SocketAddr) -> std::io::Result<TimeHistogram> {
    let mut seen = TimeHistogram::new();
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let mut answer = [0; ANSWER.len()];
    while Instant::now() < end {
        let begin = Instant::now();
        stream.write_all(BARE_REQUEST).await?;
        stream.read_exact(&mut answer).await?;
        seen.record_us(begin.elapsed().as_micros() as u64);
    }
    Ok(seen)
}

const BARE_REQUEST: &[u8] = b"GET /bare HTTP/1.1\r\nhost: localhost\r\n\r\n";
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// A server whose times are known.
struct Server {
    address: SocketAddr,
    asked: Arc<Times>,
    asked_barely: Arc<Times>,
}

/// The times of the answers to one asker.
struct Times {
    /// How long each answer takes, in the order of the requests; from the start again at the end.
    waits: Vec<Duration>,
    next: AtomicUsize,
    taken_us: Mutex<Vec<u64>>,
}

impl Times {
    fn new(waits: &[Duration]) -> Arc<Self> {
        Arc::new(Self { waits: waits.to_vec(), next: AtomicUsize::new(0), taken_us: Mutex::default() })
    }

    async fn wait(&self) {
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(self.waits[turn % self.waits.len()]).await;
    }

    fn took(&self, time: Duration) {
        self.taken_us.lock().unwrap_or_else(PoisonError::into_inner).push(time.as_micros() as u64);
    }

    fn sorted_times_us(&self) -> Vec<u64> {
        let mut times_us = self.taken_us.lock().unwrap_or_else(PoisonError::into_inner).clone();
        times_us.sort_unstable();
        times_us
    }
}

impl Server {
    /// Starts it on a thread that lasts as long as the program.
    fn start(waits: &[Duration]) -> Result<Self, Box<dyn Error>> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let (asked, asked_barely) = (Times::new(waits), Times::new(waits));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let serving = serve(listener, Arc::clone(&asked), Arc::clone(&asked_barely));
        std::thread::spawn(move || runtime.block_on(serving));
        Ok(Self { address, asked, asked_barely })
    }
}

async fn serve(
    listener: std::net::TcpListener,
    asked: Arc<Times>,
    asked_barely: Arc<Times>,
) -> std::io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    loop {
        let (stream, _) = listener.accept().await?;
        // A connection that breaks shows as a request that is missing.
        tokio::spawn(answer(stream, Arc::clone(&asked), Arc::clone(&asked_barely)));
    }
}

/// Answers the requests of one connection. They have no body.
async fn answer(mut stream: TcpStream, asked: Arc<Times>, asked_barely: Arc<Times>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut received = Vec::new();
    loop {
        while !received.ends_with(b"\r\n\r\n") {
            if stream.read_buf(&mut received).await? == 0 {
                return Ok(());
            }
        }
        let begin = Instant::now();
        let times = if received == BARE_REQUEST { &asked_barely } else { &asked };
        received.clear();
        times.wait().await;
        stream.write_all(ANSWER).await?;
        times.took(begin.elapsed());
    }
}
