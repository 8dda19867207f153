//! `pool-size`: more connections where requests wait for one, fewer where most of them do nothing.
//!
//! By Little's law the connections that work at once are the statements of a second times the time of one. They were counted each second,
//! so the law need not be applied to averages: a pool needs as many as worked at once, and some to spare.

use aforo_model::{
    Action, Effect, Effort, Finding, PostgresSample, Recommendation, RecommendationKind, Risk, RunRecord,
};

use super::evidence::{carries, reference};
use super::run_again::run_again;
use super::traffic::{change, effect};

/// Connections to spare, relative to those that worked at once: a burst within a second is not seen by one reading of it.
const SPARE: f64 = 1.5;
/// A pool below this size is not made smaller.
const SMALLEST_POOL: u32 = 5;
/// Of the server's `max_connections`, the part that pools may take: the rest is for administration and other programs.
const POOLS_PART: f64 = 0.8;

pub(super) fn run(record: &RunRecord) -> Vec<Recommendation> {
    let found = |code: &str| record.findings.iter().find(|finding| finding.code == code && carries(finding));
    let Some(seen) = Seen::of(record) else { return Vec::new() };
    if let Some(finding) = found("pool-saturated") {
        return seen.larger(record, finding).into_iter().collect();
    }
    found("connections-near-limit").and_then(|finding| seen.smaller(record, finding)).into_iter().collect()
}

/// What the readings of the judged part say of the connections.
struct Seen {
    /// Client connections at the peak.
    connections: u32,
    /// Connections that ran a statement, at the peak.
    working_peak: u32,
    /// Those on average.
    working_mean: f64,
    /// The server's limit.
    limit: u32,
    /// Requests in flight on average: throughput times response time.
    in_flight: f64,
}

impl Seen {
    fn of(record: &RunRecord) -> Option<Self> {
        let judged_s = record.scenario.load.warm_up_s..=record.scenario.load.duration_s;
        let judged = record.resources.iter().filter(|sample| judged_s.contains(&sample.at_s));
        let readings: Vec<&PostgresSample> = judged.filter_map(|sample| sample.postgres.as_ref()).collect();
        let working: Vec<u32> = readings.iter().map(|reading| reading.active_count).collect();
        let total = &record.load.total;
        let requests_per_s = total.requests as f64 / record.load.judged_s;
        let in_flight = requests_per_s * total.response_time.mean_us? / 1e6;
        Some(Self {
            connections: readings.iter().map(|reading| reading.connection_count).max()?,
            working_peak: *working.iter().max()?,
            working_mean: f64::from(working.iter().sum::<u32>()) / working.len() as f64,
            limit: readings.iter().map(|reading| reading.max_connections).min()?,
            in_flight: if in_flight.is_finite() { in_flight } else { return None },
        })
    }

    /// Twice as many, at most one for each request in flight, within the server's limit.
    fn larger(&self, record: &RunRecord, finding: &Finding) -> Option<Recommendation> {
        let allowed = (f64::from(self.limit) * POOLS_PART).floor();
        let wanted = (f64::from(self.connections) * 2.0).min(self.in_flight.ceil()).min(allowed) as u32;
        (wanted > self.connections).then(|| {
            let why = format!(
                "On average {:.1} of {} connections ran a statement, while {:.1} requests were in flight (throughput times response \
                 time, Little's law).",
                self.working_mean, self.connections, self.in_flight
            );
            Recommendation {
                title: format!("Raise the connection pool from {} to {wanted}", self.connections),
                what: "Let the target open more connections, so that requests do not wait for one.".to_owned(),
                effect: Effect::Unknown {
                    why: "how long a request waits for a connection is not seen from outside".to_owned(),
                },
                risk: Risk::Medium,
                risk_note: format!(
                    "Postgres takes some megabytes for each connection, and slows down once more work at once than it has cores; all \
                     instances together must stay below {allowed:.0} of its {} connections.",
                    self.limit
                ),
                ..self.recommendation(record, finding, wanted, why)
            }
        })
    }

    /// As many as worked at once, and some to spare.
    fn smaller(&self, record: &RunRecord, finding: &Finding) -> Option<Recommendation> {
        let wanted = ((f64::from(self.working_peak) * SPARE).ceil() as u32).max(SMALLEST_POOL);
        // A pool half as large is worth a change.
        (wanted <= self.connections / 2).then(|| {
            let why = format!(
                "At most {} of {} connections ran a statement at once ({:.1} on average), and Postgres allows {}.",
                self.working_peak, self.connections, self.working_mean, self.limit
            );
            Recommendation {
                title: format!("Lower the connections of the target's pools from {} to {wanted}", self.connections),
                what: "Let the target keep fewer connections, so that the server's limit is not reached when it is scaled out."
                    .to_owned(),
                effect: effect(
                    Err("fewer connections are room for others, which nobody waited for here".to_owned()),
                    vec![change(
                        "client connections",
                        "connections",
                        f64::from(self.connections),
                        f64::from(wanted),
                    )],
                    "Connections that ran a statement at once at their peak, and half as many again.",
                ),
                risk: Risk::Medium,
                risk_note: "A pool that is too small lets requests wait for a connection: watch P95 when it is changed."
                    .to_owned(),
                ..self.recommendation(record, finding, wanted, why)
            }
        })
    }

    fn recommendation(
        &self,
        record: &RunRecord,
        finding: &Finding,
        wanted: u32,
        why: String,
    ) -> Recommendation {
        let set = |size: u32| {
            Action::Change(format!(
                "Set the most connections of the target's pools, over all its instances, to {size} (`max_connections`, `pool_size` or \
                 `maximumPoolSize`, as its library calls it)."
            ))
        };
        Recommendation {
            id: RecommendationKind::PoolSize.as_str().to_owned(),
            kind: RecommendationKind::PoolSize,
            title: String::new(),
            what: String::new(),
            why,
            rests_on: vec![reference(finding)],
            statements: Vec::new(),
            steps: Vec::new(),
            actions: vec![set(wanted)],
            effect: Effect::Unknown { why: String::new() },
            effort: Effort::Low,
            risk: Risk::Medium,
            risk_note: String::new(),
            undo: vec![set(self.connections)],
            verify: vec![run_again(record, "the finding is gone, and P95 is no higher")],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::finding;
    use crate::fixtures::Fixture;
    use aforo_model::{Severity, Subject};

    /// A healthy run whose readings show these connections, of which so many work, and this finding about them.
    fn record(connections: u32, working: u32, code: &str) -> RunRecord {
        let mut fixture = Fixture::healthy();
        for postgres in fixture.resources.iter_mut().filter_map(|sample| sample.postgres.as_mut()) {
            (postgres.connection_count, postgres.active_count) = (connections, working);
        }
        let mut record = fixture.record();
        let subject = Subject::Part("postgres".to_owned());
        record.findings = vec![finding(code, subject, Severity::Warning, String::new(), String::new(), &[])];
        record
    }

    #[test]
    fn a_pool_of_two_for_two_requests_in_flight_stays_as_it_is() {
        // Twenty requests a second of 100 ms.
        assert_eq!(run(&record(2, 2, "pool-saturated")), []);
        let advised = run(&record(1, 1, "pool-saturated"));
        assert_eq!(advised[0].title, "Raise the connection pool from 1 to 2");
        assert!(advised[0].why.contains("while 2.0 requests were in flight"), "{}", advised[0].why);
    }

    #[test]
    fn connections_that_hardly_work_near_the_limit_become_fewer() {
        let advised = run(&record(90, 12, "connections-near-limit"));
        assert_eq!(advised[0].title, "Lower the connections of the target's pools from 90 to 18");
        assert!(
            matches!(&advised[0].undo[0], Action::Change(text) if text.contains("to 90 (")),
            "{advised:?}"
        );
    }

    #[test]
    fn connections_that_work_and_a_run_without_such_a_finding_stay() {
        assert_eq!(run(&record(90, 60, "connections-near-limit")), []);
        assert_eq!(run(&record(90, 12, "cpu-high")), []);
        assert_eq!(run(&Fixture::empty().record()), []);
    }
}
