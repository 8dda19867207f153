//! Whole runs against small servers on loopback.

mod accuracy;
mod ending;
mod faults;
mod hotel;
mod journeys;
mod open;
mod silence;
mod steps;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aforo_model::{ErrorKind, HttpClient, LoadSecond, Scenario, StepSecond, ThinkTime, TimeHistogram};
use axum::Router;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::IntoResponse;
use axum::routing::{any, get};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use super::{EngineEnd, EngineError, HttpTarget, RunningLoad, StopCause, start};
use crate::scenario::fixtures::scenario;

/// One journey of one step.
fn one_step(load: &str, step: &str) -> Scenario {
    scenario(load, &format!("[[journey]]\nname = \"j\"\n[[journey.step]]\nname = \"s\"\n{step}\n"))
}

/// Serves `router` for the rest of the test.
async fn serve(router: Router) -> HttpTarget {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = target_of(&listener);
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    target
}

/// Answers every connection with `answer` for the rest of the test.
async fn serve_raw<F, Answer>(answer: F) -> HttpTarget
where
    F: Fn(TcpStream) -> Answer + Send + 'static,
    Answer: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = target_of(&listener);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(answer(stream));
        }
    });
    target
}

fn target_of(listener: &TcpListener) -> HttpTarget {
    let address = listener.local_addr().unwrap();
    HttpTarget { base_url: format!("http://{address}").parse().unwrap() }
}

/// All seconds and the end of a run.
async fn finish(mut load: RunningLoad) -> (Vec<LoadSecond>, Result<EngineEnd, EngineError>) {
    let mut seconds = Vec::new();
    while let Some(second) = load.seconds.recv().await {
        seconds.push(second);
    }
    (seconds, load.join().await)
}

/// Plays a scenario to its end.
async fn play(scenario: &Scenario, target: &HttpTarget) -> (Vec<LoadSecond>, EngineEnd) {
    let (seconds, end) = finish(start(scenario, target, CancellationToken::new()).unwrap()).await;
    (seconds, end.unwrap())
}

/// What a step did over the whole run.
fn total(seconds: &[LoadSecond], step: &str) -> StepSecond {
    let mut total = StepSecond::default();
    for second in seconds.iter().filter_map(|second| second.steps.get(step)) {
        total.merge(second);
    }
    total
}
