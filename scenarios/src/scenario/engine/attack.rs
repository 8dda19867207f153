//! The Goose side: journeys become Goose scenarios, each with one transaction, which is a user's whole life.
//!
//! Goose shares out the users and starts each on its schedule. It does not lead them from step to step, because
//! for every transaction it makes a future, a metric and three looks at the clock, wanted or not: a tenth of
//! what a request costs here. Nor does it measure, print, judge or end anything: its end is global to the process
//! (its kill switch stops every attack), so a user that is told to stop parks, and the run's runtime is shut down
//! around it.
//!
//! Nor does it send anything. Each user brings a client of its own. Full clients are made before the first user
//! starts, since making one for a target with TLS takes milliseconds, and they would be missing from what is
//! measured then.
//!
//! Two things Goose installs for the process unless they are there already: a handler of Ctrl-C, and a logger
//! for its warnings. The program sets its own of both first.

use std::convert::Infallible;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use aforo_model::HttpClient;
use goose::GooseAttack;
use goose::client::GooseClientBuilder;
use goose::config::GooseConfiguration;
use goose::goose::{Scenario, Transaction, TransactionFunction};
use tokio_util::sync::CancellationToken;

use super::EngineError;
use super::full_client::FullClient;
use super::ramp::Ramp;
use super::session::Session;
use super::user_client::UserClient;
use super::virtual_user::VirtualUser;

/// What the users of a run share beside its session.
#[derive(Debug)]
struct Closed {
    session: Arc<Session>,
    ramp: Ramp,
    /// The order to stop for those who are there for the surge only; that for everybody is one for them as well.
    surge_is_over: CancellationToken,
    /// Users that Goose has started; not all of them may have had their turn.
    launched: AtomicU32,
    /// The full clients of the users that have had no turn yet; none when they send through lean ones.
    full_clients: Mutex<Vec<FullClient>>,
}

/// Plays the session's plan with users that start as `ramp` says, until it is dropped. Returns before only when
/// Goose's process-wide kill switch was thrown.
///
/// # Errors
/// [`EngineError::Goose`] when Goose refuses, [`EngineError::Client`] when a client cannot be made.
pub(crate) async fn play(session: &Arc<Session>, ramp: Ramp) -> Result<(), EngineError> {
    let closed = Arc::new(Closed::new(session, ramp)?);
    let attack = build(&closed)?;
    tokio::select! {
        played = attack.execute() => played.map(|_| ()).map_err(|error| EngineError::goose(&error)),
        never = closed.end_surge() => match never {},
    }
}

fn build(closed: &Arc<Closed>) -> Result<GooseAttack, EngineError> {
    let (session, ramp) = (&closed.session, &closed.ramp);
    let configuration = GooseConfiguration::parse_args_default(&[
        "--host",
        &session.plan.origin.root(),
        "--users",
        &ramp.users().to_string(),
        "--increase-rate",
        &ramp.users_per_s().to_string(),
        "--no-metrics",
        "--no-error-summary",
        "--no-telnet",
        "--quiet",
        "--quiet",
    ])
    .map_err(|error| EngineError::goose(&error))?;
    // Goose has to have a client. One for all, never used.
    let attack = GooseAttack::initialize_with_config(configuration)
        .and_then(|attack| {
            attack.set_client_builder_without_cookies(GooseClientBuilder::new().without_cookies())
        })
        .map_err(|error| EngineError::goose(&error))?;
    let mut scenarios = Vec::new();
    for journey in 0..session.plan.journeys.len() {
        scenarios.push(scenario(closed, journey)?);
    }
    Ok(scenarios.into_iter().fold(attack, GooseAttack::register_scenario))
}

fn scenario(closed: &Arc<Closed>, journey: usize) -> Result<Scenario, EngineError> {
    let planned = &closed.session.plan.journeys[journey];
    let weighted = Scenario::new(&planned.name)
        .set_weight(planned.share as usize)
        .map_err(|error| EngineError::goose(&error))?;
    let life = Transaction::new(transaction(closed, journey));
    Ok(weighted.register_transaction(life.set_name(&planned.name)))
}

fn transaction(closed: &Arc<Closed>, journey: usize) -> TransactionFunction {
    let closed = Arc::clone(closed);
    Arc::new(move |_| {
        let closed = Arc::clone(&closed);
        Box::pin(async move {
            live(&closed, journey).await;
            Ok(())
        })
    })
}

impl Closed {
    fn new(session: &Arc<Session>, ramp: Ramp) -> Result<Self, EngineError> {
        let full_clients = match session.plan.client {
            HttpClient::Lean => 0,
            HttpClient::Full => ramp.users(),
        };
        let full_clients = (0..full_clients).map(|_| FullClient::new(&session.plan.origin));
        let full_clients = full_clients.collect::<Result<_, _>>();
        Ok(Self {
            session: Arc::clone(session),
            ramp,
            surge_is_over: session.halt.child_token(),
            launched: AtomicU32::new(0),
            full_clients: Mutex::new(full_clients.map_err(|error| EngineError::client(&error))?),
        })
    }

    /// A client for a user whose turn it is.
    fn client(&self) -> UserClient {
        let full_client = self.full_clients.lock().unwrap_or_else(PoisonError::into_inner).pop();
        full_client.map_or_else(|| UserClient::lean(&self.session), UserClient::Full)
    }

    /// Waits until it is the next user's turn, and tells until when it lasts; nothing when the order to stop comes
    /// before.
    async fn turn(&self) -> Option<CancellationToken> {
        let session = &self.session;
        if session.halt.is_cancelled() {
            return None;
        }
        let user = self.launched.fetch_add(1, Ordering::Relaxed);
        let halt = if self.ramp.is_comer(user) { &self.surge_is_over } else { &session.halt };
        // The first user's turn is at once, so it is the one that starts the clock.
        let turn = session.begin() + self.ramp.start_of(user);
        tokio::select! {
            () = tokio::time::sleep_until(turn.into()) => (!halt.is_cancelled()).then(|| halt.clone()),
            () = halt.cancelled() => None,
        }
    }

    /// Sends those away who are there for the surge only, when it is over.
    async fn end_surge(&self) -> Infallible {
        if let Some(end) = self.ramp.surge_end() {
            let start = self.session.first_start().await;
            tokio::time::sleep_until((start + end).into()).await;
            self.surge_is_over.cancel();
        }
        std::future::pending().await
    }
}

/// What a user does from its turn to its end.
async fn live(closed: &Closed, journey: usize) {
    let session = &closed.session;
    // One that Goose starts after the order to stop never is a user of this run.
    if let Some(halt) = closed.turn().await {
        session.user_made();
        session.enter();
        let mut user = VirtualUser::new(Arc::clone(session), closed.client(), halt.clone());
        while !halt.is_cancelled() {
            user.play_round(journey, None).await;
        }
        session.leave();
    }
    // Goose would begin another life.
    std::future::pending::<()>().await;
}
