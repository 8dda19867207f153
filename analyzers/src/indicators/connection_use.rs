//! How near the target's Postgres came to its limit of connections.

use aforo_model::ResourceSample;

use super::Measurement;
use crate::Evidence;

/// Fewest readings that show that a limit was not reached; one is enough to show that it was.
const MIN_READINGS: u64 = 10;

/// Highest number of client connections in the judged part, relative to `max_connections`.
pub(super) fn measure(evidence: &Evidence<'_>) -> Measurement {
    of_samples(evidence.judged_samples())
}

/// The same of any part of a run.
pub(crate) fn of_samples<'a>(samples: impl Iterator<Item = &'a ResourceSample>) -> Measurement {
    let ratios: Vec<f64> = samples.filter_map(|sample| ratio(sample.postgres.as_ref()?)).collect();
    let Some(peak) = ratios.iter().copied().max_by(f64::total_cmp) else {
        return Measurement::nothing("the target's Postgres was not watched; name its URL");
    };
    let count = ratios.len() as u64;
    let measured = Measurement::exact(peak, count);
    if count < MIN_READINGS {
        return measured.at_least(
            peak,
            format!("Postgres was read only {count} times, and a peak needs {MIN_READINGS} readings"),
        );
    }
    measured
}

fn ratio(postgres: &aforo_model::PostgresSample) -> Option<f64> {
    (postgres.max_connections > 0)
        .then(|| f64::from(postgres.connection_count) / f64::from(postgres.max_connections))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::Fixture;
    use crate::indicators::Outcome;

    #[test]
    fn one_full_reading_decides_and_few_free_ones_do_not() {
        let expression = "connection_use < 90%".parse().unwrap();
        let mut fixture = Fixture::healthy();
        fixture.resources.truncate(3);
        let outcome = |fixture: &Fixture| measure(&fixture.evidence()).outcome(&expression);
        assert!(matches!(outcome(&fixture), Outcome::Unknown(_)));
        fixture.resources[1].postgres.as_mut().unwrap().connection_count = 95;
        assert_eq!(outcome(&fixture), Outcome::Fails);
    }
}
