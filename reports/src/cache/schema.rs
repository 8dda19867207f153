//! The JSON Schema of `cache.json`.

use std::io::{self, Write};

use aforo_model::cache::CacheReport;

use crate::schema::write_schema_of;

/// Writes the JSON Schema (draft 2020-12) of a cache report.
///
/// # Errors
/// Only those of `out`.
pub fn write_schema(out: &mut dyn Write) -> io::Result<()> {
    write_schema_of::<CacheReport>(out)
}

#[cfg(test)]
mod tests {
    use crate::cache::canonical;
    use crate::schema::assert_published;

    #[test]
    fn the_published_schema_is_the_one_of_the_report_and_the_canonical_report_keeps_to_it() {
        assert_published("cache.schema.json", &canonical::report());
    }
}
