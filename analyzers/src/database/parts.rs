//! The parts of the evidence, each or why it is not there.

use aforo_model::database::{
    ActivityWindow, Catalog, CheckpointCounters, DatabaseCounters, DatabaseEvidence, ReplicaFacts,
    ReplicationSlotFacts, SessionFacts, StatementWindow, TableCounters, TableFacts, VacuumProgress,
};

use super::check::Skip;

/// Rows a share must rest on before it says anything, where a check does not say otherwise (`PgHero` and
/// postgresqltuner judge ratios over any number; a fresh counter would swing between 0 and 100 %).
pub(super) const SMALLEST_SAMPLE: u64 = 10_000;

/// A role that may read what is needed everywhere but in the tables themselves.
const GRANT_MONITOR: &str = "GRANT pg_monitor TO the role, and connect with it again";

pub(super) fn catalog(evidence: &DatabaseEvidence) -> Result<&Catalog, Skip> {
    evidence.catalog.as_ref().ok_or_else(|| missing(evidence, "catalog", "the catalog", GRANT_MONITOR))
}

pub(super) fn counters(evidence: &DatabaseEvidence) -> Result<&DatabaseCounters, Skip> {
    let part = evidence.counters.as_ref();
    part.ok_or_else(|| missing(evidence, "counters", "the counters of the database", GRANT_MONITOR))
}

pub(super) fn checkpoints(evidence: &DatabaseEvidence) -> Result<&CheckpointCounters, Skip> {
    let part = evidence.checkpoints.as_ref();
    part.ok_or_else(|| missing(evidence, "checkpoints", "the counters of checkpoints", GRANT_MONITOR))
}

pub(super) fn sessions(evidence: &DatabaseEvidence) -> Result<&[SessionFacts], Skip> {
    let part = evidence.sessions.as_deref();
    part.ok_or_else(|| missing(evidence, "sessions", "the sessions", GRANT_MONITOR))
}

pub(super) fn replicas(evidence: &DatabaseEvidence) -> Result<&[ReplicaFacts], Skip> {
    let part = evidence.replicas.as_deref();
    part.ok_or_else(|| missing(evidence, "replicas", "the standbys", GRANT_MONITOR))
}

pub(super) fn slots(evidence: &DatabaseEvidence) -> Result<&[ReplicationSlotFacts], Skip> {
    let part = evidence.slots.as_deref();
    part.ok_or_else(|| missing(evidence, "slots", "the replication slots", GRANT_MONITOR))
}

pub(super) fn vacuums(evidence: &DatabaseEvidence) -> Result<&[VacuumProgress], Skip> {
    let part = evidence.vacuums.as_deref();
    part.ok_or_else(|| missing(evidence, "vacuums", "the vacuums that run", GRANT_MONITOR))
}

pub(super) fn statements(evidence: &DatabaseEvidence) -> Result<&StatementWindow, Skip> {
    let remedy =
        "load `pg_stat_statements` with shared_preload_libraries, and CREATE EXTENSION pg_stat_statements";
    let part = evidence.statements.as_ref();
    part.ok_or_else(|| missing(evidence, "statements", "the statements", remedy))
}

pub(super) fn activity(evidence: &DatabaseEvidence) -> Result<&ActivityWindow, Skip> {
    let remedy = "watch the database while load runs: `aforo run`";
    let part = evidence.activity.as_ref();
    part.ok_or_else(|| missing(evidence, "activity", "waits and blocking", remedy))
}

/// Tables with their counters. A standby counts neither changes nor vacuums.
pub(super) fn counted_tables(
    evidence: &DatabaseEvidence,
) -> Result<impl Iterator<Item = (&TableFacts, &TableCounters)>, Skip> {
    primary(evidence, "a standby does not count what happens to tables on the primary")?;
    counted_here(evidence)
}

/// Tables with their counters, those of a standby included: it counts its own reads.
pub(super) fn counted_here(
    evidence: &DatabaseEvidence,
) -> Result<impl Iterator<Item = (&TableFacts, &TableCounters)>, Skip> {
    let tables = catalog(evidence)?.tables.iter();
    Ok(tables.filter_map(|table| Some((table, table.counters.as_ref()?))))
}

/// Nothing on a primary.
///
/// # Errors
/// `why` on a standby.
pub(super) fn primary(evidence: &DatabaseEvidence, why: &str) -> Result<(), Skip> {
    if evidence.server.is_standby {
        return Err(Skip::new(why, "run `aforo analyze` against the primary"));
    }
    Ok(())
}

/// Why a part is not there: as its collector says, or in general.
fn missing(evidence: &DatabaseEvidence, part: &str, name: &str, remedy: &str) -> Skip {
    match evidence.skipped.iter().find(|skipped| skipped.what == part) {
        Some(skipped) => Skip::new(&skipped.why, &skipped.remedy),
        None => Skip::new(format!("{name} were not read"), remedy),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Skipped;

    #[test]
    fn a_missing_part_is_told_with_the_reason_of_its_collector() {
        let evidence = Fixture::empty().with(|evidence| {
            evidence.skipped.push(Skipped {
                what: "statements".to_owned(),
                why: "the extension pg_stat_statements is not there".to_owned(),
                remedy: "CREATE EXTENSION pg_stat_statements".to_owned(),
            });
        });
        let skip = statements(&evidence.evidence).unwrap_err();
        assert_eq!(skip.why, "the extension pg_stat_statements is not there");
        assert_eq!(skip.remedy, "CREATE EXTENSION pg_stat_statements");
        assert!(sessions(&evidence.evidence).unwrap_err().remedy.contains("pg_monitor"));
    }

    #[test]
    fn a_standby_is_not_asked_what_only_the_primary_counts() {
        let standby = Fixture::healthy().with(|evidence| evidence.server.is_standby = true);
        assert!(counted_tables(&standby.evidence).is_err());
        assert!(counted_here(&standby.evidence).is_ok());
    }
}
