//! The table of formats of a replay: one line each.

use std::io::{self, Write};

use aforo_model::cache::CacheReplay;

use super::{csv, markdown, terminal};
use crate::schema;

/// One way to show a replay.
#[derive(Debug, Clone, Copy)]
pub struct CacheReplayFormat {
    /// The word a user asks for it with.
    pub name: &'static str,
    /// Its file where a replay is saved. Absent for what is only printed when asked for.
    pub file_name: Option<&'static str>,
    /// Writes the replay in this format. It fails only when the writer does.
    pub render: fn(&CacheReplay, &mut dyn Write) -> io::Result<()>,
}

/// Every format.
pub const CACHE_REPLAY_FORMATS: &[CacheReplayFormat] = &[
    CacheReplayFormat { name: "terminal", file_name: None, render: terminal::render },
    CacheReplayFormat { name: "json", file_name: Some("cache_replay.json"), render: json },
    CacheReplayFormat { name: "markdown", file_name: Some("cache_replay.md"), render: markdown::render },
    CacheReplayFormat { name: "csv", file_name: Some("cache_replay.csv"), render: csv::render },
    CacheReplayFormat { name: "schema", file_name: None, render: schema::render },
];

/// Writes the JSON Schema (draft 2020-12) of a replay.
///
/// # Errors
/// Only those of `out`.
pub fn write_schema(out: &mut dyn Write) -> io::Result<()> {
    schema::write_schema_of::<CacheReplay>(out)
}

fn json(replay: &CacheReplay, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, replay)?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use super::super::canonical;
    use super::*;

    #[test]
    fn every_format_shows_a_full_and_an_empty_replay() {
        for replay in [canonical::replay(), canonical::empty()] {
            for format in CACHE_REPLAY_FORMATS {
                let text = canonical::rendered(format.render, &replay);
                assert!(text.ends_with('\n'), "{} has no last line end", format.name);
                assert_eq!(text, canonical::rendered(format.render, &replay));
            }
        }
    }

    #[test]
    fn the_published_schema_is_the_one_of_the_replay_and_the_canonical_replay_keeps_to_it() {
        schema::assert_published("cache-replay.schema.json", &canonical::replay());
    }

    #[test]
    fn the_schema_needs_no_replay() {
        let alone = {
            let mut out = Vec::new();
            write_schema(&mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        assert_eq!(alone, canonical::rendered(schema::render, &canonical::replay()));
    }

    #[test]
    fn json_is_read_back_as_it_was() {
        let replay = canonical::replay();
        let text = canonical::rendered(json, &replay);
        assert_eq!(serde_json::from_str::<CacheReplay>(&text).unwrap(), replay);
    }
}
