//! What the load engine hands over, second by second.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::TimeHistogram;

/// Why a request failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorKind {
    /// An answer with a status that was not expected, below 500.
    Status,
    /// An answer with a status of 500 or above that was not expected.
    ServerStatus,
    /// The status was right and the body was not what was expected.
    Expectation,
    /// No complete answer within the time-out.
    Timeout,
    /// No connection could be made, or the target closed it before the answer was complete.
    Connection,
    /// The target reset the connection before the answer was complete.
    Reset,
    /// The target's name has no address, or nobody could be asked for it.
    Dns,
    /// No TLS connection: the certificate is not trusted, or both sides have nothing in common.
    Tls,
    /// What came back is not an answer in HTTP/1.1: garbage, another version, lengths that are not true.
    Protocol,
    /// The answer is larger than a virtual user reads.
    TooLarge,
    /// The target redirects on and on.
    RedirectLoop,
    /// The load generator has no file descriptor left for a connection. Its own limit, not the target's.
    Descriptors,
}

impl ErrorKind {
    /// Whether the failure is the target's own: it broke, did not answer, or not in HTTP.
    pub fn is_server_side(self) -> bool {
        matches!(
            self,
            Self::ServerStatus
                | Self::Timeout
                | Self::Connection
                | Self::Reset
                | Self::Protocol
                | Self::RedirectLoop
        )
    }
}

/// Everything that ended in one second of a run. Histograms are saved apart, in the interval log.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LoadSecond {
    /// Which second since the start of the run: 0 is the first.
    pub second: u32,
    /// Virtual users running at the end of this second.
    pub users: u32,
    /// Time that virtual users were alive in this second, summed, µs.
    pub user_time_us: u64,
    /// Think time that passed in this second, summed over virtual users, µs.
    pub think_time_us: u64,
    /// Rounds of journeys that an open workload started in this second; each was due on its schedule.
    #[serde(default)]
    pub starts: u64,
    /// Rounds that were due in this second and were never started, because no virtual user was free.
    #[serde(default)]
    pub dropped_starts: u64,
    /// From the intended to the actual start of the rounds in `starts`. Empty in closed workloads.
    #[serde(skip)]
    pub start_delay: TimeHistogram,
    /// What each step did, by step name. A step without requests is absent.
    pub steps: BTreeMap<String, StepSecond>,
}

/// What ended in one second of one step.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct StepSecond {
    /// Requests that ended, failed ones included.
    pub requests: u64,
    /// Failed requests by kind.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub errors: BTreeMap<ErrorKind, u64>,
    /// Answers by HTTP status.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub statuses: BTreeMap<u16, u64>,
    /// Up to a few texts of failures seen in this second, each with its kind.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub error_messages: Vec<(ErrorKind, String)>,
    /// Body bytes received.
    pub received_bytes: u64,
    /// Service time of all requests, failed ones included, summed, µs.
    pub busy_time_us: u64,
    /// Response times, from the intended start to the end of the body, of the requests that are
    /// judged: those that met their expectation, and those that timed out (a time-out is a slow
    /// answer, and leaving it out would flatter the quantiles).
    #[serde(skip)]
    pub response_time: TimeHistogram,
    /// Service times, from the actual start, of the same requests. Absent in closed workloads, where
    /// every request starts when it should and both are the same.
    #[serde(skip)]
    pub service_time: Option<TimeHistogram>,
    /// Response times of the other failed requests: often fast, and not what a user waits for.
    #[serde(skip)]
    pub failed_response_time: TimeHistogram,
}

impl StepSecond {
    /// Failed requests of every kind.
    pub fn error_count(&self) -> u64 {
        self.errors.values().sum()
    }

    /// Adds what another recorder saw of the same step in the same second.
    pub fn merge(&mut self, other: &Self) {
        self.requests += other.requests;
        for (kind, count) in &other.errors {
            *self.errors.entry(*kind).or_default() += count;
        }
        for (status, count) in &other.statuses {
            *self.statuses.entry(*status).or_default() += count;
        }
        self.error_messages.extend(other.error_messages.iter().cloned());
        self.received_bytes += other.received_bytes;
        self.busy_time_us += other.busy_time_us;
        self.response_time.merge(&other.response_time);
        if let Some(other_service_time) = &other.service_time {
            self.service_time.get_or_insert_default().merge(other_service_time);
        }
        self.failed_response_time.merge(&other.failed_response_time);
    }
}
