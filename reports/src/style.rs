//! Colours, or none.

use anstyle::{AnsiColor, Style as Ansi};
use serde::Serialize;

/// How text for a terminal is coloured. The caller decides, by `NO_COLOR` and by where the text goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    colored: bool,
}

/// What a piece of text says, from which its colour follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Tone {
    Neutral,
    Heading,
    Good,
    Bad,
    Doubtful,
    Faint,
}

impl Style {
    /// Text only.
    pub const fn plain() -> Self {
        Self { colored: false }
    }

    /// With ANSI colours.
    pub const fn colored() -> Self {
        Self { colored: true }
    }

    pub(crate) fn paint(self, tone: Tone, text: &str) -> String {
        if !self.colored || tone == Tone::Neutral || text.is_empty() {
            return text.to_owned();
        }
        let ansi = match tone {
            Tone::Neutral => Ansi::new(),
            Tone::Heading => Ansi::new().bold(),
            Tone::Good => AnsiColor::Green.on_default().bold(),
            Tone::Bad => AnsiColor::Red.on_default().bold(),
            Tone::Doubtful => AnsiColor::Yellow.on_default().bold(),
            Tone::Faint => Ansi::new().dimmed(),
        };
        format!("{ansi}{text}{ansi:#}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_carries_no_escapes_and_colours_are_always_reset() {
        assert_eq!(Style::plain().paint(Tone::Bad, "violated"), "violated");
        let painted = Style::colored().paint(Tone::Bad, "violated");
        assert!(painted.starts_with("\u{1b}[") && painted.ends_with("\u{1b}[0m"), "{painted:?}");
        assert_eq!(Style::colored().paint(Tone::Bad, ""), "");
    }
}
