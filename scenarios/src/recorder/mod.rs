//! What happened, by step and second, without a lock on the way of a request.
//!
//! Every thread has a lane that holds its shard. To record, a thread takes the shard out of its lane with
//! one atomic swap, reads the clock, records and puts it back. The collector takes shards in the same way.
//! Threads never wait: one that finds its lane empty, because the collector holds the shard, starts another
//! one, and the collector gets that when it puts the first one back.
//!
//! The clock is read while the lane is marked as recording. The collector empties a lane only after it has
//! seen it unmarked, so it gets everything that was timed before its sweep began: once a sweep that began
//! after the end of a second is over, nothing can be recorded for that second any more.

mod collector;
mod shard;

use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam_utils::CachePadded;
use crossbeam_utils::atomic::AtomicCell;
use thread_local::ThreadLocal;

pub use collector::Collector;
pub use shard::{Outcome, Sample, Shard};

/// One second in microseconds.
pub(crate) const SECOND_US: u64 = 1_000_000;

/// What belongs to one thread.
struct Lane {
    /// The thread's shard, unless the thread or the collector has it in hand.
    shard: AtomicCell<Option<Box<Shard>>>,
    /// Whether the thread has a shard in hand.
    is_recording: AtomicBool,
}

impl Default for Lane {
    fn default() -> Self {
        Self { shard: AtomicCell::new(Some(Box::default())), is_recording: AtomicBool::new(false) }
    }
}

/// Where virtual users record what they did.
#[derive(Default)]
pub struct Recorder {
    lanes: ThreadLocal<CachePadded<Lane>>,
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // To show a shard it would have to be taken out of its lane.
        formatter.debug_struct("Recorder").finish_non_exhaustive()
    }
}

impl Recorder {
    /// Runs `observe` with this thread's shard in hand. To be exact about the second, `observe` reads the
    /// clock itself. It must not wait for anything.
    pub fn record<R>(&self, observe: impl FnOnce(&mut Shard) -> R) -> R {
        let mut hand = Hand::of(self.lanes.get_or_default());
        observe(hand.shard.as_mut().expect("it is full until it is dropped"))
    }

    /// Hands the contents of every shard to `empty`. On return, everything that was recorded before the
    /// call has been handed over.
    fn sweep(&self, mut empty: impl FnMut(&mut Shard)) {
        for lane in &self.lanes {
            let mut shard = loop {
                // What the thread timed before this look at the mark is in the lane, or by now in its next
                // hand; an empty lane means the latter. Either way it is a matter of microseconds.
                if !lane.is_recording.load(Ordering::SeqCst)
                    && let Some(shard) = lane.shard.take()
                {
                    break shard;
                }
                std::thread::yield_now();
            };
            empty(&mut shard);
            if let Some(mut meanwhile) = lane.shard.swap(Some(shard)) {
                empty(&mut meanwhile);
            }
        }
    }
}

/// A shard in a thread's hand; put back when it is dropped, also by a panic.
struct Hand<'recorder> {
    shard: Option<Box<Shard>>,
    lane: &'recorder Lane,
}

impl<'recorder> Hand<'recorder> {
    fn of(lane: &'recorder Lane) -> Self {
        lane.is_recording.store(true, Ordering::SeqCst);
        // Empty only while the collector holds the shard; it is quicker to start another than to wait.
        Self { shard: lane.shard.take().or_else(|| Some(Box::default())), lane }
    }
}

impl Drop for Hand<'_> {
    fn drop(&mut self) {
        // What comes out was put there by the collector, and it puts back only what it has emptied.
        let displaced = self.lane.shard.swap(self.shard.take());
        debug_assert!(displaced.is_none_or(|shard| shard.is_empty()), "a full shard would be lost");
        self.lane.is_recording.store(false, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;
    use std::time::Instant;

    use aforo_model::{ErrorKind, LoadSecond, TimeHistogram};
    use rand::rngs::StdRng;
    use rand::{Rng, SeedableRng};

    use super::*;

    fn met(step: usize, end_us: u64, response_us: u64) -> Sample {
        let start_us = end_us.saturating_sub(response_us);
        Sample {
            step,
            intended_start_us: None,
            start_us,
            end_us,
            outcome: Outcome::Met,
            status: Some(200),
            received_bytes: 10,
        }
    }

    fn collector(recorder: &Arc<Recorder>) -> Collector {
        Collector::new(Arc::clone(recorder), vec!["a".into(), "b".into()])
    }

    #[test]
    fn a_sample_belongs_to_the_second_of_its_end() {
        let recorder = Arc::new(Recorder::default());
        for (end_us, response_us) in [(999_999, 10), (1_000_000, 900_000), (2_500_000, 2_400_000)] {
            recorder.record(|shard| shard.sample(met(0, end_us, response_us)));
        }
        let mut collector = collector(&recorder);
        collector.sweep();
        let seconds: Vec<LoadSecond> = (0..4).map(|_| collector.next_second()).collect();
        let requests: Vec<u64> =
            seconds.iter().map(|second| second.steps.get("a").map_or(0, |step| step.requests)).collect();
        assert_eq!(requests, [1, 1, 1, 0]);
        assert_eq!(seconds.iter().map(|second| second.second).collect::<Vec<_>>(), [0, 1, 2, 3]);
        assert!(seconds[3].steps.is_empty(), "an empty second is there and has no steps");
    }

    #[test]
    fn four_threads_and_a_collector_that_sweeps_all_the_time_lose_nothing_and_misplace_nothing() {
        const PER_THREAD: u64 = 30_000;
        let recorder = Arc::new(Recorder::default());
        let epoch = Instant::now();
        let done = AtomicBool::new(false);
        // A second of the test's clock is a millisecond, so that many of them end while it runs.
        let now_us = || u64::try_from(epoch.elapsed().as_nanos()).unwrap();
        let mut seconds = Vec::new();
        let expected = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4u64)
                .map(|thread| {
                    let recorder = &recorder;
                    scope.spawn(move || {
                        let mut by_second = BTreeMap::<u32, u64>::new();
                        for index in 0..PER_THREAD {
                            let end_us = recorder.record(|shard| {
                                let end_us = now_us();
                                shard.sample(met((thread % 2) as usize, end_us, index % 1000));
                                end_us
                            });
                            *by_second.entry((end_us / SECOND_US) as u32).or_default() += 1;
                        }
                        by_second
                    })
                })
                .collect();
            let sweeping = scope.spawn(|| {
                let mut collector = collector(&recorder);
                let mut seconds = Vec::new();
                while !done.load(Ordering::Acquire) {
                    let swept_us = now_us();
                    collector.sweep();
                    while (seconds.len() as u64 + 1) * SECOND_US <= swept_us {
                        seconds.push(collector.next_second());
                    }
                }
                collector.sweep();
                let last = now_us() / SECOND_US;
                while seconds.len() as u64 <= last {
                    seconds.push(collector.next_second());
                }
                seconds
            });
            let mut expected = BTreeMap::<u32, u64>::new();
            for thread in threads {
                for (second, count) in thread.join().unwrap() {
                    *expected.entry(second).or_default() += count;
                }
            }
            done.store(true, Ordering::Release);
            seconds.extend(sweeping.join().unwrap());
            expected
        });
        let measured: BTreeMap<u32, u64> = seconds
            .iter()
            .map(|second| (second.second, second.steps.values().map(|step| step.requests).sum()))
            .filter(|(_, count)| *count > 0)
            .collect();
        assert_eq!(measured, expected);
        assert_eq!(expected.values().sum::<u64>(), 4 * PER_THREAD);
    }

    #[test]
    fn quantiles_of_a_lognormal_server_are_within_a_hundredth_of_the_sorted_truth() {
        let mut rng = StdRng::seed_from_u64(20_261_120);
        let recorder = Arc::new(Recorder::default());
        let mut truth = Vec::new();
        let mut now_us = 0;
        for _ in 0..100_000 {
            // Box–Muller: median 5 ms, sigma 1, as a server with a heavy tail answers.
            let (uniform, angle): (f64, f64) = (1.0 - rng.random::<f64>(), rng.random());
            let normal = (-2.0 * uniform.ln()).sqrt() * (std::f64::consts::TAU * angle).cos();
            let response_us = (5_000.0 * normal.exp()) as u64;
            now_us += response_us;
            recorder.record(|shard| shard.sample(met(0, now_us, response_us)));
            truth.push(response_us);
        }
        truth.sort_unstable();
        let mut collector = collector(&recorder);
        collector.sweep();
        let mut measured = TimeHistogram::new();
        for _ in 0..=now_us / SECOND_US {
            if let Some(step) = collector.next_second().steps.get("a") {
                measured.merge(&step.response_time);
            }
        }
        assert_eq!(measured.count(), 100_000);
        for quantile in [0.5, 0.95, 0.99, 0.999] {
            let rank = (quantile * truth.len() as f64).ceil() as usize;
            let (truth_us, measured_us) =
                (truth[rank - 1] as f64, measured.quantile_us(quantile).unwrap() as f64);
            assert!((measured_us / truth_us - 1.0).abs() <= 0.01, "{quantile}: {measured_us} for {truth_us}");
        }
    }

    #[test]
    fn response_time_counts_from_the_intended_start_and_busy_time_from_the_actual_one() {
        let recorder = Arc::new(Recorder::default());
        let late = Sample { intended_start_us: Some(100), start_us: 300, end_us: 1_000, ..met(0, 1_000, 0) };
        recorder.record(|shard| shard.sample(late));
        let mut collector = collector(&recorder);
        collector.sweep();
        let step = collector.next_second().steps.remove("a").unwrap();
        assert_eq!(step.response_time.max_us(), Some(900));
        assert_eq!(step.busy_time_us, 700);
        assert_eq!(step.service_time.unwrap().max_us(), Some(700));
    }

    #[test]
    fn starts_are_counted_where_they_happened_with_their_delay() {
        let recorder = Arc::new(Recorder::default());
        recorder.record(|shard| {
            shard.round_started(999_000, 1_000_500);
            shard.round_started(1_000_000, 1_000_600);
            shard.start_dropped(1_200_000);
            shard.sample(met(0, 1_300_000, 500));
        });
        let mut collector = collector(&recorder);
        collector.sweep();
        let seconds = [collector.next_second(), collector.next_second()];
        assert_eq!(seconds.each_ref().map(|second| (second.starts, second.dropped_starts)), [(0, 0), (2, 1)]);
        let delay = seconds[1].start_delay.summary();
        assert_eq!((delay.count, delay.min_us, delay.max_us), (2, Some(600), Some(1_500)));
        assert_eq!(seconds[1].steps["a"].service_time, None, "that step was not due at a time");
    }

    #[test]
    fn a_timeout_is_a_slow_answer_and_other_failures_are_kept_apart() {
        let recorder = Arc::new(Recorder::default());
        let failed = |kind, end_us, response_us| Sample {
            outcome: Outcome::Failed(kind, "why".to_owned()),
            status: None,
            ..met(0, end_us, response_us)
        };
        recorder.record(|shard| shard.sample(failed(ErrorKind::Timeout, 900_000, 800_000)));
        for _ in 0..10 {
            recorder.record(|shard| shard.sample(failed(ErrorKind::Connection, 900_000, 50)));
        }
        let mut collector = collector(&recorder);
        collector.sweep();
        let step = collector.next_second().steps.remove("a").unwrap();
        assert_eq!((step.response_time.count(), step.failed_response_time.count()), (1, 10));
        assert_eq!(step.errors, BTreeMap::from([(ErrorKind::Timeout, 1), (ErrorKind::Connection, 10)]));
        assert_eq!(step.error_messages.len(), 3, "a few messages of a second are enough");
    }

    #[test]
    fn a_panic_while_recording_loses_nothing() {
        let recorder = Arc::new(Recorder::default());
        recorder.record(|shard| shard.sample(met(0, 10, 5)));
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            recorder.record(|_| panic!("on purpose"));
        }));
        assert!(panicked.is_err());
        recorder.record(|shard| shard.sample(met(0, 20, 5)));
        let mut collector = collector(&recorder);
        collector.sweep();
        assert_eq!(collector.next_second().steps["a"].requests, 2);
    }

    #[test]
    fn time_of_users_and_of_thinking_is_spread_over_its_seconds() {
        let recorder = Arc::new(Recorder::default());
        recorder.record(|shard| {
            shard.user_started(250_000);
            shard.user_started(500_000);
            shard.thinking(500_000, 2_500_000);
            // It was told to stop at 2.2 s.
            shard.thought_until(2_500_000, 2_200_000);
            shard.user_ended(1_750_000);
            shard.user_ended(2_200_000);
        });
        let mut collector = collector(&recorder);
        collector.sweep();
        let seconds: Vec<LoadSecond> = (0..3).map(|_| collector.next_second()).collect();
        assert_eq!(seconds.iter().map(|second| second.users).collect::<Vec<_>>(), [2, 1, 0]);
        let user_time: Vec<u64> = seconds.iter().map(|second| second.user_time_us).collect();
        assert_eq!(user_time, [1_250_000, 1_750_000, 200_000]);
        let think_time: Vec<u64> = seconds.iter().map(|second| second.think_time_us).collect();
        assert_eq!(think_time, [500_000, 1_000_000, 200_000]);
    }
}
