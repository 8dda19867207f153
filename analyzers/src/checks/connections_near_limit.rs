//! `connections-near-limit`
//!
//! **What:** client connections to the target's Postgres at their peak, as a share of `max_connections`.
//! **Why it hurts:** at the limit new connections are refused, and the target answers with errors at once.
//! **Threshold:** 80 % is a warning, the usual line of Postgres operations; 95 % is critical, because the last
//! few connections are kept for superusers (`superuser_reserved_connections`, 3 of 100 by default).
//! **Remedy:** a smaller pool, or a pooler in front, before a higher limit.

use aforo_model::Finding;

use super::{Check, finding, graded, part};
use crate::Evidence;
use crate::wording::percent;

const WARNING_RATIO: f64 = 0.80;
const CRITICAL_RATIO: f64 = 0.95;

pub(super) const CHECK: Check =
    Check { code: "connections-near-limit", summary: "Postgres near its limit of connections", run };

fn run(evidence: &Evidence<'_>) -> Vec<Finding> {
    let readings = evidence.judged_samples().filter_map(|sample| sample.postgres.as_ref());
    let Some(peak) = readings.max_by_key(|postgres| postgres.connection_count) else { return Vec::new() };
    let (used, limit) = (f64::from(peak.connection_count), f64::from(peak.max_connections));
    let Some(severity) = graded(used / limit, WARNING_RATIO, CRITICAL_RATIO) else { return Vec::new() };
    vec![finding(
        CHECK.code,
        part("postgres"),
        severity,
        format!(
            "Postgres had {used} client connections at the peak, {} of its limit of {limit}",
            percent(used / limit)
        ),
        "make the target's connection pool smaller or put a pooler in front of Postgres; raise `max_connections` only after that"
            .to_owned(),
        &[("peak_connections", used), ("max_connections", limit)],
    )]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::Fixture;
    use aforo_model::Severity;

    fn severity_at(connection_count: u32) -> Option<Severity> {
        let mut fixture = Fixture::healthy();
        fixture.resources[30].postgres.as_mut().unwrap().connection_count = connection_count;
        run(&fixture.evidence()).first().map(|finding| finding.severity)
    }

    #[test]
    fn one_reading_near_the_limit_is_found_and_one_below_is_not() {
        assert_eq!(severity_at(79), None);
        assert_eq!(severity_at(80), Some(Severity::Warning));
        assert_eq!(severity_at(97), Some(Severity::Critical));
        assert_eq!(run(&Fixture::empty().evidence()), []);
    }
}
