//! Readings of `pg_stat_activity` added up.

use std::collections::BTreeMap;

use aforo_model::database::{ActivityWindow, SessionGroup, WaitCount};
use sqlx::Row;
use sqlx::postgres::PgRow;

/// Sessions of this database in groups that do the same. Aforo's own are left out. Workers of a parallel statement wait
/// and work like the session they belong to, but are no clients.
pub(super) fn groups_sql(has_query_id: bool) -> String {
    let query_id = if has_query_id { "query_id" } else { "NULL::int8" };
    format!(
        "SELECT /* aforo */ state, wait_event_type, wait_event, {query_id}, \
         query = '<insufficient privilege>', COALESCE(backend_type = 'client backend', true), count(*) \
         FROM pg_catalog.pg_stat_activity \
         WHERE datname = current_database() AND usesysid IS NOT NULL \
         AND COALESCE(backend_type IN ('client backend', 'parallel worker'), true) \
         AND pid <> pg_backend_pid() AND application_name IS DISTINCT FROM 'aforo' GROUP BY 1, 2, 3, 4, 5, 6"
    )
}

/// Sessions that do the same.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Group {
    pub(super) state: Option<String>,
    pub(super) event_type: Option<String>,
    pub(super) event: Option<String>,
    pub(super) query_id: Option<i64>,
    pub(super) is_hidden: bool,
    pub(super) is_client: bool,
    pub(super) sessions: u64,
}

impl Group {
    pub(super) fn parse(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            state: row.try_get(0)?,
            event_type: row.try_get(1)?,
            event: row.try_get(2)?,
            query_id: row.try_get(3)?,
            is_hidden: row.try_get::<Option<bool>, _>(4)?.unwrap_or(false),
            is_client: row.try_get(5)?,
            sessions: u64::try_from(row.try_get::<i64, _>(6)?).unwrap_or(0),
        })
    }

    fn is_active(&self) -> bool {
        self.state.as_deref() == Some("active")
    }

    /// Whether somebody in it waits for a lock of another session.
    pub(super) fn waits_for_a_lock(&self) -> bool {
        self.event_type.as_deref() == Some("Lock")
    }
}

/// What was seen so far.
#[derive(Debug, Default)]
pub(super) struct Tally {
    readings: u64,
    waits: BTreeMap<(String, String, Option<i64>), u64>,
    states: BTreeMap<String, u64>,
    peak_sessions: u64,
    peak_active_sessions: u64,
    hidden_sessions: u64,
}

impl Tally {
    /// Adds one reading.
    pub(super) fn see(&mut self, groups: &[Group]) {
        let sum = |wanted: &dyn Fn(&Group) -> bool| {
            groups.iter().filter(|group| wanted(group)).map(|group| group.sessions).sum::<u64>()
        };
        self.readings += 1;
        self.peak_sessions = self.peak_sessions.max(sum(&|group| group.is_client));
        self.peak_active_sessions =
            self.peak_active_sessions.max(sum(&|group| group.is_client && group.is_active()));
        self.hidden_sessions = self.hidden_sessions.max(sum(&|group| group.is_hidden));
        for group in groups {
            if let (true, Some(state)) = (group.is_client, &group.state) {
                *self.states.entry(state.clone()).or_default() += group.sessions;
            }
            if group.is_active() {
                let event_type = group.event_type.clone().unwrap_or_else(|| "CPU".to_owned());
                let key = (event_type, group.event.clone().unwrap_or_default(), group.query_id);
                *self.waits.entry(key).or_default() += group.sessions;
            }
        }
    }

    /// Readings so far.
    pub(super) fn readings(&self) -> u64 {
        self.readings
    }

    /// Whether there were sessions and the role saw none of them.
    pub(super) fn saw_nothing(&self) -> bool {
        self.hidden_sessions > 0 && self.states.is_empty()
    }

    /// The window, its blocking chains and times yet to come.
    pub(super) fn into_window(self) -> ActivityWindow {
        let waits = self.waits.into_iter().map(|((event_type, event, query_id), sightings)| WaitCount {
            event_type,
            event,
            query_id,
            sightings,
        });
        let states = self.states.into_iter().map(|(state, sightings)| SessionGroup { state, sightings });
        let mut window = ActivityWindow {
            readings: self.readings,
            waits: waits.collect(),
            states: states.collect(),
            peak_sessions: self.peak_sessions,
            peak_active_sessions: self.peak_active_sessions,
            hidden_sessions: self.hidden_sessions,
            ..ActivityWindow::default()
        };
        window.waits.sort_by_key(|wait| std::cmp::Reverse(wait.sightings));
        window.states.sort_by_key(|state| std::cmp::Reverse(state.sightings));
        window
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(state: &str, event: Option<(&str, &str)>, sessions: u64) -> Group {
        Group {
            state: Some(state.to_owned()),
            event_type: event.map(|event| event.0.to_owned()),
            event: event.map(|event| event.1.to_owned()),
            query_id: Some(7),
            is_hidden: false,
            is_client: true,
            sessions,
        }
    }

    #[test]
    fn waits_are_those_of_active_sessions_and_the_most_frequent_comes_first() {
        let mut tally = Tally::default();
        let idle = group("idle", Some(("Client", "ClientRead")), 9);
        tally.see(&[
            idle.clone(),
            group("active", None, 1),
            group("active", Some(("IO", "DataFileRead")), 2),
        ]);
        tally.see(&[idle, group("active", Some(("IO", "DataFileRead")), 3)]);
        let window = tally.into_window();
        let waits: Vec<_> = window.waits.iter().map(|w| (w.event_type.as_str(), w.sightings)).collect();
        assert_eq!(waits, [("IO", 5), ("CPU", 1)]);
        assert_eq!((window.readings, window.peak_sessions, window.peak_active_sessions), (2, 12, 3));
        assert_eq!((window.states[0].state.as_str(), window.states[0].sightings), ("idle", 18));
    }

    #[test]
    fn workers_of_a_parallel_statement_are_no_clients() {
        let mut tally = Tally::default();
        tally.see(&[group("active", None, 1), Group { is_client: false, ..group("active", None, 2) }]);
        let window = tally.into_window();
        assert_eq!((window.peak_sessions, window.waits[0].sightings), (1, 3));
    }

    #[test]
    fn sessions_that_are_all_hidden_are_not_an_idle_server() {
        let hidden = Group { state: None, is_hidden: true, ..group("", None, 4) };
        let mut tally = Tally::default();
        assert!(!tally.saw_nothing(), "nobody is connected");
        tally.see(std::slice::from_ref(&hidden));
        assert!(tally.saw_nothing());
        tally.see(&[hidden, group("active", None, 1)]);
        assert!(!tally.saw_nothing());
        assert_eq!(tally.into_window().hidden_sessions, 4);
    }
}
