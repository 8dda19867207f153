//! What single requests say: statements that run once for every item of an answer, rows read that the answer does not
//! show, and answers without an end.
//!
//! N+1 is a slope and not a count: five fixed statements are no N+1, and two calls for a page of two rows may be one.
//! So every step is asked for pages of several sizes, and the calls of each statement are compared with the items of
//! the answer. A repeated item may come from a cache, and what the database does anyway is not the step's doing; both
//! are taken out first.

mod fit;
mod fix;
mod join_fan_out;
mod judge;
mod n_plus_one_finding;
mod net;
mod pages;
mod parent;
mod paths;
mod readings;
mod rows_per_item;
mod slopes;
mod unpaginated;
mod words;

pub use judge::{ProbeOptions, judge_probe};

use aforo_model::Finding;
use aforo_model::database::ProbeVerdict;

/// What is wrong with the steps that were probed, the worst first.
pub fn probe_findings(verdicts: &[ProbeVerdict]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for verdict in verdicts {
        findings.extend(n_plus_one_finding::find(verdict));
        findings.extend(rows_per_item::find(verdict));
        findings.extend(join_fan_out::find(verdict));
        findings.extend(unpaginated::find(verdict));
    }
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    findings
}

#[cfg(test)]
mod endpoints;
#[cfg(test)]
mod noise_tests;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;
