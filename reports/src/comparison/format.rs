//! The table of formats of a comparison: one line each.

use std::io::{self, Write};

use aforo_model::RunComparison;

use super::{junit, markdown, terminal};
use crate::schema;

/// One way to show a comparison of runs.
#[derive(Debug, Clone, Copy)]
pub struct ComparisonFormat {
    /// The word a user asks for it with.
    pub name: &'static str,
    /// Its file where a comparison is saved. Absent for what is only printed when asked for.
    pub file_name: Option<&'static str>,
    /// Writes the comparison in this format. It fails only when the writer does.
    pub render: fn(&RunComparison, &mut dyn Write) -> io::Result<()>,
}

/// Every format.
pub const COMPARISON_FORMATS: &[ComparisonFormat] = &[
    ComparisonFormat { name: "terminal", file_name: None, render: terminal::render },
    ComparisonFormat { name: "markdown", file_name: Some("comparison.md"), render: markdown::render },
    ComparisonFormat { name: "json", file_name: Some("comparison.json"), render: json },
    ComparisonFormat { name: "junit", file_name: None, render: junit::render },
    ComparisonFormat { name: "schema", file_name: None, render: schema::render },
];

fn json(comparison: &RunComparison, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, comparison)?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparison::canonical;

    #[test]
    fn the_published_schema_is_the_one_of_the_comparison_and_the_canonical_one_keeps_to_it() {
        for (_, comparison) in canonical::comparisons() {
            schema::assert_published("comparison.schema.json", &comparison);
        }
    }

    #[test]
    fn the_json_is_the_comparison() {
        for (name, comparison) in canonical::comparisons() {
            let text = canonical::rendered(json, &comparison);
            assert_eq!(serde_json::from_str::<RunComparison>(&text).unwrap(), comparison, "{name}");
        }
    }

    #[test]
    fn the_same_comparison_gives_the_same_bytes() {
        let comparison = canonical::regression();
        for format in COMPARISON_FORMATS {
            let render = |comparison: &RunComparison| canonical::rendered(format.render, comparison);
            assert_eq!(render(&comparison), render(&comparison), "{}", format.name);
        }
    }
}
