//! Why a statement is not explained, from what Postgres says.

use aforo_model::database::{ExplainObstacle, ObstacleKind};
use sqlx::postgres::PgDatabaseError;

pub(super) fn obstacle(kind: ObstacleKind, why: impl Into<String>, remedy: &str) -> ExplainObstacle {
    ExplainObstacle { kind, why: why.into(), remedy: remedy.to_owned() }
}

pub(super) fn utility(word: &str) -> ExplainObstacle {
    let why = if word.is_empty() {
        "the text is empty".to_owned()
    } else {
        format!("{} is a utility statement, which has no plan", word.to_uppercase())
    };
    obstacle(ObstacleKind::Utility, why, "nothing is to be done: only queries and writes of rows have plans")
}

pub(super) fn hidden_text() -> ExplainObstacle {
    obstacle(
        ObstacleKind::HiddenText,
        "the role may not read the statement's text",
        "GRANT pg_read_all_stats TO the role that Aforo uses",
    )
}

pub(super) fn connection(why: impl std::fmt::Display) -> ExplainObstacle {
    obstacle(
        ObstacleKind::Connection,
        format!("the connection failed: {why}"),
        "check that Postgres runs and can be reached; Aforo connects again for the next statement",
    )
}

/// What an error of a statement means. Told by SQLSTATE and by the place in Postgres that raised it, since messages may be
/// in any language.
pub(super) fn of_error(error: &sqlx::Error) -> ExplainObstacle {
    let sqlx::Error::Database(database) = error else { return connection(error) };
    let message = database.message();
    let code = database.code().unwrap_or_default();
    let routine = database.try_downcast_ref::<PgDatabaseError>().and_then(PgDatabaseError::routine);
    let (kind, remedy) = match code.as_ref() {
        "42601" if routine == Some("exec_parse_message") => {
            (ObstacleKind::SeveralStatements, "explain each statement by itself")
        }
        "42601" if routine == Some("EvaluateParams") => {
            (ObstacleKind::ParameterValues, "give one value for each parameter")
        }
        "42601" | "42P02" => (
            ObstacleKind::Syntax,
            "where the text was cut off, raise track_activity_query_size; where it comes from inside a function, \
             explain it there with auto_explain.log_nested_statements",
        ),
        "42P18" | "42883" | "42804" | "42846" | "42725" | "42P08" => (
            ObstacleKind::ParameterTypes,
            "give the types of the parameters, or write casts (`$1::integer`) into the statement",
        ),
        // Not the message, which quotes the value.
        "22P02" | "22007" | "22008" | "22003" | "22023" => {
            return obstacle(
                ObstacleKind::ParameterValues,
                format!("a value does not fit where it is used (SQLSTATE {code})"),
                "give values that fit the parameters' types",
            );
        }
        "42P01" | "42703" | "3F000" | "42704" => (
            ObstacleKind::UnknownName,
            "name the schemas the statement looks in (search_path); a name that is a variable belongs to a function, whose \
             statements auto_explain.log_nested_statements explains",
        ),
        "42501" => (ObstacleKind::NoRight, "GRANT SELECT on its tables to the role that Aforo uses"),
        "25006" => (
            ObstacleKind::Writes,
            "nothing was written: Aforo executes only what reads; ask for the plan without executing it",
        ),
        "57014" => (ObstacleKind::Timeout, "allow it more time, or ask for the plan without executing it"),
        "55P03" => {
            (ObstacleKind::Locked, "try again when the table is not locked; see the blocking sessions")
        }
        code if code.starts_with("08") || code.starts_with("57P") => return connection(message),
        _ => (ObstacleKind::Refused, "see Postgres' message, and explain the statement by hand"),
    };
    obstacle(kind, message, remedy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_text_and_a_utility_word_are_told_apart() {
        assert_eq!(utility("").why, "the text is empty");
        assert_eq!(utility("vacuum").why, "VACUUM is a utility statement, which has no plan");
    }

    #[test]
    fn what_is_no_answer_of_the_server_is_the_connection() {
        let failed = of_error(&sqlx::Error::PoolClosed);
        assert_eq!(failed.kind, ObstacleKind::Connection);
    }
}
