//! What is measured, held against what a server knows of its times.

use super::*;

/// A server that waits as long as it was told for each request, and notes how long that really was.
async fn known_times(waits: Vec<Duration>) -> (HttpTarget, Arc<Mutex<Vec<u64>>>) {
    let truth = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&truth);
    let next = AtomicUsize::new(0);
    let shared = Arc::new((waits, next));
    let handler = move || {
        let (noted, shared) = (Arc::clone(&noted), Arc::clone(&shared));
        async move {
            let begin = Instant::now();
            let (waits, next) = &*shared;
            tokio::time::sleep(waits[next.fetch_add(1, Ordering::Relaxed) % waits.len()]).await;
            noted.lock().unwrap().push(u64::try_from(begin.elapsed().as_micros()).unwrap());
            "x"
        }
    };
    (serve(Router::new().route("/", get(handler))).await, truth)
}

/// Every answer takes the client at least as long as the server, so each quantile of what is measured must
/// be at least that of the truth. How much more it may be depends on how busy the machine is; the bound
/// catches a clock that counts the wrong thing, not a slow machine.
async fn assert_close_to_the_truth(waits: Vec<Duration>) {
    let (target, truth) = known_times(waits).await;
    let scenario = one_step("users = 8\nrate = 100\nduration = \"4s\"", "path = \"/\"");
    let (seconds, _) = play(&scenario, &target).await;
    let measured: TimeHistogram = total(&seconds, "s").response_time;
    let mut truth = truth.lock().unwrap().clone();
    truth.sort_unstable();
    assert_eq!(measured.count() as usize, truth.len(), "every request is recorded once");
    for quantile in [0.5, 0.95, 0.99] {
        let rank = (quantile * truth.len() as f64).ceil() as usize;
        let (truth_us, measured_us) =
            (truth[rank - 1] as f64, measured.quantile_us(quantile).unwrap() as f64);
        assert!(measured_us >= 0.999 * truth_us, "p{quantile}: {measured_us} for {truth_us}");
        assert!(measured_us <= 1.01 * truth_us + 100_000.0, "p{quantile}: {measured_us} for {truth_us}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_always_takes_20_ms_is_measured_so() {
    assert_close_to_the_truth(vec![Duration::from_millis(20)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_with_a_heavy_tail_is_measured_so() {
    let mut rng = StdRng::seed_from_u64(11);
    let mut normal = || {
        let (uniform, angle): (f64, f64) = (1.0 - rng.random::<f64>(), rng.random());
        (-2.0 * uniform.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
    };
    let waits = (0..2_000).map(|_| Duration::from_secs_f64(0.03 * (0.7 * normal()).exp())).collect();
    assert_close_to_the_truth(waits).await;
}
