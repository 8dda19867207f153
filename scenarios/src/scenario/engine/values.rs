//! What the templates of a round are filled from.

use std::collections::HashMap;
use std::sync::Arc;

use rand::Rng;
use serde_json::Value;

use super::plan::{Plan, PlannedJourney};
use crate::template::Scope;

/// The variables of a round, and the rows it drew.
#[derive(Debug, Clone)]
pub(crate) struct Values {
    plan: Arc<Plan>,
    pub(crate) variables: HashMap<String, Value>,
    /// The row drawn from each feeder for this round.
    rows: HashMap<String, usize>,
}

impl Values {
    /// No values, for journeys of `plan`.
    pub(crate) fn new(plan: Arc<Plan>) -> Self {
        Self { plan, variables: HashMap::new(), rows: HashMap::new() }
    }

    /// Forgets the round before, and draws rows and variables for one of `journey`. Those in `given` have their
    /// values beforehand.
    pub(crate) fn begin_round(
        &mut self,
        journey: &PlannedJourney,
        given: impl IntoIterator<Item = (String, Value)>,
        rng: &mut impl Rng,
    ) {
        self.variables.clear();
        self.variables.extend(given);
        for name in &journey.feeders {
            if let Some(row) = self.plan.feeders.get(name).and_then(|feeder| feeder.draw(rng)) {
                self.rows.insert(name.clone(), row);
            }
        }
        for (name, template) in &journey.variables {
            if let Ok(value) = template.evaluate(self, rng) {
                self.variables.insert(name.clone(), value);
            }
        }
    }
}

impl Scope for Values {
    fn variable(&self, name: &str) -> Option<&Value> {
        self.variables.get(name)
    }

    fn column(&self, feeder: &str, column: &str) -> Option<&Value> {
        self.plan.feeders.get(feeder)?.value(*self.rows.get(feeder)?, column)
    }
}
