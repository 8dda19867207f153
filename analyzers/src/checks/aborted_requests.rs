//! `aborted-requests`
//!
//! **What:** requests that were still under way after the order to stop and its grace time, and were cut off.
//! **Why it hurts:** they were among the slowest of all, and no figure holds them: quantiles and maximum look better
//! than they were.
//! **Threshold:** one request.
//! **Remedy:** find what they waited for.

use aforo_model::{Finding, Severity, Subject};

use super::{Check, finding};
use crate::Evidence;

pub(super) const CHECK: Check =
    Check { code: "aborted-requests", summary: "requests were cut off at the end", run };

fn run(evidence: &Evidence<'_>) -> Vec<Finding> {
    let aborted = evidence.load.aborted_requests;
    if aborted == 0 {
        return Vec::new();
    }
    vec![finding(
        CHECK.code,
        Subject::Total,
        Severity::Warning,
        format!(
            "{aborted} requests had no answer long after the order to stop and were cut off; they are in no figure, and were among the slowest"
        ),
        "find what the target was waiting for at the end (locks, pool, CPU); a shorter time-out makes such requests count"
            .to_owned(),
        &[("aborted_requests", f64::from(aborted))],
    )]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::Fixture;

    #[test]
    fn only_requests_that_were_cut_off_are_found() {
        let mut fixture = Fixture::healthy();
        assert_eq!(run(&fixture.evidence()), []);
        fixture.load.aborted_requests = 1;
        assert_eq!(run(&fixture.evidence())[0].numbers["aborted_requests"], 1.0);
        assert_eq!(run(&Fixture::empty().evidence()), []);
    }
}
