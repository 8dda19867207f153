//! `password-encryption`
//!
//! **What:** how the server keeps new passwords.
//! **Why it hurts:** MD5 can be searched through in hours, and Postgres 18 has begun to drop it.
//! **Threshold:** md5 is a warning. Source: postgresqltuner; the release notes of 18 deprecate it.
//! **Remedy:** scram-sha-256, and every password set anew.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, judged, warning_if};
use crate::database::{remedies, settings};

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "password-encryption",
    area: CheckArea::Security,
    weight: 1.0,
    summary: "passwords kept as MD5",
    reads: "password_encryption",
    threshold: "md5 is a warning",
    source: "postgresqltuner; the release notes of 18 deprecate it",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let method = settings::word(evidence, "password_encryption")?;
    judged(
        // `on` is how 13 still shows it where it was set in the manner of old.
        warning_if(matches!(method, "md5" | "on")),
        format!("new passwords are kept as {method}"),
        format!("{} then set every password anew", remedies::set("password_encryption", "scram-sha-256")),
        &[],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    #[test]
    fn md5_is_warned_of() {
        let at = |value| Fixture::healthy().with_setting("password_encryption", value).grade(&CHECK);
        assert_eq!(["md5", "scram-sha-256"].map(at), [Grade::Warning, Grade::Ok]);
    }
}
