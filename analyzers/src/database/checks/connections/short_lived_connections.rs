//! `short-lived-connections`
//!
//! **What:** the mean time for which the sessions have been connected, where there are at least ten and the
//! server has run for ten minutes.
//! **Why it hurts:** a connection costs a process, its caches and often a TLS handshake: several milliseconds
//! for each request that opens one.
//! **Threshold:** a mean below a minute is a warning. Source: postgresqltuner, which takes below a minute for
//! bad; applications that were only just started look the same, so it is not critical here.
//! **Remedy:** keep connections in a pool, in the application or in pgbouncer.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, Skip, judged, warning_if};
use crate::database::parts;
use crate::wording::seconds;

const SHORTEST_MEAN_S: f64 = 60.0;
const SMALLEST_COUNT: usize = 10;
const SHORTEST_UPTIME_S: i64 = 600;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "short-lived-connections",
    area: CheckArea::Connections,
    weight: 2.0,
    summary: "connections that do not last",
    reads: "pg_stat_activity.backend_start, pg_postmaster_start_time()",
    threshold: "a mean below a minute is a warning",
    source: "postgresqltuner, which takes below a minute for bad; applications that were only just started \
             look the same, so it is not critical here",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let sessions = parts::sessions(evidence)?;
    if let Some(pooler) = &evidence.server.pooler {
        return Err(Skip::new(
            format!("{pooler} answers, so the connections are its own and not the applications'"),
            "see in the pooler how long clients stay connected",
        ));
    }
    let uptime = evidence.server.started_at.map(|started_at| evidence.read_at - started_at);
    if uptime.is_none_or(|uptime| uptime.num_seconds() < SHORTEST_UPTIME_S) {
        return Err(Skip::new("the server has not run for ten minutes yet", "look again when it has"));
    }
    if sessions.len() < SMALLEST_COUNT {
        return Err(Skip::new(
            format!("only {} sessions are connected, of {SMALLEST_COUNT} that are needed", sessions.len()),
            "look again while the applications are at work",
        ));
    }
    let mean_s = sessions.iter().map(|session| session.connected_s).sum::<f64>() / sessions.len() as f64;
    judged(
        warning_if(mean_s < SHORTEST_MEAN_S),
        format!("{} sessions have been connected for {} on average", sessions.len(), seconds(mean_s)),
        "keep connections in a pool, in the application or in pgbouncer, instead of opening one for each \
         request",
        &[("session_count", sessions.len() as f64), ("mean_connected_s", mean_s)],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    fn connected_for(connected_s: f64) -> Fixture {
        Fixture::healthy().with(|evidence| {
            evidence
                .sessions
                .as_mut()
                .unwrap()
                .iter_mut()
                .for_each(|session| session.connected_s = connected_s);
        })
    }

    #[test]
    fn a_mean_below_a_minute_is_warned_of() {
        assert_eq!([59.0, 60.0].map(|age| connected_for(age).grade(&CHECK)), [Grade::Warning, Grade::Ok]);
    }

    #[test]
    fn few_sessions_a_young_server_and_a_pooler_say_nothing() {
        let few = connected_for(1.0).with(|evidence| evidence.sessions.as_mut().unwrap().truncate(9));
        let young = connected_for(1.0).with(|evidence| evidence.server.started_at = Some(evidence.read_at));
        let pooled =
            connected_for(1.0).with(|evidence| evidence.server.pooler = Some("pgbouncer".to_owned()));
        assert_eq!([few, young, pooled].map(|fixture| fixture.grade(&CHECK)), [Grade::Skipped; 3]);
    }
}
