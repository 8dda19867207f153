//! `version-minor`
//!
//! **What:** the minor release against the latest of its major version that this Aforo knows.
//! **Why it hurts:** minor releases hold nothing but fixes, of lost data and security among them.
//! **Threshold:** one or more behind is a warning. Source: the project's release notes: 18.1, 17.7,
//! 16.11, 15.15, 14.20 and 13.23 of 2025-11-13.
//! **Remedy:** install the latest minor release and restart; no dump is needed.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, Skip, judged, warning_if};

use super::releases;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "version-minor",
    area: CheckArea::Version,
    weight: 3.0,
    summary: "fixes of this major version are missing",
    reads: "server_version_num",
    threshold: "one or more behind is a warning",
    source: "the release notes of PostgreSQL: 18.1, 17.7, 16.11, 15.15, 14.20 and 13.23 of 2025-11-13",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let number = evidence.server.version_number;
    let (major, minor) = (number / 10_000, number % 10_000);
    let Some(release) = releases::of_major(major) else {
        return Err(Skip::new(
            format!("this Aforo does not know the releases of Postgres {major}"),
            "see https://www.postgresql.org/support/versioning/, or use a newer Aforo",
        ));
    };
    judged(
        warning_if(minor < release.latest_minor),
        format!(
            "the server is {major}.{minor}; the latest this Aforo knows is {major}.{} of {}",
            release.latest_minor,
            releases::KNOWN_AS_OF
        ),
        format!("install Postgres {major}.{} or later and restart the server", release.latest_minor),
        &[("minor", f64::from(minor)), ("latest_minor", f64::from(release.latest_minor))],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    #[test]
    fn behind_is_warned_of_and_ahead_of_what_is_known_is_fine() {
        let of = |number| {
            Fixture::healthy().with(|evidence| evidence.server.version_number = number).grade(&CHECK)
        };
        assert_eq!(
            [150_014, 150_015, 150_020, 990_000].map(of),
            [Grade::Warning, Grade::Ok, Grade::Ok, Grade::Skipped]
        );
    }
}
