//! Text that fits a terminal. Widths are columns on the screen, not bytes or characters.

use tabled::grid::util::string::get_line_width;

/// Where a cut was made.
const ELLIPSIS: char = '…';

/// Whether a character turns the direction of the text around it (Unicode's bidirectional controls, UAX #9): a name could make what stands
/// after it read backwards. Letters of any script keep their own direction without them.
pub(crate) fn turns_text(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// `text` on one line and without control characters: a message of the target must not move the cursor, colour the screen or turn what
/// stands after it.
pub(crate) fn one_line(text: &str) -> String {
    let printable = text.chars().filter(|&c| !turns_text(c));
    let printable: String = printable.map(|c| if c.is_control() { ' ' } else { c }).collect();
    printable.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `text` in at most `columns`, cut with an ellipsis where it is longer.
pub(crate) fn truncated(text: &str, columns: usize) -> String {
    if get_line_width(text) <= columns {
        return text.to_owned();
    }
    let mut kept = take_columns(text, columns.saturating_sub(1)).0.to_owned();
    if columns > 0 {
        kept.push(ELLIPSIS);
    }
    kept
}

/// `text` on one line in at most `columns` and twice as many characters, cut with an ellipsis where it is longer: marks without a width
/// of their own must not make a name of any length out of it.
pub(crate) fn shortened(text: &str, columns: usize) -> String {
    let line = one_line(text);
    match line.char_indices().nth(columns * 2) {
        None => truncated(&line, columns),
        Some((end, _)) => truncated(&format!("{}{ELLIPSIS}", &line[..end]), columns),
    }
}

/// `text` in lines of at most `columns`, broken between words, and inside a word that is longer than a line.
pub(crate) fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(2);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let gap = usize::from(!line.is_empty());
        if get_line_width(&line) + gap + get_line_width(word) <= columns {
            line.extend(std::iter::repeat_n(' ', gap));
            line.push_str(word);
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        let mut rest = word;
        while get_line_width(rest) > columns {
            let (head, tail) = take_columns(rest, columns);
            lines.push(head.to_owned());
            rest = tail;
        }
        line.push_str(rest);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// [`wrapped`] into at most `most_lines`, the last one cut with an ellipsis where there would be more.
pub(crate) fn wrapped_in(text: &str, columns: usize, most_lines: usize) -> Vec<String> {
    let mut lines = wrapped(text, columns);
    if lines.len() > most_lines {
        let rest = lines.split_off(most_lines.saturating_sub(1)).join(" ");
        lines.push(truncated(&rest, columns.max(2)));
    }
    lines
}

/// Cuts `text` into what fits in `columns` and the rest.
fn take_columns(text: &str, columns: usize) -> (&str, &str) {
    // Of what has been taken as a whole: a character can make the one before it wider.
    let is_too_wide = |(at, c): &(usize, char)| get_line_width(&text[..at + c.len_utf8()]) > columns;
    let end = text.char_indices().find(is_too_wide).map_or(text.len(), |(at, _)| at);
    text.split_at(end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_message_cannot_colour_the_screen_or_break_the_line() {
        assert_eq!(one_line("bad\r\n\u{1b}[31mred\u{7}  \t end"), "bad [31mred end");
    }

    #[test]
    fn a_name_cannot_turn_what_stands_after_it() {
        assert_eq!(one_line("a\u{202e}b\u{2066}c\u{200f} حجز 予約"), "abc حجز 予約");
        assert_eq!(one_line("\u{202e}"), "");
    }

    #[test]
    fn wide_characters_count_as_two_columns() {
        assert_eq!(truncated("予約を確認する", 7), "予約を…");
        assert_eq!(truncated("habitación", 10), "habitación");
        assert_eq!(truncated("habitación", 9), "habitaci…");
        assert_eq!(truncated("abc", 0), "");
        assert_eq!(wrapped("0\u{fe0f}0", 2), ["0\u{fe0f}", "0"], "an emoji of two characters");
    }

    #[test]
    fn what_is_shortened_is_short_in_characters_too() {
        assert_eq!(shortened("a\nb", 3), "a b");
        assert_eq!(shortened("abcd", 3), "ab…");
        assert_eq!(shortened(&format!("a{}", "\u{301}".repeat(99)), 3), format!("a{}…", "\u{301}".repeat(5)));
    }

    #[test]
    fn lines_break_between_words_and_inside_those_that_are_too_long() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("a extraordinarily b", 8), ["a", "extraord", "inarily", "b"]);
        assert!(wrapped("  ", 8).is_empty());
        assert_eq!(wrapped_in("one two three four", 7, 2), ["one two", "three …"]);
        assert_eq!(wrapped_in("one two three", 7, 2), ["one two", "three"]);
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_asked_and_no_word_is_lost(text in "\\PC{0,80}", columns in 2usize..40) {
            let clean = one_line(&text);
            let lines = wrapped(&clean, columns);
            for line in &lines {
                prop_assert!(get_line_width(line) <= columns, "{line:?}");
            }
            let squeezed = |text: &str| text.split_whitespace().collect::<String>();
            prop_assert_eq!(squeezed(&lines.concat()), squeezed(&clean));
            prop_assert!(get_line_width(&truncated(&clean, columns)) <= columns);
        }
    }
}
