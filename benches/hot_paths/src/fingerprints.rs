//! Telling statements apart.

use aforo_sql::{Fingerprint, fingerprint};

/// Statements as libraries write them, one a line; comments begin with `-- `.
const STATEMENTS: &str = include_str!("../../../sql/tests/fixtures/statements.sql");

/// Sixty-nine statements of real libraries.
pub struct Statements {
    texts: Vec<&'static str>,
}

impl Default for Statements {
    /// Reads them.
    fn default() -> Self {
        Self { texts: STATEMENTS.lines().filter(|line| !line.starts_with("-- ")).collect() }
    }
}

impl Statements {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.texts.len()
    }

    /// The identity of each.
    pub fn fingerprint(&self) -> Vec<Fingerprint> {
        self.texts.iter().map(|text| fingerprint(text)).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn statements_of_real_libraries_are_told_apart() {
        let statements = Statements::default();
        let kinds: BTreeSet<Fingerprint> = statements.fingerprint().into_iter().collect();
        assert_eq!(statements.count(), 69, "the benchmark has the number in its name");
        assert!(kinds.len() > statements.count() / 2, "{} of {}", kinds.len(), statements.count());
    }
}
