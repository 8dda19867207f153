//! A scenario compiled for playing.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aforo_model::{Feeder, FeederOrder, HttpClient, Journey, Scenario, Step, ThinkTime, Workload};
use rand::Rng;
use serde_json::Value;
use url::Url;

use super::EngineError;
use super::allocation::allocate;
use super::expectation::Judge;
use super::http::Origin;
use super::planned_request::PlannedRequest;
use crate::template::{Source, Template, TemplateError};

/// Everything virtual users need to know; shared by all of them.
#[derive(Debug)]
pub(crate) struct Plan {
    /// Step names in the scenario's order; steps refer to them by place.
    pub(crate) step_names: Vec<String>,
    /// The journeys that somebody takes.
    pub(crate) journeys: Vec<PlannedJourney>,
    /// Feeders by name.
    pub(crate) feeders: HashMap<String, PlannedFeeder>,
    /// Where requests go.
    pub(crate) origin: Arc<Origin>,
    /// Which client sends them.
    pub(crate) client: HttpClient,
    /// How long a request may take.
    pub(crate) timeout: Duration,
}

/// A journey compiled for playing.
#[derive(Debug)]
pub(crate) struct PlannedJourney {
    pub(crate) name: String,
    /// Closed: how many virtual users take it. Open: its weight among the starts. At least 1.
    pub(crate) share: u32,
    pub(crate) variables: Vec<(String, Template)>,
    /// The feeders its templates draw from.
    pub(crate) feeders: Vec<String>,
    pub(crate) steps: Vec<PlannedStep>,
}

/// A step compiled for playing.
#[derive(Debug)]
pub(crate) struct PlannedStep {
    /// Its place in the scenario's step names.
    pub(crate) index: usize,
    pub(crate) name: String,
    pub(crate) request: PlannedRequest,
    pub(crate) judge: Judge,
    pub(crate) think_time: ThinkTime,
    pub(crate) probability: f64,
}

/// Rows to draw from.
#[derive(Debug)]
pub(crate) struct PlannedFeeder {
    order: FeederOrder,
    rows: Vec<HashMap<String, Value>>,
    next: AtomicUsize,
}

impl Plan {
    /// Compiles `scenario` for a target whose base URL is `base_url`.
    pub(crate) fn compile(scenario: &Scenario, base_url: &Url) -> Result<Self, EngineError> {
        let timeout = Duration::from_secs_f64(scenario.load.timeout_s);
        let origin = Arc::new(Origin::new(base_url, timeout)?);
        let step_names: Vec<String> = scenario.step_names().into_iter().map(str::to_owned).collect();
        let weights: Vec<u32> = scenario.journeys.iter().map(|journey| journey.weight).collect();
        let shares = match scenario.load.workload {
            Workload::Closed { users, .. } => allocate(users, &weights),
            Workload::Open { .. } => weights,
        };
        let journeys = std::iter::zip(&scenario.journeys, shares)
            .filter(|(_, share)| *share > 0)
            .map(|(journey, share)| PlannedJourney::compile(journey, share, &step_names, &origin))
            .collect::<Result<_, _>>()?;
        let feeders = scenario
            .feeders
            .iter()
            .map(|(name, feeder)| (name.clone(), PlannedFeeder::new(feeder)))
            .collect();
        Ok(Self { step_names, journeys, feeders, origin, client: scenario.http.client, timeout })
    }
}

impl PlannedJourney {
    fn compile(
        journey: &Journey,
        share: u32,
        step_names: &[String],
        origin: &Origin,
    ) -> Result<Self, EngineError> {
        let mut feeders = Vec::new();
        let mut note = |template: &Template| {
            for (source, _) in template.sources() {
                if let Source::Column { feeder, .. } = source
                    && !feeders.contains(feeder)
                {
                    feeders.push(feeder.clone());
                }
            }
        };
        let variables = journey
            .variables
            .iter()
            .map(|variable| {
                let value = Template::plain(&variable.value)
                    .map_err(|error| invalid(&journey.name, &variable.name, &error))?;
                note(&value);
                Ok((variable.name.clone(), value))
            })
            .collect::<Result<_, EngineError>>()?;
        let mut steps = Vec::new();
        for step in &journey.steps {
            let planned = PlannedStep::compile(step, step_names, origin)
                .map_err(|error| invalid(&journey.name, &step.name, &error))?;
            planned.request.templates().chain(planned.judge.templates()).for_each(&mut note);
            steps.push(planned);
        }
        Ok(Self { name: journey.name.clone(), share, variables, feeders, steps })
    }
}

impl PlannedStep {
    fn compile(step: &Step, step_names: &[String], origin: &Origin) -> Result<Self, TemplateError> {
        Ok(Self {
            index: step_names
                .iter()
                .position(|name| *name == step.name)
                .expect("the names were taken from these steps"),
            name: step.name.clone(),
            request: PlannedRequest::compile(step, origin)?,
            judge: Judge::new(&step.expect, &step.extract)?,
            think_time: step.think_time,
            probability: step.probability,
        })
    }
}

impl PlannedFeeder {
    fn new(feeder: &Feeder) -> Self {
        let row = |row: &BTreeMap<String, String>| {
            row.iter().map(|(column, value)| (column.clone(), Value::from(value.as_str()))).collect()
        };
        Self { order: feeder.order, rows: feeder.rows.iter().map(row).collect(), next: AtomicUsize::new(0) }
    }

    /// Draws a row for a round; none when there are no rows.
    pub(crate) fn draw(&self, rng: &mut impl Rng) -> Option<usize> {
        if self.rows.is_empty() {
            return None;
        }
        Some(match self.order {
            FeederOrder::Random => rng.random_range(0..self.rows.len()),
            FeederOrder::Circular => self.next.fetch_add(1, Ordering::Relaxed) % self.rows.len(),
        })
    }

    /// A column of a row.
    pub(crate) fn value(&self, row: usize, column: &str) -> Option<&Value> {
        self.rows.get(row)?.get(column)
    }
}

fn invalid(journey: &str, item: &str, error: &TemplateError) -> EngineError {
    EngineError::Template {
        journey: journey.to_owned(),
        item: item.to_owned(),
        problem: error.message.clone(),
    }
}
