//! `counters-young`
//!
//! **What:** how long the counters of the database have counted: since their reset, or else since the server
//! was started.
//! **Why it hurts:** what runs at night, or once a week, is not in them; an index may look unused that is
//! not.
//! **Threshold:** less than a day is a warning. Source: postgresqltuner.
//! **Remedy:** look again later, and do not reset them.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, Skip, judged, warning_if};
use crate::database::parts;
use crate::wording::seconds;

const SHORTEST_S: f64 = 86_400.0;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "counters-young",
    area: CheckArea::Statements,
    weight: 1.0,
    summary: "counters that cover less than a day",
    reads: "pg_stat_database.stats_reset, pg_postmaster_start_time()",
    threshold: "less than a day is a warning",
    source: "postgresqltuner",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let since = parts::counters(evidence)?.reset_at.or(evidence.server.started_at);
    let Some(since) = since else {
        return Err(Skip::new(
            "since when the counters count is not known",
            "SELECT pg_stat_reset(); sets a beginning",
        ));
    };
    let age_s = (evidence.read_at - since).as_seconds_f64();
    judged(
        warning_if(age_s < SHORTEST_S),
        format!("the counters of the database are {} old", seconds(age_s)),
        "take what rests on them for what ran since; look again after a day, and do not reset them",
        &[("counters_age_s", age_s)],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    fn aged(hours: i64) -> Fixture {
        Fixture::healthy().with(|evidence| {
            let since = evidence.read_at - chrono::TimeDelta::hours(hours);
            evidence.counters.as_mut().unwrap().reset_at = Some(since);
        })
    }

    #[test]
    fn less_than_a_day_is_warned_of() {
        assert_eq!([23, 24].map(|hours| aged(hours).grade(&CHECK)), [Grade::Warning, Grade::Ok]);
    }

    #[test]
    fn counters_that_were_never_reset_are_as_old_as_the_server() {
        let never = aged(1).with_counters(|counters| counters.reset_at = None);
        assert_eq!(never.grade(&CHECK), Grade::Ok);
        assert_eq!(never.with(|evidence| evidence.server.started_at = None).grade(&CHECK), Grade::Skipped);
    }
}
