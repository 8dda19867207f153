//! The JSON Schema of `database.json`.

use std::io::{self, Write};

use aforo_model::database::DatabaseReport;

/// Writes the schema (draft 2020-12) as one of the formats. It is the same for every report.
pub(super) fn render(_: &DatabaseReport, out: &mut dyn Write) -> io::Result<()> {
    write_schema(out)
}

/// Writes the JSON Schema (draft 2020-12) of a database report.
///
/// # Errors
/// Only those of `out`.
pub fn write_schema(out: &mut dyn Write) -> io::Result<()> {
    // By way of its serializer, which puts `$schema` and the title first.
    let schema = serde_json::to_value(schemars::schema_for!(DatabaseReport))?;
    serde_json::to_writer_pretty(&mut *out, &schema)?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::canonical;

    #[test]
    fn the_published_schema_is_the_one_of_the_report_and_the_canonical_report_keeps_to_it() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/schema/database.schema.json");
        let report = canonical::report();
        let generated = canonical::rendered(render, &report);
        if std::env::var_os("AFORO_BLESS").is_some() {
            std::fs::write(path, &generated).unwrap();
        }
        let published = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            published == generated,
            "docs/schema/database.schema.json is not the schema of `DatabaseReport`; renew it with \
             `AFORO_BLESS=1 cargo test -p aforo-reports`"
        );
        let validator = jsonschema::validator_for(&serde_json::from_str(&generated).unwrap()).unwrap();
        let json = serde_json::to_value(&report).unwrap();
        let problems: Vec<String> = validator.iter_errors(&json).map(|error| error.to_string()).collect();
        assert!(problems.is_empty(), "{problems:#?}");
    }
}
