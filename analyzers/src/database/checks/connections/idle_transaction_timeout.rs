//! `idle-transaction-timeout`
//!
//! **What:** whether the server ends sessions that stay idle inside a transaction.
//! **Why it hurts:** one forgotten transaction holds its locks, and holds back vacuum, until somebody
//! notices.
//! **Threshold:** 0 (never) is a warning. Source: ours; the manual describes what it prevents.
//! **Remedy:** a minute is long for a web application.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, judged, warning_if};
use crate::database::{remedies, settings};
use crate::wording::seconds;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "idle-transaction-timeout",
    area: CheckArea::Connections,
    weight: 1.0,
    summary: "nothing bounds idle transactions",
    reads: "idle_in_transaction_session_timeout",
    threshold: "0 (never) is a warning",
    source: "ours; the manual describes what it prevents",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let timeout_s = settings::milliseconds(evidence, "idle_in_transaction_session_timeout")? / 1e3;
    let seen = if timeout_s == 0.0 {
        "the server never ends sessions that are idle in a transaction".to_owned()
    } else {
        format!("the server ends sessions that are idle in a transaction for {}", seconds(timeout_s))
    };
    judged(
        warning_if(timeout_s == 0.0),
        seen,
        remedies::set("idle_in_transaction_session_timeout", "60s"),
        &[("timeout_s", timeout_s)],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    #[test]
    fn no_limit_is_warned_of() {
        let at = |value| {
            Fixture::healthy().with_setting("idle_in_transaction_session_timeout", value).grade(&CHECK)
        };
        assert_eq!(["0", "1"].map(at), [Grade::Warning, Grade::Ok]);
    }
}
