//! One virtual user: its variables, its rows of data, and how it takes a step.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use tokio_util::sync::CancellationToken;

use super::exchange::{Answer, Exchange, Request, RequestError};
use super::plan::{PlannedJourney, PlannedStep};
use super::session::Session;
use super::values::Values;
use crate::recorder::{Outcome, Sample};
use crate::template::Unfilled;

/// How long a user waits after a round without a request. A journey that can never be filled would otherwise
/// take the generator's time from all the others.
const EMPTY_ROUND_PAUSE: Duration = Duration::from_millis(1);

/// A simulated client. It knows HTTP only as an [`Exchange`].
#[derive(Debug)]
pub(crate) struct VirtualUser<C> {
    session: Arc<Session>,
    client: C,
    /// The order to stop for this user.
    halt: CancellationToken,
    values: Values,
    rng: SmallRng,
    /// Whether the rest of this round is skipped.
    round_is_over: bool,
    /// Whether this round has sent anything.
    has_sent: bool,
    /// Open workload: when the next request should start, µs since the start of the run.
    due_us: Option<u64>,
}

impl<C: Exchange> VirtualUser<C> {
    /// A user of `session` that sends through `client`, until `halt`.
    pub(crate) fn new(session: Arc<Session>, client: C, halt: CancellationToken) -> Self {
        let values = Values::new(Arc::clone(&session.plan));
        // What users ask for should differ from run to run, or a second run would meet its own bookings.
        let rng = SmallRng::from_os_rng();
        Self { session, client, halt, values, rng, round_is_over: false, has_sent: false, due_us: None }
    }

    /// Plays a round to its end; after the order to stop, no further step than the first. In an open workload it
    /// was due at `due_us`, and its first request should start at that moment; every other as soon as the one
    /// before it and the thinking after that are over.
    pub(crate) async fn play_round(&mut self, journey: usize, due_us: Option<u64>) {
        self.due_us = due_us;
        for step in 0..self.session.plan.journeys[journey].steps.len() {
            self.take_step(journey, step).await;
            if self.halt.is_cancelled() {
                break;
            }
        }
    }

    /// Takes one step of a journey: sends the request, has it judged and recorded, and thinks. The first
    /// step of a journey begins a new round.
    pub(crate) async fn take_step(&mut self, journey: usize, step: usize) {
        let session = Arc::clone(&self.session);
        let journey = &session.plan.journeys[journey];
        session.watch(&journey.steps[step].name, self.play_step(journey, step)).await;
    }

    async fn play_step(&mut self, journey: &PlannedJourney, step: usize) {
        if step == 0 {
            self.begin_round(journey);
        }
        let is_last = step + 1 == journey.steps.len();
        let step = &journey.steps[step];
        let is_taken = !self.round_is_over && self.rng.random::<f64>() < step.probability;
        if is_taken {
            match step.request.fill(&self.values, &mut self.rng) {
                Ok(request) => self.play(step, request).await,
                // A step before it was skipped, or found nothing to keep: a short round, not a failure.
                Err(Unfilled) => self.round_is_over = true,
            }
        }
        if is_last && !self.has_sent {
            tokio::time::sleep(EMPTY_ROUND_PAUSE).await;
        }
    }

    fn begin_round(&mut self, journey: &PlannedJourney) {
        self.round_is_over = false;
        self.has_sent = false;
        self.values.begin_round(journey, [], &mut self.rng);
    }

    async fn play(&mut self, step: &PlannedStep, request: Request<'_>) {
        self.has_sent = true;
        let session = Arc::clone(&self.session);
        session.in_flight.fetch_add(1, Ordering::Relaxed);
        let start_us = session.clock.now_us();
        let answer = self.client.exchange(request).await;
        if session.is_abandoned() {
            // It came after the grace time: this request is counted as cut off, and its user as ended.
            return std::future::pending().await;
        }
        let is_met = self.record(step, start_us, answer);
        session.in_flight.fetch_sub(1, Ordering::Relaxed);
        if !is_met {
            self.round_is_over = true;
        }
        self.think(step).await;
        self.due_us = self.due_us.map(|_| session.clock.now_us());
    }

    /// Takes the time, judges and records; whether the answer was good.
    fn record(&mut self, step: &PlannedStep, start_us: u64, answer: Result<Answer, RequestError>) -> bool {
        self.session.recorder.record(|shard| {
            let end_us = self.session.clock.now_us();
            let (status, received_bytes, outcome) = match answer {
                Err(error) => (None, 0, Outcome::Failed(error.kind, error.message)),
                Ok(answer) => {
                    let outcome = match step.judge.judge(&answer, &self.values, &mut self.rng) {
                        Ok(kept) => {
                            self.values.variables.extend(kept);
                            Outcome::Met
                        }
                        Err((kind, message)) => Outcome::Failed(kind, message),
                    };
                    (Some(answer.status), answer.received_bytes, outcome)
                }
            };
            let is_met = outcome == Outcome::Met;
            shard.sample(Sample {
                step: step.index,
                // In a closed workload a request is due when the user is ready for it.
                intended_start_us: self.due_us,
                start_us,
                end_us,
                outcome,
                status,
                received_bytes,
            });
            is_met
        })
    }

    /// Waits as long as the step says, or until the order to stop.
    async fn think(&mut self, step: &PlannedStep) {
        let (min_s, max_s) = (step.think_time.min_s, step.think_time.max_s);
        let think_time = Duration::from_secs_f64(min_s + (max_s - min_s) * self.rng.random::<f64>());
        if think_time.is_zero() || self.halt.is_cancelled() {
            return;
        }
        let session = &self.session;
        let until_us = session.recorder.record(|shard| {
            let from_us = session.clock.now_us();
            let until_us = from_us + u64::try_from(think_time.as_micros()).unwrap_or(u64::MAX / 2);
            shard.thinking(from_us, until_us);
            until_us
        });
        tokio::select! {
            () = tokio::time::sleep(think_time) => {}
            () = self.halt.cancelled() => {}
        }
        session.recorder.record(|shard| shard.thought_until(until_us, session.clock.now_us()));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use bytes::Bytes;
    use futures_util::FutureExt;
    use tokio::sync::{mpsc, watch};

    use super::*;
    use crate::recorder::Collector;
    use crate::scenario::engine::plan::Plan;
    use crate::scenario::fixtures::scenario;

    /// A session in which one user has started, with this journey.
    fn session(journey: &str) -> Arc<Session> {
        let journey = format!("[[journey]]\nname = \"j\"\n{journey}");
        let scenario = scenario("users = 1\nrate = 1\nduration = \"1s\"", &journey);
        let plan = Arc::new(Plan::compile(&scenario, &"http://127.0.0.1:1".parse().unwrap()).unwrap());
        let (started, faults) = (watch::Sender::new(None), mpsc::unbounded_channel().0);
        let session = Arc::new(Session::new(plan, CancellationToken::new(), started, faults));
        session.enter();
        session
    }

    /// Its answer comes just when the run has given up waiting for it.
    struct TooLate(Arc<Session>);

    impl Exchange for TooLate {
        async fn exchange(&mut self, _: Request<'_>) -> Result<Answer, RequestError> {
            assert_eq!(self.0.abandon(), 1);
            Ok(Answer { status: 200, body: Bytes::new(), received_bytes: 0 })
        }
    }

    #[test]
    fn a_request_that_was_cut_off_is_not_recorded_as_well() {
        let session = session("[[journey.step]]\nname = \"s\"\npath = \"/\"\n");
        let late = TooLate(Arc::clone(&session));
        let mut user = VirtualUser::new(Arc::clone(&session), late, session.halt.clone());
        assert!(user.take_step(0, 0).now_or_never().is_none(), "its user is gone");
        let mut collector = Collector::new(Arc::clone(&session.recorder), session.plan.step_names.clone());
        collector.sweep();
        let second = collector.next_second();
        assert!(second.steps.is_empty(), "{second:?}");
        assert_eq!(second.users, 0);
    }

    /// Must not be asked.
    struct Nobody;

    impl Exchange for Nobody {
        async fn exchange(&mut self, request: Request<'_>) -> Result<Answer, RequestError> {
            panic!("{request:?}")
        }
    }

    #[tokio::test]
    async fn rounds_that_can_never_be_filled_leave_time_to_the_others() {
        let journey = "vars = { day = \"no date\", after = \"{{date_after(day, 1, 2)}}\" }\n\
                       [[journey.step]]\nname = \"s\"\npath = \"/{{after}}\"\n";
        let session = session(journey);
        let halt = session.halt.clone();
        let mut user = VirtualUser::new(session, Nobody, halt);
        let begin = Instant::now();
        for _ in 0..20 {
            user.take_step(0, 0).await;
        }
        assert!(begin.elapsed() >= 20 * EMPTY_ROUND_PAUSE);
    }
}
