//! Which rows of `pg_stat_statements` are one statement.

use std::collections::BTreeMap;

use aforo_model::database::StatementKey;
use aforo_sql::Noise;

/// What one statement is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) fingerprint: String,
    /// Normalized; absent where it is hidden.
    pub(crate) text: Option<String>,
    pub(crate) is_top_level: bool,
    /// Why it is no work of the application's own.
    pub(crate) noise: Option<&'static str>,
}

/// The statements behind keys. Two keys are one statement where their texts have the same fingerprint and both were
/// sent by a client, or both were not: a loop inside a function is another matter than one outside.
#[derive(Debug, Default)]
pub(crate) struct Identities {
    statements: Vec<Identity>,
    by_key: BTreeMap<StatementKey, usize>,
    by_identity: BTreeMap<(String, bool), usize>,
}

impl Identities {
    /// Number of the statement behind a key; a new one where the key is not known.
    pub(crate) fn index_of(&mut self, key: StatementKey, text: Option<&str>) -> usize {
        if let Some(index) = self.by_key.get(&key) {
            return *index;
        }
        // What is hidden is known by Postgres' own identity, which roles share.
        let fingerprint = text.map_or_else(
            || format!("id-{:016x}", key.query_id),
            |text| aforo_sql::fingerprint(text).to_string(),
        );
        let statements = &mut self.statements;
        let index = *self.by_identity.entry((fingerprint.clone(), key.is_top_level)).or_insert_with(|| {
            statements.push(Identity {
                fingerprint,
                text: text.map(aforo_sql::normalize),
                is_top_level: key.is_top_level,
                noise: text.and_then(noise_of),
            });
            statements.len() - 1
        });
        self.by_key.insert(key, index);
        index
    }

    /// Every statement, by its number.
    pub(crate) fn statements(&self) -> &[Identity] {
        &self.statements
    }
}

/// Why a text is no work of the application's own, in a word.
pub(crate) fn noise_of(text: &str) -> Option<&'static str> {
    aforo_sql::is_noise(text).map(noise_word)
}

fn noise_word(noise: Noise) -> &'static str {
    match noise {
        Noise::Transaction => "transaction",
        Noise::SessionSetUp => "session-set-up",
        Noise::ForeignKeyCheck => "foreign-key-check",
        Noise::Explain => "explain",
        Noise::Catalog => "catalog",
        Noise::Maintenance => "maintenance",
    }
}
