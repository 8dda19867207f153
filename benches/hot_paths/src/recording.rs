//! Recording what requests did, and gathering a second of it.

use std::sync::Arc;

use aforo_model::LoadSecond;
use aforo_scenarios::{Collector, Outcome, Recorder, Sample};

use crate::times_us;

/// As many as the built-in scenarios have.
const STEPS: usize = 13;

/// A thousand requests that end in the first second of a run.
fn samples() -> Vec<Sample> {
    let sample = |(index, time_us): (usize, u64)| Sample {
        step: index % STEPS,
        intended_start_us: None,
        start_us: 0,
        // Within the first second, whatever the time.
        end_us: time_us.min(999_999),
        outcome: Outcome::Met,
        status: Some(if index % 50 == 0 { 409 } else { 200 }),
        received_bytes: 512,
    };
    times_us().enumerate().map(sample).collect()
}

fn record_all(recorder: &Recorder, samples: &[Sample]) {
    for sample in samples {
        recorder.record(|shard| shard.sample(sample.clone()));
    }
}

/// A recorder, and a thousand requests to record over and over.
pub struct Recording {
    recorder: Recorder,
    samples: Vec<Sample>,
    next: usize,
}

impl Default for Recording {
    /// A recorder that has seen every step, so that what is measured is not the first time.
    fn default() -> Self {
        let recording = Self { recorder: Recorder::default(), samples: samples(), next: 0 };
        record_all(&recording.recorder, &recording.samples);
        recording
    }
}

impl Recording {
    /// Records the next request.
    pub fn record_next(&mut self) {
        let sample = self.samples[self.next].clone();
        self.next = (self.next + 1) % self.samples.len();
        self.recorder.record(|shard| shard.sample(sample));
    }
}

/// A second of thirteen steps that two threads recorded: what one of them did has been fetched, what the other did has not.
pub struct RecordedSecond {
    collector: Collector,
}

impl Default for RecordedSecond {
    /// Records twice a thousand requests. One thread stands for both: to the collector a shard that was put back is another one.
    fn default() -> Self {
        let recorder = Arc::new(Recorder::default());
        let names = (0..STEPS).map(|step| format!("step_{step}")).collect();
        let mut collector = Collector::new(Arc::clone(&recorder), names);
        record_all(&recorder, &samples());
        collector.sweep();
        record_all(&recorder, &samples());
        Self { collector }
    }
}

impl RecordedSecond {
    /// Merges the other thread's part and hands the second out. Once: the next second is empty.
    pub fn merge(&mut self) -> LoadSecond {
        self.collector.sweep();
        self.collector.next_second()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_merged_second_has_the_requests_of_both_threads_and_all_steps() {
        let second = RecordedSecond::default().merge();
        assert_eq!(second.steps.len(), STEPS);
        assert_eq!(second.steps.values().map(|step| step.requests).sum::<u64>(), 2_000);
    }

    #[test]
    fn everything_is_recorded_in_one_second() {
        assert!(samples().iter().all(|sample| sample.end_us < 1_000_000));
        assert_eq!(samples().len(), 1_000);
    }
}
