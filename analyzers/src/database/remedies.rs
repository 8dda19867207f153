//! What to do, in SQL that can be pasted.

use aforo_model::database::RelationName;
use aforo_sql::quote_identifier;

const MEBIBYTE: f64 = 1024.0 * 1024.0;

/// Sets something that a reload is enough for.
pub(super) fn set(name: &str, value: &str) -> String {
    format!("ALTER SYSTEM SET {name} = '{value}'; SELECT pg_reload_conf();")
}

/// Sets something that is read when the server starts.
pub(super) fn set_and_restart(name: &str, value: &str) -> String {
    format!("ALTER SYSTEM SET {name} = '{value}'; and restart the server")
}

/// A table's name as SQL takes it, whatever it holds.
pub(super) fn quoted(relation: &RelationName) -> String {
    format!("{}.{}", quote_identifier(&relation.schema), quote_identifier(&relation.name))
}

/// A size as a setting takes it, in whole megabytes.
pub(super) fn megabytes(bytes: f64) -> String {
    format!("{:.0}MB", (bytes / MEBIBYTE).floor().max(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_and_sizes_are_whole_megabytes() {
        let name = RelationName { schema: "public".to_owned(), name: "we\"ird.Name".to_owned() };
        assert_eq!(quoted(&name), "\"public\".\"we\"\"ird.Name\"");
        assert_eq!(megabytes(6.4 * 1024.0 * MEBIBYTE), "6553MB");
        assert_eq!(megabytes(10.0), "1MB");
    }
}
