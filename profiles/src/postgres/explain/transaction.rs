//! One question to Postgres: a read-only transaction around a prepared statement.

use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, PgConnection, Row};

use super::explainer::ExplainLimits;
use super::request::ExplainRequest;
use super::sql_text::identifier;

/// The name the statement has while it is asked about.
const PREPARED: &str = "aforo_explained";

/// What is asked about a prepared statement.
#[derive(Debug, Clone, Copy)]
pub(super) enum Question<'a> {
    /// The plan for any values, by `GENERIC_PLAN`.
    Generic,
    /// The plan for any values, through the prepared statement.
    ForcedGeneric,
    /// The plan for these values, as literals.
    WithValues(&'a [String]),
    /// What happens with these values, so many times after once to warm up.
    Analyzed(&'a [String], u32),
}

/// Opens a transaction that cannot write, asks, and rolls it back, whatever came of it. The statement is prepared first, in
/// the extended protocol: that makes Postgres itself refuse a text of several statements, and tell how many parameters there are.
///
/// Returns the answers as JSON: one, or one for each run.
pub(super) async fn ask(
    connection: &mut PgConnection,
    request: &ExplainRequest<'_>,
    types: &[Option<String>],
    question: Question<'_>,
    limits: &ExplainLimits,
) -> Result<Vec<String>, sqlx::Error> {
    raw(connection, begin(request.schemas, limits)).await?;
    let asked = within(connection, request.text, types, question).await;
    // Even where the answer is an error: the connection is used again.
    let rolled_back = raw(connection, "ROLLBACK".to_owned()).await;
    let answers = asked?;
    rolled_back.map(|()| answers)
}

fn begin(schemas: &[String], limits: &ExplainLimits) -> String {
    let search_path = if schemas.is_empty() {
        String::new()
    } else {
        let names: Vec<String> = schemas.iter().map(|schema| identifier(schema)).collect();
        format!("; SET LOCAL search_path = {}", names.join(", "))
    };
    let ExplainLimits { statement_timeout_ms, lock_timeout_ms } = limits;
    format!(
        "BEGIN READ ONLY; SET LOCAL statement_timeout = {statement_timeout_ms}; SET LOCAL lock_timeout = {lock_timeout_ms}; \
         SET LOCAL idle_in_transaction_session_timeout = {statement_timeout_ms}{search_path}"
    )
}

/// A prepared statement outlives its transaction, and behind a pooler it would be met by somebody else: it is dropped inside,
/// which after an error takes a savepoint.
async fn within(
    connection: &mut PgConnection,
    text: &str,
    types: &[Option<String>],
    question: Question<'_>,
) -> Result<Vec<String>, sqlx::Error> {
    extended(connection, prepare(text, types)).await?;
    raw(connection, "SAVEPOINT aforo_prepared".to_owned()).await?;
    let answers = answers(connection, text, question).await;
    raw(connection, format!("ROLLBACK TO aforo_prepared; DEALLOCATE {PREPARED}")).await?;
    answers
}

fn prepare(text: &str, types: &[Option<String>]) -> String {
    if types.iter().all(Option::is_none) {
        return format!("PREPARE {PREPARED} AS {text}");
    }
    let names: Vec<&str> = types.iter().map(|name| name.as_deref().unwrap_or("unknown")).collect();
    format!("PREPARE {PREPARED} ({}) AS {text}", names.join(", "))
}

async fn answers(
    connection: &mut PgConnection,
    text: &str,
    question: Question<'_>,
) -> Result<Vec<String>, sqlx::Error> {
    let (cache_mode, statement, runs) = match question {
        Question::Generic => {
            // Not in the extended protocol, which would take the parameters for its own. That it is one statement is
            // known since it could be prepared.
            let rows = sqlx::raw_sql(AssertSqlSafe(format!(
                "EXPLAIN (GENERIC_PLAN, VERBOSE, SETTINGS, FORMAT JSON) {text}"
            )));
            return Ok(vec![json(rows.fetch_optional(connection).await?)?]);
        }
        Question::ForcedGeneric => {
            let nulls = vec!["NULL".to_owned(); parameter_count(connection).await?];
            ("force_generic_plan", execute("VERBOSE, SETTINGS, FORMAT JSON", &nulls), 1)
        }
        Question::WithValues(literals) => {
            ("force_custom_plan", execute("VERBOSE, SETTINGS, FORMAT JSON", literals), 1)
        }
        Question::Analyzed(literals, runs) => {
            let statement = execute("ANALYZE, BUFFERS, VERBOSE, SETTINGS, FORMAT JSON", literals);
            ("force_custom_plan", statement, runs.saturating_add(1))
        }
    };
    // With row security off, Postgres refuses a query that policies would filter: they may call any function.
    let row_security =
        if matches!(question, Question::Analyzed(..)) { "; SET LOCAL row_security = off" } else { "" };
    raw(connection, format!("SET LOCAL plan_cache_mode = {cache_mode}{row_security}")).await?;
    let mut answers = Vec::new();
    for _ in 0..runs {
        answers.push(json(extended(connection, statement.clone()).await?)?);
    }
    Ok(answers)
}

fn execute(options: &str, literals: &[String]) -> String {
    let arguments = if literals.is_empty() { String::new() } else { format!("({})", literals.join(", ")) };
    format!("EXPLAIN ({options}) EXECUTE {PREPARED}{arguments}")
}

async fn parameter_count(connection: &mut PgConnection) -> Result<usize, sqlx::Error> {
    let count: i32 = sqlx::query_scalar(
        "SELECT pg_catalog.cardinality(parameter_types) FROM pg_catalog.pg_prepared_statements WHERE name = $1",
    )
    .bind(PREPARED)
    .persistent(false)
    .fetch_one(connection)
    .await?;
    Ok(usize::try_from(count).unwrap_or(0))
}

/// The simple protocol, for statements of our own.
async fn raw(connection: &mut PgConnection, sql: String) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await.map(|_| ())
}

/// The extended protocol, which takes one statement and no more.
async fn extended(connection: &mut PgConnection, sql: String) -> Result<Option<PgRow>, sqlx::Error> {
    sqlx::query(AssertSqlSafe(sql)).persistent(false).fetch_optional(connection).await
}

/// The answer to `EXPLAIN (FORMAT JSON)`.
fn json(row: Option<PgRow>) -> Result<String, sqlx::Error> {
    let row = row.ok_or(sqlx::Error::RowNotFound)?;
    let text = row.try_get_raw(0)?.as_str().map_err(sqlx::Error::Decode)?;
    Ok(text.to_owned())
}
