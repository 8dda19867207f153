//! Plans with indexes that do not exist (HypoPG).
//!
//! HypoPG keeps hypothetical indexes in the memory of one session: nothing is written, no other session sees them, and
//! planning takes `AccessShare` on the tables of the statement. It needs the extension in the database, which any role may then use,
//! and `SELECT` on the tables.

use std::collections::BTreeMap;

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row};

use super::connections::named;

/// Planning takes milliseconds; a table that somebody has locked is not waited for.
const SETTINGS: [(&str, &str); 5] = [
    ("default_transaction_read_only", "on"),
    ("statement_timeout", "5s"),
    ("lock_timeout", "500ms"),
    // Compiling a plan that never runs would change its cost alone.
    ("jit", "off"),
    // Parameters have no values here; planned with NULL, a condition would be folded to false, and cost nothing.
    ("plan_cache_mode", "force_generic_plan"),
];

const ARITY: &str = "SELECT /* aforo */ coalesce(cardinality(parameter_types), 0)::int4 FROM pg_prepared_statements WHERE name = $1";

const HAS_EXTENSION: &str = "SELECT /* aforo */ EXISTS (SELECT FROM pg_extension WHERE extname = 'hypopg')";

/// A session that plans with hypothetical indexes.
#[derive(Debug)]
pub struct WhatIfSession {
    connection: PgConnection,
    /// Indexes that the session has, with their oid and the name HypoPG gave them.
    indexes: BTreeMap<String, HypotheticalIndex>,
    /// Parameters of each statement that is prepared, by its number.
    prepared: BTreeMap<usize, usize>,
}

#[derive(Debug, Clone)]
struct HypotheticalIndex {
    oid: i64,
    name: String,
}

/// What the planner says.
#[derive(Debug, Clone, PartialEq)]
pub struct WhatIfPlan {
    /// Its total cost.
    pub cost: f64,
    /// Which of the indexes asked about it uses, as places in that list.
    pub used: Vec<usize>,
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum WhatIfSessionError {
    /// The extension is not in the database.
    #[error(
        "HypoPG is not in this database, so indexes can only be estimated by statistics; \
         install it on the server and run CREATE EXTENSION hypopg"
    )]
    NoHypopg,
    /// The server refuses the statement.
    #[error("{0}")]
    Statement(String),
    /// The server refuses an index.
    #[error("the server knows no index {definition}: {why}")]
    Index {
        /// What the index is on.
        definition: String,
        /// In the server's words.
        why: String,
    },
    /// The connection is lost, or could not be made.
    #[error("the database cannot be asked: {0}; check that it runs and that the URL is right")]
    Connection(String),
}

impl WhatIfSession {
    /// Connects.
    ///
    /// # Errors
    /// [`WhatIfSessionError::NoHypopg`] without the extension, [`WhatIfSessionError::Connection`] without a connection.
    pub async fn connect(url: &str, search_path: &[String]) -> Result<Self, WhatIfSessionError> {
        let options = named(url).map_err(lost)?.options(SETTINGS);
        let mut connection = PgConnection::connect_with(&options).await.map_err(lost)?;
        let has_extension: bool =
            sqlx::query_scalar(HAS_EXTENSION).fetch_one(&mut connection).await.map_err(lost)?;
        if !has_extension {
            return Err(WhatIfSessionError::NoHypopg);
        }
        let mut session = Self { connection, indexes: BTreeMap::new(), prepared: BTreeMap::new() };
        session.look_in(search_path).await?;
        Ok(session)
    }

    /// Names are found as the statements find them; HypoPG's own, too, wherever it was installed.
    async fn look_in(&mut self, search_path: &[String]) -> Result<(), WhatIfSessionError> {
        let own: Option<String> = sqlx::query_scalar(
            "SELECT nspname::text FROM pg_extension JOIN pg_namespace AS n ON n.oid = extnamespace \
             WHERE extname = 'hypopg'",
        )
        .fetch_optional(&mut self.connection)
        .await
        .map_err(lost)?;
        let schemas = search_path.iter().chain(own.iter().filter(|own| !search_path.contains(own)));
        let path: Vec<String> = schemas.map(|schema| quoted(schema)).collect();
        sqlx::query("SELECT set_config('search_path', $1, false)")
            .bind(path.join(", "))
            .execute(&mut self.connection)
            .await
            .map_err(lost)?;
        Ok(())
    }

    /// The generic plan of a statement, were there these indexes, each given as what follows `ON` in `CREATE INDEX`. The number
    /// stands for the text: a statement is prepared once.
    ///
    /// # Errors
    /// [`WhatIfSessionError`]: after one about a statement or an index, the session goes on.
    pub async fn plan(
        &mut self,
        number: usize,
        text: &str,
        indexes: &[String],
    ) -> Result<WhatIfPlan, WhatIfSessionError> {
        let arity = self.prepare(number, text).await?;
        self.have(indexes).await?;
        let arguments = vec!["NULL"; arity].join(", ");
        let arguments = if arity == 0 { String::new() } else { format!("({arguments})") };
        // The server keeps generic plans, and hypothetical indexes do not make it drop them.
        let ask = format!(
            "DISCARD PLANS; EXPLAIN (FORMAT JSON) EXECUTE {}{arguments}",
            quoted(&prepared_name(number))
        );
        let row = self.connection.fetch_one(sqlx::raw_sql(AssertSqlSafe(ask))).await.map_err(refused)?;
        let plan: sqlx::types::Json<sqlx::types::JsonValue> = row.try_get(0).map_err(refused)?;
        read_plan(&plan.0, &self.places(indexes))
            .ok_or_else(|| WhatIfSessionError::Statement("the server gave a plan without a cost".to_owned()))
    }

    /// Prepared over the extended protocol, which takes one statement at a time: a text cannot bring a second one along.
    async fn prepare(&mut self, number: usize, text: &str) -> Result<usize, WhatIfSessionError> {
        if let Some(arity) = self.prepared.get(&number) {
            return Ok(*arity);
        }
        let name = prepared_name(number);
        let prepare = format!("PREPARE {} AS {}", quoted(&name), text.trim().trim_end_matches(';'));
        sqlx::query(AssertSqlSafe(prepare))
            .persistent(false)
            .execute(&mut self.connection)
            .await
            .map_err(refused)?;
        let arity: i32 =
            sqlx::query_scalar(ARITY).bind(&name).fetch_one(&mut self.connection).await.map_err(refused)?;
        let arity = usize::try_from(arity).unwrap_or(0);
        self.prepared.insert(number, arity);
        Ok(arity)
    }

    /// Creates the indexes that are wanted and not there, and drops those that are there and not wanted.
    async fn have(&mut self, wanted: &[String]) -> Result<(), WhatIfSessionError> {
        let gone: Vec<String> =
            self.indexes.keys().filter(|index| !wanted.contains(index)).cloned().collect();
        for definition in gone {
            if let Some(index) = self.indexes.remove(&definition) {
                sqlx::query("SELECT /* aforo */ hypopg_drop_index($1::int8::oid)")
                    .bind(index.oid)
                    .execute(&mut self.connection)
                    .await
                    .map_err(refused)?;
            }
        }
        for definition in wanted {
            if self.indexes.contains_key(definition) {
                continue;
            }
            let created: Result<(i64, String), sqlx::Error> = sqlx::query_as(
                "SELECT /* aforo */ indexrelid::int8, indexname::text FROM hypopg_create_index($1)",
            )
            .bind(format!("CREATE INDEX ON {definition}"))
            .fetch_one(&mut self.connection)
            .await;
            let (oid, name) = created.map_err(|error| match refused(error) {
                WhatIfSessionError::Statement(why) => {
                    WhatIfSessionError::Index { definition: definition.clone(), why }
                }
                lost => lost,
            })?;
            self.indexes.insert(definition.clone(), HypotheticalIndex { oid, name });
        }
        Ok(())
    }

    /// Place in the list of wanted indexes, by the name in plans.
    fn places(&self, wanted: &[String]) -> BTreeMap<&str, usize> {
        let named = wanted.iter().enumerate();
        named.filter_map(|(place, index)| Some((self.indexes.get(index)?.name.as_str(), place))).collect()
    }
}

/// Total cost, and every index of the list that any node names.
fn read_plan(plan: &sqlx::types::JsonValue, places: &BTreeMap<&str, usize>) -> Option<WhatIfPlan> {
    let root = plan.get(0)?.get("Plan")?;
    let cost = root.get("Total Cost")?.as_f64()?;
    let mut used = Vec::new();
    let mut nodes = vec![root];
    while let Some(node) = nodes.pop() {
        let name = node.get("Index Name").and_then(|name| name.as_str());
        used.extend(name.and_then(|name| places.get(name)).copied());
        nodes.extend(node.get("Plans").and_then(|plans| plans.as_array()).into_iter().flatten());
    }
    used.sort_unstable();
    used.dedup();
    Some(WhatIfPlan { cost, used })
}

fn prepared_name(number: usize) -> String {
    format!("aforo_what_if_{number}")
}

fn quoted(name: &str) -> String {
    aforo_model::database::quoted(name)
}

fn lost(error: sqlx::Error) -> WhatIfSessionError {
    WhatIfSessionError::Connection(error.to_string())
}

/// What the server said of a statement; everything else is a lost connection.
fn refused(error: sqlx::Error) -> WhatIfSessionError {
    match &error {
        // 57P01 to 57P03: it is shut down, or was.
        sqlx::Error::Database(refusal) if !refusal.code().is_some_and(|code| code.starts_with("57P")) => {
            WhatIfSessionError::Statement(refusal.message().to_owned())
        }
        _ => lost(error),
    }
}

#[cfg(test)]
mod tests;
