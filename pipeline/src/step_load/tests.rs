use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use aforo_hotel::HotelConfig;
use aforo_scenarios::{alone, load_scenario};
use miette::Diagnostic as _;
use tempfile::TempDir;

use super::*;

/// Tells a copy of these tests that it shall be a hotel, and where to announce it.
const HOTEL: &str = "AFORO_TEST_HOTEL";

/// A hotel in a process of its own, gone with this value.
struct HotelProcess {
    child: Child,
    _folder: TempDir,
    target: Target,
}

impl HotelProcess {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let announcement = folder.path().join("hotel");
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "step_load::tests::a_hotel_for_the_other_tests", "--ignored"])
            .env(HOTEL, &announcement)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        while !announcement.exists() {
            assert_eq!(child.try_wait().unwrap(), None, "the hotel has ended");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let announced = fs::read_to_string(&announcement).unwrap();
        let [url, database_url, redis_url] = announced.lines().collect::<Vec<_>>().try_into().unwrap();
        let target = Target {
            database_url: Some(database_url.to_owned()),
            redis_url: Some(redis_url.to_owned()),
            pid: Some(child.id()),
            ..Target::parse(url).unwrap()
        };
        Self { child, _folder: folder, target }
    }

    fn stop(mut self) {
        // It ends with its standard input, and takes its servers along.
        drop(self.child.stdin.take());
        self.child.wait().unwrap();
    }
}

#[tokio::test]
#[ignore = "the hotel that other tests start in a process of its own"]
async fn a_hotel_for_the_other_tests() {
    let Some(path) = std::env::var_os(HOTEL).map(PathBuf::from) else { return };
    let config = HotelConfig {
        accommodations: 20,
        reservations: 2_000,
        flaws: "lock-contention".parse().unwrap(),
        ..HotelConfig::default()
    };
    let hotel = aforo_hotel::start(config).await.unwrap();
    let unfinished = path.with_extension("unfinished");
    let mut file = fs::File::create(&unfinished).unwrap();
    write!(file, "{}\n{}\n{}", hotel.url(), hotel.database_url(), hotel.redis_url()).unwrap();
    fs::rename(&unfinished, &path).unwrap();
    tokio::task::spawn_blocking(|| std::io::copy(&mut std::io::stdin(), &mut std::io::sink()))
        .await
        .unwrap()
        .unwrap();
    hotel.shutdown().await;
}

fn of_hotel(step: &str, longest_s: u64) -> AloneScenario {
    alone(&load_scenario("baseline", None).unwrap(), step, 4, Duration::from_secs(longest_s)).unwrap()
}

/// Whether nothing but the step was sent.
fn is_alone(outcome: &StepLoadOutcome) -> bool {
    outcome.seconds.iter().all(|second| second.requests == second.all_requests)
}

async fn run(alone: AloneScenario, target: &Target, requests: u64) -> Result<StepLoadOutcome, StepLoadError> {
    let load = StepLoad::start(alone, target).await.unwrap();
    load.run(requests, CancellationToken::new(), |_| true, &mut |_| {}).await
}

#[tokio::test]
async fn steps_of_a_hotel_are_loaded_alone_and_watched_with_its_servers() {
    let hotel = HotelProcess::start().await;

    // A second condition keeps the load going, and is told what it needs.
    let load = StepLoad::start(of_hotel("by_phone", 60), &hotel.target).await.unwrap();
    let (mut asked, mut seconds) = (0, 0);
    let has_used_cpu = |progress: &StepLoadProgress| {
        asked += 1;
        progress.requests >= 20 && progress.target_cpu_s.is_some_and(|cpu_s| cpu_s > 0.0)
    };
    let count = &mut |event| seconds += u32::from(matches!(event, StepLoadEvent::Second(_)));
    let outcome = load.run(20, CancellationToken::new(), has_used_cpu, count).await.unwrap();
    assert_eq!((outcome.end, outcome.errors), (StepLoadEnd::Enough, 0));
    assert!(outcome.requests >= 20 && is_alone(&outcome), "{outcome:?}");
    assert!(asked >= 1 && seconds as usize == outcome.seconds.len(), "{asked}, {seconds}");
    let wall = &outcome.wall;
    assert_eq!(wall.unread, []);
    assert!(wall.cpu_s.unwrap() > 0.0 && wall.elapsed_s > 0.5, "{wall:?}");
    assert!(wall.statement_time_ms.unwrap() > 0.0 && wall.active_session_s.is_some(), "{wall:?}");
    // The judged seconds are within the window, and whole.
    assert!(wall.requests >= outcome.requests / 2, "{} {}", wall.requests, outcome.requests);

    // Booking needs a room, and takes its lock in Redis.
    let outcome = run(of_hotel("prereserve", 60), &hotel.target, 20).await.unwrap();
    assert!(!is_alone(&outcome), "{outcome:?}");
    let set = outcome.wall.redis_commands.iter().find(|each| each.command == "set");
    assert!(set.is_some_and(|set| set.calls >= 1), "{:?}", outcome.wall.redis_commands);

    // What fails is no measurement.
    let mut wrong = of_hotel("health", 60);
    "/no-such-path".clone_into(&mut wrong.scenario.journeys[0].steps[0].path);
    let error = run(wrong, &hotel.target, 50).await.unwrap_err();
    assert!(matches!(error, StepLoadError::Fails { .. }) && error.to_string().contains("404"), "{error}");
    assert!(error.help().is_some());

    // More than there is time for.
    let outcome = run(of_hotel("health", 4), &hotel.target, u64::MAX).await.unwrap();
    assert_eq!((outcome.end, outcome.judged_to_s), (StepLoadEnd::TimeLimit, 4.0));
    hotel.stop();
}

#[tokio::test]
async fn a_public_host_is_not_loaded_and_one_that_is_not_there_is_named() {
    let refused = |url: &str| Target::parse(url).unwrap();
    let error = StepLoad::start(of_hotel("health", 5), &refused("http://8.8.8.8/")).await.unwrap_err();
    assert!(matches!(error, StepLoadError::Target(TargetError::NotAllowed { .. })), "{error}");
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error =
        StepLoad::start(of_hotel("health", 5), &refused(&format!("http://{free}"))).await.unwrap_err();
    assert!(matches!(error, StepLoadError::Target(TargetError::Unreachable { .. })), "{error}");
}
