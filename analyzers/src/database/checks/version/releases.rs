//! Releases of Postgres, as far as this Aforo knows them (<https://www.postgresql.org/support/versioning/>).

use chrono::NaiveDate;

/// When the minor releases of the table came out.
pub(super) const KNOWN_AS_OF: &str = "2025-11-13";

/// The oldest major version in the table; older ones are not maintained any more.
pub(super) const OLDEST_MAJOR: u32 = 13;

/// The newest major version in the table.
pub(super) const NEWEST_MAJOR: u32 = 18;

/// One major version.
#[derive(Debug, Clone, Copy)]
pub(super) struct Release {
    major: u32,
    /// The latest minor release.
    pub(super) latest_minor: u32,
    /// Year, month and day of its last fix.
    last_day: (i32, u32, u32),
}

impl Release {
    /// The day after which it gets no fixes.
    pub(super) fn end_of_life(&self) -> NaiveDate {
        let (year, month, day) = self.last_day;
        NaiveDate::from_ymd_opt(year, month, day).unwrap_or(NaiveDate::MAX)
    }
}

const RELEASES: [Release; 6] = [
    Release { major: 13, latest_minor: 23, last_day: (2025, 11, 13) },
    Release { major: 14, latest_minor: 20, last_day: (2026, 11, 12) },
    Release { major: 15, latest_minor: 15, last_day: (2027, 11, 11) },
    Release { major: 16, latest_minor: 11, last_day: (2028, 11, 9) },
    Release { major: 17, latest_minor: 7, last_day: (2029, 11, 8) },
    Release { major: 18, latest_minor: 1, last_day: (2030, 11, 14) },
];

/// What is known of a major version.
pub(super) fn of_major(major: u32) -> Option<&'static Release> {
    RELEASES.iter().find(|release| release.major == major)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_no_gap_and_its_days_exist() {
        let majors: Vec<_> = RELEASES.iter().map(|release| release.major).collect();
        assert_eq!(majors, (OLDEST_MAJOR..=NEWEST_MAJOR).collect::<Vec<_>>());
        assert!(RELEASES.iter().all(|release| release.end_of_life() < NaiveDate::MAX));
        assert!(RELEASES.is_sorted_by_key(Release::end_of_life));
    }
}
