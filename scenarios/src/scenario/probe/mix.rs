//! Load whose mix of steps changes on purpose, so that statements can be told apart by the steps that cause them.
//!
//! With a constant mix all counts grow together, and a statement of one step is as well explained by another one.
//! With weights drawn anew for every window they do not.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use aforo_model::Scenario;
use futures_util::future::join_all;
use rand::distr::weighted::WeightedIndex;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::plan::{NotProbed, visited};
use super::visit::{Permission, Planner, Visits};
use super::visitor::{Ended, Visitor};
use crate::scenario::engine::http::LeanClient;
use crate::scenario::engine::plan::Plan;
use crate::{EngineError, HttpTarget};

/// How the mix is sent.
#[derive(Debug, Clone, PartialEq)]
pub struct MixOptions {
    /// How many windows.
    pub windows: u32,
    /// How long each of them is, without the time that its last requests take.
    pub window: Duration,
    /// Requests per second, those that find values for others included.
    pub requests_per_s: f64,
    /// Requests at a time.
    pub connections: u32,
    /// Whether steps are sent that may write.
    pub include_writes: bool,
    /// What the mix is drawn from.
    pub seed: u64,
}

impl Default for MixOptions {
    /// 1000 requests in 20 windows of 2 s.
    fn default() -> Self {
        Self {
            windows: 20,
            window: Duration::from_secs(2),
            requests_per_s: 25.0,
            connections: 3,
            include_writes: false,
            seed: 1,
        }
    }
}

/// A mix under way. Between windows nothing is in flight.
#[derive(Debug)]
pub struct MixRun {
    targets: Vec<Target>,
    not_sent: Vec<NotProbed>,
    visitors: Vec<Visitor>,
    rng: StdRng,
    options: MixOptions,
    windows_sent: u32,
}

/// A step that is sent on purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Target {
    name: String,
    /// The visits to it, and how many requests each of them is. Where journeys ask it for different things there is
    /// one for each.
    visits: Vec<(usize, usize)>,
}

/// What was sent in one window.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MixWindow {
    /// Its number, from 0.
    pub index: u32,
    /// From its beginning until nothing was in flight any more, in seconds.
    pub elapsed_s: f64,
    /// Requests that ended in it, by step; steps of which none was sent are absent.
    pub requests: BTreeMap<String, u64>,
    /// Those of them without an answer, or with another one than expected.
    pub failed: BTreeMap<String, u64>,
}

impl MixRun {
    /// Plans a mix of the steps of `scenario`. Nothing is sent yet.
    ///
    /// # Errors
    /// [`EngineError`] when the base URL cannot be used or a template is not right.
    pub fn new(scenario: &Scenario, target: &HttpTarget, options: MixOptions) -> Result<Self, EngineError> {
        let (targets, not_sent, visits) = targets(scenario, options.include_writes);
        let plan = Arc::new(Plan::compile(&visited(scenario, &visits), &target.base_url)?);
        let visits = Arc::new(visits);
        let visitors = (0..u64::from(options.connections.max(1)))
            .map(|visitor| {
                let client = LeanClient::new(Arc::clone(&plan.origin));
                Visitor::new(&plan, &visits, client, options.seed.wrapping_add(visitor))
            })
            .collect();
        let rng = StdRng::seed_from_u64(options.seed);
        Ok(Self { targets, not_sent, visitors, rng, options, windows_sent: 0 })
    }

    /// The steps that are sent on purpose, in the scenario's order.
    pub fn steps(&self) -> impl Iterator<Item = &str> {
        self.targets.iter().map(|target| target.name.as_str())
    }

    /// The steps that are not, and why.
    pub fn not_sent(&self) -> &[NotProbed] {
        &self.not_sent
    }

    /// Sends the next window and waits until nothing is in flight; none when all have been sent, or when there is no
    /// step that can be.
    pub async fn next_window(&mut self) -> Option<MixWindow> {
        if self.windows_sent == self.options.windows || self.targets.is_empty() {
            return None;
        }
        let index = self.windows_sent;
        self.windows_sent += 1;
        let window = self.options.window;
        let starts = starts(&self.targets, window, self.options.requests_per_s, &mut self.rng);
        let (begin, next) = (Instant::now(), AtomicUsize::new(0));
        let workers = self.visitors.iter_mut().map(async |visitor| {
            while let Some(start) = starts.get(next.fetch_add(1, Ordering::Relaxed)) {
                tokio::time::sleep_until((begin + start.at).into()).await;
                // What a slow target has not been sent by the end is left out.
                if begin.elapsed() >= window {
                    break;
                }
                visitor.visit(start.visit).await;
            }
        });
        join_all(workers).await;
        tokio::time::sleep_until((begin + window).into()).await;
        let mut sent = MixWindow { index, elapsed_s: begin.elapsed().as_secs_f64(), ..MixWindow::default() };
        for visitor in &mut self.visitors {
            for (step, Ended { requests, failed }) in std::mem::take(&mut visitor.ended) {
                if failed > 0 {
                    *sent.failed.entry(step.clone()).or_default() += failed;
                }
                *sent.requests.entry(step).or_default() += requests;
            }
        }
        Some(sent)
    }
}

/// The steps that can be sent, and how.
fn targets(scenario: &Scenario, include_writes: bool) -> (Vec<Target>, Vec<NotProbed>, Visits) {
    let permission = if include_writes { Permission::Writes } else { Permission::ReadOnly };
    let mut planner = Planner::new(scenario, permission);
    let (mut targets, mut not_sent) = (Vec::new(), Vec::new());
    for name in scenario.step_names() {
        let (mut visits, mut paths, mut why) = (Vec::new(), Vec::new(), None);
        for place in planner.places(name) {
            let step = planner.step(place);
            if paths.contains(&&step.path) {
                continue;
            }
            match planner.visit(place, step.clone()) {
                Ok(visit) => {
                    paths.push(&step.path);
                    visits.push((visit, planner.before(visit).len() + 1));
                }
                Err(problem) => why = why.or(Some(problem)),
            }
        }
        if visits.is_empty() {
            let why = why.unwrap_or_else(|| "its journeys have weight 0".to_owned());
            not_sent.push(NotProbed { step: name.to_owned(), why });
        } else {
            targets.push(Target { name: name.to_owned(), visits });
        }
    }
    (targets, not_sent, planner.into_visits())
}

/// A visit that is due.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Start {
    /// Since the beginning of the window.
    at: Duration,
    visit: usize,
}

/// The visits of one window: of weights that are drawn for it, at a constant rate of requests.
fn starts(targets: &[Target], window: Duration, requests_per_s: f64, rng: &mut impl Rng) -> Vec<Start> {
    let mut starts = Vec::new();
    // Exponential weights make every mix equally likely (a flat Dirichlet distribution).
    let weights = targets.iter().map(|_| -rng.random_range(f64::MIN_POSITIVE..1.0).ln());
    let Ok(weights) = WeightedIndex::new(weights.collect::<Vec<_>>()) else { return starts };
    let mut at_s = 0.0;
    while at_s < window.as_secs_f64() {
        let target = &targets[rng.sample(&weights)];
        let (visit, requests) = target.visits[rng.random_range(0..target.visits.len())];
        starts.push(Start { at: Duration::from_secs_f64(at_s), visit });
        // Not a number, or none at all, would never end.
        at_s += requests as f64 / requests_per_s.clamp(0.01, 100_000.0);
    }
    starts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_window_has_another_mix_at_the_same_rate_of_requests() {
        let target =
            |name: &str, requests| Target { name: name.to_owned(), visits: vec![(requests, requests)] };
        let targets = [target("a", 1), target("b", 2), target("c", 5)];
        let mut rng = StdRng::seed_from_u64(1);
        let mut shares = Vec::new();
        for _ in 0..20 {
            let starts = starts(&targets, Duration::from_secs(10), 50.0, &mut rng);
            let requests: usize = starts.iter().map(|start| start.visit).sum();
            assert!((500..505).contains(&requests), "{requests}");
            let mut due_s = 0.0;
            for start in &starts {
                assert!((start.at.as_secs_f64() - due_s).abs() < 1e-6);
                due_s += start.visit as f64 / 50.0;
            }
            let of_a = starts.iter().filter(|start| start.visit == 1).count();
            shares.push(of_a as f64 / starts.len() as f64);
        }
        shares.sort_by(f64::total_cmp);
        // A third in the mean, and with a flat distribution a fifth of the windows below 0.11 and above 0.55.
        assert!(shares[4] < 0.2 && shares[15] > 0.4, "{shares:?}");
    }

    #[test]
    fn no_rate_makes_an_endless_window() {
        let targets = [Target { name: "a".to_owned(), visits: vec![(0, 1)] }];
        for rate in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let starts = starts(&targets, Duration::from_millis(100), rate, &mut StdRng::seed_from_u64(1));
            assert!((1..=10_001).contains(&starts.len()), "{rate}: {}", starts.len());
        }
    }
}
