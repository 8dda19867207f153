//! How exactly an open workload keeps its schedule on this machine.
//!
//!     pacing serve                        a small server; prints its URL and serves until it is ended
//!     pacing <rate/s> <duration> <URL>    asks for that rate, and prints what became of the starts
//!
//! Pin the two to different cores, as in `taskset -c 0 pacing serve`, and build both with `--release`.
#![expect(clippy::print_stdout, reason = "an example prints what it measured")]
#![expect(clippy::unwrap_used, reason = "an example may end where something is not as it should be")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use aforo_model::TimeHistogram;
use aforo_scenarios::{HttpTarget, load_scenario, start};
use nix::sys::resource::{UsageWho, getrusage};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

const MAX_USERS: u32 = 2_000;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["serve"] => serve().await,
        [rate, duration, url] => measure(rate, duration, url).await,
        _ => println!("pacing serve | pacing <rate/s> <duration> <URL>"),
    }
}

async fn serve() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("http://{}", listener.local_addr().unwrap());
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        tokio::spawn(answer(stream));
    }
}

async fn answer(mut stream: TcpStream) {
    stream.set_nodelay(true).unwrap();
    let mut request = [0; 4096];
    // A request without a body comes in one piece over loopback.
    while stream.read(&mut request).await.is_ok_and(|length| length > 0) {
        if stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.is_err() {
            return;
        }
    }
}

async fn measure(rate: &str, duration: &str, url: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pacing.toml");
    let text = format!(
        "description = \"pacing\"\n[load]\nmodel = \"open\"\nrate = \"{rate}\"\nmax_users = {MAX_USERS}\n\
         duration = \"{duration}\"\n[[journey]]\nname = \"j\"\n[[journey.step]]\nname = \"s\"\npath = \"/\"\n"
    );
    std::fs::write(&path, text).unwrap();
    let scenario = load_scenario(path.to_str().unwrap(), None).unwrap();
    let target = HttpTarget { base_url: url.parse().unwrap() };
    let pauses = Pauses::watch();
    let mut load = start(&scenario, &target, CancellationToken::new()).unwrap();
    let (mut delay, mut response, mut dropped, mut errors) =
        (TimeHistogram::new(), TimeHistogram::new(), 0, 0);
    while let Some(second) = load.seconds.recv().await {
        delay.merge(&second.start_delay);
        dropped += second.dropped_starts;
        for step in second.steps.values() {
            response.merge(&step.response_time);
            errors += step.error_count();
        }
    }
    let end = load.join().await.unwrap();
    let within = delay.counts().count_between(0, 1_000) as f64 / delay.count() as f64;
    println!(
        "started {}, dropped {dropped}, errors {errors}, {} users in {:.2} s",
        delay.count(),
        end.users_started,
        end.load_s
    );
    println!("within 1 ms of the intended start: {:.3} %", 100.0 * within);
    println!("{}", pauses.end(end.load_s));
    println!("start delay, µs: {}", quantiles(&delay));
    println!("response time, µs: {}", quantiles(&response));
    let usage = getrusage(UsageWho::RUSAGE_SELF).unwrap();
    let cpu_s = |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    let cpu_s = cpu_s(usage.user_time()) + cpu_s(usage.system_time());
    println!(
        "CPU: {:.1} s per million requests, {:.0} % of a core",
        cpu_s * 1e6 / delay.count() as f64,
        100.0 * cpu_s / end.elapsed_s
    );
}

/// What the machine itself takes: how late a thread is that does nothing but nap, on the same core.
struct Pauses {
    ending: Arc<AtomicBool>,
    napping: JoinHandle<(Duration, Duration)>,
}

impl Pauses {
    fn watch() -> Self {
        const NAP: Duration = Duration::from_millis(1);
        let ending = Arc::new(AtomicBool::new(false));
        let is_ending = Arc::clone(&ending);
        let napping = std::thread::spawn(move || {
            let (mut lost, mut longest) = (Duration::ZERO, Duration::ZERO);
            while !is_ending.load(Ordering::Relaxed) {
                let begin = Instant::now();
                std::thread::sleep(NAP);
                let late = begin.elapsed().saturating_sub(NAP);
                if late > NAP {
                    lost += late;
                    longest = longest.max(late);
                }
            }
            (lost, longest)
        });
        Self { ending, napping }
    }

    fn end(self, elapsed_s: f64) -> String {
        self.ending.store(true, Ordering::Relaxed);
        let (lost, longest) = self.napping.join().unwrap();
        format!(
            "a thread that only naps was late by more than 1 ms for {:.3} % of the time, {:.1} ms at the most",
            100.0 * lost.as_secs_f64() / elapsed_s,
            longest.as_secs_f64() * 1e3
        )
    }
}

fn quantiles(times: &TimeHistogram) -> String {
    [0.5, 0.9, 0.99, 0.999, 1.0]
        .map(|quantile| format!("p{} {}", 100.0 * quantile, times.quantile_us(quantile).unwrap_or(0)))
        .join(", ")
}
