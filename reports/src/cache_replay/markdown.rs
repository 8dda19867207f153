//! `cache_replay.md`: the replay for a ticket or a pull request.

use std::io::{self, Write};

use aforo_model::cache::CacheReplay;

use super::{curve, facts, sheets};
use crate::markdown::{findings, section};
use crate::sheet::{code_block, escaped};

pub(super) fn render(replay: &CacheReplay, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# {}\n\n{}\n", facts::TITLE, escaped(&facts::headline(replay)))?;
    for (name, value) in facts::facts(replay) {
        writeln!(out, "- **{name}** {}", escaped(&value))?;
    }
    section(facts::POLICIES, sheets::policies(replay), None, out)?;
    if let Some(drawn) = curve::drawn(replay) {
        write!(
            out,
            "\n## {}\n\n{}\n{}\n",
            facts::CURVE,
            code_block("text", &drawn.lines),
            escaped(&drawn.caption)
        )?;
    }
    section(facts::PATTERNS, sheets::patterns(replay), None, out)?;
    section(facts::LEVELS, sheets::levels(replay), facts::levels_note(replay).as_deref(), out)?;
    section(facts::TAGS, sheets::tags(replay), Some(facts::TAGS_NOTE), out)?;
    findings(&replay.findings, escaped, out)
}

#[cfg(test)]
mod tests {
    use super::super::canonical;
    use super::*;

    #[test]
    fn the_replay_as_markdown() {
        insta::assert_snapshot!("cache-replay-markdown", canonical::rendered(render, &canonical::replay()));
    }
}
