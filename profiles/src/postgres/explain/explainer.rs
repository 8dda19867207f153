//! Asks for plans, one statement after the other.

use std::time::Duration;

use aforo_model::database::{
    ExplainKind, ExplainObstacle, ExplainOutcome, ExplainedStatement, ObstacleKind, Plan, PlanNode,
};
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, PgConnection};

use super::obstacle::{connection, hidden_text, obstacle, of_error, utility};
use super::request::{ExplainRequest, ReadOnlyProof};
use super::sql_text::{literal, utility_word, with_casts};
use super::transaction::{Question, ask};
use crate::Notice;
use crate::postgres::connections;

/// The first Postgres with `EXPLAIN (GENERIC_PLAN)`.
const GENERIC_PLAN_SINCE: u32 = 160_000;

/// How long Aforo waits beyond what the server allows, before it takes the connection for dead.
const PATIENCE: Duration = Duration::from_secs(10);

/// What `pg_stat_statements` shows instead of a text that the role may not read.
const HIDDEN_TEXT: &str = "<insufficient privilege>";

/// What a question may take of the server's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExplainLimits {
    /// Longest time for planning, and for one execution.
    pub statement_timeout_ms: u32,
    /// Longest wait for a lock. Whoever waits for a lock makes others wait behind it.
    pub lock_timeout_ms: u32,
}

impl Default for ExplainLimits {
    /// 10 s for a statement, half a second for a lock.
    fn default() -> Self {
        Self { statement_timeout_ms: 10_000, lock_timeout_ms: 500 }
    }
}

/// Asks one Postgres for plans, over one connection that can only read. It connects when it is first asked, and again after a
/// failure. A statement that cannot be explained is an answer with the reason, never an error.
///
/// Planning takes the right to read the statement's tables (`SELECT`, or what a write needs).
#[derive(Debug)]
pub struct Explainer {
    options: PgConnectOptions,
    limits: ExplainLimits,
    session: Option<Session>,
}

/// An open connection and the server's `server_version_num`.
#[derive(Debug)]
struct Session {
    connection: PgConnection,
    version_number: u32,
}

impl Explainer {
    /// Nothing is connected yet.
    ///
    /// # Errors
    /// A notice when the URL is not Postgres'.
    pub fn new(url: &str, limits: ExplainLimits) -> Result<Self, Notice> {
        let options = connections::bare_options(url).map_err(|error| connections::notice(&error))?;
        Ok(Self { options, limits, session: None })
    }

    /// From now on questions may take so much.
    pub fn set_limits(&mut self, limits: ExplainLimits) {
        self.limits = limits;
    }

    /// The plan that serves parameters of any value.
    pub async fn generic(&mut self, request: ExplainRequest<'_>) -> ExplainedStatement {
        let asked = self.ask_in_turn(&request, Question::Generic).await;
        let kind = match &asked {
            Ok((Question::Generic, _)) => ExplainKind::Generic,
            _ => ExplainKind::ForcedGeneric,
        };
        explained(&request, kind, &[], asked.and_then(|(_, answers)| plans(&answers)))
    }

    /// The plan for these values of `$1`, `$2`, …; nothing is executed.
    pub async fn with_values(
        &mut self,
        request: ExplainRequest<'_>,
        values: &[Option<String>],
    ) -> ExplainedStatement {
        let literals = literals(values);
        let asked = self.ask_in_turn(&request, Question::WithValues(&literals)).await;
        explained(&request, ExplainKind::WithValues, values, asked.and_then(|(_, answers)| plans(&answers)))
    }

    /// What happens when the statement is executed with these values: once to warm up, then `runs` times (at least once). The
    /// plan is that of the run with the median execution time.
    pub async fn analyzed(
        &mut self,
        proof: ReadOnlyProof<'_>,
        values: &[Option<String>],
        runs: u32,
    ) -> ExplainedStatement {
        let request = proof.request();
        let literals = literals(values);
        let asked = self.ask_in_turn(&request, Question::Analyzed(&literals, runs.max(1))).await;
        // The first was to warm up.
        let asked = asked.and_then(|(_, answers)| plans(answers.get(1..).unwrap_or_default()));
        explained(&request, ExplainKind::Analyzed, values, asked)
    }

    /// Asks, and where the text alone does not do, asks again with casts for typed literals, then with the caller's types.
    async fn ask_in_turn<'q>(
        &mut self,
        request: &ExplainRequest<'_>,
        mut question: Question<'q>,
    ) -> Result<(Question<'q>, Vec<String>), ExplainObstacle> {
        refuse_unasked(request.text)?;
        let cast = with_casts(request.text);
        let mut request = *request;
        let mut types: &[Option<String>] = &[];
        loop {
            let (asked_as, answers) = self.ask_once(&request, types, question).await;
            let refused = match answers {
                Ok(answers) => return Ok((asked_as, answers)),
                Err(refused) => refused,
            };
            match (refused.kind, cast.as_deref()) {
                (ObstacleKind::Syntax, Some(cast)) if request.text != cast => request.text = cast,
                (ObstacleKind::ParameterTypes, _)
                    if types.is_empty() && !request.parameter_types.is_empty() =>
                {
                    types = request.parameter_types;
                    // `GENERIC_PLAN` has no place for types.
                    if matches!(question, Question::Generic) {
                        question = Question::ForcedGeneric;
                    }
                }
                _ => return Err(refused),
            }
        }
    }

    /// Asks once. Returns how it was asked: a server without `GENERIC_PLAN` is asked in the older way.
    async fn ask_once<'q>(
        &mut self,
        request: &ExplainRequest<'_>,
        types: &[Option<String>],
        question: Question<'q>,
    ) -> (Question<'q>, Result<Vec<String>, ExplainObstacle>) {
        let mut session = match self.session().await {
            Ok(session) => session,
            Err(failed) => return (question, Err(failed)),
        };
        let question = match question {
            Question::Generic if session.version_number < GENERIC_PLAN_SINCE => Question::ForcedGeneric,
            other => other,
        };
        let asking = ask(&mut session.connection, request, types, question, &self.limits);
        let answers = match tokio::time::timeout(self.patience(question), asking).await {
            Ok(answers) => answers.map_err(|error| of_error(&error)),
            Err(_) => Err(connection("Postgres does not answer")),
        };
        // A connection that failed, or whose answer is still to come, is not used again.
        if !matches!(&answers, Err(failed) if failed.kind == ObstacleKind::Connection) {
            self.session = Some(session);
        }
        (question, answers)
    }

    /// The connection, taken out: whoever stops waiting for an answer drops it, and with it the transaction.
    async fn session(&mut self) -> Result<Session, ExplainObstacle> {
        if let Some(session) = self.session.take() {
            return Ok(session);
        }
        let connect = async {
            let mut connection = PgConnection::connect_with(&self.options).await?;
            let version_number: i32 =
                sqlx::query_scalar("SELECT pg_catalog.current_setting('server_version_num')::int4")
                    .fetch_one(&mut connection)
                    .await?;
            Ok(Session { connection, version_number: u32::try_from(version_number).unwrap_or(0) })
        };
        match tokio::time::timeout(PATIENCE, connect).await {
            Ok(connected) => connected.map_err(|error: sqlx::Error| connection(error)),
            Err(_) => Err(connection("Postgres does not answer")),
        }
    }

    fn patience(&self, question: Question<'_>) -> Duration {
        let executions = match question {
            Question::Analyzed(_, runs) => runs.saturating_add(1),
            _ => 1,
        };
        let statement = Duration::from_millis(u64::from(self.limits.statement_timeout_ms));
        statement.saturating_mul(executions.saturating_add(1)).saturating_add(PATIENCE)
    }
}

/// What Postgres need not be asked.
fn refuse_unasked(text: &str) -> Result<(), ExplainObstacle> {
    if text == HIDDEN_TEXT {
        return Err(hidden_text());
    }
    if text.contains('\0') {
        let why = "the text contains a NUL character, which no statement can";
        return Err(obstacle(ObstacleKind::Syntax, why, "give the statement as Postgres received it"));
    }
    utility_word(text).map_or(Ok(()), |word| Err(utility(&word)))
}

/// Postgres' text has no NUL characters: what has them becomes a value that is not found.
fn literals(values: &[Option<String>]) -> Vec<String> {
    values
        .iter()
        .map(|value| literal(value.as_ref().map(|value| value.replace('\0', "")).as_deref()))
        .collect()
}

fn plans(answers: &[String]) -> Result<Vec<Plan>, ExplainObstacle> {
    let read = |answer: &String| {
        Plan::from_explain_json(answer).map_err(|error| {
            obstacle(ObstacleKind::Answer, error.to_string(), "explain the statement by hand")
        })
    };
    answers.iter().map(read).collect()
}

fn explained(
    request: &ExplainRequest<'_>,
    kind: ExplainKind,
    values: &[Option<String>],
    plans: Result<Vec<Plan>, ExplainObstacle>,
) -> ExplainedStatement {
    let time_ms = |plan: &Plan| plan.execution_time_ms.unwrap_or(0.0);
    let execution_times_ms = match &plans {
        Ok(plans) if kind == ExplainKind::Analyzed => plans.iter().map(time_ms).collect(),
        _ => Vec::new(),
    };
    let outcome = match plans.and_then(median) {
        Ok(mut plan) => {
            // That was set by the question.
            plan.settings.remove("plan_cache_mode");
            conceal(&mut plan.root, values);
            ExplainOutcome::Planned(Box::new(plan))
        }
        Err(refused) => ExplainOutcome::NotExplained(refused),
    };
    ExplainedStatement {
        fingerprint: request.fingerprint.to_owned(),
        kind,
        parameters: values.iter().map(|value| masked(value.as_deref())).collect(),
        execution_times_ms,
        is_contradicted: false,
        not_executed: None,
        outcome,
    }
}

/// The plan with the median execution time, the faster one of two.
fn median(mut plans: Vec<Plan>) -> Result<Plan, ExplainObstacle> {
    let time_ms = |plan: &Plan| plan.execution_time_ms.unwrap_or(0.0);
    plans.sort_by(|one, other| time_ms(one).total_cmp(&time_ms(other)));
    let middle = plans.len().saturating_sub(1) / 2;
    let no_answer =
        || obstacle(ObstacleKind::Answer, "Postgres gave no plan", "explain the statement by hand");
    plans.into_iter().nth(middle).ok_or_else(no_answer)
}

/// What may be kept of a value.
fn masked(value: Option<&str>) -> String {
    match value.map(|value| value.chars().count()) {
        None => "null".to_owned(),
        Some(1) => "1 character".to_owned(),
        Some(count) => format!("{count} characters"),
    }
}

/// Puts `$n` back where a condition shows the value given for it. A number of the statement's own that is the same is taken for it.
fn conceal(node: &mut PlanNode, values: &[Option<String>]) {
    let conditions = [
        &mut node.index_condition,
        &mut node.recheck_condition,
        &mut node.filter,
        &mut node.join_filter,
        &mut node.hash_condition,
        &mut node.merge_condition,
    ];
    for condition in conditions.into_iter().flatten() {
        for (number, value) in values.iter().enumerate() {
            // Empty text is no secret, and its literal is found inside others.
            let Some(value) = value.as_deref().filter(|value| !value.is_empty()) else { continue };
            // Postgres writes backslashes by `standard_conforming_strings`, and never `E''`.
            let quoted = format!("'{}'", value.replace('\'', "''"));
            let parameter = format!("${}", number + 1);
            *condition = condition.replace(&quoted, &parameter);
            *condition = condition.replace(&quoted.replace('\\', "\\\\"), &parameter);
            if value.chars().all(|c| c.is_ascii_digit() || c == '.') {
                *condition = without_number(condition, value, &parameter);
            }
        }
        // The planner folds lists and expressions, and a value may be part of what it makes of them.
        if !values.is_empty() {
            *condition = without_texts(condition);
        }
    }
    node.plans.iter_mut().for_each(|child| conceal(child, values));
}

/// The condition with a mark in the place of every text in it.
fn without_texts(condition: &str) -> String {
    let mut concealed = String::with_capacity(condition.len());
    // Between two quotes lies a text; two in a row are a quote in a text, or its end and the beginning of the next.
    for (place, part) in condition.split('\'').enumerate() {
        match place % 2 {
            0 => concealed.push_str(part),
            _ => concealed.push_str("'…'"),
        }
    }
    concealed
}

/// The condition with `parameter` for every `number` that is not part of a longer number, a name or a parameter.
fn without_number(condition: &str, number: &str, parameter: &str) -> String {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '.' | '"' | '\'');
    let mut concealed = String::with_capacity(condition.len());
    let mut rest = condition;
    while let Some(at) = rest.find(number) {
        let (before, after) = (&rest[..at], &rest[at + number.len()..]);
        let is_apart = !before.ends_with(is_part) && !after.starts_with(is_part);
        // What stands before the rest was looked at with it.
        let is_apart = is_apart && !(before.is_empty() && concealed.ends_with(is_part));
        concealed.push_str(before);
        concealed.push_str(if is_apart { parameter } else { number });
        rest = after;
    }
    concealed.push_str(rest);
    concealed
}

#[cfg(test)]
mod number_tests {
    use super::{without_number, without_texts};

    #[test]
    fn no_text_of_a_folded_list_is_left() {
        assert_eq!(
            without_texts("(email = ANY ('{bob@x.com,\"o''neill\"}'::text[]))"),
            "(email = ANY ('…''…'::text[]))"
        );
        assert_eq!(without_texts("(a > $1)"), "(a > $1)");
    }

    #[test]
    fn only_whole_numbers_are_concealed() {
        assert_eq!(without_number("((id > 7) AND (n = 77))", "7", "$2"), "((id > $2) AND (n = 77))");
        assert_eq!(without_number("(a7 = $7)", "7", "$2"), "(a7 = $7)");
        assert_eq!(without_number("7", "7", "$2"), "$2");
        assert_eq!(without_number("(x = 1.5)", "1.5", "$1"), "(x = $1)");
    }
}
