//! A circuit breaker: a failing upstream is left alone for a while instead of being waited for by everyone.
//!
//! Closed, every call goes through. After too many failures in a window it opens and refuses calls. After a pause it
//! is half open: one call, the probe, goes through; its success closes the circuit, its failure opens it again.
//! Time is passed in, so that every transition can be tested without waiting.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// When to open and when to try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CircuitBreakerOptions {
    /// This many failures within `window` open the circuit. Zero counts as one.
    pub failure_threshold: u32,
    /// How long a failure counts.
    pub window: Duration,
    /// How long the circuit stays open before a probe may go through.
    pub open_for: Duration,
}

/// What the breaker does with the next call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CircuitState {
    /// Lets it through.
    Closed,
    /// Refuses it.
    Open,
    /// Lets it through as the probe, or refuses it because the probe is still under way.
    HalfOpen,
}

/// The call was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the circuit is open after repeated failures of the upstream; try again in {} ms", retry_after.as_millis())]
pub struct CircuitOpen {
    /// How long until a probe may go through; zero while one is under way.
    pub retry_after: Duration,
}

/// A circuit breaker that is shared between threads.
#[derive(Debug)]
pub struct CircuitBreaker {
    options: CircuitBreakerOptions,
    circuit: Mutex<Circuit>,
}

impl CircuitBreaker {
    /// A closed circuit.
    pub fn new(options: CircuitBreakerOptions) -> Self {
        Self { options, circuit: Mutex::new(Circuit { phase: Phase::closed(), generation: 0 }) }
    }

    /// Asks to make a call. Tell the permit how the call ended.
    ///
    /// # Errors
    /// If the circuit is open, or half open with its probe under way.
    pub fn try_acquire(&self, now: Instant) -> Result<Permit<'_>, CircuitOpen> {
        let generation = self.lock().admit(now, &self.options)?;
        Ok(Permit { breaker: self, generation: Some(generation) })
    }

    /// The state a call made `now` would meet.
    pub fn state(&self, now: Instant) -> CircuitState {
        self.lock().state(now, &self.options)
    }

    fn lock(&self) -> MutexGuard<'_, Circuit> {
        // No code that holds the lock leaves the circuit half changed, so a poisoned lock is still good.
        self.circuit.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to make one call. Dropped without an outcome (the request was cancelled) it counts for nothing, and a probe
/// makes way for the next one.
#[derive(Debug)]
#[must_use = "a call that does not report its outcome cannot open or close the circuit"]
pub struct Permit<'a> {
    breaker: &'a CircuitBreaker,
    /// Of the circuit when the call was admitted; `None` once its outcome is known.
    generation: Option<u64>,
}

impl Permit<'_> {
    /// The call succeeded.
    pub fn success(mut self) {
        if let Some(generation) = self.generation.take() {
            self.breaker.lock().succeeded(generation);
        }
    }

    /// The call failed in a way that speaks against the upstream: refused, timed out, answered 5xx.
    pub fn failure(mut self, now: Instant) {
        if let Some(generation) = self.generation.take() {
            self.breaker.lock().failed(generation, now, &self.breaker.options);
        }
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if let Some(generation) = self.generation.take() {
            self.breaker.lock().abandoned(generation);
        }
    }
}

/// The state machine, free of locks and clocks.
#[derive(Debug)]
struct Circuit {
    phase: Phase,
    /// Grows with every change of phase, so that the outcome of a call admitted in an earlier phase is not mistaken for
    /// that of the probe.
    generation: u64,
}

#[derive(Debug)]
enum Phase {
    Closed {
        /// The latest failures, oldest first, fewer than the threshold.
        failures: VecDeque<Instant>,
    },
    Open {
        since: Instant,
    },
    HalfOpen {
        probing: bool,
    },
}

impl Phase {
    fn closed() -> Self {
        Self::Closed { failures: VecDeque::new() }
    }
}

impl Circuit {
    fn state(&self, now: Instant, options: &CircuitBreakerOptions) -> CircuitState {
        match self.phase {
            Phase::Closed { .. } => CircuitState::Closed,
            Phase::Open { since } if now.saturating_duration_since(since) < options.open_for => {
                CircuitState::Open
            }
            Phase::Open { .. } | Phase::HalfOpen { .. } => CircuitState::HalfOpen,
        }
    }

    fn admit(&mut self, now: Instant, options: &CircuitBreakerOptions) -> Result<u64, CircuitOpen> {
        match &mut self.phase {
            Phase::Closed { .. } => Ok(self.generation),
            Phase::HalfOpen { probing: true } => Err(CircuitOpen { retry_after: Duration::ZERO }),
            Phase::HalfOpen { probing } => {
                *probing = true;
                Ok(self.generation)
            }
            Phase::Open { since } => {
                let waited = now.saturating_duration_since(*since);
                if waited < options.open_for {
                    return Err(CircuitOpen { retry_after: options.open_for - waited });
                }
                self.enter(Phase::HalfOpen { probing: true });
                Ok(self.generation)
            }
        }
    }

    fn succeeded(&mut self, generation: u64) {
        if generation == self.generation && matches!(self.phase, Phase::HalfOpen { .. }) {
            self.enter(Phase::closed());
        }
    }

    fn failed(&mut self, generation: u64, now: Instant, options: &CircuitBreakerOptions) {
        if generation != self.generation {
            return;
        }
        let opens = match &mut self.phase {
            Phase::Closed { failures } => {
                failures.retain(|failed_at| now.saturating_duration_since(*failed_at) < options.window);
                failures.push_back(now);
                failures.len() >= options.failure_threshold as usize
            }
            Phase::HalfOpen { .. } => true,
            Phase::Open { .. } => false,
        };
        if opens {
            self.enter(Phase::Open { since: now });
        }
    }

    fn abandoned(&mut self, generation: u64) {
        if generation == self.generation
            && let Phase::HalfOpen { probing } = &mut self.phase
        {
            *probing = false;
        }
    }

    fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.generation += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPTIONS: CircuitBreakerOptions = CircuitBreakerOptions {
        failure_threshold: 3,
        window: Duration::from_secs(10),
        open_for: Duration::from_secs(5),
    };

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn fail(breaker: &CircuitBreaker, now: Instant) {
        breaker.try_acquire(now).unwrap().failure(now);
    }

    fn opened_at(now: Instant) -> CircuitBreaker {
        let breaker = CircuitBreaker::new(OPTIONS);
        for _ in 0..3 {
            fail(&breaker, now);
        }
        assert_eq!(breaker.state(now), CircuitState::Open);
        breaker
    }

    #[test]
    fn failures_below_the_threshold_keep_it_closed() {
        let (breaker, start) = (CircuitBreaker::new(OPTIONS), Instant::now());
        fail(&breaker, start);
        fail(&breaker, start);
        breaker.try_acquire(start).unwrap().success();
        assert_eq!(breaker.state(start), CircuitState::Closed);
        fail(&breaker, start);
        assert_eq!(breaker.state(start), CircuitState::Open);
    }

    #[test]
    fn failures_older_than_the_window_do_not_count() {
        let (breaker, start) = (CircuitBreaker::new(OPTIONS), Instant::now());
        for second in [0, 5, 10, 15, 20] {
            fail(&breaker, start + seconds(second));
            assert_eq!(breaker.state(start + seconds(second)), CircuitState::Closed);
        }
    }

    #[test]
    fn an_open_circuit_refuses_and_says_how_long() {
        let start = Instant::now();
        let breaker = opened_at(start);
        let refused = breaker.try_acquire(start + seconds(2)).unwrap_err();
        assert_eq!(refused.retry_after, seconds(3));
        assert!(refused.to_string().contains("3000 ms"), "{refused}");
    }

    #[test]
    fn after_the_pause_exactly_one_probe_goes_through() {
        let start = Instant::now();
        let (breaker, later) = (opened_at(start), start + seconds(5));
        let probe = breaker.try_acquire(later).unwrap();
        assert!(breaker.try_acquire(later).is_err());
        probe.success();
        assert_eq!(breaker.state(later), CircuitState::Closed);
        assert!(breaker.try_acquire(later).is_ok());
    }

    #[test]
    fn a_failed_probe_opens_it_for_the_whole_pause_again() {
        let start = Instant::now();
        let (breaker, later) = (opened_at(start), start + seconds(6));
        fail(&breaker, later);
        assert_eq!(breaker.try_acquire(later + seconds(4)).unwrap_err().retry_after, seconds(1));
        assert_eq!(breaker.state(later + seconds(5)), CircuitState::HalfOpen);
    }

    #[test]
    fn a_cancelled_probe_makes_way_for_the_next() {
        let start = Instant::now();
        let (breaker, later) = (opened_at(start), start + seconds(5));
        drop(breaker.try_acquire(later).unwrap());
        breaker.try_acquire(later).unwrap().success();
        assert_eq!(breaker.state(later), CircuitState::Closed);
    }

    #[test]
    fn a_late_outcome_from_before_it_opened_changes_nothing() {
        let (breaker, start) = (CircuitBreaker::new(OPTIONS), Instant::now());
        let (slow_success, slow_failure) =
            (breaker.try_acquire(start).unwrap(), breaker.try_acquire(start).unwrap());
        for _ in 0..3 {
            fail(&breaker, start);
        }
        let probe = breaker.try_acquire(start + seconds(5)).unwrap();
        slow_success.success();
        assert_eq!(breaker.state(start + seconds(5)), CircuitState::HalfOpen);
        slow_failure.failure(start + seconds(5));
        assert_eq!(breaker.state(start + seconds(5)), CircuitState::HalfOpen);
        probe.success();
        assert_eq!(breaker.state(start + seconds(5)), CircuitState::Closed);
    }

    #[test]
    fn a_clock_that_steps_back_does_no_harm() {
        let start = Instant::now() + seconds(100);
        let breaker = opened_at(start);
        assert_eq!(breaker.state(start - seconds(50)), CircuitState::Open);
        assert_eq!(breaker.try_acquire(start - seconds(50)).unwrap_err().retry_after, seconds(5));
    }

    #[test]
    fn many_threads_get_one_probe() {
        let start = Instant::now();
        let (breaker, later) = (opened_at(start), start + seconds(5));
        let admitted = std::thread::scope(|scope| {
            let callers: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| breaker.try_acquire(later).map(std::mem::forget).is_ok()))
                .collect();
            callers.into_iter().map(|caller| caller.join().unwrap()).filter(|admitted| *admitted).count()
        });
        assert_eq!(admitted, 1);
    }
}
