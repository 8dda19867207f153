//! The replay for a terminal.

use std::io::{self, Write};

use aforo_model::cache::CacheReplay;

use super::{curve, facts, sheets};
use crate::page::{Page, Screen, write_sections};
use crate::style::Tone;

pub(super) fn render(replay: &CacheReplay, out: &mut dyn Write) -> io::Result<()> {
    render_on(&Screen::plain(), replay, out)
}

/// Writes the replay for this screen.
///
/// # Errors
/// Only those of `out`.
pub fn render_on(screen: &Screen<'_>, replay: &CacheReplay, out: &mut dyn Write) -> io::Result<()> {
    let page = Page::on(screen);
    let sections = [
        page.replay_top(replay),
        page.section(facts::POLICIES, sheets::policies(replay), None),
        page.curve(replay),
        page.section(facts::PATTERNS, sheets::patterns(replay), None),
        page.section(facts::LEVELS, sheets::levels(replay), facts::levels_note(replay)),
        page.section(facts::TAGS, sheets::tags(replay), Some(facts::TAGS_NOTE.to_owned())),
        page.findings(&replay.findings),
    ];
    write_sections(sections, out)
}

impl Page {
    fn replay_top(&self, replay: &CacheReplay) -> String {
        let headline = format!("{}: {}", facts::TITLE, facts::headline(replay));
        self.opening(Tone::Heading, &headline, &facts::facts(replay))
    }

    fn curve(&self, replay: &CacheReplay) -> String {
        curve::drawn(replay).map_or_else(String::new, |drawn| {
            self.heading(facts::CURVE) + &drawn.lines + &self.faint(&drawn.caption)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::canonical;
    use super::*;
    use crate::style::Style;

    #[test]
    fn the_replay_as_a_terminal_shows_it() {
        let screen = Screen { style: Style::plain(), columns: 80, folder: None };
        let text = canonical::rendered(|replay, out| render_on(&screen, replay, out), &canonical::replay());
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        insta::assert_snapshot!("cache-replay-80", text);
    }

    #[test]
    fn an_empty_replay_says_that_there_is_nothing_to_compare() {
        let text = canonical::rendered(render, &canonical::empty());
        assert!(text.starts_with("Cache replay: No policy stands out: the trace has 0 reads."), "{text}");
        assert!(!text.contains(facts::CURVE) && !text.contains(facts::POLICIES));
    }
}
