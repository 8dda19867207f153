//! What one step did over the judged part.

use std::collections::BTreeMap;

use aforo_model::{ErrorExample, ErrorKind, StepRecord, StepSecond, TimeHistogram};

/// Examples of failures that are kept for a step.
const EXAMPLE_LIMIT: usize = 5;
/// Distinct messages that are counted for a step. Messages that hold an id are all different; without a limit
/// a failing run of an hour would keep every one.
const MESSAGE_LIMIT: usize = 256;

/// The growing totals of one step.
#[derive(Debug)]
pub(crate) struct StepTotals {
    name: String,
    requests: u64,
    /// Requests that met their expectation before the order to stop.
    met_in_time: u64,
    errors: BTreeMap<ErrorKind, u64>,
    statuses: BTreeMap<u16, u64>,
    messages: BTreeMap<(ErrorKind, String), u64>,
    received_bytes: u64,
    busy_time_us: u64,
    response_time: TimeHistogram,
    /// Absent as long as service and response time are the same.
    service_time: Option<TimeHistogram>,
    failed_response_time: TimeHistogram,
}

impl StepTotals {
    pub(crate) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            requests: 0,
            met_in_time: 0,
            errors: BTreeMap::new(),
            statuses: BTreeMap::new(),
            messages: BTreeMap::new(),
            received_bytes: 0,
            busy_time_us: 0,
            response_time: TimeHistogram::new(),
            service_time: None,
            failed_response_time: TimeHistogram::new(),
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Response times of the requests that are judged.
    pub(crate) fn response_time(&self) -> &TimeHistogram {
        &self.response_time
    }

    /// Adds a second of this step; one of the draining does not count as throughput.
    pub(crate) fn add(&mut self, second: &StepSecond, draining: bool) {
        self.requests = self.requests.saturating_add(second.requests);
        if !draining {
            let met = second.requests.saturating_sub(second.error_count());
            self.met_in_time = self.met_in_time.saturating_add(met);
        }
        add_counts(&mut self.errors, &second.errors);
        add_counts(&mut self.statuses, &second.statuses);
        for message in &second.error_messages {
            self.count_message(message, 1);
        }
        self.received_bytes = self.received_bytes.saturating_add(second.received_bytes);
        self.busy_time_us = self.busy_time_us.saturating_add(second.busy_time_us);
        self.add_times(&second.response_time, second.service_time.as_ref());
        self.failed_response_time.merge(&second.failed_response_time);
    }

    /// Adds the totals of another step.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.requests = self.requests.saturating_add(other.requests);
        self.met_in_time = self.met_in_time.saturating_add(other.met_in_time);
        add_counts(&mut self.errors, &other.errors);
        add_counts(&mut self.statuses, &other.statuses);
        for (message, count) in &other.messages {
            self.count_message(message, *count);
        }
        self.received_bytes = self.received_bytes.saturating_add(other.received_bytes);
        self.busy_time_us = self.busy_time_us.saturating_add(other.busy_time_us);
        self.add_times(&other.response_time, other.service_time.as_ref());
        self.failed_response_time.merge(&other.failed_response_time);
    }

    /// The record of a step over `judged_s` seconds.
    pub(crate) fn record(&self, judged_s: f64) -> StepRecord {
        let error_count: u64 = self.errors.values().sum();
        StepRecord {
            name: self.name.clone(),
            requests: self.requests,
            throughput_per_s: if judged_s > 0.0 { self.met_in_time as f64 / judged_s } else { 0.0 },
            error_rate: (self.requests > 0).then(|| error_count as f64 / self.requests as f64),
            errors: self.errors.clone(),
            statuses: self.statuses.clone(),
            error_examples: self.examples(),
            received_bytes: self.received_bytes,
            busy_time_s: self.busy_time_us as f64 / 1e6,
            response_time: self.response_time.summary(),
            service_time: self.service_time.as_ref().unwrap_or(&self.response_time).summary(),
            failed_response_time: self.failed_response_time.summary(),
            response_time_curve: self.response_time.curve(),
        }
    }

    fn add_times(&mut self, response_time: &TimeHistogram, service_time: Option<&TimeHistogram>) {
        if service_time.is_some() && self.service_time.is_none() {
            // Up to here both were the same.
            self.service_time = Some(self.response_time.clone());
        }
        if let Some(own) = &mut self.service_time {
            own.merge(service_time.unwrap_or(response_time));
        }
        self.response_time.merge(response_time);
    }

    fn count_message(&mut self, message: &(ErrorKind, String), count: u64) {
        if let Some(seen) = self.messages.get_mut(message) {
            *seen = seen.saturating_add(count);
        } else if self.messages.len() < MESSAGE_LIMIT {
            self.messages.insert(message.clone(), count);
        }
    }

    /// The most frequent messages; equal counts in the order of kind and text.
    fn examples(&self) -> Vec<ErrorExample> {
        let mut messages: Vec<_> = self.messages.iter().collect();
        messages.sort_by_key(|(_, seen)| std::cmp::Reverse(**seen));
        messages
            .into_iter()
            .take(EXAMPLE_LIMIT)
            .map(|((kind, message), seen)| ErrorExample {
                kind: *kind,
                message: message.clone(),
                seen: *seen,
            })
            .collect()
    }
}

fn add_counts<K: Copy + Ord>(counts: &mut BTreeMap<K, u64>, others: &BTreeMap<K, u64>) {
    for (key, count) in others {
        let sum = counts.entry(*key).or_default();
        *sum = sum.saturating_add(*count);
    }
}
