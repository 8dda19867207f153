//! Plays visits, one request after the other.

use std::collections::{BTreeMap, HashMap};
use std::pin::Pin;
use std::sync::Arc;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::Value;

use super::visit::{Given, Visits};
use crate::scenario::engine::exchange::{Answer, Exchange, Request, RequestError};
use crate::scenario::engine::http::LeanClient;
use crate::scenario::engine::plan::{Plan, PlannedStep};
use crate::scenario::engine::values::Values;

/// One client that plays visits.
#[derive(Debug)]
pub(super) struct Visitor {
    plan: Arc<Plan>,
    visits: Arc<Visits>,
    client: LeanClient,
    rng: StdRng,
    /// The next value of each list, by visit and variable.
    turns: HashMap<(usize, String), usize>,
    /// Requests that have ended, by step.
    pub(super) ended: BTreeMap<String, Ended>,
}

/// Requests of one step that have ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Ended {
    pub(super) requests: u64,
    /// Those without an answer, or with another one than expected.
    pub(super) failed: u64,
}

/// Variables that have a value, or why there are none, as a sentence without a full stop.
type Prepared<'visitor> = Pin<Box<dyn Future<Output = Result<Values, String>> + Send + 'visitor>>;

impl Visitor {
    pub(super) fn new(plan: &Arc<Plan>, visits: &Arc<Visits>, client: LeanClient, seed: u64) -> Self {
        Self {
            plan: Arc::clone(plan),
            visits: Arc::clone(visits),
            client,
            rng: StdRng::seed_from_u64(seed),
            turns: HashMap::new(),
            ended: BTreeMap::new(),
        }
    }

    /// Requests that have ended.
    pub(super) fn requests(&self) -> u64 {
        self.ended.values().map(|ended| ended.requests).sum()
    }

    /// Plays a visit to its end. What goes wrong is counted.
    pub(super) async fn visit(&mut self, visit: usize) {
        if let Ok(mut values) = self.prepare(visit).await {
            let plan = Arc::clone(&self.plan);
            // A failure is among those that have ended.
            let _ = self.play(last_step(&plan, visit), &mut values).await;
        }
    }

    /// Plays a visit up to its last step, which can then be filled from what comes back.
    pub(super) fn prepare(&mut self, visit: usize) -> Prepared<'_> {
        Box::pin(async move {
            let (plan, visits) = (Arc::clone(&self.plan), Arc::clone(&self.visits));
            let mut given = Vec::new();
            for (variable, source) in &visits.given[visit] {
                let value = match source {
                    Given::List(list) => self.next_of(visit, variable, list),
                    Given::Visit(other) => self.fetch(*other, variable).await?,
                };
                given.push((variable.clone(), value));
            }
            let journey = &plan.journeys[visit];
            let mut values = Values::new(Arc::clone(&plan));
            values.begin_round(journey, given, &mut self.rng);
            for step in &journey.steps[..journey.steps.len() - 1] {
                self.play(step, &mut values).await?;
            }
            Ok(values)
        })
    }

    /// The last request of a prepared visit; none when a value is missing.
    pub(super) fn fill(&mut self, visit: usize, values: &Values) -> Result<Request<'static>, String> {
        let step = last_step(&self.plan, visit);
        let mut request = fill(step, values, &mut self.rng)?.into_owned();
        request.keeps_body = true;
        Ok(request)
    }

    /// Sends the last request of a visit; what is wrong with its answer comes along.
    pub(super) async fn send(
        &mut self,
        visit: usize,
        request: Request<'static>,
        values: &Values,
    ) -> (Result<Answer, RequestError>, Option<String>) {
        let answer = self.client.exchange(request).await;
        let plan = Arc::clone(&self.plan);
        let problem = self.judge(last_step(&plan, visit), &answer, values).err();
        (answer, problem)
    }

    async fn fetch(&mut self, visit: usize, variable: &str) -> Result<Value, String> {
        let mut values = self.prepare(visit).await?;
        let plan = Arc::clone(&self.plan);
        let step = last_step(&plan, visit);
        self.play(step, &mut values).await?;
        values
            .variables
            .remove(variable)
            .ok_or_else(|| format!("the answer of `{}` holds no value for `{variable}`", step.name))
    }

    async fn play(&mut self, step: &PlannedStep, values: &mut Values) -> Result<(), String> {
        let request = fill(step, values, &mut self.rng)?;
        let answer = self.client.exchange(request).await;
        let kept = self.judge(step, &answer, values)?;
        values.variables.extend(kept);
        Ok(())
    }

    fn judge(
        &mut self,
        step: &PlannedStep,
        answer: &Result<Answer, RequestError>,
        values: &Values,
    ) -> Result<HashMap<String, Value>, String> {
        let judged = match answer {
            Err(error) => Err(format!("`{}`: {}", step.name, error.message)),
            Ok(answer) => step
                .judge
                .judge(answer, values, &mut self.rng)
                .map_err(|(_, message)| format!("`{}`: {message}", step.name)),
        };
        let ended = self.ended.entry(step.name.clone()).or_default();
        ended.requests += 1;
        ended.failed += u64::from(judged.is_err());
        judged
    }

    fn next_of(&mut self, visit: usize, variable: &str, list: &[String]) -> Value {
        let turn = self.turns.entry((visit, variable.to_owned())).or_default();
        let value = list.get(*turn % list.len().max(1)).map_or(Value::Null, |text| text.as_str().into());
        *turn += 1;
        value
    }
}

/// What a visit is for.
fn last_step(plan: &Plan, visit: usize) -> &PlannedStep {
    plan.journeys[visit].steps.last().expect("a visit ends with the step it is for")
}

fn fill<'plan>(
    step: &'plan PlannedStep,
    values: &Values,
    rng: &mut impl Rng,
) -> Result<Request<'plan>, String> {
    step.request
        .fill(values, rng)
        .map_err(|_| format!("`{}` cannot be filled: a value is missing or cannot stand there", step.name))
}
