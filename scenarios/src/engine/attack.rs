//! The Goose side: journeys become Goose scenarios, steps become transactions.
//!
//! Goose starts the users on its schedule and leads each through its journey again and again. It does not
//! measure, print, judge or end anything here: its end is global to the process (its kill switch stops every
//! attack), so a user that is told to stop parks, and the run's runtime is shut down around it.
//!
//! Nor does it send anything. Each user brings a client of its own; those are made before the first user starts,
//! since making one for a target with TLS takes milliseconds, and they would be missing from what is measured then.
//!
//! Two things Goose installs for the process unless they are there already: a handler of Ctrl-C, and a logger
//! for its warnings. The program sets its own of both first.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};

use aforo_model::{Load, Workload};
use futures_util::FutureExt;
use goose::GooseAttack;
use goose::client::GooseClientBuilder;
use goose::config::GooseConfiguration;
use goose::goose::{GooseUser, Scenario, Transaction, TransactionFunction};
use url::Url;

use super::EngineError;
use super::http_client::HttpClient;
use super::session::Session;
use super::virtual_user::VirtualUser;

/// The clients of the users that have not started.
type Clients = Arc<Mutex<Vec<HttpClient>>>;

/// A Goose attack that plays the session's plan against the target at `base_url`.
pub(crate) fn build(session: &Arc<Session>, load: &Load, base_url: &Url) -> Result<GooseAttack, EngineError> {
    let Workload::Closed { users, users_per_s } = load.workload;
    let clients = (0..users).map(|_| HttpClient::new(base_url)).collect::<Result<_, _>>();
    let clients: Clients = Arc::new(Mutex::new(clients.map_err(|error| EngineError::client(&error))?));
    let configuration = GooseConfiguration::parse_args_default(&[
        "--host",
        &session.plan.base_url,
        "--users",
        &users.to_string(),
        "--increase-rate",
        &users_per_s.to_string(),
        "--no-metrics",
        "--no-error-summary",
        "--no-telnet",
        "--quiet",
        "--quiet",
    ])
    .map_err(|error| EngineError::goose(&error))?;
    // One client for all of Goose's own users: they send nothing.
    let attack = GooseAttack::initialize_with_config(configuration)
        .and_then(|attack| {
            attack.set_client_builder_without_cookies(GooseClientBuilder::new().without_cookies())
        })
        .map_err(|error| EngineError::goose(&error))?;
    let mut scenarios = Vec::new();
    for journey in 0..session.plan.journeys.len() {
        scenarios.push(scenario(session, &clients, journey)?);
    }
    Ok(scenarios.into_iter().fold(attack, GooseAttack::register_scenario))
}

fn scenario(session: &Arc<Session>, clients: &Clients, journey: usize) -> Result<Scenario, EngineError> {
    let planned = &session.plan.journeys[journey];
    let weighted = Scenario::new(&planned.name)
        .set_weight(planned.users as usize)
        .map_err(|error| EngineError::goose(&error))?;
    Ok((0..planned.steps.len()).fold(weighted, |scenario, step| {
        let transaction = Transaction::new(transaction(session, clients, journey, step));
        scenario.register_transaction(transaction.set_name(&planned.steps[step].name))
    }))
}

fn transaction(
    session: &Arc<Session>,
    clients: &Clients,
    journey: usize,
    step: usize,
) -> TransactionFunction {
    let (session, clients) = (Arc::clone(session), Arc::clone(clients));
    Arc::new(move |goose_user| {
        let (session, clients) = (Arc::clone(&session), Arc::clone(&clients));
        Box::pin(async move {
            take_step(&session, &clients, goose_user, journey, step).await;
            Ok(())
        })
    })
}

async fn take_step(
    session: &Arc<Session>,
    clients: &Clients,
    goose_user: &mut GooseUser,
    journey: usize,
    step: usize,
) {
    type User = VirtualUser<HttpClient>;
    if goose_user.get_session_data::<User>().is_none()
        && !session.halt.is_cancelled()
        && let Some(client) = clients.lock().unwrap_or_else(PoisonError::into_inner).pop()
    {
        session.enter();
        goose_user.set_session_data(User::new(Arc::clone(session), client));
    }
    let Some(user) = goose_user.get_session_data_mut::<User>() else {
        // Started by Goose after the order to stop: it never was a user of this run.
        return std::future::pending().await;
    };
    if !session.halt.is_cancelled()
        && let Err(panic) = AssertUnwindSafe(user.take_step(journey, step)).catch_unwind().await
    {
        let planned = &session.plan.journeys[journey].steps[step];
        // The receiver goes away with the run only, and then nobody is left to be told.
        let _ = session.faults.send(EngineError::StepPanicked {
            step: planned.name.clone(),
            message: panic_message(panic.as_ref()),
        });
        session.halt.cancel();
    }
    if session.halt.is_cancelled() {
        session.leave();
        std::future::pending::<()>().await;
    }
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned())
}
