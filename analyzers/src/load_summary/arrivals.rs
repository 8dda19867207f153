//! How the schedule of an open workload was kept.

use aforo_model::{ArrivalRecord, LoadSecond, TimeHistogram};

/// The growing counts.
#[derive(Debug, Default)]
pub(super) struct Arrivals {
    started: u64,
    dropped: u64,
    start_delay: TimeHistogram,
}

impl Arrivals {
    pub(super) fn add(&mut self, second: &LoadSecond) {
        self.started = self.started.saturating_add(second.starts);
        self.dropped = self.dropped.saturating_add(second.dropped_starts);
        self.start_delay.merge(&second.start_delay);
    }

    pub(super) fn record(&self) -> ArrivalRecord {
        ArrivalRecord {
            scheduled: self.started.saturating_add(self.dropped),
            started: self.started,
            dropped: self.dropped,
            start_delay: self.start_delay.summary(),
            within_1ms_ratio: self.start_delay.ratio_up_to_us(1_000),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::fixtures::{open_scenario, open_second, summarized};

    #[test]
    fn starts_are_counted_after_warm_up_and_their_delays_merged() {
        let mut scenario = open_scenario(20.0);
        scenario.load.warm_up_s = 10.0;
        let seconds: Vec<_> = (0..20).map(|index| open_second(index, 9, 1, 2_000)).collect();
        let record = summarized(&scenario, &seconds);
        let arrivals = record.arrivals.unwrap();
        assert_eq!((arrivals.scheduled, arrivals.started, arrivals.dropped), (100, 90, 10));
        assert_eq!((arrivals.start_delay.count, arrivals.start_delay.max_us), (90, Some(2_000)));
        assert_eq!(arrivals.within_1ms_ratio, Some(0.0));
        assert_eq!(record.timeline.dropped_starts, [1; 20]);
        assert_eq!(record.timeline.total.service_p95_us.len(), 20);
    }

    #[test]
    fn a_closed_workload_has_no_arrivals() {
        let record = summarized(&crate::fixtures::scenario(10.0), &[crate::fixtures::healthy_second(0)]);
        assert_eq!(record.arrivals, None);
        assert!(record.timeline.dropped_starts.is_empty() && record.timeline.total.service_p95_us.is_empty());
    }
}
