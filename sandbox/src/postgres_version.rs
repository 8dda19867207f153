//! The version of a Postgres server.

use std::fmt;

/// A `PostgreSQL` version, as `postgres --version` states it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PostgresVersion {
    /// The major version: new features, a new data format.
    pub major: u32,
    /// The minor version: corrections. 0 for a version before its release (`18beta1`, `19devel`).
    pub minor: u32,
}

impl PostgresVersion {
    /// Reads `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`; `None` if that is not what it is.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let (_, number) = line.split_once("(PostgreSQL) ")?;
        let (major, rest) = leading_number(number)?;
        let minor = rest.strip_prefix('.').and_then(leading_number).map_or(0, |(minor, _)| minor);
        Some(Self { major, minor })
    }
}

impl fmt::Display for PostgresVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

fn leading_number(text: &str) -> Option<(u32, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    Some((digits.parse().ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_distributions_print_them() {
        let parsed = |line| PostgresVersion::parse(line).map(|version| (version.major, version.minor));
        assert_eq!(parsed("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"), Some((15, 18)));
        assert_eq!(parsed("postgres (PostgreSQL) 17.0"), Some((17, 0)));
        assert_eq!(parsed("postgres (PostgreSQL) 18beta1"), Some((18, 0)));
        assert_eq!(parsed("postgres (PostgreSQL) 9.6.24"), Some((9, 6)));
    }

    #[test]
    fn what_is_not_a_version_is_refused() {
        for line in
            ["", "postgres", "(PostgreSQL) ", "postgres (PostgreSQL) x.1", "(PostgreSQL) 99999999999.1"]
        {
            assert_eq!(PostgresVersion::parse(line), None, "{line:?}");
        }
    }

    #[test]
    fn versions_compare_as_numbers_and_not_as_text() {
        let version = |major, minor| PostgresVersion { major, minor };
        assert!(version(10, 0) > version(9, 6));
        assert!(version(15, 10) > version(15, 9));
    }
}
