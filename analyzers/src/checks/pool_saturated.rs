//! `pool-saturated`
//!
//! **What:** for most of the judged time, nearly all connections that the target has to Postgres run a statement, their number does not
//! grow, and more requests are in flight than there are connections, while Postgres has CPU to spare and hardly any of them wait for a lock.
//! **Why it hurts:** requests queue for a connection inside the target, where nobody sees it, although the database could do more.
//! **Threshold:** 90 % of the connections busy in half of the readings is ours: a pool of ten with a connection idle now and then still
//! lets requests wait. 70 % of the machine's cores is what counts as CPU to spare, as for `cpu-high`.
//! **Remedy:** a larger pool, step by step, or shorter statements.

use aforo_model::{Finding, PostgresSample, Role, Severity};

use super::{Check, finding, part};
use crate::Evidence;
use crate::host_cpu::WARNING_RATIO;
use crate::wording::percent;

/// Share of the connections that run a statement from which a reading counts as busy, and of the readings that must be.
const BUSY_RATIO: f64 = 0.9;
const READINGS_RATIO: f64 = 0.5;
/// Fewer readings than these say nothing.
const FEWEST_READINGS: usize = 10;
/// Share of the working connections that may wait for locks: beyond it, a larger pool lets more of them wait.
const LOCKED_RATIO: f64 = 0.2;

pub(super) const CHECK: Check =
    Check { code: "pool-saturated", summary: "requests wait for a connection to Postgres", run };

fn run(evidence: &Evidence<'_>) -> Vec<Finding> {
    let readings: Vec<(&PostgresSample, Option<f64>)> = evidence
        .judged_samples()
        .filter_map(|sample| Some((sample.postgres.as_ref()?, evidence.cpu_ratio(sample, Role::Postgres))))
        .collect();
    if readings.len() < FEWEST_READINGS {
        return Vec::new();
    }
    let most = readings.iter().map(|(reading, _)| reading.connection_count).max().unwrap_or_default();
    let is_busy = |reading: &PostgresSample| {
        // While a pool still grows it is not at its size.
        reading.connection_count == most
            && f64::from(reading.active_count) >= BUSY_RATIO * f64::from(most)
            && f64::from(reading.lock_waiting_count) <= LOCKED_RATIO * f64::from(reading.active_count)
    };
    let busy_ratio =
        readings.iter().filter(|(reading, _)| is_busy(reading)).count() as f64 / readings.len() as f64;
    let cpu: Vec<f64> = readings.iter().filter_map(|(_, cpu)| *cpu).collect();
    let cpu_mean = cpu.iter().sum::<f64>() / cpu.len() as f64;
    let total = &evidence.load.total;
    let in_flight = total.response_time.mean_us.unwrap_or_default() / 1e6 * total.requests as f64
        / evidence.load.judged_s;
    // Without a reading of its CPU, whether Postgres could do more is not known.
    let could_do_more = cpu_mean < WARNING_RATIO;
    if most == 0
        || busy_ratio < READINGS_RATIO
        || !could_do_more
        || in_flight.is_nan()
        || in_flight <= f64::from(most)
    {
        return Vec::new();
    }
    vec![finding(
        CHECK.code,
        part("postgres"),
        Severity::Warning,
        format!(
            "in {} of the readings at least {} of the target's {most} connections to Postgres ran a statement, with {in_flight:.0} requests \
             in flight and Postgres using {} of the cores: requests wait for a connection",
            percent(busy_ratio),
            percent(BUSY_RATIO),
            percent(cpu_mean)
        ),
        "raise the target's connection pool step by step, at most to the requests in flight, or make statements shorter".to_owned(),
        &[
            ("busy_ratio", busy_ratio),
            ("connections", f64::from(most)),
            ("requests_in_flight", in_flight),
            ("postgres_cpu_ratio", cpu_mean),
        ],
    )]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{Fixture, healthy_second, step_second, summarized};

    /// Twenty requests a second of `time_us` each, with all but `idle` of two connections at work.
    fn saturated(time_us: u64, idle: u32) -> Fixture {
        let mut fixture = Fixture::healthy();
        let mut seconds: Vec<_> = (0..60).map(healthy_second).collect();
        for second in &mut seconds {
            second.steps =
                ["search", "book"].map(|name| (name.to_owned(), step_second(10, 0, time_us))).into();
        }
        fixture.load = summarized(&fixture.scenario, &seconds);
        for postgres in fixture.resources.iter_mut().filter_map(|sample| sample.postgres.as_mut()) {
            postgres.connection_count = 2;
            postgres.active_count = 2 - idle;
        }
        fixture
    }

    #[test]
    fn two_busy_connections_for_four_requests_in_flight_are_too_few() {
        let found = run(&saturated(200_000, 0).evidence());
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].numbers["connections"], 2.0);
        assert!((found[0].numbers["requests_in_flight"] - 4.0).abs() < 0.1, "{found:?}");
    }

    #[test]
    fn an_idle_connection_few_requests_and_a_database_without_cpu_to_spare_are_no_short_pool() {
        assert_eq!(run(&saturated(200_000, 1).evidence()), []);
        assert_eq!(run(&saturated(90_000, 0).evidence()), []);
        // 3 of four cores.
        assert_eq!(run(&saturated(200_000, 0).with_cpu(Role::Postgres, 3.0).evidence()), []);
    }

    #[test]
    fn connections_that_wait_for_locks_and_a_run_without_readings_say_nothing() {
        let mut locked = saturated(200_000, 0);
        for postgres in locked.resources.iter_mut().filter_map(|sample| sample.postgres.as_mut()) {
            postgres.lock_waiting_count = 1;
        }
        assert_eq!(run(&locked.evidence()), []);
        assert_eq!(run(&Fixture::healthy().evidence()), []);
        assert_eq!(run(&Fixture::empty().evidence()), []);
    }
}
