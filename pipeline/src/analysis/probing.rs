//! Single requests and changing mixes, each between two readings of the statements' counters.

use std::time::{Duration, Instant};

use aforo_model::Scenario;
use aforo_model::database::{
    LoadSlice, ProbeBackground, ProbeReading, Skipped, StatementCalls, StatementWindow, WindowGap,
};
use aforo_profiles::{ActivityWatch, DatabaseError, StatementReader, StatementSnapshot};
use aforo_scenarios::{
    HttpTarget, MixOptions, MixRun, NotProbed, ProbeAnswer, ProbeOptions, ProbeRun, probe_plan,
};
use tokio_util::sync::CancellationToken;

use crate::database_watch::ended;

use super::tracer::{Recording, unseen};
use super::{AnalysisError, AnalysisEvent, ProbeTarget, Watched};

/// How long the database is watched while nothing is asked of the target.
const BACKGROUND: Duration = Duration::from_secs(2);
/// Between an answer and the reading after it: what a target does after it has answered still belongs to the request.
const AFTER_ANSWER: Duration = Duration::from_millis(150);

/// A window of the mix: long enough that what is in flight at its edges does not count.
const MIX_WINDOW: Duration = Duration::from_secs(1);

/// Asks every step that reads, alone and then in mixes that change, and watches the database meanwhile.
pub(super) async fn probe(
    database_url: &str,
    probe: &ProbeTarget,
    on_event: &mut dyn FnMut(AnalysisEvent<'_>),
) -> Result<Watched, AnalysisError> {
    let mut watched =
        Watched { production_page_size: probe.scenario.probe.production_page_size, ..Watched::default() };
    let mut statements = match StatementReader::connect(database_url).await {
        Ok(reader) => reader,
        // Without counters nothing can be said of requests; the rest of the report can.
        Err(error @ DatabaseError::Unreadable(_)) => {
            watched.skipped.push(error.into_skipped("probe"));
            return Ok(watched);
        }
        Err(error) => return Err(error.into()),
    };
    let stop = CancellationToken::new();
    // Also when a request or a reading fails.
    let _stopping = stop.clone().drop_guard();
    let activity = match ActivityWatch::start(database_url).await {
        Ok(watch) => Some(tokio::spawn(watch.run_until(stop.clone()))),
        Err(error) => {
            watched.skipped.push(error.into_skipped("activity"));
            None
        }
    };
    let first = statements.snapshot().await?;
    let http = HttpTarget { base_url: probe.target.url.clone() };

    on_event(AnalysisEvent::Began("watching the database at rest"));
    watched.background = background(&mut statements).await?;
    single_requests(probe, &http, &mut statements, &mut watched, on_event).await?;
    watched.skipped.extend(unseen(probe.tracer.as_deref(), &watched));
    on_event(AnalysisEvent::Began("sending a mix that changes from window to window"));
    mixes(&probe.scenario, &http, &mut statements, &mut watched).await?;

    let last = statements.snapshot().await?;
    let window = statements.window(&first, &last).await?;
    watched.skipped.extend(statements.hidden(&window));
    watched.statements = Some(window);
    stop.cancel();
    watched.activity = ended("activity", activity, &mut watched.skipped).await;
    Ok(watched)
}

/// Asks every step that reads alone, at a size of page each, and adds what that shows to what was watched of a load. The load itself
/// was the mix.
pub(super) async fn probe_after_load(
    database_url: &str,
    probe: &ProbeTarget,
    watched: &mut Watched,
    on_event: &mut dyn FnMut(AnalysisEvent<'_>),
) -> Result<(), AnalysisError> {
    watched.production_page_size = probe.scenario.probe.production_page_size;
    let mut statements = StatementReader::connect(database_url).await?;
    let http = HttpTarget { base_url: probe.target.url.clone() };
    on_event(AnalysisEvent::Began("watching the database at rest"));
    watched.background = background(&mut statements).await?;
    single_requests(probe, &http, &mut statements, watched, on_event).await
}

async fn background(statements: &mut StatementReader) -> Result<ProbeBackground, DatabaseError> {
    let before = statements.snapshot().await?;
    tokio::time::sleep(BACKGROUND).await;
    let after = statements.snapshot().await?;
    let window = statements.window(&before, &after).await?;
    Ok(ProbeBackground { elapsed_s: seconds(&window), calls: calls(&window) })
}

async fn single_requests(
    probe: &ProbeTarget,
    http: &HttpTarget,
    statements: &mut StatementReader,
    watched: &mut Watched,
    on_event: &mut dyn FnMut(AnalysisEvent<'_>),
) -> Result<(), AnalysisError> {
    on_event(AnalysisEvent::Began("asking endpoints alone"));
    let mut run = ProbeRun::start(probe_plan(&probe.scenario), http, ProbeOptions::default()).await?;
    let planned = run.remaining();
    loop {
        on_event(AnalysisEvent::Probing { sent: planned - run.remaining(), planned });
        let Some(request) = run.next().await else { break };
        let before = statements.snapshot().await?;
        let recording = probe.tracer.as_deref().map(Recording::start);
        let answer = request.send().await;
        tokio::time::sleep(AFTER_ANSWER).await;
        let after = statements.snapshot().await?;
        let window = statements.window(&before, &after).await?;
        let reading = reading(answer, &window);
        if let Some(seen) = recording.and_then(|recording| recording.finish(&reading)) {
            watched.take_trace(seen);
        }
        watched.readings.push(reading);
    }
    watched.not_probed.extend(run.not_probed().iter().map(not_probed));
    Ok(())
}

fn reading(answer: ProbeAnswer, window: &StatementWindow) -> ProbeReading {
    let is_complete = !window.gaps.iter().any(|gap| !matches!(gap, WindowGap::TextsHidden { .. }));
    ProbeReading {
        step: answer.step,
        page_size: answer.page_size,
        offset: answer.offset,
        is_fresh: answer.is_fresh,
        status: answer.status,
        is_expected: answer.is_expected,
        items: answer.items,
        received_bytes: answer.received_bytes,
        elapsed_s: answer.elapsed_s,
        watched_s: seconds(window),
        is_complete,
        calls: calls(window),
    }
}

async fn mixes(
    scenario: &Scenario,
    http: &HttpTarget,
    statements: &mut StatementReader,
    watched: &mut Watched,
) -> Result<(), AnalysisError> {
    let mut run = MixRun::new(scenario, http, MixOptions { window: MIX_WINDOW, ..MixOptions::default() })?;
    let mut before: (Instant, StatementSnapshot) = (Instant::now(), statements.snapshot().await?);
    let mut requests = 0;
    while let Some(sent) = run.next_window().await {
        tokio::time::sleep(AFTER_ANSWER).await;
        let after = (Instant::now(), statements.snapshot().await?);
        let window = statements.window(&before.1, &after.1).await?;
        requests += sent.requests.values().sum::<u64>();
        watched.slices.push(LoadSlice {
            elapsed_s: (after.0 - before.0).as_secs_f64(),
            requests: sent.requests,
            calls: calls(&window),
        });
        before = after;
    }
    watched.requests = Some(requests + watched.readings.len() as u64);
    Ok(())
}

fn not_probed(step: &NotProbed) -> Skipped {
    Skipped {
        what: step.step.clone(),
        why: step.why.clone(),
        remedy: "say in the scenario how it can be asked: `probe` of its step".to_owned(),
    }
}

fn seconds(window: &StatementWindow) -> f64 {
    window.elapsed_s.unwrap_or_default()
}

fn calls(window: &StatementWindow) -> Vec<StatementCalls> {
    window.statements.iter().map(StatementCalls::from).collect()
}
