//! The JSON Schemas of what is saved.

use std::io::{self, Write};

use aforo_model::RunRecord;
use schemars::JsonSchema;
use serde_json::Value;

/// The JSON Schema (draft 2020-12) of a saved run.
pub fn run_schema() -> Value {
    schema_of::<RunRecord>()
}

/// Writes the JSON Schema of `T` as one of its formats. It is the same for every value.
pub(crate) fn render<T: JsonSchema>(_: &T, out: &mut dyn Write) -> io::Result<()> {
    write_schema_of::<T>(out)
}

/// Writes the JSON Schema of `T`.
pub(crate) fn write_schema_of<T: JsonSchema>(out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &schema_of::<T>())?;
    out.write_all(b"\n")
}

fn schema_of<T: JsonSchema>() -> Value {
    // By way of its serializer, which puts `$schema` and the title first.
    serde_json::to_value(schemars::schema_for!(T)).expect("a schema is a JSON object with text keys")
}

/// Whether the published schema is the one of `T`, and `value` keeps to it.
#[cfg(test)]
pub(crate) fn assert_published<T: JsonSchema + serde::Serialize>(file_name: &str, value: &T) {
    let path = format!("{}/../docs/schema/{file_name}", env!("CARGO_MANIFEST_DIR"));
    let mut generated = Vec::new();
    write_schema_of::<T>(&mut generated).unwrap();
    let generated = String::from_utf8(generated).unwrap();
    if std::env::var_os("AFORO_BLESS").is_some() {
        std::fs::write(&path, &generated).unwrap();
    }
    let published = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        published == generated,
        "docs/schema/{file_name} is not the schema of `{}`; renew it with `AFORO_BLESS=1 cargo test -p aforo-reports`",
        T::schema_name()
    );
    let validator = jsonschema::validator_for(&schema_of::<T>()).unwrap();
    let json = serde_json::to_value(value).unwrap();
    let problems: Vec<String> = validator.iter_errors(&json).map(|error| error.to_string()).collect();
    assert!(problems.is_empty(), "{problems:#?}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical;

    #[test]
    fn the_published_schema_is_the_one_of_the_record() {
        assert_published("run.schema.json", &canonical::record("met"));
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
