//! What may be asked of a server about a statement: its text as it can be asked, the lock that planning it takes, its
//! parameters, and whether executing it provably changes nothing.

mod parameters;
mod planning_lock;
mod read_only;
#[cfg(test)]
mod tests;

use aforo_model::database::{Catalog, NotExecuted, NotExecutedKind};
use aforo_sql::{describe, explainable};

pub use planning_lock::{PlanningLock, planning_lock};

/// Values for every parameter of a statement, in their order; nothing stands for `NULL`.
pub type Draw = Vec<Option<String>>;

/// A statement, and how it may be explained.
#[derive(Debug, Clone, PartialEq)]
pub struct ExplainCase {
    /// Its text as a statement again, with `$1::interval` for `interval $1`.
    pub text: String,
    /// What planning it takes beyond the lock of a reader.
    pub planning_lock: Option<PlanningLock>,
    /// The types of `$1`, `$2`, … as far as the columns they are compared with tell them.
    pub parameter_types: Vec<Option<String>>,
    /// The values to execute it with, never none; or why it is not to be executed.
    pub draws: Result<Vec<Draw>, NotExecuted>,
}

impl ExplainCase {
    /// Whether executing it was proven to change nothing.
    pub fn is_proven_read_only(&self) -> bool {
        !matches!(&self.draws, Err(why) if why.kind == NotExecutedKind::NotReadOnly)
    }
}

/// How a statement of `pg_stat_statements` may be explained on the database of this catalog, by a session that looks for
/// names in these schemas.
pub fn explain_case(text: &str, catalog: Option<&Catalog>, search_path: &[String]) -> ExplainCase {
    let text = explainable(text).into_owned();
    let planning_lock = planning_lock(&text);
    let known = describe(&text).map_err(|error| error.to_string());
    let known = known.and_then(|shape| {
        Ok((shape, catalog.ok_or("without the catalog nobody knows what it calls and reads")?))
    });
    let (shape, catalog) = match known {
        Ok(known) => known,
        Err(why) => {
            let draws = Err(read_only::not_proven(&why));
            return ExplainCase { text, planning_lock, parameter_types: Vec::new(), draws };
        }
    };
    let parameters = parameters::parameters(&shape, catalog, search_path);
    let proof = read_only::prove(&shape, catalog, search_path);
    ExplainCase { text, planning_lock, parameter_types: parameters.types, draws: proof.and(parameters.draws) }
}
