//! Statements that are no work of the application.

use crate::keywords::is_keyword;
use crate::tokens::{Kind, tokens};
use crate::{Shape, StatementKind, describe};

/// Why a statement is not counted as work of the application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Noise {
    /// `BEGIN`, `COMMIT`, `ROLLBACK`, `SAVEPOINT`, …
    Transaction,
    /// What drivers and pools send when they open, check or return a connection: `SET`, `DISCARD ALL`, `SELECT 1`,
    /// `SELECT set_config(…)`, look-ups of types.
    SessionSetUp,
    /// What Postgres runs itself to hold a foreign key; seen with `pg_stat_statements.track = all`. Cascades are none:
    /// they are work, and the place where an index on a foreign key is missed.
    ForeignKeyCheck,
    /// `EXPLAIN` of anything.
    Explain,
    /// Reads of nothing but the catalog: monitoring, Aforo's own included. Told only with the feature `pg-query`.
    Catalog,
    /// `VACUUM`, `ANALYZE`, `CHECKPOINT`, `REINDEX`, `CLUSTER`.
    Maintenance,
}

/// Whether a statement is no work of the application, and why.
#[must_use]
pub fn is_noise(text: &str) -> Option<Noise> {
    let kinds: Vec<Kind> = tokens(text).into_iter().map(|token| token.kind).collect();
    let Some(Kind::Word(first)) = kinds.first() else { return None };
    match first.as_str() {
        "begin" | "start" | "commit" | "end" | "rollback" | "abort" | "savepoint" | "release" => {
            Some(Noise::Transaction)
        }
        "prepare" if kinds.get(1).is_some_and(|next| next.is_word("transaction")) => Some(Noise::Transaction),
        "set" | "reset" | "show" | "discard" | "deallocate" | "close" | "listen" | "unlisten" => {
            Some(Noise::SessionSetUp)
        }
        "explain" => Some(Noise::Explain),
        "vacuum" | "analyze" | "analyse" | "checkpoint" | "reindex" | "cluster" => Some(Noise::Maintenance),
        "select" | "with" | "table" | "values" => noise_of_query(text, &kinds),
        _ => None,
    }
}

fn noise_of_query(text: &str, kinds: &[Kind]) -> Option<Noise> {
    if is_foreign_key_check(kinds) {
        return Some(Noise::ForeignKeyCheck);
    }
    if is_about_the_session(kinds) {
        return Some(Noise::SessionSetUp);
    }
    let shape = describe(text).ok().filter(reads_only_the_catalog)?;
    let is_about_types =
        shape.tables.iter().any(|table| matches!(table.name.as_str(), "pg_type" | "pg_enum" | "pg_range"));
    Some(if is_about_types { Noise::SessionSetUp } else { Noise::Catalog })
}

/// The texts of `ri_triggers.c`: `SELECT 1 FROM ONLY "public"."t" x WHERE "id" OPERATOR(pg_catalog.=) $1 FOR KEY SHARE OF
/// x`. No client writes `ONLY`, `OPERATOR` and `KEY SHARE` together.
fn is_foreign_key_check(kinds: &[Kind]) -> bool {
    let has_words = |words: &[&str]| {
        kinds
            .windows(words.len())
            .any(|window| window.iter().zip(words).all(|(kind, word)| kind.is_word(word)))
    };
    let has_operator = kinds.windows(3).any(|window| {
        window[0].is_word("operator") && window[1].is_mark('(') && window[2].is_word("pg_catalog")
    });
    has_operator && has_words(&["from", "only"]) && has_words(&["for", "key", "share", "of", "x"])
}

/// Functions and values that tell about the session or the server, or set the session up.
const SESSION_WORDS: &[&str] = &[
    "current_catalog",
    "current_database",
    "current_role",
    "current_schema",
    "current_schemas",
    "current_setting",
    "current_timestamp",
    "current_user",
    "inet_client_addr",
    "inet_server_addr",
    "inet_server_port",
    "now",
    "pg_advisory_unlock_all",
    "pg_backend_pid",
    "pg_is_in_recovery",
    "pg_last_wal_receive_lsn",
    "pg_last_wal_replay_lsn",
    "pg_postmaster_start_time",
    "session_user",
    "set_config",
    "txid_current_if_assigned",
    "version",
];

/// A `SELECT` without `FROM` of constants and of what is listed above: a ping, a setting, a question to the server.
fn is_about_the_session(kinds: &[Kind]) -> bool {
    let [Kind::Word(select), rest @ ..] = kinds else { return false };
    let mut is_named = false;
    select == "select"
        && rest.iter().all(|kind| {
            let is_name_of_output = std::mem::take(&mut is_named);
            match kind {
                Kind::Word(word) if word == "as" || kind.is_word("pg_catalog") => {
                    is_named = word == "as";
                    true
                }
                Kind::Word(word) => {
                    is_name_of_output
                        || matches!(word.as_str(), "true" | "false" | "null")
                        || (!is_keyword(word) && SESSION_WORDS.contains(&word.as_str()))
                }
                Kind::Quoted(_) => is_name_of_output,
                Kind::Operator(cast) if cast == "::" => {
                    is_named = true;
                    true
                }
                Kind::Operator(_) => false,
                Kind::Text | Kind::Number(_) | Kind::Parameter(_) | Kind::Mark(_) => true,
            }
        })
}

fn reads_only_the_catalog(shape: &Shape) -> bool {
    shape.kind == StatementKind::Select
        && !shape.writes
        && !shape.tables.is_empty()
        && shape.tables.iter().all(|table| match table.schema.as_deref() {
            Some("pg_catalog" | "information_schema") => true,
            // The views of an extension lie in the schema it was created in.
            Some(_) => table.name.starts_with("pg_stat_statements"),
            None => table.name.starts_with("pg_"),
        })
}

#[cfg(test)]
mod tests {
    use super::{Noise, is_noise};

    #[test]
    fn what_drivers_pools_and_the_server_send_is_noise() {
        for (text, noise) in [
            ("BEGIN ISOLATION LEVEL READ COMMITTED", Noise::Transaction),
            ("/* pool */ commit;", Noise::Transaction),
            ("ROLLBACK TO SAVEPOINT s1", Noise::Transaction),
            ("SET search_path TO x", Noise::SessionSetUp),
            ("DISCARD ALL", Noise::SessionSetUp),
            ("DEALLOCATE \"sqlx_s_1\"", Noise::SessionSetUp),
            ("UNLISTEN *", Noise::SessionSetUp),
            ("SELECT 1", Noise::SessionSetUp),
            ("SELECT $1", Noise::SessionSetUp),
            ("SELECT ''", Noise::SessionSetUp),
            ("SELECT set_config($1, $2, $3)", Noise::SessionSetUp),
            ("select pg_catalog.set_config('a', 'b', false) AS x", Noise::SessionSetUp),
            ("SELECT current_setting('server_version_num')::int AS v", Noise::SessionSetUp),
            ("SELECT pg_is_in_recovery()", Noise::SessionSetUp),
            ("SELECT pg_advisory_unlock_all()", Noise::SessionSetUp),
            ("SELECT version()", Noise::SessionSetUp),
            (
                "SELECT $2 FROM ONLY \"public\".\"rooms\" x WHERE \"id\" OPERATOR(pg_catalog.=) $1 FOR KEY SHARE OF x",
                Noise::ForeignKeyCheck,
            ),
            (
                "SELECT 1 FROM ONLY \"s\".\"t\" x WHERE \"a\" OPERATOR(pg_catalog.=) $1 AND \"b\" OPERATOR(pg_catalog.=) $2 FOR KEY SHARE OF x",
                Noise::ForeignKeyCheck,
            ),
            ("EXPLAIN (FORMAT JSON) SELECT * FROM reservations", Noise::Explain),
            ("VACUUM (ANALYZE) t", Noise::Maintenance),
            ("CHECKPOINT", Noise::Maintenance),
        ] {
            assert_eq!(is_noise(text), Some(noise), "{text}");
        }
    }

    #[test]
    #[cfg(feature = "pg-query")]
    fn reads_of_the_catalog_alone_are_noise() {
        for (text, noise) in [
            ("SELECT t.oid, t.typname FROM pg_catalog.pg_type t WHERE t.oid = $1", Noise::SessionSetUp),
            (
                "WITH RECURSIVE typeinfo_tree AS (SELECT oid FROM pg_type UNION ALL SELECT 1 FROM typeinfo_tree) SELECT * FROM typeinfo_tree",
                Noise::SessionSetUp,
            ),
            ("SELECT * FROM pg_stat_activity", Noise::Catalog),
            (
                "SELECT queryid FROM public.pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid",
                Noise::Catalog,
            ),
            ("SELECT table_name FROM information_schema.tables", Noise::Catalog),
        ] {
            assert_eq!(is_noise(text), Some(noise), "{text}");
        }
    }

    #[test]
    fn work_of_the_application_is_no_noise() {
        for text in [
            "SELECT 1 FROM reservations WHERE id = $1",
            "SELECT $1 FROM users",
            "SELECT calculate_price($1)",
            "SELECT 1, slow_function()",
            "SELECT pg_advisory_lock($1)",
            "SELECT pg_sleep(1)",
            "SELECT (SELECT count(*) FROM reservations)",
            "SELECT set_config('a', name, true) FROM users",
            "SELECT id FROM rooms x WHERE id = $1 FOR KEY SHARE OF x",
            "SELECT 1 FROM ONLY rooms x WHERE id = $1 FOR KEY SHARE OF x",
            "DELETE FROM ONLY \"public\".\"t\" WHERE $1 OPERATOR(pg_catalog.=) \"fk\"",
            "SELECT * FROM pg_class c JOIN reservations r ON true",
            "SELECT * FROM audit.pg_class",
            "UPDATE settings SET a = 1",
            "INSERT INTO explain VALUES (1)",
            "PREPARE x AS SELECT 1 FROM t",
            "",
            "-- BEGIN",
        ] {
            assert_eq!(is_noise(text), None, "{text}");
        }
    }
}
