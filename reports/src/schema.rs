//! The JSON Schema of `run.json`.

use std::io::{self, Write};

use aforo_model::RunRecord;
use serde_json::Value;

/// The JSON Schema (draft 2020-12) of a saved run.
pub fn run_schema() -> Value {
    // By way of its serializer, which puts `$schema` and the title first.
    serde_json::to_value(schemars::schema_for!(RunRecord)).expect("a schema is a JSON object with text keys")
}

/// Writes the schema. It is the same for every run.
pub(crate) fn render(_: &RunRecord, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &run_schema())?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical;

    #[test]
    fn the_published_schema_is_the_one_of_the_record() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/schema/run.schema.json");
        let generated = canonical::rendered(render, &canonical::record("met"));
        if std::env::var_os("AFORO_BLESS").is_some() {
            std::fs::write(path, &generated).unwrap();
        }
        let published = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            published == generated,
            "docs/schema/run.schema.json is not the schema of `RunRecord`; renew it with \
             `AFORO_BLESS=1 cargo test -p aforo-reports`"
        );
    }

    #[test]
    fn the_canonical_records_keep_to_the_schema_and_a_broken_one_does_not() {
        let validator = jsonschema::validator_for(&run_schema()).unwrap();
        for (name, record) in canonical::records() {
            let mut json = serde_json::to_value(&record).unwrap();
            let problems: Vec<String> = validator.iter_errors(&json).map(|error| error.to_string()).collect();
            assert!(problems.is_empty(), "{name}: {problems:#?}");
            json["verdict"]["outcome"] = "splendid".into();
            assert!(!validator.is_valid(&json));
        }
    }
}
