//! `replication-lag`
//!
//! **What:** how far the standbys that are connected lie behind: in time, else in bytes.
//! **Why it hurts:** who reads from them reads old data, and after a failover the rest is lost.
//! **Threshold:** 5 s is a warning and a minute is critical; without a time, 1 GiB is a warning. Source:
//! `PgHero` (5 s); a minute and 1 GiB are ours.
//! **Remedy:** see what the standby waits for: its disk, the network, or a long statement on it.

use aforo_model::Severity;
use aforo_model::database::{CheckArea, DatabaseEvidence, ReplicaFacts};

use crate::database::check::{CheckReading, DatabaseCheck, about, rising, those_or_fine, warning_if};
use crate::database::parts;
use crate::wording::{memory, seconds};

const WARNING_S: f64 = 5.0;
const CRITICAL_S: f64 = 60.0;
const WARNING_BYTES: u64 = 1 << 30;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "replication-lag",
    area: CheckArea::Replication,
    weight: 3.0,
    summary: "a standby lies behind",
    reads: "pg_stat_replication.replay_lag, replay_lsn",
    threshold: "5 s is a warning and a minute is critical; without a time, 1 GiB is a warning",
    source: "PgHero (5 s); a minute and 1 GiB are ours",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let replicas = parts::replicas(evidence)?;
    let outstanding = replicas.iter().filter_map(|replica| {
        Some(about(
            "standby",
            &replica.application_name,
            severity(replica)?,
            format!(
                "standby {} ({}) lies {} and {} behind",
                replica.application_name,
                replica.state.as_deref().unwrap_or("in an unknown state"),
                replica.lag_s.map_or_else(|| "an unknown time".to_owned(), seconds),
                replica.lag_bytes.map_or_else(|| "unknown bytes".to_owned(), memory)
            ),
            "see on the standby whether its disk or a long statement holds it back (SELECT * FROM \
             pg_stat_activity WHERE wait_event_type = 'IO' OR state = 'active';), and between the two \
             whether the network does",
            &[
                ("lag_s", replica.lag_s.unwrap_or(f64::NAN)),
                ("lag_bytes", replica.lag_bytes.map_or(f64::NAN, |bytes| bytes as f64)),
            ],
        ))
    });
    those_or_fine(
        outstanding.collect(),
        format!("{} standbys are connected, none of them far behind", replicas.len()),
    )
}

fn severity(replica: &ReplicaFacts) -> Option<Severity> {
    match replica.lag_s {
        Some(lag_s) => rising(lag_s, WARNING_S, CRITICAL_S),
        None => warning_if(replica.lag_bytes.is_some_and(|bytes| bytes >= WARNING_BYTES)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    fn behind(lag_s: Option<f64>, lag_bytes: u64) -> Grade {
        let change = |evidence: &mut DatabaseEvidence| {
            let replica = &mut evidence.replicas.as_mut().unwrap()[0];
            (replica.lag_s, replica.lag_bytes) = (lag_s, Some(lag_bytes));
        };
        Fixture::healthy().with(change).grade(&CHECK)
    }

    #[test]
    fn the_time_is_graded_and_else_the_bytes() {
        assert_eq!(
            [behind(Some(4.9), 2 << 30), behind(Some(5.0), 0), behind(Some(60.0), 0)],
            [Grade::Ok, Grade::Warning, Grade::Critical]
        );
        assert_eq!([behind(None, (1 << 30) - 1), behind(None, 1 << 30)], [Grade::Ok, Grade::Warning]);
    }
}
