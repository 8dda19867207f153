//! Snapshots, and the windows between them.

use std::collections::{BTreeSet, HashMap, HashSet};

use aforo_model::database::{Skipped, StatementDelta, StatementKey, StatementWindow, WindowGap};
use serde::Deserialize;
use sqlx::Row;

use super::columns::View;
use super::delta::{Delta, between, since_reset};
use super::snapshot::{StatementSnapshot, key};
use crate::postgres::error::DatabaseError;
use crate::postgres::rights::Rights;
use crate::postgres::session::{STATEMENT_TAG, Session};

/// What Postgres shows in place of a text that the role may not see.
const HIDDEN_TEXT: &str = "<insufficient privilege>";

const INSTALLATION: &str = "SELECT (SELECT oid::int8 FROM pg_catalog.pg_database WHERE datname = current_database()) AS database_oid, \
    current_setting('pg_stat_statements.track', true) AS track, \
    EXISTS (SELECT FROM pg_catalog.pg_available_extensions WHERE name = 'pg_stat_statements') AS is_available, \
    quote_ident(n.nspname) AS schema, has_schema_privilege(n.oid, 'USAGE') AS is_usable, \
    EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.relname = 'pg_stat_statements_info' AND c.relnamespace = n.oid) \
        AS has_info, \
    (SELECT COALESCE(json_agg(a.attname), '[]') FROM pg_catalog.pg_class c \
        JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 \
        WHERE c.relname = 'pg_stat_statements' AND c.relnamespace = n.oid) AS columns \
    FROM (VALUES (1)) AS one LEFT JOIN pg_catalog.pg_extension e ON e.extname = 'pg_stat_statements' \
    LEFT JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace";

#[derive(Deserialize)]
struct Installation {
    database_oid: u32,
    /// Absent until the library is loaded.
    track: Option<String>,
    is_available: bool,
    schema: Option<String>,
    is_usable: Option<bool>,
    has_info: bool,
    columns: HashSet<String>,
}

/// Reads `pg_stat_statements` of one database over a connection of its own.
#[derive(Debug)]
pub struct StatementReader {
    session: Session,
    rights: Rights,
    view: View,
    database_oid: u32,
    /// Both statements of a snapshot.
    snapshot_sql: String,
    tracks_nested: bool,
    /// Texts that were read so far.
    texts: HashMap<StatementKey, String>,
}

impl StatementReader {
    /// Connects and finds the extension.
    ///
    /// # Errors
    /// [`DatabaseError::Unreadable`] with what to install where there is no extension; other variants where the server
    /// is not reached or does not answer.
    pub async fn connect(url: &str) -> Result<Self, DatabaseError> {
        let mut session = Session::open(url).await?;
        let rights = Rights::read(&mut session).await?;
        let installed: Installation =
            session.value("whether pg_stat_statements is installed", INSTALLATION).await?;
        if let Some(skipped) = missing(&installed, &rights) {
            return Err(DatabaseError::Unreadable(skipped));
        }
        let view = View {
            schema: installed.schema.unwrap_or_default(),
            columns: installed.columns,
            has_info: installed.has_info,
        };
        let snapshot_sql = format!("{}; {}", view.header_sql(), view.counters_sql(installed.database_oid));
        Ok(Self {
            session,
            rights,
            view,
            database_oid: installed.database_oid,
            snapshot_sql,
            tracks_nested: installed.track.as_deref() == Some("all"),
            texts: HashMap::new(),
        })
    }

    /// Reads the counters of the statements that the role may see, without their texts.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn snapshot(&mut self) -> Result<StatementSnapshot, DatabaseError> {
        const WHAT: &str = "the counters of its statements";
        let rows = self.session.rows(WHAT, &self.snapshot_sql).await?;
        StatementSnapshot::parse(self.database_oid, &rows).map_err(|error| DatabaseError::read(WHAT, &error))
    }

    /// What the target ran between two snapshots; Aforo's own statements are left out. Texts are asked for once.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn window(
        &mut self,
        before: &StatementSnapshot,
        after: &StatementSnapshot,
    ) -> Result<StatementWindow, DatabaseError> {
        let mut window = self.described(between(before, after), after).await?;
        window.from = Some(before.taken_at);
        let elapsed = (after.taken_at - before.taken_at).to_std().unwrap_or_default();
        window.elapsed_s = Some(elapsed.as_secs_f64());
        Ok(window)
    }

    /// What the target ran since the counters were last reset.
    ///
    /// # Errors
    /// When the server does not answer, and [`DatabaseError::Unreadable`] when the role sees no statement but Aforo's,
    /// though there are some.
    pub async fn since_reset(&mut self) -> Result<StatementWindow, DatabaseError> {
        let snapshot = self.snapshot().await?;
        let window = self.described(since_reset(&snapshot), &snapshot).await?;
        // In a short window nothing may have run; since the reset, something has.
        match window.gaps.iter().find_map(hidden_count) {
            Some(hidden) if window.statements.is_empty() => {
                Err(DatabaseError::Unreadable(self.needs_monitor(hidden)))
            }
            _ => Ok(window),
        }
    }

    /// Names what the role does not see of a window; nothing where it sees all.
    pub fn hidden(&self, window: &StatementWindow) -> Option<Skipped> {
        window.gaps.iter().find_map(hidden_count).map(|hidden| self.needs_monitor(hidden))
    }

    /// Keys of Aforo's own statements, as far as their texts were read.
    pub(super) fn own_keys(&self) -> HashSet<StatementKey> {
        self.texts.iter().filter(|(_, text)| text.contains(STATEMENT_TAG)).map(|(key, _)| *key).collect()
    }

    fn needs_monitor(&self, statements: u64) -> Skipped {
        self.rights.needs_monitor("statements", &format!("{statements} statements of other roles"))
    }

    async fn described(
        &mut self,
        delta: Delta,
        after: &StatementSnapshot,
    ) -> Result<StatementWindow, DatabaseError> {
        let Delta { statements, mut gaps } = delta;
        self.read_texts(statements.iter().map(|(key, _)| *key)).await?;
        let hidden = self.hidden_count().await?;
        let described = statements.into_iter().map(|(key, counters)| {
            let text = self.texts.get(&key).cloned();
            StatementDelta { key, text, counters }
        });
        let is_own = |text: &Option<String>| text.as_ref().is_some_and(|text| text.contains(STATEMENT_TAG));
        let statements: Vec<StatementDelta> =
            described.filter(|statement| !is_own(&statement.text)).collect();
        if hidden > 0 {
            gaps.push(WindowGap::TextsHidden { statements: hidden });
        }
        Ok(StatementWindow {
            from: None,
            to: after.taken_at,
            elapsed_s: None,
            statements,
            gaps,
            tracks_nested: self.tracks_nested,
        })
    }

    async fn read_texts(&mut self, keys: impl Iterator<Item = StatementKey>) -> Result<(), DatabaseError> {
        const WHAT: &str = "the texts of its statements";
        let unknown: BTreeSet<i64> =
            keys.filter(|key| !self.texts.contains_key(key)).map(|key| key.query_id).collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let ids = unknown.iter().map(i64::to_string).collect::<Vec<String>>().join(",");
        let rows = self.session.rows(WHAT, &self.view.texts_sql(self.database_oid, &ids)).await?;
        for row in &rows {
            let read = || Ok((key(self.database_oid, row)?, row.try_get::<Option<String>, _>(3)?));
            let (key, text) = read().map_err(|error| DatabaseError::read(WHAT, &error))?;
            if let Some(text) = text.filter(|text| text != HIDDEN_TEXT) {
                self.texts.insert(key, text);
            }
        }
        Ok(())
    }

    async fn hidden_count(&mut self) -> Result<u64, DatabaseError> {
        const WHAT: &str = "how many statements it hides";
        if self.rights.sees_other_roles {
            return Ok(0);
        }
        let rows = self.session.rows(WHAT, &self.view.hidden_sql(self.database_oid)).await?;
        let count: i64 = rows
            .first()
            .ok_or(sqlx::Error::RowNotFound)
            .and_then(|row| row.try_get(0))
            .map_err(|error| DatabaseError::read(WHAT, &error))?;
        Ok(u64::try_from(count).unwrap_or(0))
    }
}

fn hidden_count(gap: &WindowGap) -> Option<u64> {
    match gap {
        WindowGap::TextsHidden { statements } => Some(*statements),
        _ => None,
    }
}

/// Why there are no statements to read, and what to do about it.
fn missing(installed: &Installation, rights: &Rights) -> Option<Skipped> {
    let skipped = |why: &str, remedy: String| {
        Some(Skipped { what: "statements".to_owned(), why: why.to_owned(), remedy })
    };
    let preload = "set shared_preload_libraries = 'pg_stat_statements' and restart the server";
    match (&installed.schema, installed.is_usable, &installed.track) {
        (None, _, _) if !installed.is_available => skipped(
            "the extension pg_stat_statements is not installed on the server",
            format!(
                "install the package with Postgres' additional modules, {preload}, then CREATE EXTENSION pg_stat_statements"
            ),
        ),
        (None, _, None) => skipped(
            "the extension pg_stat_statements is neither loaded nor created in this database",
            format!("{preload}, then CREATE EXTENSION pg_stat_statements"),
        ),
        (None, _, Some(_)) => skipped(
            "the extension pg_stat_statements is not created in this database",
            "CREATE EXTENSION pg_stat_statements".to_owned(),
        ),
        (Some(_), _, None) => skipped("the library pg_stat_statements is not loaded", preload.to_owned()),
        (Some(schema), Some(false), _) => skipped(
            &format!("role {} may not use the schema {schema}, where pg_stat_statements is", rights.role),
            format!("GRANT USAGE ON SCHEMA {schema} TO {}", rights.role),
        ),
        (Some(_), _, Some(track)) if track == "none" => skipped(
            "pg_stat_statements counts nothing (pg_stat_statements.track = none)",
            "set pg_stat_statements.track = 'top'".to_owned(),
        ),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_missing_is_named_with_what_provides_it() {
        let rights = Rights { role: "guest".to_owned(), sees_other_roles: true, sees_all_settings: true };
        let installed = |schema: Option<&str>, track: Option<&str>, is_available, is_usable| Installation {
            database_oid: 5,
            track: track.map(str::to_owned),
            is_available,
            schema: schema.map(str::to_owned),
            is_usable,
            has_info: false,
            columns: HashSet::new(),
        };
        let remedy = |installed: &Installation| missing(installed, &rights).map(|skipped| skipped.remedy);
        let starts = |installed: Installation, start: &str| {
            let remedy = remedy(&installed).unwrap();
            assert!(remedy.starts_with(start), "{remedy}");
        };
        starts(installed(None, None, false, None), "install the package");
        starts(installed(None, None, true, None), "set shared_preload_libraries");
        starts(installed(None, Some("top"), true, None), "CREATE EXTENSION");
        starts(installed(Some("s"), None, true, Some(true)), "set shared_preload_libraries");
        starts(installed(Some("s"), Some("top"), true, Some(false)), "GRANT USAGE ON SCHEMA s TO guest");
        starts(installed(Some("s"), Some("none"), true, Some(true)), "set pg_stat_statements.track");
        assert_eq!(remedy(&installed(Some("s"), Some("all"), true, Some(true))), None);
    }
}
