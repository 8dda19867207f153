//! Open workloads: what starts when, what it costs those who come during a stall, and what is dropped.

use std::sync::atomic::AtomicBool;
use std::thread::JoinHandle;

use aforo_model::RateStage;
use tokio::net::TcpSocket;

use super::*;

/// One journey of one step, at a rate.
fn open_step(load: &str, step: &str) -> Scenario {
    one_step(&format!("model = \"open\"\n{load}"), step)
}

/// All of a run's start delays and the starts that were dropped.
fn starts(seconds: &[LoadSecond]) -> (TimeHistogram, u64, u64) {
    let (mut delay, mut started, mut dropped) = (TimeHistogram::new(), 0, 0);
    for second in seconds {
        delay.merge(&second.start_delay);
        started += second.starts;
        dropped += second.dropped_starts;
    }
    (delay, started, dropped)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_start_of_the_schedule_is_made_and_timed_from_when_it_was_due() {
    let target = serve(Router::new().route("/", get(|| async { "x" }))).await;
    let load = "max_users = 250\n[[load.stage]]\nto = \"100/s\"\nduration = \"1s\"\n\
                [[load.stage]]\nrate = \"100/s\"\nduration = \"2s\"";
    let (seconds, end) = play(&open_step(load, "path = \"/\""), &target).await;
    let (delay, started, dropped) = starts(&seconds);
    // The area under a ramp from 0 to 100 in a second is 50.
    assert_eq!((started, dropped), (250, 0));
    assert_eq!(delay.count(), 250);
    let step = total(&seconds, "s");
    assert_eq!((step.requests, step.error_count()), (250, 0));
    let service_time = step.service_time.as_ref().unwrap();
    assert_eq!(service_time.count(), 250);
    let (service_us, response_us) = (service_time.mean_us().unwrap(), step.response_time.mean_us().unwrap());
    let waited_us = response_us - service_us;
    // Both means, and that of the delays, are known to a thousandth.
    let tolerance_us = 100.0 + 0.003 * response_us;
    assert!(waited_us >= delay.mean_us().unwrap() - tolerance_us, "{waited_us} µs waited, delays {delay:?}");
    assert_eq!(end.cause, StopCause::DurationPassed);
    assert!(end.load_s >= 3.0 && (1..=250).contains(&end.users_started), "{end:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn journeys_take_turns_by_weight_even_if_users_are_few() {
    let target = serve(Router::new().fallback(any(|| async { "x" }))).await;
    let journey = |name: &str, weight: u32| {
        format!(
            "[[journey]]\nname = \"{name}\"\nweight = {weight}\n[[journey.step]]\nname = \"{name}\"\npath = \"/{name}\"\n"
        )
    };
    let journeys = journey("most", 6) + &journey("some", 3) + &journey("rare", 1) + &journey("never", 0);
    let load = "model = \"open\"\nrate = 100\nmax_users = 2\nduration = \"2s\"";
    let (seconds, end) = play(&scenario(load, &journeys), &target).await;
    let (_, started, dropped) = starts(&seconds);
    assert_eq!(started + dropped, 200);
    // A start that is dropped takes its turn with it.
    let counts = ["most", "some", "rare", "never"].map(|step| total(&seconds, step).requests);
    assert_eq!(counts.iter().sum::<u64>(), started);
    for (count, share) in counts.iter().zip([120, 60, 20, 0]) {
        assert!((share - dropped.min(share)..=share).contains(count), "{counts:?}, {dropped} dropped");
    }
    assert!(end.users_started >= 2, "{end:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn later_steps_count_from_the_end_of_the_thinking_before_them() {
    let slow = || async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        "x"
    };
    let target = serve(Router::new().route("/a", get(slow)).route("/b", get(|| async { "x" }))).await;
    let journeys = "[[journey]]\nname = \"j\"\n[[journey.step]]\nname = \"a\"\npath = \"/a\"\nthink = \"150ms\"\n\
                    [[journey.step]]\nname = \"b\"\npath = \"/b\"\n";
    let load = "model = \"open\"\nrate = 20\nmax_users = 100\nduration = \"2s\"";
    let (seconds, _) = play(&scenario(load, journeys), &target).await;
    let (a, b) = (total(&seconds, "a"), total(&seconds, "b"));
    assert_eq!(a.requests, 40);
    assert!(a.response_time.quantile_us(0.5).unwrap() >= 99_000);
    assert!(b.requests >= 20, "the last rounds are told to stop: {}", b.requests);
    // Without that, the answer before and the thinking would be in it.
    assert!(b.response_time.quantile_us(0.5).unwrap() < 100_000, "{:?}", b.response_time.summary());
    // A user is either waiting for an answer, or thinking, or not in a round.
    let sum = |of: fn(&LoadSecond) -> u64| seconds.iter().map(of).sum::<u64>() as f64;
    let (user_us, think_us) = (sum(|second| second.user_time_us), sum(|second| second.think_time_us));
    let busy_us = (a.busy_time_us + b.busy_time_us) as f64;
    assert!(user_us >= think_us + busy_us - 1_000.0, "{user_us} {think_us} {busy_us}");
    assert!(user_us <= 1.5 * (think_us + busy_us), "{user_us} {think_us} {busy_us}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_that_finds_nobody_free_is_dropped_and_counted() {
    let target = serve_raw(|stream| async move {
        tokio::time::sleep(Duration::from_secs(60)).await;
        drop(stream);
    })
    .await;
    let load = "rate = 100\nmax_users = 5\nduration = \"2s\"\ntimeout = \"30s\"";
    let stop = CancellationToken::new();
    let mut load = start(&open_step(load, "path = \"/\""), &target, stop.clone()).unwrap();
    let mut seconds = Vec::new();
    while seconds.len() < 2 {
        seconds.push(load.seconds.recv().await.unwrap());
    }
    let (_, started, dropped) = starts(&seconds);
    assert_eq!(started, 5, "one for each user");
    assert!((190..=195).contains(&dropped), "{dropped}");
    assert_eq!(seconds[1].users, 5);
    stop.cancel();
    drop(load);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn users_keep_their_cookies_from_round_to_round() {
    let next = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&next);
    let target = serve(Router::new().fallback(any(move |headers: HeaderMap| async move {
        if headers.contains_key("cookie") {
            return StatusCode::OK.into_response();
        }
        let id = counter.fetch_add(1, Ordering::Relaxed);
        [("set-cookie", format!("id={id}; Path=/"))].into_response()
    })))
    .await;
    let load = "rate = 50\nmax_users = 100\nduration = \"2s\"";
    let (seconds, end) = play(&open_step(load, "path = \"/\""), &target).await;
    assert_eq!(total(&seconds, "s").requests, 100);
    assert_eq!(next.load(Ordering::Relaxed), end.users_started as usize);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_to_stop_lets_rounds_in_flight_finish_their_request() {
    let served = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&served);
    let handler = move || async move {
        counter.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(500)).await;
        "x"
    };
    let target = serve(Router::new().route("/", get(handler))).await;
    let stop = CancellationToken::new();
    let load = "rate = 20\nmax_users = 50\nduration = \"60s\"";
    let load = start(&open_step(load, "path = \"/\"\nthink = \"1h\""), &target, stop.clone()).unwrap();
    while served.load(Ordering::SeqCst) < 5 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    stop.cancel();
    let (seconds, end) = finish(load).await;
    let end = end.unwrap();
    assert_eq!((end.cause, end.aborted_requests), (StopCause::Ordered, 0));
    let step = total(&seconds, "s");
    assert_eq!(step.requests as usize, served.load(Ordering::SeqCst));
    assert_eq!(step.response_time.count(), step.requests);
    assert_eq!(seconds.last().unwrap().users, 0);
    assert!(end.elapsed_s - end.load_s < 10.0, "{end:?}");
}

#[tokio::test]
async fn a_step_of_an_open_workload_that_panics_ends_the_run_and_is_named() {
    let target = serve(Router::new().route("/", get(|| async { "x" }))).await;
    let mut scenario = open_step("rate = 10\nmax_users = 5\nduration = \"1h\"", "path = \"/\"");
    // No file can say this: a negative time is refused when it is read.
    scenario.journeys[0].steps[0].think_time = ThinkTime { min_s: -1.0, max_s: -1.0 };
    let (_, end) = finish(start(&scenario, &target, CancellationToken::new()).unwrap()).await;
    let error = end.unwrap_err();
    assert!(matches!(&error, EngineError::StepPanicked { step, .. } if step == "s"), "{error}");
}

/// A server on a thread of its own that takes 2 ms for an answer, and at times stops dead, as a long collection
/// of garbage or a full disk makes it. It notes when.
struct StallingServer {
    target: HttpTarget,
    log: Arc<Mutex<StallLog>>,
    ending: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct StallLog {
    /// From when to when it stood still.
    stalls: Vec<(Instant, Instant)>,
    /// When it read each request.
    seen: Vec<Instant>,
    /// The most an answer came later than it could have, given the stalls and when its request was read.
    worst_delay: Duration,
}

const SERVICE: Duration = Duration::from_millis(2);

impl StallLog {
    /// When an answer to what came at `arrival` can be ready at best.
    fn ready(&self, arrival: Instant) -> Instant {
        let ready = arrival + SERVICE;
        let stall = self.stalls.iter().find(|(begin, end)| *begin <= ready && arrival < *end);
        // What was not done before the stall is done after it.
        stall.map_or(ready, |(begin, end)| *end + ready.duration_since(arrival.max(*begin)).min(SERVICE))
    }

    /// How much later than that an answer was, stalls apart: the timer may ring at the edge of one.
    fn delay(&self, arrival: Instant, answered: Instant) -> Duration {
        let ready = self.ready(arrival);
        let stall = self.stalls.iter().find(|(begin, end)| *begin <= answered && ready < *end);
        answered.saturating_duration_since(stall.map_or(ready, |(_, end)| ready.max(*end)))
    }

    /// How long it took after a stall, at the most, to read what had come meanwhile.
    fn worst_catching_up(&self, arrivals: &[Instant]) -> Duration {
        let catching_up = |(begin, end): &(Instant, Instant)| {
            let waiting = arrivals.iter().filter(|arrival| (begin..end).contains(arrival)).count();
            let read = self.seen.iter().filter(|seen| *seen >= end).nth(waiting)?;
            Some(read.duration_since(*end))
        };
        self.stalls.iter().filter_map(catching_up).max().unwrap_or_default()
    }
}

impl StallingServer {
    /// Stalls for `stall` once in `every`, first in the middle of it, until it is dropped.
    fn start(every: Duration, stall: Duration) -> Self {
        let (target_sender, target) = std::sync::mpsc::channel();
        let (log, ending) = (Arc::<Mutex<StallLog>>::default(), Arc::<AtomicBool>::default());
        let (noted, end) = (Arc::clone(&log), Arc::clone(&ending));
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let socket = TcpSocket::new_v4().unwrap();
                socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
                // By default 128 connections may wait, and during a stall there come more; the kernel would
                // let the others try again a second later.
                let listener = socket.listen(1024).unwrap();
                target_sender.send(target_of(&listener)).unwrap();
                tokio::spawn(accept(listener, Arc::clone(&noted)));
                let mut next = Instant::now() + every / 2;
                while !end.load(Ordering::Relaxed) {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    if Instant::now() >= next {
                        next += every;
                        let begin = Instant::now();
                        // On purpose not the runtime's: nothing at all shall happen meanwhile.
                        std::thread::sleep(stall);
                        noted.lock().unwrap().stalls.push((begin, Instant::now()));
                    }
                }
            });
        });
        Self { target: target.recv().unwrap(), log, ending, thread: Some(thread) }
    }
}

impl Drop for StallingServer {
    fn drop(&mut self) {
        self.ending.store(true, Ordering::Relaxed);
        self.thread.take().unwrap().join().unwrap();
    }
}

async fn accept(listener: TcpListener, log: Arc<Mutex<StallLog>>) {
    while let Ok((mut stream, _)) = listener.accept().await {
        stream.set_nodelay(true).unwrap();
        let log = Arc::clone(&log);
        tokio::spawn(async move {
            let mut request = [0; 4096];
            // A request without a body comes in one piece over loopback.
            while stream.read(&mut request).await.is_ok_and(|length| length > 0) {
                let seen = Instant::now();
                tokio::time::sleep(SERVICE).await;
                if stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.is_err() {
                    return;
                }
                let mut log = log.lock().unwrap();
                log.seen.push(seen);
                log.worst_delay = log.worst_delay.max(log.delay(seen, Instant::now()));
            }
        });
    }
}

/// The worst that a thread of this machine was late while it was asked.
fn watch_lateness(ending: Arc<AtomicBool>) -> JoinHandle<Duration> {
    const NAP: Duration = Duration::from_millis(1);
    std::thread::spawn(move || {
        let mut worst = Duration::ZERO;
        while !ending.load(Ordering::Relaxed) {
            let begin = Instant::now();
            std::thread::sleep(NAP);
            worst = worst.max(begin.elapsed().saturating_sub(NAP));
        }
        worst
    })
}

/// An ideal client would see what the stalls of the server add to each arrival, and arithmetic tells how much
/// that is. What is measured can never be less. It may be more by 2 %, and by what this machine's threads were
/// late in the meantime, which is measured too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stall_is_seen_in_full_by_an_open_workload_and_not_by_a_closed_one() {
    const RATE_PER_S: f64 = 200.0;
    const DURATION_S: f64 = 10.0;
    let ending = Arc::<AtomicBool>::default();
    let lateness = watch_lateness(Arc::clone(&ending));
    let server = StallingServer::start(Duration::from_secs(5), Duration::from_secs(1));
    let load = format!("rate = \"{RATE_PER_S}/s\"\nmax_users = 400\nduration = \"{DURATION_S}s\"");
    let closed = one_step("users = 4\nrate = 100\nduration = \"10s\"", "path = \"/\"\nthink = \"10ms\"");
    let mut open =
        start(&open_step(&load, "path = \"/\""), &server.target, CancellationToken::new()).unwrap();
    let closed = start(&closed, &server.target, CancellationToken::new()).unwrap();
    let beginning = open.started().await.unwrap();
    let ((open_seconds, open_end), (closed_seconds, closed_end)) = tokio::join!(finish(open), finish(closed));
    assert!([open_end, closed_end].into_iter().all(|end| end.unwrap().cause == StopCause::DurationPassed));
    ending.store(true, Ordering::Relaxed);
    let late = lateness.join().unwrap();

    let log = server.log.lock().unwrap();
    let count = (RATE_PER_S * DURATION_S) as u64;
    let due = |index: u64| beginning + Duration::from_secs_f64(index as f64 / RATE_PER_S);
    let dues: Vec<Instant> = (0..count).map(due).collect();
    let mut truth_us: Vec<f64> =
        dues.iter().map(|due| log.ready(*due).duration_since(*due).as_secs_f64() * 1e6).collect();
    truth_us.sort_unstable_by(f64::total_cmp);
    let (delay, started, dropped) = starts(&open_seconds);
    assert_eq!((started, dropped), (count, 0));
    let measured = total(&open_seconds, "s").response_time;
    assert_eq!(measured.count(), count);
    let slack = late + log.worst_delay + log.worst_catching_up(&dues);
    let slack_us = slack.as_secs_f64() * 1e6 + delay.max_us().unwrap() as f64;
    for quantile in [0.95, 0.99, 1.0] {
        let truth_us = truth_us[(quantile * count as f64).ceil() as usize - 1];
        let measured_us = measured.quantile_us(quantile).unwrap() as f64;
        println!(
            "{quantile}: {measured_us} µs, {:+.2} % of the truth",
            (measured_us / truth_us - 1.0) * 100.0
        );
        assert!(truth_us > 500_000.0, "{quantile}: the stalls were not met, {:?}", log.stalls);
        assert!(measured_us >= 0.998 * truth_us, "{quantile}: {measured_us} for {truth_us}");
        assert!(
            measured_us <= 1.02 * truth_us + slack_us,
            "{quantile}: {measured_us} for {truth_us}, and the machine was late by {slack_us}"
        );
    }
    let closed = total(&closed_seconds, "s");
    assert_eq!(closed.service_time, None, "in a closed workload both times are the same");
    assert!(closed.response_time.max_us().unwrap() > 500_000, "it has met the stalls");
    let closed_p95_us = closed.response_time.quantile_us(0.95).unwrap();
    assert!(closed_p95_us < 100_000, "{closed_p95_us}: a closed workload is blind to stalls");
}

/// No threshold on speed, only that nothing is lost when the generator is asked for more than it can do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_high_a_rate_loses_no_start_from_the_books() {
    let target = serve(Router::new().route("/", get(|| async { "x" }))).await;
    let mut scenario = open_step("rate = 1\nmax_users = 20\nduration = \"1s\"", "path = \"/\"");
    let stages = vec![RateStage { duration_s: 1.0, from_per_s: 50_000.0, to_per_s: 50_000.0 }];
    scenario.load.workload = aforo_model::Workload::Open { stages, max_users: 20 };
    let (seconds, end) = play(&scenario, &target).await;
    let (delay, started, dropped) = starts(&seconds);
    assert_eq!(delay.count(), started);
    assert_eq!(started + dropped, 50_000, "{end:?}");
    assert_eq!(total(&seconds, "s").requests, started);
}
