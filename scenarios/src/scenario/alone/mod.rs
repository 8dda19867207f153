//! One step of a scenario as a load of its own, to see what this step costs.

mod login;
mod needs;
#[cfg(test)]
mod tests;

use std::time::Duration;

use aforo_model::{Journey, Load, Scenario, Step, ThinkTime, Workload};
use miette::Diagnostic;
use thiserror::Error;

use crate::nearest::nearest;
use crate::scenario::load::{LoadError, check_load};
use needs::needed_before;

/// Not judged: connections are opened, caches and compilers of the target warm up.
const WARM_UP_S: f64 = 2.0;
/// All users are there within this time.
const RAMP_S: f64 = 1.0;
/// The fastest start of users that the engine takes.
const MAX_USERS_PER_S: f64 = 1_000.0;

/// A load of one step and of what it needs.
#[derive(Debug, Clone, PartialEq)]
pub struct AloneScenario {
    /// One journey that ends with the step; closed, without think time, without objectives.
    pub scenario: Scenario,
    /// The step.
    pub step: String,
    /// The steps that are sent before it in every round, in order. What is measured of the target includes them.
    pub needed_steps: Vec<String>,
    /// The journey it is taken from.
    pub journey: String,
    /// Other requests that go by the step's name in the scenario and are not sent.
    pub other_requests: usize,
}

/// Why a step cannot be loaded alone.
#[derive(Debug, Clone, PartialEq, Error, Diagnostic)]
pub enum AloneError {
    /// No journey has such a step.
    #[error("the scenario `{scenario}` has no step `{step}`{}", near.as_ref().map(|near| format!("; did you mean `{near}`?")).unwrap_or_default())]
    #[diagnostic(help("its steps are {}", known.join(", ")))]
    UnknownStep {
        /// What was asked for.
        step: String,
        /// The scenario's name.
        scenario: String,
        /// The step that was most likely meant.
        near: Option<String>,
        /// All its steps, in its order.
        known: Vec<String>,
    },
    /// It cannot be sent without something that nobody gives.
    #[error("the step `{step}` cannot be loaded alone: {why}")]
    #[diagnostic(help(
        "let a step before it in its journey extract the value, or put it into the journey's `vars`"
    ))]
    Needs {
        /// The step.
        step: String,
        /// What is missing, as a sentence without a full stop.
        why: String,
    },
    /// There is no such load.
    #[error(transparent)]
    Load(#[from] LoadError),
}

/// Derives from `scenario` a load of `step` alone: `users` virtual users, for `duration` at the longest.
///
/// Of the steps before it in its journey those are kept that it needs: those that extract what its path, headers, body or
/// checks use, those that extract what these use in turn, and logins that extract nothing, because they can only be there
/// for their cookie. Where several journeys have the step, the one is taken in which it needs the fewest others; of
/// equal ones the first. Weights do not matter. Each step is taken in every round, whatever its probability, and nobody
/// thinks. Variables, feeders, expectations, the client and the time-out stay as they are. The first two seconds are
/// warm-up.
///
/// # Errors
/// [`AloneError`].
pub fn alone(
    scenario: &Scenario,
    step: &str,
    users: u32,
    duration: Duration,
) -> Result<AloneScenario, AloneError> {
    let load = load(users, duration, scenario.load.timeout_s);
    check_load(&load)?;
    let (journey, steps) = shortest_round(scenario, step)?;
    let [needed @ .., target] = steps.as_slice() else { return Err(unknown(scenario, step)) };
    let needed_steps = needed.iter().map(|needed| needed.name.clone()).collect();
    let all_steps = scenario.journeys.iter().flat_map(|journey| &journey.steps);
    let mut requests: Vec<&Step> = vec![target];
    for other in all_steps.filter(|other| other.name == step) {
        if !requests.iter().any(|known| sends_the_same(known, other)) {
            requests.push(other);
        }
    }
    let other_requests = requests.len() - 1;
    let round = steps.iter().map(|step| Step {
        think_time: ThinkTime::default(),
        probability: 1.0,
        ..(*step).clone()
    });
    let only = Journey { weight: 1, steps: round.collect(), ..journey.clone() };
    Ok(AloneScenario {
        step: step.to_owned(),
        needed_steps,
        journey: journey.name.clone(),
        other_requests,
        scenario: Scenario {
            load,
            journeys: vec![only],
            // They are about the whole scenario.
            slos: Vec::new(),
            red_flags: Vec::new(),
            ..scenario.clone()
        },
    })
}

/// The journey in which the step needs the fewest others, and the steps of one round: those, and it.
fn shortest_round<'scenario>(
    scenario: &'scenario Scenario,
    step: &str,
) -> Result<(&'scenario Journey, Vec<&'scenario Step>), AloneError> {
    let (mut shortest, mut why) = (None::<(&Journey, Vec<&Step>)>, None);
    for journey in &scenario.journeys {
        for (place, target) in journey.steps.iter().enumerate().filter(|(_, target)| target.name == step) {
            match needed_before(journey, place) {
                Ok(mut steps) => {
                    steps.push(target);
                    if shortest.as_ref().is_none_or(|(_, shortest)| steps.len() < shortest.len()) {
                        shortest = Some((journey, steps));
                    }
                }
                Err(problem) => why = why.or(Some(problem)),
            }
        }
    }
    shortest.ok_or_else(|| match why {
        Some(why) => AloneError::Needs { step: step.to_owned(), why },
        None => unknown(scenario, step),
    })
}

fn unknown(scenario: &Scenario, step: &str) -> AloneError {
    let known = scenario.step_names();
    AloneError::UnknownStep {
        step: step.to_owned(),
        scenario: scenario.name.clone(),
        near: nearest(step, known.iter().copied()).map(str::to_owned),
        known: known.into_iter().map(str::to_owned).collect(),
    }
}

/// Whether two steps of one name are one request, whatever is expected of the answer.
fn sends_the_same(one: &Step, other: &Step) -> bool {
    one.method == other.method
        && one.path == other.path
        && one.headers == other.headers
        && one.body == other.body
}

fn load(users: u32, duration: Duration, timeout_s: f64) -> Load {
    let users_per_s = (f64::from(users) / RAMP_S).clamp(1.0, MAX_USERS_PER_S);
    Load {
        workload: Workload::Closed { users, users_per_s, steps: 1, surge: None },
        duration_s: duration.as_secs_f64(),
        warm_up_s: WARM_UP_S,
        timeout_s,
    }
}
