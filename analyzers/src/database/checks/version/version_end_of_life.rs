//! `version-end-of-life`
//!
//! **What:** when the project stops to fix the major version of the server.
//! **Why it hurts:** after that day holes and losses of data that become known stay.
//! **Threshold:** 180 days before it is a warning, after it is critical. Source: postgresql.org, versioning
//! policy; the 180 days are ours.
//! **Remedy:** upgrade with `pg_upgrade`, or by logical replication without a stop.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, Skip, critical_if, judged, warning_if};

use super::releases;

const NOTICE_DAYS: i64 = 180;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "version-end-of-life",
    area: CheckArea::Version,
    weight: 5.0,
    summary: "a major version without fixes",
    reads: "server_version_num, the time of reading",
    threshold: "180 days before it is a warning, after it is critical",
    source: "postgresql.org, versioning policy; the 180 days are ours",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let major = evidence.server.version_number / 10_000;
    let seen_and_left = match releases::of_major(major) {
        Some(release) => {
            let left_days = (release.end_of_life() - evidence.read_at.date_naive()).num_days();
            Some((format!("Postgres {major} is maintained until {}", release.end_of_life()), left_days))
        }
        None if (1..releases::OLDEST_MAJOR).contains(&major) => {
            Some((format!("Postgres {major} is not maintained any more"), -1))
        }
        None => None,
    };
    let Some((seen, left_days)) = seen_and_left else {
        return Err(Skip::new(
            format!("this Aforo does not know the releases of Postgres {major}"),
            "see https://www.postgresql.org/support/versioning/, or use a newer Aforo",
        ));
    };
    judged(
        critical_if(left_days < 0).or(warning_if(left_days < NOTICE_DAYS)),
        seen,
        format!("upgrade to Postgres {}, with pg_upgrade or by logical replication", releases::NEWEST_MAJOR),
        &[("major", f64::from(major)), ("left_days", left_days as f64)],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    fn at(version_number: u32, year: i32, month: u32, day: u32) -> Grade {
        let read_at =
            chrono::NaiveDate::from_ymd_opt(year, month, day).unwrap().and_hms_opt(12, 0, 0).unwrap();
        let change = |evidence: &mut DatabaseEvidence| {
            evidence.server.version_number = version_number;
            evidence.read_at = read_at.and_utc();
        };
        Fixture::healthy().with(change).grade(&CHECK)
    }

    #[test]
    fn the_days_that_are_left_are_graded() {
        assert_eq!(at(140_020, 2026, 5, 16), Grade::Ok);
        assert_eq!(at(140_020, 2026, 5, 17), Grade::Warning);
        assert_eq!(at(140_020, 2026, 11, 12), Grade::Warning, "the last day is a day");
        assert_eq!(at(140_020, 2026, 11, 13), Grade::Critical);
    }

    #[test]
    fn what_is_older_than_the_table_is_over_and_what_is_newer_is_not_known() {
        assert_eq!([at(120_022, 2026, 1, 1), at(190_000, 2026, 1, 1)], [Grade::Critical, Grade::Skipped]);
    }
}
