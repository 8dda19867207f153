//! Statements as the database counts them: which rows are one statement, what each costs, and which of them hurt.

mod group;
mod hot;
mod identity;
mod slow_statement;
mod statement_dominates;
mod temp_files;

pub use group::{StatementGroup, group_statements};
pub use hot::hot_statements;
pub(crate) use identity::{Identities, noise_of};

use aforo_model::Finding;
use aforo_model::database::HotStatement;

/// What is wrong with statements, by severity, the worst first. Noise is no finding.
pub fn statement_findings(statements: &[HotStatement]) -> Vec<Finding> {
    let work: Vec<&HotStatement> = statements.iter().filter(|statement| statement.noise.is_none()).collect();
    let mut findings = slow_statement::find(&work);
    findings.extend(temp_files::find(&work));
    findings.extend(statement_dominates::find(&work));
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    findings
}

/// How a statement is named in a message: its text, shortened; its identity where the text is hidden.
pub(crate) fn title(text: Option<&str>, fingerprint: &str) -> String {
    /// Enough to tell statements apart in a line of a terminal.
    const LONGEST: usize = 120;
    let Some(text) = text else { return format!("the statement {fingerprint}, whose text is hidden") };
    let one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match one_line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("`{}…`", &one_line[..end]),
        None => format!("`{one_line}`"),
    }
}

/// The part of the system these findings are about.
fn postgres() -> aforo_model::Subject {
    aforo_model::Subject::Part("postgres".to_owned())
}

#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod tests;
